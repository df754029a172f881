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
  s->type = kPath;
  s->group_type = kPathGroup;
  const bool is_set = s->id.ends_with("/**");
  if (is_set) s->id.resize(s->id.size() - 3);
  if (effect.object.starts_with('/')) s->id = NormalizePath(s->id.empty() ? "/" : s->id, "/");
  if (is_set) s->id += s->id == "/" ? "**" : "/**";
  const Surroundings around{c.home, c.workspace, c.state_dir, c.config_dir, c.personal};
  PathGroups groups = GroupsOfPath(s->id, around);
  // A folder that is only made, empty: what is obeyed in such a place is what would be put there, and that is judged by itself.
  if (effect.op == Op::kWrite && effect.object.ends_with('/') && effect.object.size() > 1) {
    const PathGroups above = GroupsOfPath(DirName(s->id), around);
    for (auto* names : {&groups.in, &groups.includes, &groups.may_include}) std::erase_if(*names, [&](std::string_view name) { return !Among(above.in, name); });
  }
  s->exact = groups.exact;
  s->groups = std::move(groups.in);
  s->includes = std::move(groups.includes);
  s->may_include = std::move(groups.may_include);
}

void ClassifyHost(const Effect& effect, const Circumstances& c, Subject* s) {
  s->type = kHost;
  s->group_type = kHostGroup;
  s->host = ParseHost(effect.object);
  s->id = s->host.name;
  s->groups = HostGroups(s->host, effect.op == Op::kListen ? Direction::kListen : Direction::kConnect, c.model_hosts, c.registries);
}

void ClassifyProgram(const Effect& effect, Subject* s) {
  s->type = kProgram;
  s->group_type = kProgramGroup;
  s->path = effect.object;
  if (Among(kProgramDirectories, DirName(effect.object))) s->id = std::string(BaseName(effect.object));
  if (effect.object == "?") s->groups.push_back("unknown");
  if (Among(kShells, s->id)) s->groups.push_back("shell");
  if (Among(kElevators, s->id)) s->groups.push_back("elevator");
  if (Among(kPackageManagers, s->id)) s->groups.push_back("package-manager");
}

// `origin`: a remote by the name that the repository gave it; `forge`, `cloud` and `cluster`: those that the machine is configured with. Not
// an address, and not a place where everybody reads.
bool IsRemoteName(std::string_view object) {
  static constexpr std::string_view kOthers[] = {"gist", "backup", "registry", "device"};
  if (object.empty() || Among(kOthers, object)) return false;
  return std::all_of(object.begin(), object.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

void ClassifyRemote(const Effect& effect, const Circumstances& c, Subject* s) {
  s->type = kRemote;
  s->group_type = kHostGroup;
  s->host = HostOfRemote(effect.object);
  s->groups = HostGroups(s->host, Direction::kConnect, c.model_hosts, c.registries);
  if (IsRemoteName(effect.object)) s->groups.push_back("remote");
}

KnownEntity ActionOf(Op op) {
  switch (op) {
    case Op::kRead: return kReadFile;
    case Op::kWrite: return kWriteFile;
    case Op::kDelete: return kDeleteFile;
    case Op::kExec: return kExec;
    case Op::kConnect: return kConnect;
    case Op::kListen: return kListen;
    case Op::kPrivilege: return kUsePrivilege;
    case Op::kInstall: return kInstallPackage;
    case Op::kPush: return kPushData;
    case Op::kTool: return kCallTool;
    case Op::kConfigure: return kConfigure;
    case Op::kUnknown: return kDoUnknown;
  }
  return kDoUnknown;
}

constexpr size_t kMaxGroups = 64;  // the schema has fewer of each type

struct Groups {
  std::array<UidNumber, kMaxGroups> uids;
  size_t count = 0;
};

Groups GroupsOf(Word type, const std::vector<std::string_view>& names, Facts* facts) {
  Groups groups;
  for (const std::string_view name : names)
    if (groups.count < kMaxGroups) groups.uids[groups.count++] = facts->Uid(type, facts->Text(name));
  return groups;
}

Term SetOf(const Groups& groups, Facts* facts) {
  std::array<Term, kMaxGroups> members;
  for (size_t i = 0; i < groups.count; ++i) members[i] = Facts::Entity(groups.uids[i]);
  return facts->Set(std::span(members).first(groups.count));
}

// The attributes of the subject's type. `groups`: its own, which are mostly those that it includes too.
Term AttributesOf(const Subject& s, cedar::Symbol id, const Groups& groups, Facts* facts) {
  std::array<Facts::Field, 4> fields;
  size_t count = 0;
  fields[count++] = {kName, Facts::String(id)};
  if (s.type == kProgram) fields[count++] = {kProgramPath, facts->String(s.path)};
  if (s.type == kPath) {
    fields[count++] = {kExact, Facts::Bool(s.exact)};
    const Term includes = SetOf(s.includes == s.groups ? groups : GroupsOf(kPathGroup, s.includes, facts), facts);
    fields[count++] = {kIncludes, includes};
    fields[count++] = {kMayInclude, s.may_include == s.includes ? includes : SetOf(GroupsOf(kPathGroup, s.may_include, facts), facts)};
  }
  if (s.type == kHost) {
    fields[count++] = {kPort, Facts::Long(s.host.port)};
    if (s.host.v4 && !s.host.written_v6) {
      cedar::Ip ip;
      std::copy(s.host.v4->begin(), s.host.v4->end(), ip.bytes.begin());
      fields[count++] = {kIp, facts->Address(ip)};
    } else if (s.host.v6) {
      fields[count++] = {kIp, facts->Address(cedar::Ip{*s.host.v6, 128, true})};
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

// Those that the policies name of the entities that a subject lies in, its groups apart.
template <typename Visit>
void EachNamedParent(const Subject& s, const cedar::Program& program, Visit visit) {
  const auto in = [&](Word type) {
    return [&program, &visit, type](std::string_view id) {
      const auto symbol = program.FindSymbol(id);
      if (!symbol) return;
      if (const auto named = program.FindUid(type, *symbol)) visit(*named);
    };
  };
  if (s.type == kPath) EachDirectory(s, in(kPath));
  if (s.type == kHost && s.host.known()) EachDomain(s.id, in(kHost));
  if (s.type == kRemote && s.host.known()) {
    in(kHost)(s.host.name);
    EachDomain(s.host.name, in(kHost));
  }
  if (s.type == kSetting) EachPrefix(s.id, in(kSetting));
  // OWNER, separator, NAME: the owner (a package manager, a tool's server) is the parent.
  if (s.type == kPackage) in(kManager)(std::string_view(s.id).substr(0, s.id.find(':') == std::string::npos ? 0 : s.id.find(':')));
  if (s.type == kTool) in(kToolServer)(std::string_view(s.id).substr(0, s.id.find('/') == std::string::npos ? 0 : s.id.find('/')));
}

}  // namespace

std::string_view LabelName(size_t bit) { return IdOf(static_cast<KnownEntity>(kFirstLabel + bit)); }

std::optional<Labels> LabelsOf(std::span<const std::string> labels) {
  Labels set;
  for (const std::string& label : labels) {
    size_t bit = 0;
    while (bit < kLabelCount && LabelName(bit) != label) ++bit;
    if (bit == kLabelCount) return std::nullopt;
    set.set(bit);
  }
  return set;
}

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
    case Op::kInstall: s.type = kPackage; break;
    case Op::kTool: s.type = kTool; break;
    case Op::kPrivilege: s.type = kPrivilege; break;
    case Op::kConfigure: s.type = kSetting; break;
    case Op::kUnknown: s.type = kUnknown; break;
  }
  return s;
}

bool ReadsSecret(const Subject& s) { return s.action == kReadFile && (Among(s.groups, "credentials") || Among(s.groups, "dotenv")); }

bool ReadsPersonal(const Subject& s) { return s.action == kReadFile && Among(s.groups, "personal"); }

bool IsNamed(const Subject& s, const cedar::Program& program) {
  const auto symbol = program.FindSymbol(s.id);
  bool named = symbol && program.FindUid(s.type, *symbol);
  EachNamedParent(s, program, [&named](UidNumber) { named = true; });
  return named;
}

UidNumber AddResource(const Subject& s, Facts* facts) {
  const cedar::Symbol id = facts->Text(s.id);
  const UidNumber uid = facts->Uid(s.type, id);
  const Groups groups = GroupsOf(s.group_type, s.groups, facts);
  const Term attributes = AttributesOf(s, id, groups, facts);
  facts->Begin(uid).Attributes(attributes);
  for (size_t i = 0; i < groups.count; ++i) facts->Parent(groups.uids[i]);
  EachNamedParent(s, facts->program(), [facts](UidNumber named) { facts->Parent(named); });
  return uid;
}

UidNumber AddSession(const Speaker& session, Facts* facts) {
  std::array<Term, kLabelCount> members;
  size_t count = 0;
  for (size_t i = 0; i < kLabelCount; ++i)
    if (session.labels.test(i)) members[count++] = Facts::Entity(static_cast<UidNumber>(kFirstLabel + i));
  std::array<Facts::Field, 2> fields = {{{kDepth, Facts::Long(session.depth)}, {kLabels, facts->Set(std::span(members).first(count))}}};
  const UidNumber uid = facts->Uid(kSession, facts->Text(session.session));
  facts->Begin(uid).Attributes(fields);
  facts->Parent(facts->Uid(kClient, facts->Text(session.client)));
  return uid;
}

void AddAction(KnownEntity action, Facts* facts) {
  facts->Begin(action);
  switch (action) {
    case kReadFile: facts->Parent(kFile); break;
    case kWriteFile:
    case kDeleteFile: facts->Parent(kFile).Parent(kChange); break;
    case kConnect:
    case kListen:
    case kInstallPackage:
    case kPushData:
    case kCallTool: facts->Parent(kSend); break;
    default: break;
  }
}

Term ContextOf(Level level, const Circumstances& c, Facts* facts) {
  const KnownEntity covered = c.coverage == Coverage::kFull ? kFull : c.coverage == Coverage::kPartial ? kPartial : kOpaque;
  std::array<Facts::Field, 4> fields = {{{kApproved, Facts::Bool(level.approved)}, {kSandboxed, Facts::Bool(level.sandboxed)}, {kCoverage, Facts::Entity(covered)}, {kCommands, Facts::Long(c.commands)}}};
  return facts->Record(fields);
}

std::vector<std::string_view> ForbiddenPaths(const cedar::Program& program) {
  std::vector<std::string_view> paths;
  for (size_t i = 0; i < program.uids.size(); ++i)
    if (program.uids[i].type == kPath && (program.uid_flags[i] & cedar::kNamedByForbid) != 0) paths.push_back(program.SymbolText(program.uids[i].id));
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
