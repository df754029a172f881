#include "policy/path_groups.h"

#include <algorithm>
#include <string>

#include "base/path.h"
#include "effect/places.h"

namespace checkrein::policy {
namespace {

using Views = std::vector<std::string_view>;

constexpr std::string_view kMaybe = "maybe-";
// Each of these is run or obeyed later without anybody asking: the group `autorun`.
constexpr std::string_view kAutorun[] = {"agent-config", "instructions", "vcs-internals", "ci", "editor-tasks", "auto-run", "persistence", "package-config"};
// What an unknown file may be: everything that is protected.
constexpr std::string_view kProtected[] = {"vital", "credentials", "autorun", "vcs-data", "accounts", "logs", "sockets", "kernel", "devices", "checkrein"};
// Compilers, libraries and package caches, relative to the home.
constexpr std::string_view kToolchains[] = {".cargo", ".rustup", ".nvm", ".npm", ".cache", ".pyenv", ".rbenv", ".rvm", ".sdkman", ".deno", ".bun", ".ghcup", ".opam",
                                            ".m2/repository", ".gradle/caches", ".local/lib", ".local/bin", ".local/share/pnpm", ".local/share/mise", ".local/share/uv",
                                            ".local/share/virtualenvs", ".volta", ".yarn", ".pnpm-store", ".asdf", ".goenv", ".nuget/packages", ".dotnet", ".conda", "go", "bin"};
constexpr std::string_view kSystemDirectories[] = {"/",     "/bin", "/boot", "/dev", "/etc",  "/home", "/lib", "/lib32", "/lib64", "/libx32", "/media",
                                                   "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp",   "/usr",   "/var"};
constexpr std::string_view kTempRoots[] = {"/tmp", "/var/tmp", "/dev/shm"};

bool Has(const Views& groups, std::string_view group) { return std::find(groups.begin(), groups.end(), group) != groups.end(); }
void AddOnce(Views* groups, std::string_view group) {
  if (!Has(*groups, group)) groups->push_back(group);
}

size_t Depth(std::string_view path) { return path == "/" ? 0 : static_cast<size_t>(std::count(path.begin(), path.end(), '/')); }

bool IsAbove(std::string_view path, std::string_view other) { return !other.empty() && path != other && IsBeneath(other, path); }

// Whether losing `path` as a whole means losing a home, the workspace or a part of the system. `is_set`: what is in it, all of it.
bool IsVital(std::string_view path, bool is_set, const Surroundings& around) {
  if (IsAbove(path, around.home) || IsAbove(path, around.workspace) || path == around.home) return true;
  if (path == around.workspace) return !is_set;
  if (is_set && std::find(std::begin(kTempRoots), std::end(kTempRoots), path) != std::end(kTempRoots)) return false;
  if (Depth(path) <= 1) return std::find(std::begin(kSystemDirectories), std::end(kSystemDirectories), path) != std::end(kSystemDirectories);
  return Depth(path) == 2 && (path.starts_with("/usr/") || path.starts_with("/var/") || path.starts_with("/home/") || path.starts_with("/lib/"));
}

bool IsDotenv(std::string_view name) { return name == ".env" || name.starts_with(".env.") || name.ends_with(".env"); }

bool InToolchain(std::string_view path, std::string_view home) {
  if (home.empty() || !IsBeneath(path, home) || path == home) return false;
  const std::string_view below = path.substr(home == "/" ? 1 : home.size() + 1);
  if (below.find_first_of(".gb") != 0) return false;  // how each of them begins
  return std::any_of(std::begin(kToolchains), std::end(kToolchains),
                     [below](std::string_view root) { return below.starts_with(root) && (below.size() == root.size() || below[root.size()] == '/'); });
}

// Groups that policy adds to those of the one path `path`.
void Refine(std::string_view path, const Surroundings& around, Views* groups) {
  if (Has(*groups, "workspace") && Has(*groups, "credentials") && IsDotenv(BaseName(path))) {
    std::erase(*groups, "credentials");
    groups->push_back("dotenv");
  }
  if (path == "/" || path == "/home") AddOnce(groups, "system");  // their names are no secret
  if (path == "/proc/self/environ") *groups = {"environment"};  // what `env` prints; in the sandbox that is another one
  if (InToolchain(path, around.home)) AddOnce(groups, "toolchain");
  for (const std::string_view own : {around.state_dir, around.config_dir})
    if (!own.empty() && IsBeneath(path, own)) AddOnce(groups, "checkrein");
}

// Whether Checkrein's state or configuration lies in `directory`, other than by way of /etc, /usr or /var as a whole: those the package
// manager writes, as root, after a person agreed to exactly that, and a refusal would only teach people to work around us. Nor does what
// other people's homes may hold count.
bool HoldsOwnFiles(std::string_view directory, const Surroundings& around) {
  constexpr std::string_view kInHome[] = {"/.config/checkrein", "/.local/state/checkrein"};
  const auto holds = [directory](std::string_view own) { return !own.empty() && IsBeneath(own, directory); };
  if (holds(around.state_dir) || holds(around.config_dir)) return true;
  return !around.home.empty() && std::any_of(std::begin(kInHome), std::end(kInHome), [&](std::string_view below) {
    return IsBeneath(around.home == "/" ? std::string(below) : std::string(around.home) + std::string(below), directory);
  });
}

void AddAutorun(Views* groups) {
  if (std::any_of(std::begin(kAutorun), std::end(kAutorun), [groups](std::string_view g) { return Has(*groups, g); })) AddOnce(groups, "autorun");
}

using Lies = DeclaredPlaces::Lies;

Lies ToPersonal(std::string_view object, const Surroundings& around) {
  return around.personal == nullptr ? Lies::kOutside : around.personal->Look(object, around.home, around.workspace).lies;
}

PathGroups Unknown(const Surroundings& around) {
  PathGroups groups;
  groups.exact = false;
  groups.in = {"anywhere"};
  groups.includes = {"anywhere"};
  groups.may_include.assign(std::begin(kProtected), std::end(kProtected));
  groups.may_include.push_back("anywhere");
  if (ToPersonal("?", around) != Lies::kOutside) groups.may_include.push_back("personal");
  return groups;
}

// A set lies in a place when its directory does. Of a broad set (a home, the workspace, the root, a directory of the system) nobody knows
// which files of protected names it includes; of a narrow one that is not feared, or every clean-up of a folder would be a question.
PathGroups GroupsOfSet(std::string_view written, std::string_view directory, const Surroundings& around) {
  PathGroups groups;
  groups.exact = false;
  groups.in = PlaceGroups(directory, around.home, around.workspace);
  Refine(directory, around, &groups.in);
  if (std::erase(groups.in, "harmless") > 0) AddOnce(&groups.in, "devices");  // "/dev/null/**": no place may be without a group
  const bool broad = IsVital(directory, true, around) || directory == around.workspace;
  groups.includes = groups.in;
  for (const std::string_view group : PlaceGroups(written, around.home, around.workspace)) {
    const bool maybe = group.starts_with(kMaybe);
    if (!maybe) AddOnce(&groups.includes, group);
    if (maybe && broad) AddOnce(&groups.may_include, group.substr(kMaybe.size()));
  }
  if (!Has(groups.in, "checkrein")) std::erase(groups.includes, "checkrein");
  if (HoldsOwnFiles(directory, around)) AddOnce(&groups.includes, "checkrein");
  if (IsAbove(directory, "/dev")) AddOnce(&groups.includes, "devices");
  if (IsVital(directory, true, around)) AddOnce(&groups.in, "vital");
  AddAutorun(&groups.in);
  const Lies personal = ToPersonal(written, around);
  if (personal == Lies::kWithin) groups.in.push_back("personal");
  if (personal == Lies::kHolds) groups.includes.push_back("personal");
  if (personal == Lies::kMayHold) groups.may_include.push_back("personal");
  for (const std::string_view group : groups.in) AddOnce(&groups.includes, group);
  AddAutorun(&groups.includes);
  for (const std::string_view group : groups.includes) AddOnce(&groups.may_include, group);
  AddAutorun(&groups.may_include);
  return groups;
}

}  // namespace

PathGroups GroupsOfPath(std::string_view object, const Surroundings& around) {
  if (!object.starts_with('/') || object.find('\0') != std::string_view::npos) return Unknown(around);
  if (object.ends_with("/**")) return GroupsOfSet(object, object.size() == 3 ? "/" : object.substr(0, object.size() - 3), around);
  PathGroups groups;
  groups.in = PlaceGroups(object, around.home, around.workspace);
  Refine(object, around, &groups.in);
  if (IsVital(object, false, around)) groups.in.push_back("vital");
  AddAutorun(&groups.in);
  if (ToPersonal(object, around) == Lies::kWithin) groups.in.push_back("personal");
  groups.includes = groups.in;
  groups.may_include = groups.in;
  return groups;
}

}  // namespace checkrein::policy
