#include "sandbox/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/path.h"
#include "sandbox/beneath.h"
#include "sandbox/changes.h"
#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kMaxKeptFile = 256u << 20;  // a larger one cannot be undone, and its line says so
constexpr size_t kMaxList = 256u << 20;

std::string ObjectPath(const std::string& directory, const std::string& digest) { return directory + "/objects/" + digest; }
std::string ListPath(const std::string& directory, const std::string& action) { return directory + "/actions/" + action; }

bool IsActionName(const std::string& action) {
  return !action.empty() && action.size() <= 64 && std::all_of(action.begin(), action.end(), [](char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; });
}

// Paths are bytes; the list is JSON.
std::string Encoded(const std::string& bytes) { return HexEncode(AsBytes(bytes)); }
std::string Decoded(std::string_view hex) {
  const auto bytes = HexDecode(hex);
  return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
}

Result<std::vector<json::Value>> ReadList(const std::string& directory, const std::string& action) {
  if (!IsActionName(action)) return Error{Error::Kind::kNotFound, "undo: " + action + ": no such action"};
  const Result<std::string> text = ReadFile(ListPath(directory, action), kMaxList);
  if (!text) return text.error().kind == Error::Kind::kNotFound ? Error{Error::Kind::kNotFound, "undo: " + action + ": nothing is kept of this action"} : text.error();
  std::vector<json::Value> lines;
  for (size_t at = 0; at < text->size();) {
    const size_t end = text->find('\n', at);
    if (end == std::string::npos) break;
    Result<json::Value> line = json::Parse(std::string_view(*text).substr(at, end - at));
    if (!line) return Error{Error::Kind::kInvalid, ListPath(directory, action) + ": damaged"};
    lines.push_back(std::move(line).take());
    at = end + 1;
  }
  return lines;
}

std::string WorkspaceOf(const std::vector<json::Value>& lines) { return lines.empty() ? "" : Decoded(lines.front().Text("workspace")); }

struct Place {
  Fd parent;
  std::string name;
};
Result<Place> Open(const Fd& workspace, const std::string& path) {
  const std::string_view parent = DirName(path);
  Place place{OpenBeneath(workspace.get(), parent == "." ? "" : std::string(parent), O_RDONLY | O_DIRECTORY), std::string(BaseName(path))};
  if (!place.parent.valid() || place.name.empty() || place.name == "..") return SystemError(path, errno);
  return place;
}

// Puts back what `before` describes.
Status Restore(const std::string& directory, const Place& place, const json::Value& before) {
  const std::string_view type = before.Text("type");
  const auto mode = static_cast<mode_t>(before.Integer("mode", 0600) & 0777);
  struct stat now{};
  const bool there = fstatat(place.parent.get(), place.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
  if (type == "directory") {
    if (there && S_ISDIR(now.st_mode)) return fchmodat(place.parent.get(), place.name.c_str(), mode, 0) == 0 ? Status(Done{}) : SystemError(place.name, errno);
    if (there && unlinkat(place.parent.get(), place.name.c_str(), 0) != 0) return SystemError(place.name, errno);
    return mkdirat(place.parent.get(), place.name.c_str(), mode) == 0 ? Status(Done{}) : SystemError(place.name, errno);
  }
  if (there && S_ISDIR(now.st_mode) && unlinkat(place.parent.get(), place.name.c_str(), AT_REMOVEDIR) != 0) return SystemError(place.name, errno);
  if (type == "none") return !there || S_ISDIR(now.st_mode) || unlinkat(place.parent.get(), place.name.c_str(), 0) == 0 ? Status(Done{}) : SystemError(place.name, errno);
  const std::string temporary = ".checkrein-undo-" + std::to_string(getpid());
  if (type == "link") {
    if (symlinkat(Decoded(before.Text("target")).c_str(), place.parent.get(), temporary.c_str()) != 0) return SystemError(place.name, errno);
  } else {
    Result<std::string> content = ReadFile(ObjectPath(directory, std::string(before.Text("digest"))), kMaxKeptFile);
    if (!content) return content.error();
    const Fd file(openat(place.parent.get(), temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) return SystemError(place.name, errno);
    Status written = WriteAll(file.get(), *content);
    const timespec times[] = {{0, UTIME_NOW}, {before.Integer("mtime", 0), 0}};
    if (written && (fchmod(file.get(), mode) != 0 || futimens(file.get(), times) != 0)) written = SystemError(place.name, errno);
    if (!written) {
      unlinkat(place.parent.get(), temporary.c_str(), 0);
      return written;
    }
  }
  if (renameat(place.parent.get(), temporary.c_str(), place.parent.get(), place.name.c_str()) == 0) return Done{};
  const int error = errno;
  unlinkat(place.parent.get(), temporary.c_str(), 0);
  return SystemError(place.name, error);
}

bool SameState(const json::Value& a, const json::Value& b) {
  if (a.Text("type") != b.Text("type") || a.Text("digest") != b.Text("digest") || a.Text("target") != b.Text("target")) return false;
  return a.Text("type") == "none" || a.Text("type") == "link" || a.Integer("mode", 0) == b.Integer("mode", 0);
}

// The last line about a path says how the action left it, the first one how it was before.
struct Story {
  json::Value before, after;
};
std::vector<std::pair<std::string, Story>> Stories(const std::vector<json::Value>& lines) {
  std::vector<std::pair<std::string, Story>> out;
  for (const json::Value& line : lines) {
    const std::string path = Decoded(line.Text("path"));
    const auto known = std::find_if(out.begin(), out.end(), [&path](const auto& one) { return one.first == path; });
    if (known == out.end()) {
      out.push_back({path, {line.At("before"), line.At("after")}});
    } else {
      known->second.after = line.At("after");
    }
  }
  std::erase_if(out, [](const auto& one) { return SameState(one.second.before, one.second.after); });  // noted, and then not done
  return out;
}

}  // namespace

Result<json::Value> Keeper::Look(int parent, const std::string& name, bool keep) {
  json::Value state;
  struct stat info{};
  if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return state.Set("type", "none");
  state.Set("type", S_ISREG(info.st_mode) ? "file" : S_ISDIR(info.st_mode) ? "directory" : S_ISLNK(info.st_mode) ? "link" : "other");
  state.Set("mode", static_cast<int64_t>(info.st_mode & 0777));
  if (S_ISLNK(info.st_mode)) {
    char target[4096];
    const ssize_t n = readlinkat(parent, name.c_str(), target, sizeof target);
    return state.Set("target", Encoded(std::string(target, n > 0 ? static_cast<size_t>(n) : 0)));
  }
  if (!S_ISREG(info.st_mode)) return state;
  state.Set("mtime", int64_t{info.st_mtim.tv_sec});
  const Fd file = OpenBeneath(parent, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);  // it may be a fifo by now
  Result<std::string> content = file.valid() ? ReadAll(file.get(), kMaxKeptFile) : Result<std::string>(SystemError(name, errno));
  if (!content) return state.Set("digest", "").Set("lost", content.error().text);
  const std::string digest = HexEncode(Sha256(*content));
  state.Set("digest", digest);
  if (!keep || access(ObjectPath(directory_, digest).c_str(), F_OK) == 0) return state;
  if (Status made = MakeDirectories(directory_ + "/objects", 0700); !made) return made.error();
  const std::string temporary = ObjectPath(directory_, digest) + ".new";
  unlink(temporary.c_str());
  const Fd object(open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!object.valid()) return SystemError(temporary, errno);
  if (Status written = WriteAll(object.get(), *content); !written) return written.error();
  if (rename(temporary.c_str(), ObjectPath(directory_, digest).c_str()) != 0) return SystemError(temporary, errno);
  return state;
}

Status Keeper::Note(const std::string& path, json::Value before, json::Value after) {
  if (Status made = MakeDirectories(directory_ + "/actions", 0700); !made) return made;
  const Fd list(open(ListPath(directory_, action_).c_str(), O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!list.valid()) return SystemError(ListPath(directory_, action_), errno);
  json::Value line;
  line.Set("workspace", Encoded(workspace_)).Set("path", Encoded(path)).Set("before", std::move(before)).Set("after", std::move(after));
  return WriteAll(list.get(), line.Dump() + "\n");
}

Status Keeper::KeepTree(int parent, const std::string& name, const std::string& path) {
  Result<json::Value> before = Look(parent, name, true);
  if (!before) return before.error();
  const bool directory = before->Text("type") == "directory";
  json::Value none;
  none.Set("type", "none");
  if (Status noted = Note(path, *before, none); !noted || !directory) return noted;
  const Fd inside = OpenBeneath(parent, name, O_RDONLY | O_DIRECTORY);
  DIR* stream = inside.valid() ? fdopendir(openat(inside.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) : nullptr;
  if (stream == nullptr) return SystemError(path, errno);
  Status status = Done{};
  while (const dirent* entry = readdir(stream)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (std::count(path.begin(), path.end(), '/') > static_cast<ptrdiff_t>(kMaxDepth)) status = Error{Error::Kind::kLimit, path + ": too deep to be kept"};
    if (status) status = KeepTree(inside.get(), entry->d_name, path + "/" + entry->d_name);
    if (!status) break;
  }
  closedir(stream);
  return status;
}

Result<std::vector<UndoStep>> PlanUndo(const std::string& directory, const std::string& action) {
  const Result<std::vector<json::Value>> lines = ReadList(directory, action);
  if (!lines) return lines.error();
  const std::string workspace = WorkspaceOf(*lines);
  const Fd root(open(workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root.valid()) return SystemError("undo: " + workspace, errno);
  Keeper looker(directory, action, workspace);
  std::vector<UndoStep> steps;
  for (const auto& [path, story] : Stories(*lines)) {
    const std::string_view type = story.before.Text("type");
    UndoStep step{path, type == "none" ? "remove" : story.after.Text("type") == "none" ? "make again" : "restore", ""};
    json::Value now;
    now.Set("type", "none");
    const Result<Place> place = Open(root, path);
    if (place) {
      const Result<json::Value> looked = looker.Look(place->parent.get(), place->name, false);
      if (looked) now = *looked;
    }
    if (!SameState(now, story.after)) {
      step.refused = "was changed since; what is there now would be lost";
    } else if (type == "file" && access(ObjectPath(directory, std::string(story.before.Text("digest"))).c_str(), F_OK) != 0) {
      step.refused = "its old content is not kept any more";
    } else if (type == "other") {
      step.refused = "it was a device, socket or fifo";
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<size_t> Undo(const std::string& directory, const std::string& action) {
  const Result<std::vector<UndoStep>> plan = PlanUndo(directory, action);
  if (!plan) return plan.error();
  for (const UndoStep& step : *plan) {
    if (!step.refused.empty()) return Error{Error::Kind::kDenied, "undo: " + step.path + ": " + step.refused + "; nothing was undone"};
  }
  const Result<std::vector<json::Value>> lines = ReadList(directory, action);
  if (!lines) return lines.error();
  const std::string workspace = WorkspaceOf(*lines);
  const Fd root(open(workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root.valid()) return SystemError("undo: " + workspace, errno);
  std::vector<std::pair<std::string, Story>> stories = Stories(*lines);
  // What was made is removed innermost first; then what was there is put back outermost first.
  std::sort(stories.begin(), stories.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::stable_partition(stories.begin(), stories.end(), [](const auto& one) { return one.second.before.Text("type") == "none"; });
  const auto kept = std::find_if(stories.begin(), stories.end(), [](const auto& one) { return one.second.before.Text("type") != "none"; });
  std::reverse(stories.begin(), kept);
  for (const auto& [path, story] : stories) {
    const Result<Place> place = Open(root, path);
    if (!place) return place.error();
    if (Status restored = Restore(directory, *place, story.before); !restored) return Error{restored.error().kind, "undo: " + path + ": " + restored.error().text};
  }
  unlink(ListPath(directory, action).c_str());
  return stories.size();
}

Result<KeptSummary> ListKept(const std::string& directory) {
  KeptSummary summary;
  const auto each = [](const std::string& path, auto&& visit) {
    DIR* stream = opendir(path.c_str());
    if (stream == nullptr) return;
    while (const dirent* entry = readdir(stream)) {
      struct stat info{};
      if (entry->d_name[0] != '.' && fstatat(dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) visit(std::string(entry->d_name), info);
    }
    closedir(stream);
  };
  each(directory + "/actions", [&](const std::string& name, const struct stat& info) {
    const Result<std::vector<json::Value>> lines = ReadList(directory, name);
    summary.actions.push_back({name, lines ? WorkspaceOf(*lines) : "", lines ? Stories(*lines).size() : 0, int64_t{info.st_mtim.tv_sec}});
  });
  each(directory + "/objects", [&summary](const std::string&, const struct stat& info) { summary.bytes += static_cast<uint64_t>(info.st_size); });
  std::sort(summary.actions.begin(), summary.actions.end(), [](const Kept& a, const Kept& b) {
    if (a.unix_seconds != b.unix_seconds) return a.unix_seconds < b.unix_seconds;
    return a.action.size() != b.action.size() ? a.action.size() < b.action.size() : a.action < b.action;  // numbers, within one second
  });
  return summary;
}

Status Prune(const std::string& directory, uint64_t max_bytes, int64_t max_days) {
  Result<KeptSummary> summary = ListKept(directory);
  if (!summary) return summary.error();
  const int64_t oldest = int64_t{time(nullptr)} - max_days * 86'400;
  uint64_t bytes = summary->bytes;
  for (const Kept& kept : summary->actions) {
    if (bytes <= max_bytes && kept.unix_seconds >= oldest) break;
    const Result<std::vector<json::Value>> lines = ReadList(directory, kept.action);
    unlink(ListPath(directory, kept.action).c_str());
    if (!lines) continue;
    std::set<std::string> gone, named;
    for (const json::Value& line : *lines) gone.insert(std::string(line.At("before").Text("digest")));
    for (const Kept& other : summary->actions) {
      const Result<std::vector<json::Value>> others = ReadList(directory, other.action);
      if (!others) continue;
      for (const json::Value& line : *others) named.insert(std::string(line.At("before").Text("digest")));
    }
    for (const std::string& digest : gone) {
      struct stat info{};
      if (digest.empty() || named.contains(digest) || stat(ObjectPath(directory, digest).c_str(), &info) != 0) continue;
      bytes -= std::min(bytes, static_cast<uint64_t>(info.st_size));
      unlink(ObjectPath(directory, digest).c_str());
    }
  }
  return Done{};
}

}  // namespace checkrein::sandbox
