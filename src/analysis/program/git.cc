// git: -c settings that run programs, remotes in all their spellings, and what each sub-command does to the repository.
//
// git runs what .git/config and .git/hooks name. Both are protected places, so an agent cannot have changed them unseen; here they are
// taken to be as `git init` left them, unless the world shows otherwise. Not covered: settings in included files; a `.git` file that leads elsewhere.
#include <algorithm>

#include "analysis/program/describe.h"
#include "analysis/program/git_setting.h"
#include "base/ascii.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxConfig = 256u << 10;  // bytes of .git/config that are read

enum class Setting : uint8_t { kHarmless, kShell, kHooks, kOther };

// git-config(1). A middle part (remote.NAME.url) is cut before comparing.
Setting KindOf(std::string_view key) {
  constexpr std::string_view kHarmless[] = {
      "user.", "color.", "advice.", "log.", "status.", "column.", "format.", "commit.", "init.defaultbranch", "safe.", "gc.", "pack.", "fetch.", "pull.", "push.default", "push.autosetupremote",
      "push.followtags", "rebase.", "merge.conflictstyle", "merge.ff", "merge.renamelimit", "merge.log", "merge.stat", "branch.", "core.quotepath", "core.autocrlf", "core.longpaths",
      "core.filemode", "core.ignorecase", "core.symlinks", "core.abbrev", "core.eol", "core.safecrlf", "core.compression", "core.preloadindex", "core.bare", "core.logallrefupdates",
      "core.repositoryformatversion", "core.whitespace", "core.commentchar", "core.precomposeunicode", "core.untrackedcache", "core.looseCompression", "submodule.recurse",
      "submodule.fetchjobs", "protocol.version", "diff.renames", "diff.algorithm", "diff.mnemonicprefix", "diff.colormoved", "diff.noprefix", "diff.context", "diff.renamelimit", "diff.wordregex",
      "grep.", "tag.sort", "tag.gpgsign", "rerere.", "help.", "index.", "feature.", "maintenance.", "stash.", "blame.", "apply.", "clean.", "checkout.", "transfer.", "receive.", "http.postbuffer",
      "http.lowspeedlimit", "http.lowspeedtime", "http.version", "http.sslverify", "lfs.locksverify", "lfs.fetchinclude", "lfs.fetchexclude", "lfs.concurrenttransfers", "lfs.batch", "lfs.allowincompletepush", "lfs.skipdownloaderrors", "lfs.activitytimeout", "lfs.dialtimeout", "lfs.tlstimeout", "lfs.keepalive",
      "lfs.repositoryformatversion", "extensions.", "interactive.singlekey", "tar.umask", "versionsort.", "worktree.", "i18n.", "gui."};
  constexpr std::string_view kShell[] = {"core.sshcommand", "core.pager", "core.editor", "core.gitproxy", "core.askpass", "core.fsmonitor", "core.alternaterefscommand", "sequence.editor",
                                         "diff.external", "gpg.program", "credential.helper", "interactive.difffilter", "web.browser", "uploadpack.packobjectshook", "sendemail.smtpserver", "gc.recentobjectshook"};
  if (key == "core.hookspath" || key == "init.templatedir") return Setting::kHooks;
  for (const auto name : kShell)
    if (key == name) return Setting::kShell;
  if (key.starts_with("pager.") || key.starts_with("alias.") || (key.starts_with("lfs.customtransfer.") && key.ends_with(".path"))) return Setting::kShell;
  for (const std::string_view tail : {".textconv", ".command", ".driver", ".clean", ".smudge", ".process", ".cmd", ".helper", ".program", ".uploadpack", ".receivepack"})
    if (key.ends_with(tail)) return Setting::kShell;
  for (const auto name : kHarmless)
    if (name.ends_with('.') ? key.starts_with(name) : key == AsciiLower(name)) return Setting::kHarmless;
  if (key.starts_with("lfs.http") && key.ends_with(".locksverify")) return Setting::kHarmless;
  if (key.starts_with("remote.") && (key.ends_with(".fetch") || key.ends_with(".tagopt") || key.ends_with(".prune"))) return Setting::kHarmless;
  return Setting::kOther;
}

bool IsBoolean(std::string_view value) { return value == "true" || value == "false" || value == "1" || value == "0" || value == "yes" || value == "no" || value == "on" || value == "off"; }

// Keys whose value says whether they are harmless: a branch that follows another repository by its address, and who is believed to be a host.
Setting KindOf(std::string_view key, const Word& value) {
  if (key.starts_with("branch.") && (key.ends_with(".remote") || key.ends_with(".pushremote")) && (!value.exact() || value.text.find_first_of(":/") != std::string::npos)) return Setting::kOther;
  if (key == "http.sslverify" && !(value.exact() && (value.text == "true" || value.text == "1"))) return Setting::kOther;
  return KindOf(key);
}

// The checks that the project has put before a commit or push (hooks) do not run.
void PassesChecks(Context& c, Span span) { c.Add(Op::kConfigure, "checks:passed-by", span); }

void ApplySetting(Context& c, std::string_view key, const Word& value) {
  if (value.exact() && value.text.empty()) return;
  switch (KindOf(key, value)) {
    case Setting::kHarmless: return;
    case Setting::kHooks: return value.Is("/dev/null") ? PassesChecks(c, value.span) : c.ProjectCode(value.span);
    case Setting::kOther: return c.Unknown("config", value.span);
    case Setting::kShell: break;
  }
  if (value.exact() && (IsBoolean(value.text) || value.text == "cat" || value.text == ":")) return;
  if (key.starts_with("alias.") && !value.text.starts_with('!')) return c.Unknown("config", value.span);
  c.Shell(value.text.starts_with('!') ? Rest(value, 1) : value);
}

// `git switch -c NAME` is not `git -c KEY=VALUE`.
bool IsSetting(const Parsed& p, const Given& given) {
  const auto global = OptionsOf(*p.chain.front());
  return given.name == "--config" || (given.option >= global.data() && given.option < global.data() + global.size());
}

void Settings(Context& c, const Parsed& p) {
  const bool clones = p.sub() == "clone";
  for (const Given* given : p.All("-c --config")) {
    if (!given->value || !(clones || IsSetting(p, *given))) continue;
    const size_t equals = given->value->text.find('=');
    if (!given->value->exact() && equals == std::string::npos) {
      c.Unknown("config", given->span);
    } else if (equals != std::string::npos) {
      ApplySetting(c, AsciiLower(given->value->text.substr(0, equals)), Rest(*given->value, equals + 1));
    } else if (KindOf(AsciiLower(given->value->text)) != Setting::kHarmless) {
      c.Unknown("config", given->span);
    }
  }
  for (const Given* given : p.All("--config-env --exec-path"))
    if (given->value) c.Unknown("config", given->span);
  // A folder of another name has settings and hooks that nobody protects.
  if (const Given* given = p.sub() == "rev-parse" ? nullptr : p.Find("--git-dir"); given && given->value && !(given->value->exact() && BaseName(given->value->text) == ".git")) c.Unknown("config", given->span);
}

// The repository that the working directory belongs to, as far as the world tells.
std::string RepositoryRoot(const Context& c, const Parsed& p) {
  if (const Given* given = p.Find("--work-tree"); given && given->value && given->value->exact()) return c.Resolve(given->value->text);
  std::string dir = c.cwd;
  for (int i = 0; i < 16; ++i) {
    if (c.world.Read(dir == "/" ? "/.git/HEAD" : dir + "/.git/HEAD", 4096)) return dir;
    if (dir == "/") break;
    dir = std::string(DirName(dir));
  }
  return IsBeneath(c.cwd, c.place.workspace) ? c.place.workspace : c.cwd;
}

// What the repository's own configuration would make git run, if the world lets us look.
void RepositorySettings(Context& c, const std::string& root) {
  const auto config = c.world.Read(root + "/.git/config", kMaxConfig);
  if (!config) return;
  const auto settings = ReadGitConfig(*config);
  if (!settings) return c.Unknown("config", c.command.span);  // git may read it otherwise than we would
  for (const GitSetting& setting : *settings) {
    const Setting kind = KindOf(setting.key);
    if (setting.key.starts_with("include")) c.Unknown("config", c.command.span);
    if (kind == Setting::kShell && setting.key != "core.pager" && setting.key != "core.editor" && !setting.key.starts_with("alias.") && !IsBoolean(setting.value)) c.Unknown("config", c.command.span);
    if (kind == Setting::kHooks) c.ProjectCode(c.command.span);
  }
}

// A folder that is a repository itself (HEAD and config beside each other) is obeyed like `.git`: nobody need have made it one.
void BareRepository(Context& c) {
  const bool named = c.cwd.ends_with(".git") && BaseName(c.cwd) != ".git";
  if (named || (c.world.Read(c.cwd + "/HEAD", 4096) && c.world.Read(c.cwd + "/config", kMaxConfig))) c.Unknown("config", c.command.span);
}

void Hooks(Context& c, const std::string& root) {
  for (const std::string_view hook : {"pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "post-rewrite", "pre-merge-commit", "applypatch-msg", "reference-transaction"})
    if (c.world.Read(root + "/.git/hooks/" + std::string(hook), 1u << 20)) c.ProjectCode(c.command.span);
}

// What sub-commands change in the repository: not its configuration or hooks. Blank-separated; a part that ends in `/` is a folder.
using Parts = std::string_view;
constexpr Parts kIndex = "index";  // `git status` and `git diff` write down what they found out about the files' times
constexpr Parts kStage = "index objects/";
constexpr Parts kNames = "HEAD objects/ refs/ logs/ packed-refs";
constexpr Parts kFetched = "FETCH_HEAD objects/ refs/ logs/ packed-refs shallow";
constexpr Parts kCommitted = "index HEAD COMMIT_EDITMSG objects/ refs/ logs/";
constexpr Parts kAnything = "index HEAD ORIG_HEAD COMMIT_EDITMSG FETCH_HEAD objects/ refs/ logs/ packed-refs";
constexpr Parts kObjects = "objects/";

void WriteRepository(Context& c, const std::string& root, Parts parts = kAnything) {
  for (size_t at = 0; at < parts.size();) {
    const size_t end = std::min(parts.find(' ', at), parts.size());
    std::string_view part = parts.substr(at, end - at);
    at = end + 1;
    const bool folder = part.ends_with('/');
    if (folder) part.remove_suffix(1);
    c.PathText(Op::kWrite, root + "/.git/" + std::string(part), c.command.span, folder ? Tree::kWhole : Tree::kOne);
  }
}

// Where a repository argument leads. `ext::CMD` runs CMD; NAME::x runs git-remote-NAME.
std::string RemoteObject(Context& c, const Word& word, const std::string& root) {
  if (!word.exact() && word.text.find("://") == std::string::npos) return c.Partial("the remote is not known"), "?";
  const std::string& text = word.text;
  if (const size_t colons = text.find("::"); colons != std::string::npos && text.find('/') > colons) {
    if (text.starts_with("ext::")) {
      c.Shell(Rest(word, 5));
    } else {
      c.Unknown("program", word.span);
    }
    return "?";
  }
  if (text.find("://") != std::string::npos) {
    c.Connect(word, "");
    const auto target = UrlTarget(text, "");
    return target && !target->host.empty() ? target->Object() : "?";
  }
  const size_t colon = text.find(':');
  if (colon != std::string::npos && colon > 0 && text.find('/') > colon) {
    const Word host = Exactly(text.substr(0, colon), word.span);
    c.ConnectHost(host, 22);
    const auto target = HostTarget(host.text, 22);
    return target ? target->Object() : "?";
  }
  if (text.find('/') != std::string::npos || text == "." || text == "..") {
    c.Path(Op::kRead, word, Tree::kWhole);
    c.Add(Op::kExec, "sh", word.span);  // sh -c "git-upload-pack 'PATH'"
    return c.Resolve(text);
  }
  // A name: what it means stands in the repository's configuration.
  if (const auto config = c.world.Read(root + "/.git/config", kMaxConfig)) {
    const size_t section = config->find("[remote \"" + text + "\"]");
    const size_t url = section == std::string::npos ? section : config->find("url", section);
    const size_t equals = url == std::string::npos ? url : config->find('=', url);
    if (equals != std::string::npos) {
      const size_t start = config->find_first_not_of(" \t", equals + 1);
      const size_t end = std::min(config->find_first_of("\r\n", equals), config->size());
      if (start != std::string::npos && start < end) {
        const std::string value = config->substr(start, end - start);
        if (value.find("://") != std::string::npos || value.find(':') != std::string::npos) return RemoteObject(c, Exactly(value, word.span), root);
      }
    }
  }
  c.Add(Op::kConnect, "remote:" + text, word.span);
  return text;
}

Word RemoteWord(const Context& c, const Parsed& p) { return p.arguments.empty() ? Exactly("origin", c.command.span) : p.arguments.front(); }

void Clone(Context& c, const Parsed& p, const std::string& root) {
  if (p.arguments.empty()) return;
  const Word& from = p.arguments.front();
  if (from.exact() && from.text.find_first_of("/:") == std::string::npos) {  // a folder: to clone, names of remotes mean nothing
    c.Path(Op::kRead, from, Tree::kWhole);
    c.Add(Op::kExec, "sh", from.span);
  } else {
    RemoteObject(c, from, root);
  }
  if (p.arguments.size() > 1) return c.Path(Op::kWrite, p.arguments[1], Tree::kWhole);
  std::string name(BaseName(p.arguments.front().text.ends_with('/') ? p.arguments.front().text.substr(0, p.arguments.front().text.size() - 1) : p.arguments.front().text));
  if (const size_t colon = name.rfind(':'); colon != std::string::npos) name.erase(0, colon + 1);
  if (name.ends_with(".git")) name.resize(name.size() - 4);
  if (!p.arguments.front().exact() || name.empty()) return c.PathText(Op::kWrite, ".", c.command.span, Tree::kWhole);
  c.PathText(Op::kWrite, name, c.command.span, Tree::kWhole);
}

void Push(Context& c, const Parsed& p, const std::string& root) {
  const Word remote = p.Find("--repo") && p.Find("--repo")->value && p.arguments.empty() ? *p.Find("--repo")->value : RemoteWord(c, p);
  if (p.Has("-n --dry-run")) return void(RemoteObject(c, remote, root));
  const std::string object = RemoteObject(c, remote, root);
  c.Add(Op::kPush, object, remote.span);
  bool rewrites = p.Has("-f --force --force-with-lease --force-if-includes --mirror -d --delete --prune");
  for (const Word& word : p.arguments) rewrites = rewrites || word.text.starts_with('+') || (word.text.starts_with(':') && word.text.size() > 1);
  if (rewrites) c.Add(Op::kPush, "force:" + object, c.command.span);  // it rewrites what others have published
}

void WorkTree(Context& c, const std::string& root, const std::vector<Word>& paths) {
  if (paths.empty()) return c.PathText(Op::kWrite, root, c.command.span, Tree::kWhole);
  for (const Word& word : paths) c.Path(Op::kWrite, word, Tree::kWhole);
}

// The words after `--`.
std::vector<Word> AfterDashes(const Context& c) {
  const auto dashes = std::find_if(c.command.argv.begin(), c.command.argv.end(), [](const Word& w) { return w.Is("--"); });
  return dashes == c.command.argv.end() ? std::vector<Word>() : std::vector<Word>(dashes + 1, c.command.argv.end());
}

// Paths outside the repository make it compare plain files; --no-index says so.
void DiffPaths(Context& c, const Parsed& p, const std::string& root) {
  for (const Word& word : p.arguments) {
    const bool path = word.exact() && (word.text.starts_with('/') || word.text.starts_with("../")) && !IsBeneath(c.Resolve(word.text), root);
    if (path || p.Has("--no-index")) ApplyRole(c, p, Role::kReadTree, word);
  }
}

Parts PartsOf(std::string_view sub) {
  if (sub == "commit") return kCommitted;
  if (sub == "add" || sub == "update-index" || sub == "read-tree") return kStage;
  if (sub == "tag" || sub == "branch" || sub == "update-ref" || sub == "symbolic-ref" || sub == "pack-refs" || sub == "notes") return kNames;
  if (sub == "commit-tree" || sub == "write-tree" || sub == "mktree") return kObjects;
  return kAnything;
}

void Configure(Context& c, const Parsed& p, const std::string& root) {
  const bool looks = p.Has("--get --get-all --get-regexp --get-urlmatch --list -l --show-origin --name-only --get-color --get-colorbool") || p.arguments.empty() || p.arguments.front().Is("get") || p.arguments.front().Is("list");
  const bool removes = p.Has("--unset --unset-all --remove-section --rename-section -e --edit");
  if (looks || (p.arguments.size() == 1 && !removes)) return;
  if (p.Has("-e --edit")) c.Unknown("editor", c.command.span);
  const size_t at = p.arguments.front().Is("set") || p.arguments.front().Is("unset") ? 1 : 0;
  const Word key = at < p.arguments.size() ? p.arguments[at] : Word{};
  c.Add(Op::kConfigure, "git:" + (key.exact() ? AsciiLower(key.text) : "?"), key.span);
  const Word value = at + 1 < p.arguments.size() ? p.arguments[at + 1] : Exactly("true", key.span);
  const Setting kind = key.exact() ? KindOf(AsciiLower(key.text), value) : Setting::kOther;
  if (kind == Setting::kHarmless) {
    // No more than configure:git:KEY, which says that git writes the file it belongs to.
  } else if (p.Has("--global")) {
    c.PathText(Op::kWrite, c.place.home + "/.gitconfig", c.command.span);
  } else if (p.Has("--system")) {
    c.PathText(Op::kWrite, "/etc/gitconfig", c.command.span);
  } else if (const Given* file = p.Find("-f --file"); file && file->value) {
    c.Path(Op::kWrite, *file->value);
  } else {
    c.PathText(Op::kWrite, root + "/.git/config", c.command.span);
  }
}

}  // namespace

Then DescribeGit(Context& c, const Parsed& p) {
  Settings(c, p);
  DescribeOptions(c, p);
  const std::string_view sub = p.sub();
  const std::string root = RepositoryRoot(c, p);
  if (sub.empty()) {
    if (p.unknown_sub) c.Unknown("sub-command", p.unknown_sub->span);  // an alias, or git-NAME from PATH
    return Then::kDone;
  }
  const auto is = [sub](std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), sub) != names.end(); };
  if (!is({"config", "clone", "init", "help", "version", "ls-remote"})) RepositorySettings(c, root), BareRepository(c);
  const bool verb_looks = !p.arguments.empty() && (p.arguments.front().Is("list") || p.arguments.front().Is("show"));
  const std::vector<Word> paths = AfterDashes(c);
  if (sub == "clone") {
    Clone(c, p, root);
  } else if (is({"fetch", "pull", "ls-remote"})) {
    if (p.Has("--all --multiple")) {
      c.Add(Op::kConnect, "remote:*", c.command.span);
    } else {
      RemoteObject(c, RemoteWord(c, p), root);
    }
    if (sub == "fetch") WriteRepository(c, root, kFetched);
    if (sub == "pull") WriteRepository(c, root), WorkTree(c, root, {});
  } else if (sub == "push") {
    Push(c, p, root);
  } else if (sub == "config") {
    Configure(c, p, root);
  } else if (is({"commit", "tag", "add", "branch", "notes", "gc", "reflog", "update-index", "commit-tree", "write-tree", "update-ref", "symbolic-ref", "repack", "prune", "mktree", "pack-refs", "replace", "read-tree"})) {
    if (sub == "tag" && p.Has("-d --delete")) c.PathText(Op::kDelete, root + "/.git/refs/tags", c.command.span, Tree::kWhole);
    const bool lists = (is({"branch", "tag"}) && (p.arguments.empty() || p.Has("-l --list --contains --no-contains --merged --no-merged --points-at")) && !p.Has("--edit-description --unset-upstream -u --set-upstream-to")) ||
                       (is({"notes", "reflog"}) && (p.arguments.empty() || verb_looks));
    if (!lists) WriteRepository(c, root, PartsOf(sub));
    if (sub == "read-tree" && p.Has("-u")) WorkTree(c, root, {});
    if (!lists && sub == "branch") c.Add(Op::kConfigure, "git:branch." + (p.arguments.empty() || !p.arguments.front().exact() ? std::string("?") : p.arguments.front().text), c.command.span);
    if (is({"gc", "repack", "prune", "prune-packed"})) c.Partial("it deletes objects that it has packed, or that nothing names any more");
  } else if (sub == "status" || (sub == "diff" && !p.Has("--no-index --cached --staged"))) {
    WriteRepository(c, root, kIndex);
    if (sub == "diff") DiffPaths(c, p, root);
  } else if (sub == "hash-object") {
    if (p.Has("-w")) WriteRepository(c, root, kObjects);
    if (!p.Has("--stdin --stdin-paths"))
      for (const Word& word : p.arguments) c.Path(Op::kRead, word);
  } else if (is({"merge", "rebase", "cherry-pick", "revert", "am", "apply"})) {
    WriteRepository(c, root);
    if (p.Has("--unsafe-paths")) c.Add(Op::kWrite, "?", c.command.span), c.Partial("the patch may name any file");
    if (!p.Has("--check --stat --numstat --summary") || p.Has("--apply")) WorkTree(c, root, {});
  } else if (is({"checkout", "restore", "reset", "switch", "stash", "clean", "rm", "mv"}) && !(sub == "stash" && verb_looks)) {
    if (!(sub == "clean")) WriteRepository(c, root, sub == "rm" || sub == "mv" || sub == "restore" ? kStage : kAnything);
    const bool index_only = sub == "reset" && !p.Has("--hard --merge --keep");
    const bool unstage = sub == "restore" && p.Has("-S --staged") && !p.Has("-W --worktree");
    const bool cached = sub == "rm" && p.Has("--cached");
    const bool dry = p.Has("-n --dry-run");
    if (sub == "clean" || sub == "rm") {
      const std::vector<Word> what = sub == "rm" || !p.arguments.empty() ? p.arguments : std::vector<Word>{Exactly(c.cwd, c.command.span)};
      if (!dry && !cached)
        for (const Word& word : what) c.Path(Op::kDelete, word, Tree::kWhole);
    } else if (sub == "mv") {
      for (size_t i = 0; i + 1 < p.arguments.size(); ++i) c.Path(Op::kDelete, p.arguments[i], Tree::kWhole);
      if (!p.arguments.empty()) c.Path(Op::kWrite, p.arguments.back(), Tree::kWhole);
    } else if (!index_only && !unstage) {
      const bool creates = (sub == "checkout" && p.Has("-b -B --orphan")) || (sub == "switch" && p.Has("-c -C --create --force-create --orphan"));
      if (!creates || p.arguments.size() > 1) WorkTree(c, root, sub == "restore" && !p.arguments.empty() ? p.arguments : paths);
      // What was not committed is lost.
      if (sub == "restore" || (sub == "reset" && p.Has("--hard")) || (sub == "checkout" && (!paths.empty() || p.Has("-f --force"))) || (sub == "switch" && p.Has("--discard-changes -f --force"))) {
        for (const Word& word : sub == "restore" && !p.arguments.empty() ? p.arguments : paths.empty() ? std::vector<Word>{Exactly(root, c.command.span)} : paths) c.Path(Op::kDelete, word, Tree::kWhole);
        c.Add(Op::kConfigure, "history:uncommitted", c.command.span);
      }
    }
  } else if (is({"remote", "submodule", "worktree", "bisect"})) {
    const std::string_view verb = p.arguments.empty() || !p.arguments.front().exact() ? std::string_view() : std::string_view(p.arguments.front().text);
    if (sub == "remote" && (verb == "add" || verb == "set-url" || verb == "rename" || verb == "remove" || verb == "rm")) {
      c.Add(Op::kConfigure, "git:remote." + (p.arguments.size() > 1 && p.arguments[1].exact() ? p.arguments[1].text : "?") + ".url", c.command.span);
      if (p.arguments.size() > 2 && p.arguments[2].text.find("::") != std::string::npos) c.Unknown("config", p.arguments[2].span);
    } else if (sub == "remote" && (verb == "update" || verb == "prune" || verb == "show")) {
      c.Add(Op::kConnect, "remote:*", c.command.span);
    } else if (sub == "submodule" && !verb.empty() && verb != "status" && verb != "summary") {
      c.Add(Op::kConnect, "?", c.command.span);
      c.PathText(Op::kWrite, root, c.command.span, Tree::kWhole);
      if (verb == "foreach") c.Unknown("shell-text", c.command.span);
    } else if (sub == "worktree" && (verb == "add" || verb == "move" || verb == "remove")) {
      for (size_t i = 1; i < p.arguments.size() && i < 3; ++i) c.Path(verb == "remove" ? Op::kDelete : Op::kWrite, p.arguments[i], Tree::kWhole);
      WriteRepository(c, root);
    } else if (sub == "bisect" && verb == "run") {
      ApplyCommand(c, p, 1);
      WorkTree(c, root, {});
    } else if (sub == "bisect") {
      WriteRepository(c, root);
      WorkTree(c, root, {});
    }
  } else if (sub == "init") {
    if (p.arguments.empty()) {
      c.PathText(Op::kWrite, ".git", c.command.span, Tree::kWhole);
    } else {
      c.Path(Op::kWrite, p.arguments.front());
      c.PathText(Op::kWrite, p.arguments.front().text + "/.git", c.command.span, Tree::kWhole);
    }
  } else if (is({"filter-branch", "filter-repo"})) {
    WriteRepository(c, root);
    c.Unknown("shell-text", c.command.span);
  } else if (is({"diff", "grep"})) {
    DiffPaths(c, p, root);
  } else if (is({"show", "cat-file", "archive"})) {
    for (const Word& word : p.arguments) {  // REVISION:PATH
      const size_t colon = word.text.find(':');
      if (word.exact() && colon != std::string::npos && colon > 0 && colon + 1 < word.text.size()) c.PathText(Op::kRead, root + "/" + word.text.substr(colon + 1), word.span);
    }
  }
  if (is({"commit", "merge", "rebase", "am", "cherry-pick", "revert", "push", "checkout", "switch", "pull", "worktree"}) && !p.Has("--no-verify")) Hooks(c, root);
  const Word* husky = c.Variable("HUSKY");  // typicode.github.io/husky: HUSKY=0 skips all hooks
  if (is({"commit", "merge", "rebase", "am", "push"}) && (p.Has("--no-verify") || (sub == "commit" && p.Has("-n")) || (husky != nullptr && husky->Is("0")))) PassesChecks(c, c.command.span);
  if (sub == "reflog" && !p.arguments.empty() && (p.arguments.front().Is("expire") || p.arguments.front().Is("delete"))) c.PathText(Op::kDelete, root + "/.git/logs", c.command.span, Tree::kWhole);
  if ((sub == "gc" || sub == "prune") && p.Has("--prune")) c.PathText(Op::kDelete, root + "/.git/objects", c.command.span, Tree::kWhole);
  if ((sub == "branch" && p.Has("-D -d --delete")) || (sub == "update-ref" && p.Has("-d --stdin")))
    for (const std::string_view part : {"/.git/refs/heads", "/.git/logs/refs/heads"}) c.PathText(Op::kDelete, root + std::string(part), c.command.span, Tree::kWhole);
  if (sub == "stash" && !p.arguments.empty() && (p.arguments.front().Is("drop") || p.arguments.front().Is("clear") || p.arguments.front().Is("pop"))) c.PathText(Op::kDelete, root + "/.git/refs/stash", c.command.span);
  // What opens an editor without a message given runs whatever GIT_EDITOR names; unattended, that is a program of the person's own.
  DescribeArguments(c, p);
  return Then::kDone;
}

bool IsHarmlessGitSetting(std::string_view key, std::string_view value) { return KindOf(AsciiLower(key), Exactly(std::string(value), {})) == Setting::kHarmless; }

}  // namespace checkrein::analysis
