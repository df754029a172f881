#include "cedar/ast.h"

#include <algorithm>
#include <array>
#include <limits>

namespace checkrein::cedar {
namespace {

using F = Function;
constexpr std::array<FunctionInfo, 22> kFunctions = {{
    {F::kIp, "ip", 1, false},
    {F::kDecimal, "decimal", 1, false},
    {F::kDatetime, "datetime", 1, false},
    {F::kDuration, "duration", 1, false},
    {F::kIsIpv4, "isIpv4", 1, true},
    {F::kIsIpv6, "isIpv6", 1, true},
    {F::kIsLoopback, "isLoopback", 1, true},
    {F::kIsMulticast, "isMulticast", 1, true},
    {F::kIsInRange, "isInRange", 2, true},
    {F::kLessThan, "lessThan", 2, true},
    {F::kLessThanOrEqual, "lessThanOrEqual", 2, true},
    {F::kGreaterThan, "greaterThan", 2, true},
    {F::kGreaterThanOrEqual, "greaterThanOrEqual", 2, true},
    {F::kOffset, "offset", 2, true},
    {F::kDurationSince, "durationSince", 2, true},
    {F::kToDate, "toDate", 1, true},
    {F::kToTime, "toTime", 1, true},
    {F::kToMilliseconds, "toMilliseconds", 1, true},
    {F::kToSeconds, "toSeconds", 1, true},
    {F::kToMinutes, "toMinutes", 1, true},
    {F::kToHours, "toHours", 1, true},
    {F::kToDays, "toDays", 1, true},
}};

}  // namespace

const FunctionInfo& InfoOf(Function function) { return kFunctions[static_cast<size_t>(function)]; }

const FunctionInfo* FindFunction(std::string_view name) {
  const auto it = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const FunctionInfo& f) { return f.name == name; });
  return it == kFunctions.end() ? nullptr : &*it;
}

bool Pattern::Matches(std::string_view text) const {
  if (parts.size() == 1) return text == parts[0];
  const std::string& last = parts.back();
  if (!text.starts_with(parts[0])) return false;
  text.remove_prefix(parts[0].size());
  if (!text.ends_with(last)) return false;
  text.remove_suffix(last.size());
  // Leftmost match of each inner part is enough: what it leaves is never shorter than what another match would leave.
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t at = text.find(parts[i]);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + parts[i].size());
  }
  return true;
}

std::string Pattern::ToString() const {
  std::string out = "\"";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += '*';
    const std::string quoted = QuoteString(parts[i]);
    for (const char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
      if (c == '*') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

namespace {

// The children of a node without lists.
std::array<NodeId, 3> Children(const Node& n) {
  switch (n.op) {
    case Op::kLiteral:
    case Op::kVariable:
    case Op::kSlot:
    case Op::kCall:
    case Op::kSet:
    case Op::kRecord: return {kNoNode, kNoNode, kNoNode};
    case Op::kIf: return {n.a, n.b, n.c};
    case Op::kNot:
    case Op::kNegate:
    case Op::kIsEmpty:
    case Op::kGetAttr:
    case Op::kHas:
    case Op::kLike:
    case Op::kIs: return {n.a, kNoNode, kNoNode};
    case Op::kIsIn: return {n.a, n.c, kNoNode};
    default: return {n.a, n.b, kNoNode};
  }
}

}  // namespace

NodeId Ast::Add(Node node) {
  uint16_t height = node.height;
  const auto raise = [&](NodeId child) {
    const uint16_t below = nodes[child].height;
    if (height <= below) height = below == std::numeric_limits<uint16_t>::max() ? below : static_cast<uint16_t>(below + 1);
  };
  for (const NodeId child : Children(node)) {
    if (child != kNoNode) raise(child);
  }
  if (node.op == Op::kCall || node.op == Op::kSet) {
    for (uint32_t i = 0; i < node.c; ++i) raise(lists[node.b + i]);
  } else if (node.op == Op::kRecord) {
    for (uint32_t i = 0; i < node.c; ++i) raise(lists[node.b + 2 * i + 1]);
  }
  node.height = height;
  nodes.push_back(node);
  return static_cast<NodeId>(nodes.size() - 1);
}

NodeId Ast::AddLiteral(Value value, Span span) {
  constants.push_back(std::move(value));
  return Add({Op::kLiteral, 1, static_cast<uint32_t>(constants.size() - 1), 0, 0, span});
}

NodeId Ast::AddCall(Function function, const std::vector<NodeId>& arguments, Span span) {
  const auto first = static_cast<uint32_t>(lists.size());
  lists.insert(lists.end(), arguments.begin(), arguments.end());
  return Add({Op::kCall, 1, static_cast<uint32_t>(function), first, static_cast<uint32_t>(arguments.size()), span});
}

NodeId Ast::AddSet(const std::vector<NodeId>& members, Span span) {
  const auto first = static_cast<uint32_t>(lists.size());
  lists.insert(lists.end(), members.begin(), members.end());
  uint32_t folded = 0;
  if (std::all_of(members.begin(), members.end(), [&](NodeId m) { return nodes[m].op == Op::kLiteral; })) {
    std::vector<Value> items;
    for (const NodeId m : members) items.push_back(constants[nodes[m].a]);
    constants.emplace_back(Set(std::move(items)));
    folded = static_cast<uint32_t>(constants.size());
  }
  return Add({Op::kSet, 1, folded, first, static_cast<uint32_t>(members.size()), span});
}

NodeId Ast::AddRecord(const std::vector<std::pair<uint32_t, NodeId>>& fields, Span span) {
  const auto first = static_cast<uint32_t>(lists.size());
  for (const auto& [key, value] : fields) {
    lists.push_back(key);
    lists.push_back(value);
  }
  return Add({Op::kRecord, 1, 0, first, static_cast<uint32_t>(fields.size()), span});
}

uint32_t Ast::AddString(std::string text) {
  strings.push_back(std::move(text));
  return static_cast<uint32_t>(strings.size() - 1);
}

std::string_view Policy::AnnotationValue(std::string_view name) const {
  for (const Annotation& a : annotations) {
    if (a.name == name) return a.value;
  }
  return "";
}

namespace {

uint64_t RowHash(const Scope& scope) {
  if (scope.kind == Scope::Kind::kIs) return HashText(scope.type);
  return scope.entities.empty() ? 0 : scope.entities[0].hash();
}

}  // namespace

Status PolicySet::Add(Policy policy) {
  if (policies_.size() >= kMaxPolicies) return Error{Error::Kind::kLimit, "more than " + std::to_string(kMaxPolicies) + " policies"};
  if (policy.is_template()) {
    return Error{Error::Kind::kInvalid, Point(policy.source(), {}, "`" + policy.id + "` is a template; link it to make a policy")};
  }
  const auto [at, added] = ids_.emplace(policy.id, policies_.size());
  if (!added) return Error{Error::Kind::kInvalid, Point(policy.source(), {}, "there is already a policy `" + policy.id + "`")};
  ScopeRow row;
  row.principal_kind = policy.principal.kind;
  row.action_kind = policy.action.kind;
  row.resource_kind = policy.resource.kind;
  row.principal = RowHash(policy.principal);
  row.action = RowHash(policy.action);
  row.resource = RowHash(policy.resource);
  if (policy.action.kind == Scope::Kind::kInAny) {
    row.actions_first = static_cast<uint32_t>(action_hashes_.size());
    row.actions_count = static_cast<uint32_t>(policy.action.entities.size());
    for (const EntityUid& uid : policy.action.entities) action_hashes_.push_back(uid.hash());
  }
  rows_.push_back(row);
  policies_.push_back(std::move(policy));
  return Done{};
}

Status PolicySet::Merge(PolicySet other) {
  for (Policy& policy : other.policies_) {
    if (Status added = Add(std::move(policy)); !added) return added;
  }
  return Done{};
}

const Policy* PolicySet::Find(std::string_view id) const {
  const auto it = ids_.find(id);
  return it == ids_.end() ? nullptr : &policies_[it->second];
}

}  // namespace checkrein::cedar
