#include "policy/request.h"

#include <algorithm>
#include <array>

#include "base/path.h"
#include "policy/path_groups.h"

namespace checkrein::policy {
namespace {

using cedar::Facts;
using cedar::Term;
using cedar::UidNumber;

constexpr std::string_view kLabels[] = {"untrusted", "secret", "quarantined"};
// A program here goes by its bare name in policies; one elsewhere by its path, so that a file of the workspace cannot pass for it.
constexpr std::string_view kProgramDirectories[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin"};
constexpr std::string_view kShells[] = {"sh", "bash", "dash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "ash", "busybox", "rbash", "pwsh"};

constexpr std::string_view kElevators[] = {"sudo", "doas", "pkexec", "su", "run0"};
constexpr std::string_view kPackageManagers[] = {"npm",  "npx",  "pnpm", "yarn",   "bun", "pip", "pip3", "pipx", "uv",    "poetry",   "cargo",  "gem",   "bundle", "go",
                                                 "apt",  "apt-get", "aptitude", "dpkg", "dnf", "yum", "zypper", "apk", "pacman", "brew", "composer", "dotnet", "nuget", "conda", "mamba"};

template <typename Range>
bool Among(const Range& range, std::string_view text) {
  return std::find(std::begin(range), std::end(range), text) != std::end(range);
}

void ClassifyPath(const Effect& effect, const Circumstances& c, Subject* s) {
  s->type = "Path";
  s->group_type = "PathGroup";
  const bool is_set = s->id.ends_with("/**");
  std::string path = is_set ? s->id.substr(0, s->id.size() - 3) : s->id;
  if (effect.object.starts_with('/')) path = NormalizePath(path.empty() ? "/" : path, "/");
  s->id = !is_set ? path : path == "/" ? "/**" : path + "/**";
  PathGroups groups = GroupsOfPath(s->id, {c.home, c.workspace, c.state_dir, c.config_dir});
  s->exact = groups.exact;
  s->groups = std::move(groups.in);
  s->includes = std::move(groups.includes);
  s->may_include = std::move(groups.may_include);
}

void ClassifyHost(const Effect& effect, const Circumstances& c, Subject* s) {
  s->type = "Host";
  s->group_type = "HostGroup";
  s->host = ParseHost(effect.object);
  s->id = s->host.name;
  s->groups = HostGroups(s->host, effect.op == Op::kListen ? Direction::kListen : Direction::kConnect, c.model_hosts, c.registries);
}

void ClassifyProgram(const Effect& effect, Subject* s) {
  s->type = "Program";
  s->group_type = "ProgramGroup";
  s->path = effect.object;
  if (Among(kProgramDirectories, DirName(effect.object))) s->id = std::string(BaseName(effect.object));
  if (effect.object == "?") s->groups.push_back("unknown");
  if (Among(kShells, s->id)) s->groups.push_back("shell");
  if (Among(kElevators, s->id)) s->groups.push_back("elevator");
  if (Among(kPackageManagers, s->id)) s->groups.push_back("package-manager");
}

// `origin`: a remote by the name that the repository gave it; `forge` is the repository's own. Not an address, not another kind of place.
bool IsRemoteName(std::string_view object) {
  static constexpr std::string_view kOthers[] = {"cloud", "cluster", "gist", "backup", "registry"};
  if (object.empty() || Among(kOthers, object)) return false;
  return std::all_of(object.begin(), object.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

void ClassifyRemote(const Effect& effect, const Circumstances& c, Subject* s) {
  s->type = "Remote";
  s->group_type = "HostGroup";
  s->host = HostOfRemote(effect.object);
  s->groups = HostGroups(s->host, Direction::kConnect, c.model_hosts, c.registries);
  if (IsRemoteName(effect.object)) s->groups.push_back("remote");
}

std::string_view ActionOf(Op op) {
  switch (op) {
    case Op::kRead: return "ReadFile";
    case Op::kWrite: return "WriteFile";
    case Op::kDelete: return "DeleteFile";
    case Op::kExec: return "Exec";
    case Op::kConnect: return "Connect";
    case Op::kListen: return "Listen";
    case Op::kPrivilege: return "UsePrivilege";
    case Op::kInstall: return "InstallPackage";
    case Op::kPush: return "PushData";
    case Op::kTool: return "CallTool";
    case Op::kConfigure: return "Configure";
    case Op::kUnknown: return "DoUnknown";
  }
  return "DoUnknown";
}

Term GroupSet(std::string_view type, const std::vector<std::string_view>& groups, Facts* facts) {
  std::array<Term, 64> members;
  const size_t count = std::min(groups.size(), members.size());
  const cedar::Symbol type_symbol = facts->Text(type);
  for (size_t i = 0; i < count; ++i) members[i] = Facts::Entity(facts->Uid(type_symbol, facts->Text(groups[i])));
  return facts->Set(std::span(members).first(count));
}

// The attributes of the subject's type.
Term AttributesOf(const Subject& s, Facts* facts) {
  std::array<Facts::Field, 4> fields;
  size_t count = 0;
  const auto put = [&](std::string_view name, const Term& value) { fields[count++] = {facts->Text(name), value}; };
  put("name", facts->String(s.id));
  if (s.type == "Program") put("path", facts->String(s.path));
  if (s.type == "Path") {
    put("exact", Facts::Bool(s.exact));
    const Term includes = GroupSet("PathGroup", s.includes, facts);
    put("includes", includes);
    put("mayInclude", s.may_include == s.includes ? includes : GroupSet("PathGroup", s.may_include, facts));
  }
  if (s.type == "Host") {
    put("port", Facts::Long(s.host.port));
    if (s.host.v4 && !s.host.written_v6) {
      cedar::Ip ip;
      std::copy(s.host.v4->begin(), s.host.v4->end(), ip.bytes.begin());
      put("ip", facts->Address(ip));
    } else if (s.host.v6) {
      put("ip", facts->Address(cedar::Ip{*s.host.v6, 128, true}));
    }
  }
  return facts->Record(std::span(fields).first(count));
}

// The directories that a path lies in; of a set its own as well. None of what is not known.
template <typename Visit>
void EachDirectory(const Subject& s, Visit visit) {
  std::string_view path = s.id;
  if (!path.starts_with('/') || Among(s.groups, "anywhere")) return;
  if (path.ends_with("/**")) {
    path.remove_suffix(path.size() == 3 ? 2 : 3);
    visit(path);
  }
  while (path.size() > 1) {
    path = path.substr(0, std::max<size_t>(path.rfind('/'), 1));
    visit(path);
  }
}

template <typename Visit>
void EachDomain(std::string_view host, Visit visit) {
  for (size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) visit(host.substr(dot + 1));
}

// A setting lies in every prefix of its name that ends before ':' or '.': git:remote.origin.url in git:remote in git.
template <typename Visit>
void EachPrefix(std::string_view setting, Visit visit) {
  for (size_t i = setting.size(); i > 0; --i)
    if (setting[i - 1] == ':' || setting[i - 1] == '.') visit(setting.substr(0, i - 1));
}

void AddParents(const Subject& s, Facts* facts) {
  const auto in = [facts](std::string_view type) {
    return [facts, type](std::string_view id) {
      if (const auto named = facts->Named(type, id)) facts->Parent(*named);
    };
  };
  if (s.type == "Path") EachDirectory(s, in("Path"));
  if (s.type == "Host" && s.host.known()) EachDomain(s.id, in("Host"));
  if (s.type == "Remote" && s.host.known()) {
    in("Host")(s.host.name);
    EachDomain(s.host.name, in("Host"));
  }
  if (s.type == "Setting") EachPrefix(s.id, in("Setting"));
  // OWNER, separator, NAME: the owner (a package manager, a tool's server) is the parent.
  if (s.type == "Package") in("Manager")(std::string_view(s.id).substr(0, s.id.find(':') == std::string::npos ? 0 : s.id.find(':')));
  if (s.type == "Tool") in("ToolServer")(std::string_view(s.id).substr(0, s.id.find('/') == std::string::npos ? 0 : s.id.find('/')));
}

struct ActionRow {
  std::string_view name, groups[2];
};
constexpr ActionRow kActions[] = {{"ReadFile", {"file", ""}},   {"WriteFile", {"file", "change"}}, {"DeleteFile", {"file", "change"}}, {"Exec", {}},
                                  {"Connect", {"send", ""}},    {"Listen", {"send", ""}},          {"UsePrivilege", {}},               {"InstallPackage", {"send", ""}},
                                  {"PushData", {"send", ""}},   {"CallTool", {"send", ""}},        {"Configure", {}},                  {"DoUnknown", {}}};

}  // namespace

bool IsLabel(std::string_view label) { return Among(kLabels, label); }

Subject Classify(const Effect& effect, const Circumstances& c) {
  Subject s;
  s.action = ActionOf(effect.op);
  s.id = effect.object;
  switch (effect.op) {
    case Op::kRead:
    case Op::kWrite:
    case Op::kDelete: ClassifyPath(effect, c, &s); break;
    case Op::kExec: ClassifyProgram(effect, &s); break;
    case Op::kConnect:
    case Op::kListen: ClassifyHost(effect, c, &s); break;
    case Op::kPush: ClassifyRemote(effect, c, &s); break;
    case Op::kInstall: s.type = "Package"; break;
    case Op::kTool: s.type = "Tool"; break;
    case Op::kPrivilege: s.type = "Privilege"; break;
    case Op::kConfigure: s.type = "Setting"; break;
    case Op::kUnknown: s.type = "Unknown"; break;
  }
  return s;
}

UidNumber AddResource(const Subject& s, Facts* facts) {
  const UidNumber uid = facts->Uid(s.type, s.id);
  const Term attributes = AttributesOf(s, facts);
  facts->Begin(uid).Attributes(attributes);
  if (!s.groups.empty()) {
    const cedar::Symbol type = facts->Text(s.group_type);
    for (const std::string_view group : s.groups) facts->Parent(facts->Uid(type, facts->Text(group)));
  }
  AddParents(s, facts);
  return uid;
}

UidNumber AddSession(const Superior& session, const std::vector<std::string>& labels, Facts* facts) {
  std::array<Term, std::size(kLabels)> members;
  size_t count = 0;
  for (const std::string_view label : kLabels)
    if (Among(labels, label)) members[count++] = Facts::Entity(facts->Uid("Label", label));
  std::array<Facts::Field, 2> fields = {{{facts->Text("depth"), Facts::Long(session.depth)}, {facts->Text("labels"), facts->Set(std::span(members).first(count))}}};
  const UidNumber uid = facts->Uid("Session", session.session);
  facts->Begin(uid).Parent(facts->Uid("Client", session.client));
  facts->Attributes(fields);
  return uid;
}

std::vector<std::string_view> AllActions() {
  std::vector<std::string_view> names;
  for (const ActionRow& row : kActions) names.push_back(row.name);
  return names;
}

UidNumber AddAction(std::string_view action, Facts* facts) {
  const cedar::Symbol type = facts->Text("Action");
  const UidNumber uid = facts->Uid(type, facts->Text(action));
  facts->Begin(uid);
  for (const ActionRow& row : kActions)
    for (const std::string_view group : row.groups)
      if (row.name == action && !group.empty()) facts->Parent(facts->Uid(type, facts->Text(group)));
  return uid;
}

Term ContextOf(Level level, Coverage coverage, Facts* facts) {
  std::array<Facts::Field, 3> fields = {{{facts->Text("approved"), Facts::Bool(level.approved)},
                                         {facts->Text("sandboxed"), Facts::Bool(level.sandboxed)},
                                         {facts->Text("coverage"), Facts::Entity(facts->Uid("Coverage", CoverageName(coverage)))}}};
  return facts->Record(fields);
}

std::vector<std::string_view> ForbiddenPaths(const cedar::Program& program) {
  std::vector<std::string_view> paths;
  const auto type = program.FindSymbol("Path");
  for (size_t i = 0; type && i < program.uids.size(); ++i)
    if (program.uids[i].type == *type && (program.uid_flags[i] & cedar::kNamedByForbid) != 0) paths.push_back(program.SymbolText(program.uids[i].id));
  return paths;
}

std::vector<Effect> AlsoJudged(const Effect& effect, const std::vector<std::string_view>& forbidden_paths) {
  std::vector<Effect> more;
  if (effect.op != Op::kRead && effect.op != Op::kWrite && effect.op != Op::kDelete) return more;
  const bool unknown = !effect.object.starts_with('/');
  if (unknown ? effect.op != Op::kRead : !effect.object.ends_with("/**")) return more;
  const std::string_view directory = unknown ? "/" : effect.object.size() == 3 ? "/" : std::string_view(effect.object).substr(0, effect.object.size() - 3);
  for (const std::string_view path : forbidden_paths)
    if (path.starts_with('/') && IsBeneath(path, directory)) more.push_back({effect.op, std::string(path), {}});
  return more;
}

}  // namespace checkrein::policy
