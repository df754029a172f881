#include "sandbox/layout.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/path.h"
#include "sandbox/hooks.h"

namespace checkrein::sandbox {
namespace {

using Node = Host::Node;

// Empty in every session: other people's files, sockets that delegate authority (D-Bus, docker, agents of keys, X11), mail, removable media.
// /boot helps only an attack on the kernel. /var/lib/checkrein is the state of a system installation.
constexpr const char* kHiddenTrees[] = {"/home", "/root",     "/run",      "/tmp",         "/var/tmp",           "/var/run", "/mnt",
                                        "/media", "/srv",     "/var/spool", "/var/mail",   "/var/backups",       "/boot",    "/var/lib/checkrein"};
constexpr const char* kScratchTrees[] = {"/tmp", "/var/tmp"};
constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom", "tty"};

// For root, where its files cannot be made nobody's: directories in which everything that other users may not read is hidden, and how deep. The list of
// secret files of a system has no end; their permission bits say which they are.
struct Secrets {
  const char* directory;
  int depth;
};
constexpr Secrets kSecrets[] = {{"/", 1}, {"/etc", 8}, {"/var", 1}, {"/var/lib", 1}, {"/var/cache", 1}, {"/var/log", 1}, {"/opt", 1}};
constexpr size_t kMaxSecrets = 200;  // mounts; more is an error, for leaving some out would be silent

constexpr char kEmptyDirectory[] = "empty";  // of the stage: one for all hidden trees in which nothing of ours stands

constexpr uint32_t kPrivateAttributes = kNoSetIdMount | kNoDeviceMount;
constexpr uint32_t kOursAttributes = kReadOnlyMount | kPrivateAttributes;  // read-only trees of ours

size_t Depth(std::string_view path) { return path == "/" ? 0 : static_cast<size_t>(std::count(path.begin(), path.end(), '/')); }
bool StrictlyBeneath(std::string_view path, std::string_view root) { return path != root && IsBeneath(path, root); }
Error Invalid(std::string_view what, const std::string& path, std::string_view why) {
  return {Error::Kind::kInvalid, std::string(what) + " " + path + ": " + std::string(why)};
}

// A tree of ours in place of one of the host's.
struct Area {
  std::string target;
  std::string staged;
  bool writable = false;
};

// Something that is attached after the areas, outermost first.
struct Item {
  std::string target;
  Step attach = {};
  std::string source = {};  // of the host, to look into for mount points below; "" for none
  bool writable = false;
};

class Maker {
 public:
  Maker(const Plan& plan, const Host& host, Caller caller) : plan_(plan), host_(host), caller_(std::move(caller)) {}
  Result<Layout> Make();

 private:
  Status CheckCopy() const;
  Result<std::string> Canonical(std::string_view what, const std::string& path) const;
  Status PlanAreas();
  void PlanWays();
  void OpenWay(const std::string& path);
  void PlanOwnRoot(std::vector<Item>& early);
  void PlanTrees(std::vector<Step>& take, int root, std::vector<Step>& attach);
  bool IsShut(const std::string& path) const;
  Status PlanHome();
  Status PlanHidden();        // before mount points are chosen: what does not lie in the workspace or a bind
  Status PlanHiddenInside();  // after: what does
  bool InsideLater(const std::string& path) const;
  Status CheckTarget(std::string_view what, const std::string& target) const;
  void PlanSecrets(const std::string& directory, int depth);
  void PlanDevices();
  Status PlanWorkspace();
  Status PlanBinds();
  Status PlanPlanted();
  Status MakePoint(std::string_view what, const std::string& target, Node kind);
  Status MakeSkeleton(std::string_view what, const std::string& target, Node kind);
  void MakeParents(const std::string& staged, std::string_view rest);
  void PinParents(const std::string& from, const std::string& target);
  void AddArea(const std::string& target, bool writable, uint32_t mode);
  int CloneStaged(const std::string& staged);  // read-only
  bool IsEmpty(const Area& area) const;
  const Area* AreaOf(std::string_view path) const;
  const Item* ItemOf(std::string_view path) const;
  void AddItem(Item item) { items_.push_back(std::move(item)); }
  int Slot() { return slots_++; }
  Layout Assemble();

  const Plan& plan_;
  const Host& host_;
  Caller caller_;
  int slots_ = 0;
  int names_ = 0;
  std::vector<Area> areas_;
  std::vector<Item> items_;
  std::map<std::string, std::string> skeletons_;  // host directory -> directory in the stage that is laid over it
  std::set<std::string> made_;                    // paths in the stage
  std::set<std::string> pinned_;
  std::set<std::string> secrets_;
  std::vector<Step> directories_, open_, stage_, pieces_, devices_, secret_steps_;
  std::vector<std::string> writable_;
  std::vector<std::pair<size_t, std::pair<std::string, Audience>>> audiences_;
};

const Area* Maker::AreaOf(std::string_view path) const {
  const Area* best = nullptr;
  for (const Area& area : areas_) {
    if (IsBeneath(path, area.target) && (best == nullptr || area.target.size() > best->target.size())) best = &area;
  }
  return best;
}

const Item* Maker::ItemOf(std::string_view path) const {
  const Item* best = nullptr;
  for (const Item& item : items_) {
    if (item.source.empty() || !StrictlyBeneath(path, item.target)) continue;
    if (best == nullptr || item.target.size() >= best->target.size()) best = &item;
  }
  return best;
}

// The path as the kernel will find it inside the session. A link outside the hidden trees stands there too and is followed; one inside a
// hidden tree is gone, so the path would lead nowhere: refused, rather than guessed.
Result<std::string> Maker::Canonical(std::string_view what, const std::string& path) const {
  if (!path.starts_with('/') || path.find('\0') != std::string::npos) return Invalid(what, path, "not an absolute path");
  const std::string normal = NormalizePath(path, "/");
  if (normal == "/") return Invalid(what, path, "the root itself cannot be used");
  std::string existing = normal;
  while (host_.Look(existing) == Node::kNone && existing != "/") existing = std::string(DirName(existing));
  const std::string real = host_.RealPath(existing);
  if (real.empty()) return Invalid(what, path, "a link on the way leads nowhere");
  if (real == existing) return normal;
  if (AreaOf(normal) != nullptr) return Invalid(what, path, "reached through a symbolic link; give the real path, " + real);
  const std::string rest = existing == "/" ? normal : normal.substr(existing.size());
  return (real == "/" ? "" : real) + rest;
}

void Maker::MakeParents(const std::string& staged, std::string_view rest) {
  std::string path = staged;
  for (size_t at = 0; at < rest.size();) {
    const size_t end = std::min(rest.find('/', at + 1), rest.size());
    path += rest.substr(at, end - at);
    if (made_.insert(path).second) stage_.push_back({.what = Do::kMakeDir, .mode = 0755, .path = path});
    at = end;
  }
}

int Maker::CloneStaged(const std::string& staged) {
  const int slot = Slot();
  pieces_.push_back({.what = Do::kCloneStaged, .slot = slot, .path = staged});
  return slot;
}

void Maker::AddArea(const std::string& target, bool writable, uint32_t mode) {
  Area area{target, "a" + std::to_string(names_++), writable};
  stage_.push_back({.what = Do::kMakeDir, .mode = mode, .path = area.staged});
  made_.insert(area.staged);
  areas_.push_back(area);
  if (writable) writable_.push_back(target);
}

// Renaming a directory takes the mounts below it along, and another could be made in its place: a mount point cannot be renamed.
void Maker::PinParents(const std::string& from, const std::string& target) {
  for (std::string parent(DirName(target)); StrictlyBeneath(parent, from); parent = std::string(DirName(parent))) {
    if (pinned_.insert(parent).second && !Without(Wall::kPins)) AddItem({.target = parent, .attach = {.what = Do::kPin, .path = parent}});
  }
}

Status Maker::MakeSkeleton(std::string_view what, const std::string& target, Node kind) {
  std::string anchor(DirName(target));
  while (host_.Look(anchor) == Node::kNone) anchor = std::string(DirName(anchor));
  if (anchor == "/") {
    return Invalid(what, target, "its first directory does not exist on this system; make it there (mkdir), empty");
  }
  if (host_.Look(anchor) != Node::kDirectory) return Invalid(what, target, anchor + " is not a directory");
  const auto [it, fresh] = skeletons_.emplace(anchor, "s" + std::to_string(names_));
  if (fresh) {
    ++names_;
    stage_.push_back({.what = Do::kMakeDir, .mode = 0755, .path = it->second});
  }
  const std::string rest = target.substr(anchor.size());
  MakeParents(it->second, kind == Node::kDirectory ? rest : DirName(rest) == "/" ? std::string_view() : DirName(rest));
  if (kind != Node::kDirectory && made_.insert(it->second + rest).second) {
    stage_.push_back({.what = Do::kMakeFile, .mode = 0444, .path = it->second + rest});
  }
  return Done{};
}

// Sees to it that `target` exists inside as something to mount on.
Status Maker::MakePoint(std::string_view what, const std::string& target, Node kind) {
  const Area* area = AreaOf(target);
  const Item* item = ItemOf(target);
  if (item != nullptr && (area == nullptr || item->target.size() >= area->target.size())) {
    const std::string inside = item->source + target.substr(item->target.size());
    const Node there = host_.Look(inside);
    if ((there == Node::kDirectory) != (kind == Node::kDirectory) || there == Node::kNone || there == Node::kLink) {
      return Invalid(what, target, "does not exist in " + item->source + ", which the session sees there; make it first");
    }
    if (item->writable) PinParents(item->target, target);
    return Done{};
  }
  if (area == nullptr) {
    const Node there = host_.Look(target);
    if (there == Node::kNone) return MakeSkeleton(what, target, kind);
    if ((there == Node::kDirectory) != (kind == Node::kDirectory)) return Invalid(what, target, "a file cannot stand for a directory, nor a directory for a file");
    return Done{};
  }
  if (area->target == target) {
    return kind == Node::kDirectory ? Status(Done{}) : Status(Invalid(what, target, "a directory of the session's own stands there"));
  }
  const std::string rest = target.substr(area->target.size());
  if (kind == Node::kDirectory) {
    MakeParents(area->staged, rest);
  } else {
    if (DirName(rest) != "/") MakeParents(area->staged, DirName(rest));
    if (made_.insert(area->staged + rest).second) stage_.push_back({.what = Do::kMakeFile, .mode = 0444, .path = area->staged + rest});
  }
  if (area->writable) PinParents(area->target, target);
  return Done{};
}

Status Maker::PlanAreas() {
  if (host_.Look("/tmp") != Node::kDirectory) return Invalid("sandbox", "/tmp", "missing or no directory; every system has one");
  for (const char* tree : kHiddenTrees) {
    const bool scratch = std::find(std::begin(kScratchTrees), std::end(kScratchTrees), std::string_view(tree)) != std::end(kScratchTrees);
    if (Without(Wall::kHiddenTrees) && std::string_view(tree) != "/run") continue;
    if (host_.Look(tree) == Node::kDirectory) AddArea(tree, scratch, scratch ? 01777 : 0755);
  }
  if (const Area* area = AreaOf(kInsideMark)) MakeParents(area->staged, std::string_view(kInsideMark).substr(area->target.size()));
  return Done{};
}

// A directory that only its owner may pass leads nobody anywhere where files are nobody's: one of ours stands there, with what is ours in it.
void Maker::OpenWay(const std::string& path) {
  for (size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string parent = path.substr(0, end);
    if (AreaOf(parent) != nullptr || host_.Look(parent) != Node::kDirectory) return;
    if (!host_.OthersMayPass(parent)) return AddArea(parent, false, 0755);
  }
}

void Maker::PlanWays() {
  std::vector<std::string> targets;
  if (!plan_.home.empty()) targets.push_back(plan_.home);
  if (plan_.copy) targets.push_back(plan_.copy->workspace);
  for (const Bind& bind : plan_.binds) targets.push_back(bind.target);
  for (const PlantedFile& file : plan_.planted) targets.push_back(file.path);
  for (const std::string& target : targets) {
    if (const Result<std::string> path = Canonical("", target)) OpenWay(*path);  // what is wrong with it is told when it is planned
  }
}

bool Maker::IsShut(const std::string& path) const {
  if (caller_.files != HostFiles::kNobodys) return false;
  for (std::string parent(DirName(path)); parent != "/"; parent = std::string(DirName(parent))) {
    if (!host_.OthersMayPass(parent)) return true;
  }
  return false;
}

Status Maker::PlanHome() {
  if (plan_.home.empty() || Without(Wall::kHiddenTrees)) return Done{};
  const Result<std::string> home = Canonical("home", plan_.home);
  if (!home) return home.error();
  for (const char* tree : {"/usr", "/etc", "/bin", "/lib", "/dev", "/proc", "/sys"}) {
    if (IsBeneath(*home, tree)) return Invalid("home", *home, "a part of the system cannot be a home");
  }
  const Area* area = AreaOf(*home);
  if (area != nullptr && area->target == *home) {
    if (area->writable) return Done{};
    areas_.erase(areas_.begin() + (area - areas_.data()));
  } else if (Status made = MakePoint("home", *home, Node::kDirectory); !made) {
    return made;
  }
  AddArea(*home, true, 0700);
  return Done{};
}

bool Maker::InsideLater(const std::string& path) const {
  if (plan_.copy && IsBeneath(path, plan_.copy->workspace)) return true;
  return std::any_of(plan_.binds.begin(), plan_.binds.end(), [&path](const Bind& bind) { return IsBeneath(path, NormalizePath(bind.target, "/")); });
}

Status Maker::PlanHidden() {
  for (const std::string& hidden : plan_.hidden) {
    if (!hidden.starts_with('/')) return Invalid("hidden", hidden, "not an absolute path");
    const std::string real = host_.RealPath(hidden);
    if (real.empty() || InsideLater(real) || AreaOf(real) != nullptr || IsShut(real)) continue;
    if (real == "/") return Invalid("hidden", hidden, "the root itself cannot be hidden");
    if (host_.Look(real) == Node::kFile) {
      secret_steps_.push_back({.what = Do::kHideFile, .path = real});
    } else {
      AddArea(real, false, 0755);
    }
  }
  return Done{};
}

Status Maker::PlanHiddenInside() {
  for (const std::string& hidden : plan_.hidden) {
    const std::string real = host_.RealPath(hidden);
    if (real.empty() || !InsideLater(real)) continue;
    if (host_.Look(real) == Node::kFile) {
      AddItem({.target = real, .attach = {.what = Do::kHideFile, .path = real}});
      continue;
    }
    AddItem({.target = real, .attach = {.what = Do::kAttach, .slot = CloneStaged(kEmptyDirectory), .path = real}});
  }
  return Done{};
}

// What is mounted late covers what was mounted before: nothing may cover the session's own directories or the workspace.
Status Maker::CheckTarget(std::string_view what, const std::string& target) const {
  for (const char* own : {"/dev", "/proc", "/sys"}) {
    if (IsBeneath(target, own)) return Invalid(what, target, std::string(own) + " is the session's own");
  }
  for (const Area& area : areas_) {
    if (StrictlyBeneath(area.target, target)) return Invalid(what, target, "would cover " + area.target + ", which is the session's own");
  }
  if (plan_.copy && IsBeneath(plan_.copy->workspace, target)) return Invalid(what, target, "would cover the workspace");
  return Done{};
}

void Maker::PlanSecrets(const std::string& directory, int depth) {
  if (AreaOf(directory) != nullptr) return;
  for (const Host::Entry& entry : host_.List(directory)) {
    const std::string path = (directory == "/" ? "" : directory) + "/" + entry.name;
    if (entry.node == Node::kLink || AreaOf(path) != nullptr || path == "/proc" || path == "/sys" || path == "/dev") continue;
    if (entry.others_may_read) {
      if (entry.node == Node::kDirectory && depth > 1) PlanSecrets(path, depth - 1);
      continue;
    }
    if (!secrets_.insert(path).second) continue;
    if (entry.node == Node::kDirectory) {
      AddArea(path, false, 0755);
    } else {
      secret_steps_.push_back({.what = Do::kHideFile, .path = path});
    }
  }
}

void Maker::PlanDevices() {
  AddArea("/dev", false, 0755);
  const std::string staged = areas_.back().staged;
  for (const char* name : kDevices) {
    const std::string path = std::string("/dev/") + name;
    const int slot = Slot();
    // Read-only keeps root from changing the mode of the host's device; writing to a device does not ask the mount.
    const uint32_t attributes = kNoSetIdMount | kNoExecMount | (Without(Wall::kReadOnlyDevices) ? 0 : kReadOnlyMount);
    open_.push_back({.what = Do::kCloneTree, .slot = slot, .attributes = attributes, .path = path});
    stage_.push_back({.what = Do::kMakeFile, .mode = 0666, .path = staged + "/" + name});
    devices_.push_back({.what = Do::kAttach, .slot = slot, .path = path});
  }
  for (const auto& [name, target] : {std::pair("fd", "/proc/self/fd"), std::pair("stdin", "/proc/self/fd/0"), std::pair("stdout", "/proc/self/fd/1"),
                                     std::pair("stderr", "/proc/self/fd/2"), std::pair("ptmx", "pts/ptmx")}) {
    stage_.push_back({.what = Do::kMakeLink, .path = staged + "/" + name, .text = target});
  }
  MakeParents(staged, "/pts");
  MakeParents(staged, "/shm");
  AddArea("/dev/shm", true, 01777);
  const int terminals = Slot();
  pieces_.push_back({.what = Do::kTerminals, .slot = terminals, .attributes = kNoSetIdMount | kNoExecMount});
  devices_.push_back({.what = Do::kAttach, .slot = terminals, .path = "/dev/pts"});
  if (Without(Wall::kHiddenTrees)) return;
  // The list of processors is what run-times read to size their thread pools; the rest of sysfs describes the host and its control groups.
  AddArea("/sys", false, 0755);
  if (host_.Look("/sys/devices/system/cpu") != Node::kDirectory) return;
  MakeParents(areas_.back().staged, "/devices/system/cpu");
  const int cpu = Slot();
  open_.push_back({.what = Do::kCloneTree, .slot = cpu, .attributes = HostAttributes() | kNoExecMount, .path = "/sys/devices/system/cpu"});
  devices_.push_back({.what = Do::kAttach, .slot = cpu, .path = "/sys/devices/system/cpu"});
}

Status Maker::CheckCopy() const {
  const Copy& copy = *plan_.copy;
  for (const std::string* path : {&copy.workspace, &copy.upper, &copy.work}) {
    if (!path->starts_with('/') || NormalizePath(*path, "/") != *path || *path == "/") return Invalid("copy", *path, "not an absolute, normalised path");
    if (host_.Look(*path) != Node::kDirectory) return Invalid("copy", *path, "not a directory");
    if (host_.RealPath(*path) != *path) return Invalid("copy", *path, "reached through a symbolic link; give the real path");
  }
  for (const std::string* layer : {&copy.upper, &copy.work}) {
    if (IsBeneath(*layer, copy.workspace) || IsBeneath(copy.workspace, *layer)) return Invalid("copy", *layer, "must lie outside the workspace");
  }
  if (IsBeneath(copy.upper, copy.work) || IsBeneath(copy.work, copy.upper)) return Invalid("copy", copy.upper, "upper and work must lie beside each other");
  return Done{};
}

Status Maker::PlanWorkspace() {
  if (!plan_.copy) return Done{};
  if (Status checked = CheckCopy(); !checked) return checked;
  const std::string& target = plan_.copy->workspace;
  if (Status made = MakePoint("workspace", target, Node::kDirectory); !made) return made;
  const int first = slots_;
  for (const std::string* path : {&target, &plan_.copy->upper, &plan_.copy->work}) directories_.push_back({.what = Do::kOpenDir, .slot = Slot(), .path = *path});
  const int slot = Slot();
  const uint32_t attributes = Without(Wall::kNoSetId) ? 0 : kPrivateAttributes;
  pieces_.push_back({.what = Do::kOverlayCopy, .slot = slot, .from = first, .attributes = attributes, .path = target});
  AddItem({.target = target, .attach = {.what = Do::kAttach, .slot = slot, .path = target}, .source = target, .writable = true});
  writable_.push_back(target);
  return Done{};
}

Status Maker::PlanBinds() {
  if (plan_.binds.size() > kMaxBinds) return Error{Error::Kind::kLimit, "binds: more than " + std::to_string(kMaxBinds)};
  std::vector<std::pair<std::string, const Bind*>> sorted;
  for (const Bind& bind : plan_.binds) {
    const Result<std::string> target = Canonical("bind", bind.target);
    if (!target) return target.error();
    if (Status checked = CheckTarget("bind", *target); !checked) return checked;
    sorted.emplace_back(*target, &bind);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return Depth(a.first) < Depth(b.first); });
  for (const auto& [target, bind] : sorted) {
    if (!bind->source.starts_with('/')) return Invalid("bind", bind->source, "not an absolute path");
    const Node kind = host_.LookThrough(bind->source);
    if (kind == Node::kNone) return Invalid("bind", bind->source, "does not exist");
    const bool writable = bind->access == Access::kReadWrite;
    if (writable && plan_.copy) {
      const std::string real = host_.RealPath(bind->source);
      for (const std::string* kept : {&plan_.copy->upper, &plan_.copy->work, &plan_.copy->workspace}) {
        if (IsBeneath(*kept, real) || IsBeneath(real, *kept)) return Invalid("bind", bind->source, "a writable bind would reach around the copy, at " + *kept);
      }
    }
    if (Status made = MakePoint("bind", target, kind); !made) return made;
    const int slot = Slot();
    open_.push_back({.what = Do::kCloneTree, .slot = slot, .attributes = writable ? kPrivateAttributes : HostAttributes(), .path = bind->source});
    AddItem({.target = target, .attach = {.what = Do::kAttach, .slot = slot, .path = target}, .source = bind->source, .writable = writable});
    if (writable) writable_.push_back(target);
    if (bind->audience != Audience::kEveryone) audiences_.push_back({Depth(target), {target, bind->audience}});
  }
  return Done{};
}

Status Maker::PlanPlanted() {
  for (const PlantedFile& file : plan_.planted) {
    if (file.content.size() > kMaxPlantedBytes) return Error{Error::Kind::kLimit, "planted file " + file.path + ": more than " + std::to_string(kMaxPlantedBytes) + " bytes"};
    if (file.mode != 0444 && file.mode != 0555) return Invalid("planted file", file.path, "mode must be 0444 or 0555");
    const Result<std::string> target = Canonical("planted file", file.path);
    if (!target) return target.error();
    if (Status checked = CheckTarget("planted file", *target); !checked) return checked;
    if (Status made = MakePoint("planted file", *target, Node::kFile); !made) return made;
    const std::string staged = "p" + std::to_string(names_++);
    stage_.push_back({.what = Do::kMakeFile, .mode = file.mode, .path = staged, .text = file.content});
    AddItem({.target = *target, .attach = {.what = Do::kAttach, .slot = CloneStaged(staged), .path = *target}});
  }
  return Done{};
}

bool Maker::IsEmpty(const Area& area) const {
  const std::string inside = area.staged + "/";
  const auto first = made_.lower_bound(inside);
  return !area.writable && (first == made_.end() || !first->starts_with(inside));
}

// For an ordinary user's client that obeys only what lies below directories of root's, as which it is shown its own user: a root directory of ours, in
// which what the host has there is mounted, piece by piece.
constexpr char kOwnRoot[] = "root";
void Maker::PlanOwnRoot(std::vector<Item>& early) {
  stage_.push_back({.what = Do::kMakeDir, .mode = 0755, .path = kOwnRoot});
  for (const auto& [name, target] : host_.Links("/")) stage_.push_back({.what = Do::kMakeLink, .path = std::string(kOwnRoot) + "/" + name, .text = target});
  for (const Host::Entry& entry : host_.List("/")) {
    const std::string path = "/" + entry.name;
    const bool directory = entry.node == Node::kDirectory;
    stage_.push_back({.what = directory ? Do::kMakeDir : Do::kMakeFile, .mode = directory ? 0755u : 0444u, .path = kOwnRoot + path});
    if (AreaOf(path) != nullptr) continue;
    const int slot = Slot();
    open_.push_back({.what = Do::kCloneTree, .slot = slot, .attributes = HostAttributes(), .path = path});
    early.push_back({.target = path, .attach = {.what = Do::kAttach, .slot = slot, .path = path}});
  }
}

// One that lies behind what others may not pass is shown to nobody.
void Maker::PlanTrees(std::vector<Step>& take, int root, std::vector<Step>& attach) {
  for (size_t i = 0; i < caller_.trees.size(); ++i) {
    const int slot = i == 0 ? root : Slot();
    take.push_back({.what = Do::kTakeTree, .slot = slot, .from = static_cast<int>(i)});
    if (i > 0 && AreaOf(caller_.trees[i]) == nullptr && !IsShut(caller_.trees[i])) attach.push_back({.what = Do::kAttach, .slot = slot, .path = caller_.trees[i]});
  }
}

// The order: directories, which need no right but the caller's; copies of the host's mounts; the stage, and what it is to hold; writable parts of it,
// and when it is sealed the others; then they are put in place.
Layout Maker::Assemble() {
  const auto by_depth = [](const auto& a, const auto& b) { return Depth(a.target) < Depth(b.target); };
  std::vector<Item> early;
  std::vector<Step> writable_pieces, anchors, trees;
  const bool own_root = caller_.uid != 0 && plan_.host_files == HostFiles::kTheirOwners;
  if (own_root) PlanOwnRoot(early);
  const auto pieces_of_root = static_cast<ptrdiff_t>(early.size());
  for (const auto& [anchor, staged] : skeletons_) {
    const int from = Slot();
    anchors.push_back({.what = Do::kOpenDir, .slot = from, .path = anchor});
    early.push_back({.target = anchor, .attach = {.what = Do::kOverlayPlant, .slot = CloneStaged(staged), .from = from, .attributes = kOursAttributes, .path = anchor}});
  }
  stage_.push_back({.what = Do::kMakeDir, .mode = 0755, .path = kEmptyDirectory});
  for (const Area& area : areas_) {
    if (area.target == "/dev" && Without(Wall::kPrivateDevices)) continue;
    const bool empty = IsEmpty(area);
    if (empty) std::erase_if(stage_, [&area](const Step& step) { return step.path == area.staged; });
    const int slot = Slot();
    (area.writable ? writable_pieces : pieces_).push_back({.what = Do::kCloneStaged, .slot = slot, .path = empty ? kEmptyDirectory : area.staged});
    early.push_back({.target = area.target, .attach = {.what = Do::kAttach, .slot = slot, .path = area.target}});
  }

  Layout layout;
  auto& steps = layout.steps;
  const auto append = [&steps](std::vector<Step>& more) { steps.insert(steps.end(), more.begin(), more.end()); };
  append(directories_);
  const int root = Slot();
  if (caller_.files == HostFiles::kNobodys) {
    PlanTrees(steps, root, trees);
  } else if (own_root) {
    pieces_.push_back({.what = Do::kCloneStaged, .slot = root, .path = kOwnRoot});
  } else {
    steps.push_back({.what = Do::kCloneTree, .slot = root, .attributes = HostAttributes(), .path = "/"});
  }
  append(open_);
  steps.push_back({.what = Do::kStage, .text = "mode=0755,size=" + std::to_string(plan_.scratch_bytes)});
  append(stage_);
  append(writable_pieces);
  steps.push_back({.what = Do::kSeal});
  append(pieces_);
  std::stable_sort(early.begin() + pieces_of_root, early.end(), by_depth);
  std::stable_sort(items_.begin(), items_.end(), by_depth);
  steps.push_back({.what = Do::kPivot, .slot = root});
  for (auto piece = early.begin(); piece != early.begin() + pieces_of_root; ++piece) steps.push_back(std::move(piece->attach));
  early.erase(early.begin(), early.begin() + pieces_of_root);
  append(trees);
  append(anchors);  // as they are in the new root, before anything covers them
  for (Item& item : early) steps.push_back(std::move(item.attach));
  append(devices_);
  append(secret_steps_);
  for (Item& item : items_) steps.push_back(std::move(item.attach));
  std::stable_sort(audiences_.begin(), audiences_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [depth, audience] : audiences_) layout.audiences.push_back(std::move(audience));
  layout.writable = std::move(writable_);
  return layout;
}

Result<Layout> Maker::Make() {
  if (Status s = PlanAreas(); !s) return s.error();
  if (caller_.files == HostFiles::kNobodys) PlanWays();
  if (Status s = PlanHome(); !s) return s.error();
  if (caller_.uid == 0 && caller_.files == HostFiles::kTheirOwners && !Without(Wall::kHiddenSecrets)) {
    for (const Secrets& secrets : kSecrets) PlanSecrets(secrets.directory, secrets.depth);
    if (secrets_.size() > kMaxSecrets) {
      return Error{Error::Kind::kLimit, "sandbox: more than " + std::to_string(kMaxSecrets) + " unreadable files to hide from root's programs; run as an ordinary user"};
    }
  }
  PlanDevices();
  if (Status s = PlanHidden(); !s) return s.error();
  if (Status s = PlanWorkspace(); !s) return s.error();
  if (Status s = PlanBinds(); !s) return s.error();
  if (Status s = PlanHiddenInside(); !s) return s.error();
  if (Status s = PlanPlanted(); !s) return s.error();
  Layout layout = Assemble();
  if (slots_ > kMaxSlots) return Error{Error::Kind::kLimit, "sandbox: the plan needs more than " + std::to_string(kMaxSlots) + " mounts"};
  return layout;
}

Node NodeOf(const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return Node::kDirectory;
  return S_ISLNK(info.st_mode) ? Node::kLink : Node::kFile;
}

}  // namespace

Node LiveHost::Look(const std::string& path) const {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0 ? NodeOf(info) : Node::kNone;
}

Node LiveHost::LookThrough(const std::string& path) const {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 ? NodeOf(info) : Node::kNone;
}

std::string LiveHost::RealPath(const std::string& path) const {
  char* real = realpath(path.c_str(), nullptr);
  std::string out = real == nullptr ? "" : real;
  free(real);
  return out;
}

std::vector<Host::Entry> LiveHost::List(const std::string& directory) const {
  std::vector<Entry> out;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return out;
  while (const dirent* entry = readdir(stream)) {
    const std::string_view name = entry->d_name;
    struct stat info{};
    if (entry->d_type == DT_LNK) continue;  // most of /etc; a link shows nothing by itself
    if (name == "." || name == ".." || fstatat(dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const unsigned need = S_ISDIR(info.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
    out.push_back({std::string(name), NodeOf(info), (info.st_mode & need) != 0});
  }
  closedir(stream);
  return out;
}

std::vector<std::pair<std::string, std::string>> LiveHost::Links(const std::string& directory) const {
  std::vector<std::pair<std::string, std::string>> out;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return out;
  while (const dirent* entry = readdir(stream)) {
    char target[4096];
    const ssize_t n = readlinkat(dirfd(stream), entry->d_name, target, sizeof target);
    if (n > 0) out.emplace_back(entry->d_name, std::string(target, static_cast<size_t>(n)));
  }
  closedir(stream);
  return out;
}

bool LiveHost::OthersMayPass(const std::string& directory) const {
  struct stat info{};
  return stat(directory.c_str(), &info) == 0 && (info.st_mode & S_IXOTH) != 0;
}

uint32_t HostAttributes() { return (Without(Wall::kReadOnlyRoot) ? 0 : kReadOnlyMount) | (Without(Wall::kNoSetId) ? 0 : kPrivateAttributes); }

std::vector<std::string> AlwaysCovered(const Host& host) {
  std::vector<std::string> covered = {"/proc"};
  if (!Without(Wall::kPrivateDevices)) covered.emplace_back("/dev");
  if (Without(Wall::kHiddenTrees)) return covered;
  covered.emplace_back("/sys");
  for (const char* tree : kHiddenTrees) {
    if (host.Look(tree) == Node::kDirectory) covered.emplace_back(tree);
  }
  return covered;
}

Result<Layout> MakeLayout(const Plan& plan, const Host& host, Caller caller) { return Maker(plan, host, std::move(caller)).Make(); }

}  // namespace checkrein::sandbox
