#include "policy/request.h"

#include <algorithm>

#include "base/path.h"
#include "policy/path_groups.h"

namespace checkrein::policy {
namespace {

using cedar::EntityUid;
using cedar::Value;

constexpr std::string_view kLabels[] = {"untrusted", "secret", "quarantined"};
// Types whose members nobody can list beforehand; all others are closed vocabularies.
constexpr std::string_view kOpenTypes[] = {"Path", "Host", "Program", "Privilege", "Package", "Manager", "Remote", "Tool", "ToolServer", "Setting", "Unknown"};
constexpr std::string_view kDetails[] = {"name", "path", "port", "ip"};
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

void Note(const EntityUid& uid, cedar::Effect effect, Mentioned* mentioned) {
  if (!Among(kOpenTypes, uid.type())) return;
  const std::string id(uid.id());
  if (effect == cedar::Effect::kForbid && uid.type() == "Path" && !Among(mentioned->forbidden, id)) mentioned->forbidden.push_back(id);
  if (std::find(mentioned->entities.begin(), mentioned->entities.end(), uid) == mentioned->entities.end()) mentioned->entities.push_back(uid);
}

void NoteAll(const Value& value, cedar::Effect effect, Mentioned* mentioned) {
  if (const EntityUid* uid = value.entity()) return Note(*uid, effect, mentioned);
  if (value.set() == nullptr) return;
  for (const Value& member : value.set()->items()) NoteAll(member, effect, mentioned);
}

// Adds the mentioned entities of `type` of which `is_ancestor(id)` holds.
template <typename Test>
void AddMentioned(const Mentioned& mentioned, std::string_view type, Test is_ancestor, Subject* subject) {
  for (const EntityUid& uid : mentioned.entities)
    if (uid.type() == type && is_ancestor(uid.id())) subject->ancestors.push_back(uid);
}

void ClassifyPath(const Effect& effect, const Circumstances& c, const Mentioned& mentioned, Subject* s) {
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
  if (!Among(s->groups, "anywhere")) AddMentioned(mentioned, "Path", [&path, s](std::string_view id) { return IsBeneath(path, id) || s->id == id; }, s);
}

void ClassifyHost(const Effect& effect, const Circumstances& c, const Mentioned& mentioned, Subject* s) {
  s->type = "Host";
  s->group_type = "HostGroup";
  s->host = ParseHost(effect.object);
  s->id = s->host.name;
  s->groups = HostGroups(s->host, effect.op == Op::kListen ? Direction::kListen : Direction::kConnect, c.model_hosts, c.registries);
  AddMentioned(mentioned, "Host", [s](std::string_view id) { return IsDomainOf(s->host.name, id); }, s);
}

void ClassifyProgram(const Effect& effect, const Mentioned& mentioned, Subject* s) {
  s->type = "Program";
  s->group_type = "ProgramGroup";
  s->path = effect.object;
  if (Among(kProgramDirectories, DirName(effect.object))) s->id = std::string(BaseName(effect.object));
  if (effect.object == "?") s->groups.push_back("unknown");
  if (Among(kShells, s->id)) s->groups.push_back("shell");
  if (Among(kElevators, s->id)) s->groups.push_back("elevator");
  if (Among(kPackageManagers, s->id)) s->groups.push_back("package-manager");
  AddMentioned(mentioned, "Program", [s](std::string_view id) { return s->id == id; }, s);
}

// `object` is OWNER, separator, NAME: the owner (a package manager, a tool's server) is the parent.
void ClassifyOwned(std::string_view type, std::string_view owner_type, char separator, const Mentioned& mentioned, Subject* s) {
  s->type = type;
  const size_t cut = s->id.find(separator);
  const std::string owner = cut == std::string::npos ? std::string() : s->id.substr(0, cut);
  AddMentioned(mentioned, type, [s](std::string_view id) { return s->id == id; }, s);
  AddMentioned(mentioned, owner_type, [&owner](std::string_view id) { return owner == id; }, s);
}

void ClassifyRemote(const Effect& effect, const Circumstances& c, const Mentioned& mentioned, Subject* s) {
  s->type = "Remote";
  s->group_type = "HostGroup";
  s->host = HostOfRemote(effect.object);
  s->groups = HostGroups(s->host, Direction::kConnect, c.model_hosts, c.registries);
  AddMentioned(mentioned, "Remote", [s](std::string_view id) { return s->id == id; }, s);
  AddMentioned(mentioned, "Host", [s](std::string_view id) { return IsDomainOf(s->host.name, id); }, s);
}

void ClassifyNamed(std::string_view type, const Mentioned& mentioned, Subject* s) {
  s->type = type;
  AddMentioned(mentioned, type, [s](std::string_view id) { return s->id == id; }, s);
}

// A setting lies in every prefix of its name that ends before ':' or '.': git:remote.origin.url in git:remote in git.
void ClassifySetting(const Mentioned& mentioned, Subject* s) {
  s->type = "Setting";
  AddMentioned(mentioned, "Setting", [s](std::string_view id) {
    return s->id == id || (s->id.starts_with(id) && (s->id[id.size()] == ':' || s->id[id.size()] == '.'));
  }, s);
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

Value GroupSet(std::string_view type, const std::vector<std::string_view>& groups) {
  std::vector<Value> items;
  items.reserve(groups.size());
  for (const std::string_view group : groups) items.emplace_back(EntityUid(type, group));
  return Value(cedar::Set(std::move(items)));
}

cedar::Record AttributesOf(const Subject& s) {
  cedar::Record attrs;
  attrs.Put("name", Value(s.id));
  if (s.type == "Path") {
    attrs.Put("exact", Value(s.exact));
    attrs.Put("includes", GroupSet("PathGroup", s.includes));
    attrs.Put("mayInclude", GroupSet("PathGroup", s.may_include));
  }
  if (s.type == "Host") {
    attrs.Put("port", Value(s.host.port));
    if (s.host.v4 && !s.host.written_v6) {
      cedar::Ip ip;
      std::copy(s.host.v4->begin(), s.host.v4->end(), ip.bytes.begin());
      attrs.Put("ip", Value(ip));
    } else if (s.host.v6) {
      attrs.Put("ip", Value(cedar::Ip{*s.host.v6, 128, true}));
    }
  }
  return attrs;
}

}  // namespace

bool IsLabel(std::string_view label) { return Among(kLabels, label); }

Mentioned MentionedBy(const cedar::PolicySet& policies) {
  Mentioned mentioned;
  for (const cedar::Policy& policy : policies) {
    for (const cedar::Scope* scope : {&policy.principal, &policy.action, &policy.resource})
      for (const EntityUid& uid : scope->entities) Note(uid, policy.effect, &mentioned);
    for (const Value& constant : policy.ast.constants) NoteAll(constant, policy.effect, &mentioned);
    for (const cedar::Node& node : policy.ast.nodes) {
      if (node.op == cedar::Op::kGetAttr) mentioned.details |= Among(kDetails, policy.ast.strings[node.b]);
      if (node.op == cedar::Op::kHas)
        for (uint32_t i = 0; i < node.c; ++i) mentioned.details |= Among(kDetails, policy.ast.strings[node.b + i]);
    }
  }
  return mentioned;
}

Subject Classify(const Effect& effect, const Circumstances& c, const Mentioned& mentioned) {
  Subject s;
  s.action = ActionOf(effect.op);
  s.id = effect.object;
  switch (effect.op) {
    case Op::kRead:
    case Op::kWrite:
    case Op::kDelete: ClassifyPath(effect, c, mentioned, &s); break;
    case Op::kExec: ClassifyProgram(effect, mentioned, &s); break;
    case Op::kConnect:
    case Op::kListen: ClassifyHost(effect, c, mentioned, &s); break;
    case Op::kPush: ClassifyRemote(effect, c, mentioned, &s); break;
    case Op::kInstall: ClassifyOwned("Package", "Manager", ':', mentioned, &s); break;
    case Op::kTool: ClassifyOwned("Tool", "ToolServer", '/', mentioned, &s); break;
    case Op::kPrivilege: ClassifyNamed("Privilege", mentioned, &s); break;
    case Op::kConfigure: ClassifySetting(mentioned, &s); break;
    case Op::kUnknown: ClassifyNamed("Unknown", mentioned, &s); break;
  }
  return s;
}

std::string Signature(const Subject& s, const Mentioned& mentioned) {
  std::string out(s.action);
  out += s.exact ? '!' : '*';
  if (mentioned.details) {
    out += s.id;
    out += '\0';
    out += std::to_string(s.host.port);
  }
  for (const auto* groups : {&s.groups, &s.includes, &s.may_include}) {
    out += '\0';
    for (const std::string_view group : *groups) (out += group) += ' ';
  }
  for (const EntityUid& uid : s.ancestors) ((((out += '\0') += uid.type()) += '\0') += uid.id());
  return out;
}

cedar::Entity ResourceOf(const Subject& s) {
  cedar::Entity entity;
  entity.uid = EntityUid(s.type, s.id);
  entity.attrs = AttributesOf(s);
  if (s.type == "Program") entity.attrs.Put("path", Value(s.path));
  for (const std::string_view group : s.groups) entity.parents.emplace_back(s.group_type, group);
  for (const EntityUid& uid : s.ancestors)
    if (uid != entity.uid) entity.parents.push_back(uid);
  return entity;
}

cedar::Entity SessionOf(const Circumstances& c, const std::vector<std::string>& labels) {
  cedar::Entity entity;
  entity.uid = EntityUid("Session", c.session);
  std::vector<Value> items;
  for (const std::string& label : labels) items.emplace_back(EntityUid("Label", label));
  entity.attrs.Put("depth", Value(c.depth)).Put("labels", Value(cedar::Set(std::move(items))));
  entity.parents.emplace_back("Client", c.client);
  return entity;
}

std::vector<cedar::Entity> Actions() {
  const auto groups_of = [](Op op) -> std::vector<std::string_view> {
    switch (op) {
      case Op::kRead: return {"file"};
      case Op::kWrite:
      case Op::kDelete: return {"file", "change"};
      case Op::kConnect:
      case Op::kListen:
      case Op::kInstall:
      case Op::kPush:
      case Op::kTool: return {"send"};
      case Op::kExec:
      case Op::kPrivilege:
      case Op::kConfigure:
      case Op::kUnknown: break;
    }
    return {};
  };
  std::vector<cedar::Entity> actions;
  for (const Op op : kAllOps) {
    cedar::Entity action;
    action.uid = EntityUid("Action", ActionOf(op));
    for (const std::string_view group : groups_of(op)) action.parents.emplace_back("Action", group);
    actions.push_back(std::move(action));
  }
  return actions;
}

cedar::Record ContextOf(Level level, Coverage coverage) {
  cedar::Record context;
  context.Put("approved", Value(level.approved)).Put("sandboxed", Value(level.sandboxed));
  context.Put("coverage", Value(EntityUid("Coverage", CoverageName(coverage))));
  return context;
}

std::vector<Effect> AlsoJudged(const Effect& effect, const Mentioned& mentioned) {
  std::vector<Effect> more;
  if (effect.op != Op::kRead && effect.op != Op::kWrite && effect.op != Op::kDelete) return more;
  const bool unknown = !effect.object.starts_with('/');
  if (unknown ? effect.op != Op::kRead : !effect.object.ends_with("/**")) return more;
  const std::string_view directory = unknown ? "/" : effect.object.size() == 3 ? "/" : std::string_view(effect.object).substr(0, effect.object.size() - 3);
  for (const std::string& path : mentioned.forbidden)
    if (path.starts_with('/') && IsBeneath(path, directory)) more.push_back({effect.op, path, {}});
  return more;
}

}  // namespace checkrein::policy
