#include "monitor/meaning.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>

#include "analysis/program/git_setting.h"
#include "base/json.h"
#include "base/path.h"
#include "effect/places.h"
#include "sandbox/beneath.h"

namespace checkrein::monitor {
namespace {

using sandbox::Change;
using sandbox::ChangeKind;
using sandbox::ChangeType;
using sandbox::OpenBeneath;

constexpr size_t kMaxRead = 1u << 20;  // a larger one is no configuration that somebody wrote

// --- reading both sides -------------------------------------------------------------------------------------------------------------------

std::optional<std::string> ReadRegular(int root, const std::string& path) { return sandbox::ReadBeneath(root, path, kMaxRead); }

bool Stands(int root, const std::string& path) {
  const Fd parent = OpenBeneath(root, std::string(DirName(path)) == "." ? "" : std::string(DirName(path)), O_RDONLY | O_DIRECTORY);
  struct stat info{};
  const bool there = parent.valid() && fstatat(parent.get(), std::string(BaseName(path)).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  return there && !(S_ISCHR(info.st_mode) && info.st_rdev == 0);  // a whiteout
}

// --- git ------------------------------------------------------------------------------------------------------------------------------------

std::string Under(std::string_view directory, std::string_view name) { return directory.empty() ? std::string(name) : std::string(directory) + "/" + std::string(name); }

// An address of the usual kinds; not one that names a program (ext::..., transport helpers) or is read as an option.
bool IsPlainAddress(std::string_view value) { return !value.empty() && value.front() != '-' && value.find("::") == std::string_view::npos; }

// Where a repository of its own begins, nobody has trusted its remotes yet: those of a clone are its own business.
bool IsOfAFreshClone(const analysis::GitSetting& setting) {
  const bool remote = setting.key.starts_with("remote.") && (setting.key.ends_with(".url") || setting.key.ends_with(".pushurl"));
  const bool module = setting.key.starts_with("submodule.") && (setting.key.ends_with(".url") || setting.key.ends_with(".active"));
  return (remote || module) && IsPlainAddress(setting.value);
}

// Whether every setting that is in one of `before` and `after` only is harmless; adds `configure:git:KEY` for each, and notes those that are not.
bool JudgeGitConfig(const std::optional<std::string>& before, const std::optional<std::string>& after, bool fresh, ChangeMeaning& meaning) {
  const auto now = after ? analysis::ReadGitConfig(*after) : std::nullopt;
  const auto then = before ? analysis::ReadGitConfig(*before) : std::optional<std::vector<analysis::GitSetting>>(std::in_place);
  if (!now || !then) {
    meaning.note = "cannot be read as git's configuration";
    return false;
  }
  for (const analysis::GitSetting& setting : *now) {
    if (std::find(then->begin(), then->end(), setting) != then->end()) continue;
    if (fresh && IsOfAFreshClone(setting)) continue;
    meaning.effects.Add(Op::kConfigure, "git:" + setting.key, {});
    if (!analysis::IsHarmlessGitSetting(setting.key, setting.value)) meaning.note += (meaning.note.empty() ? "sets " : ", ") + setting.key;
  }
  // What is taken away may have held something back: core.hooksPath, protocol.ext.allow.
  for (const analysis::GitSetting& setting : *then) {
    const bool stays = std::any_of(now->begin(), now->end(), [&setting](const analysis::GitSetting& other) { return other.key == setting.key; });
    if (stays || analysis::IsHarmlessGitSetting(setting.key, setting.value)) continue;
    meaning.effects.Add(Op::kConfigure, "git:" + setting.key, {});
    meaning.note += (meaning.note.empty() ? "unsets " : ", unsets ") + setting.key;
  }
  return meaning.note.empty();
}

// githooks(5).
constexpr std::string_view kHooks[] = {"applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout", "post-commit", "post-index-change", "post-merge", "post-receive", "post-rewrite",
                                       "post-update", "pre-applypatch", "pre-auto-gc", "pre-commit", "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive", "prepare-commit-msg", "proc-receive", "push-to-checkout",
                                       "reference-transaction", "sendemail-validate", "update"};

// Its `config` or `config.worktree`, wherever the repository or one of its sub-modules lies.
bool IsGitConfig(std::string_view path) {
  const std::string_view name = BaseName(path);
  if (name != "config" && name != "config.worktree") return false;
  const std::string_view directory = DirName(path);
  return directory == ".git" || directory.ends_with("/.git") || directory.starts_with(".git/modules/") || directory.find("/.git/modules/") != std::string_view::npos;
}

// --- package scripts ------------------------------------------------------------------------------------------------------------------------

// Scripts that a package manager runs by itself (npm-scripts(7), composer's "Scripts" chapter), and what hook managers read.
struct Manifest {
  std::string_view file, owner;
  std::span<const std::string_view> scripts, members;
};
constexpr std::string_view kNpmScripts[] = {"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare", "dependencies", "prepublishOnly", "prepack", "postpack",
                                            "publish", "postpublish", "preversion", "version", "postversion", "preuninstall", "uninstall", "postuninstall"};
constexpr std::string_view kNpmMembers[] = {"husky", "simple-git-hooks", "gitHooks", "ghooks", "pre-commit", "pre-push", "lint-staged", "packageManager", "devEngines"};
constexpr std::string_view kComposerScripts[] = {"pre-install-cmd", "post-install-cmd", "pre-update-cmd", "post-update-cmd", "post-status-cmd", "pre-status-cmd", "pre-archive-cmd", "post-archive-cmd", "pre-autoload-dump",
                                                 "post-autoload-dump", "post-root-package-install", "post-create-project-cmd", "pre-operations-exec", "pre-package-install", "post-package-install", "pre-package-update",
                                                 "post-package-update", "pre-package-uninstall", "post-package-uninstall"};
constexpr Manifest kManifests[] = {{"package.json", "npm", kNpmScripts, kNpmMembers}, {"composer.json", "composer", kComposerScripts, {}}};

// Packages that were fetched are their own suppliers' files, thousands of them; what runs of those is asked about when they are installed.
const Manifest* ManifestOf(std::string_view path) {
  const std::string within = "/" + std::string(path);
  if (within.find("/node_modules/") != std::string::npos || within.find("/vendor/") != std::string::npos) return nullptr;
  const auto found = std::find_if(std::begin(kManifests), std::end(kManifests), [&](const Manifest& one) { return one.file == BaseName(path); });
  return found == std::end(kManifests) ? nullptr : found;
}

void JudgeManifest(const Manifest& manifest, const std::optional<std::string>& before, const std::optional<std::string>& after, EffectSet& effects) {
  std::string_view text = after ? std::string_view(*after) : std::string_view();
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const Result<json::Value> now = json::Parse(text);
  const Result<json::Value> then = json::Parse(before.value_or("{}"));
  const std::string owner = std::string(manifest.owner) + ":";
  if (!now || now->object() == nullptr) return effects.Add(Op::kConfigure, owner + "?", {});
  const json::Value nothing;
  const auto compare = [&](const json::Value& old, const json::Value& fresh, std::string_view name, const std::string& shown) {
    const json::Value* value = fresh.Find(name);
    if (value != nullptr && !(*value == old.At(name))) effects.Add(Op::kConfigure, owner + shown, {});
  };
  const json::Value& old = then ? *then : nothing;
  for (const std::string_view name : manifest.scripts) compare(old.At("scripts"), now->At("scripts"), name, "scripts." + std::string(name));
  for (const std::string_view name : manifest.members) compare(old, *now, name, std::string(name));
}

}  // namespace

Meanings::Meanings(const sandbox::Copy& copy)
    : workspace_(copy.workspace), upper_(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)), lower_(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {}

bool Meanings::MayStand(const std::string& path) const { return Stands(upper_.get(), path) || Stands(lower_.get(), path); }

std::optional<std::string> Meanings::Read(const std::string& path) const {
  std::optional<std::string> mine = ReadRegular(upper_.get(), path);
  return mine || Stands(upper_.get(), path) ? mine : ReadRegular(lower_.get(), path);
}

// gitrepository-layout(5): what git asks a directory before it believes that it is one.
bool Meanings::LooksLikeARepository(const std::string& directory) {
  const auto known = repositories_.find(directory);
  if (known != repositories_.end()) return known->second;
  const bool linked = MayStand(Under(directory, "HEAD")) && MayStand(Under(directory, "commondir"));
  const bool is = linked || (MayStand(Under(directory, "HEAD")) && MayStand(Under(directory, "objects")) && MayStand(Under(directory, "refs")));
  return repositories_.emplace(directory, is).first->second;
}

// The directory that git would take for a repository, of those that `path` lies in, though its name is not .git.
std::optional<std::string> Meanings::BareRepository(const std::string& path) {
  if (path == ".git" || path.starts_with(".git/") || path.find("/.git/") != std::string::npos) return std::nullopt;
  for (std::string at = path; !at.empty();) {
    at = DirName(at) == "." ? "" : std::string(DirName(at));
    if (LooksLikeARepository(at)) return at;
  }
  return std::nullopt;
}

// A repository may be completed by its last part after what it would run was written: then that part brings it.
bool Meanings::WouldRun(const std::string& repository) const {
  if (MayStand(Under(repository, "config"))) {
    const auto text = Read(Under(repository, "config"));
    const auto all = text ? analysis::ReadGitConfig(*text) : std::nullopt;
    if (!all) return true;
    for (const analysis::GitSetting& setting : *all)
      if (!analysis::IsHarmlessGitSetting(setting.key, setting.value) && !IsOfAFreshClone(setting)) return true;
  }
  return std::any_of(std::begin(kHooks), std::end(kHooks), [&](std::string_view hook) { return MayStand(Under(repository, "hooks/" + std::string(hook))); });
}

ChangeMeaning Meanings::Of(const Change& change) {
  ChangeMeaning meaning;
  const Op op = change.kind == ChangeKind::kDeleted ? Op::kDelete : Op::kWrite;
  const auto add = [&](const std::string& path) { meaning.effects.Add(op, NormalizePath(path, workspace_), {}); };
  std::string path = change.path;
  if (const std::optional<std::string> bare = BareRepository(path)) {
    const std::string inner = bare->empty() ? path : path.substr(bare->size() + 1);
    path = Under(*bare, ".git/" + inner);
    add(change.path);
    if (op == Op::kWrite && (inner == "HEAD" || inner == "objects" || inner == "refs" || inner == "commondir") && WouldRun(*bare)) {
      add(Under(*bare, ".git/config"));
      meaning.note = "makes its directory a repository that runs something";
    }
  }
  const bool file = op == Op::kWrite && change.type == ChangeType::kFile;
  if (file && IsGitConfig(path)) {
    meaning.content = ReadRegular(upper_.get(), change.path);
    const std::optional<std::string> before = ReadRegular(lower_.get(), change.path);
    const bool fresh = change.kind == ChangeKind::kAdded && !before && path != ".git/config" && path != ".git/config.worktree";
    if (JudgeGitConfig(before, meaning.content, fresh, meaning)) return meaning;
  } else if (const Manifest* manifest = file ? ManifestOf(path) : nullptr) {
    meaning.content = ReadRegular(upper_.get(), change.path);
    JudgeManifest(*manifest, ReadRegular(lower_.get(), change.path), meaning.content, meaning.effects);
  }
  add(path);
  if (op == Op::kWrite && change.type == ChangeType::kLink)
    for (const std::string& beneath : PlacesBeneath(NormalizePath(path, workspace_))) meaning.effects.Add(Op::kWrite, beneath, {});
  return meaning;
}

}  // namespace checkrein::monitor
