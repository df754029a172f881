#include "cedar/policy_json.h"

#include <algorithm>
#include <map>
#include <optional>

#include "cedar/entity_json.h"
#include "cedar/extension.h"
#include "cedar/lexer.h"
#include "cedar/template.h"

namespace checkrein::cedar {
namespace {

struct BinaryRow {
  std::string_view name;
  Op op;
};
constexpr BinaryRow kBinary[] = {{"==", Op::kEqual}, {"!=", Op::kNotEqual}, {"<", Op::kLess}, {"<=", Op::kLessEqual}, {">", Op::kGreater}, {">=", Op::kGreaterEqual},
                                 {"in", Op::kIn}, {"&&", Op::kAnd}, {"||", Op::kOr}, {"+", Op::kAdd}, {"-", Op::kSubtract}, {"*", Op::kMultiply},
                                 {"contains", Op::kContains}, {"containsAll", Op::kContainsAll}, {"containsAny", Op::kContainsAny}, {"getTag", Op::kGetTag}, {"hasTag", Op::kHasTag}};
constexpr BinaryRow kUnary[] = {{"!", Op::kNot}, {"neg", Op::kNegate}, {"isEmpty", Op::kIsEmpty}};
constexpr std::string_view kVariables[] = {"principal", "action", "resource", "context"};

template <size_t N>
std::optional<Op> FindOp(const BinaryRow (&rows)[N], std::string_view name) {
  for (const BinaryRow& row : rows) {
    if (row.name == name) return row.op;
  }
  return std::nullopt;
}

template <size_t N>
std::string_view NameOf(const BinaryRow (&rows)[N], Op op) {
  for (const BinaryRow& row : rows) {
    if (row.op == op) return row.name;
  }
  return "";
}

// Reads one policy. The first error wins; nodes are kNoNode after it.
class Reader {
 public:
  Result<Policy> Read(const json::Value& value, std::string id);

 private:
  NodeId Fail(const std::string& where, std::string_view what, Error::Kind kind = Error::Kind::kInvalid) {
    if (!error_) error_ = Error{kind, where + ": " + std::string(what)};
    return kNoNode;
  }
  // Whether `value` is an object with exactly these keys (the last `optional` of them may be absent).
  bool HasKeys(const json::Value& value, const std::string& where, std::initializer_list<std::string_view> keys, size_t optional);
  NodeId Checked(NodeId id, const std::string& where) {
    return policy_.ast.Height(id) <= kMaxHeight ? id : Fail(where, "nested too deeply", Error::Kind::kLimit);
  }
  void ReadScope(const json::Value& value, std::string_view variable, Scope* scope);
  bool ReadEntity(const json::Value& value, std::string_view variable, const std::string& where, Scope* scope);
  void ReadAnnotations(const json::Value* value);
  void ReadConditions(const json::Value* value);
  NodeId Expression(const json::Value& value, const std::string& where);
  NodeId Operator(const std::string& name, const json::Value& body, const std::string& where);
  NodeId Binary(Op op, const json::Value& body, const std::string& where);
  NodeId IfNode(const json::Value& body, const std::string& where);
  NodeId GetAttr(const json::Value& body, const std::string& where);
  NodeId Has(const json::Value& body, const std::string& where);
  NodeId Like(const json::Value& body, const std::string& where);
  NodeId Is(const json::Value& body, const std::string& where);
  NodeId SetNode(const json::Value& body, const std::string& where);
  NodeId RecordNode(const json::Value& body, const std::string& where);
  NodeId Call(const FunctionInfo& info, const json::Value& body, const std::string& where);
  NodeId ValueNode(const json::Value& body, const std::string& where);

  Policy policy_;
  std::optional<Error> error_;
};

bool Reader::HasKeys(const json::Value& value, const std::string& where, std::initializer_list<std::string_view> keys, size_t optional) {
  if (value.object() == nullptr) return Fail(where, "expected an object"), false;
  for (const auto& member : *value.object()) {
    if (std::find(keys.begin(), keys.end(), member.first) == keys.end()) return Fail(where, "unknown key `" + member.first + "`"), false;
  }
  size_t left = keys.size() - optional;
  for (const std::string_view key : keys) {
    if (left == 0) break;
    --left;
    if (value.Find(key) == nullptr) return Fail(where, "the key `" + std::string(key) + "` is missing"), false;
  }
  return true;
}

Result<Policy> Reader::Read(const json::Value& value, std::string id) {
  policy_.id = std::move(id);
  policy_.file = "json";
  if (HasKeys(value, "policy", {"effect", "principal", "action", "resource", "conditions", "annotations"}, 1)) {
    const std::string_view effect = value.Text("effect");
    if (effect != "permit" && effect != "forbid") Fail("policy.effect", "expected \"permit\" or \"forbid\"");
    policy_.effect = effect == "permit" ? Effect::kPermit : Effect::kForbid;
    ReadScope(value.At("principal"), "principal", &policy_.principal);
    ReadScope(value.At("action"), "action", &policy_.action);
    ReadScope(value.At("resource"), "resource", &policy_.resource);
    ReadAnnotations(value.Find("annotations"));
    ReadConditions(value.Find("conditions"));
  }
  if (error_) return *error_;
  return std::move(policy_);
}

void Reader::ReadAnnotations(const json::Value* value) {
  if (value == nullptr) return;
  if (value->object() == nullptr) return void(Fail("policy.annotations", "expected an object"));
  for (const auto& [name, text] : *value->object()) {
    if (!IsIdentifier(name)) return void(Fail("policy.annotations", "`" + name + "` is no name of an annotation"));
    if (text.string() == nullptr && !text.is_null()) return void(Fail("policy.annotations." + name, "expected a string or null"));
    policy_.annotations.push_back({name, text.string() == nullptr ? "" : *text.string(), text.string() != nullptr});
  }
}

void Reader::ReadConditions(const json::Value* value) {
  if (value->array() == nullptr) return void(Fail("policy.conditions", "expected an array"));
  for (size_t i = 0; i < value->array()->size() && !error_; ++i) {
    const json::Value& item = (*value->array())[i];
    const std::string where = "policy.conditions[" + std::to_string(i) + "]";
    if (!HasKeys(item, where, {"kind", "body"}, 0)) return;
    const std::string_view kind = item.Text("kind");
    if (kind != "when" && kind != "unless") return void(Fail(where + ".kind", "expected \"when\" or \"unless\""));
    policy_.conditions.push_back({kind == "unless", Expression(item.At("body"), where + ".body")});
  }
}

bool Reader::ReadEntity(const json::Value& value, std::string_view variable, const std::string& where, Scope* scope) {
  auto uid = EntityUidFromJson(value);
  if (!uid) return Fail(where, uid.error().text), false;
  if (variable == "action" && uid->type() != "Action" && !uid->type().ends_with("::Action")) {
    return Fail(where, "an action's type is `Action`, perhaps in a namespace, not `" + std::string(uid->type()) + "`"), false;
  }
  scope->entities.push_back(std::move(*uid));
  return true;
}

void Reader::ReadScope(const json::Value& value, std::string_view variable, Scope* scope) {
  const std::string where = "policy." + std::string(variable);
  const std::string op(value.Text("op"));
  const bool action = variable == "action";
  if (error_) return;
  if (op == "All") return void(HasKeys(value, where, {"op"}, 0));
  const json::Value* target = &value;
  if (op == "is" && !action) {
    if (!HasKeys(value, where, {"op", "entity_type", "in"}, 1)) return;
    scope->kind = Scope::Kind::kIs;
    scope->type = value.Text("entity_type");
    if (!IsQualifiedName(scope->type)) return void(Fail(where + ".entity_type", "`" + scope->type + "` is no type name"));
    target = value.Find("in");
    if (target == nullptr) return;
    scope->kind = Scope::Kind::kIsIn;
  } else if (op == "==" || op == "in") {
    if (!HasKeys(value, where, {"op", "entity", "slot", "entities"}, 3)) return;
    scope->kind = op == "==" ? Scope::Kind::kEqual : Scope::Kind::kIn;
  } else {
    return void(Fail(where + ".op", "`" + op + "` cannot stand here"));
  }
  const json::Value* entity = target->Find("entity");
  const json::Value* slot = target->Find("slot");
  const json::Array* entities = target->At("entities").array();
  if ((entity != nullptr) + (slot != nullptr) + (target->Find("entities") != nullptr) != 1) return void(Fail(where, "expected one of `entity`, `entities`, `slot`"));
  if (entity != nullptr) return void(ReadEntity(*entity, variable, where + ".entity", scope));
  if (slot != nullptr) {
    if (action || slot->string() == nullptr || *slot->string() != "?" + std::string(variable)) return void(Fail(where + ".slot", "no such slot may stand here"));
    scope->slot = action ? Slot::kNone : variable == "principal" ? Slot::kPrincipal : Slot::kResource;
    return;
  }
  if (!action || op != "in" || entities == nullptr) return void(Fail(where + ".entities", "a list may only stand behind `action in`"));
  scope->kind = Scope::Kind::kInAny;
  for (const json::Value& item : *entities) {
    if (!ReadEntity(item, variable, where + ".entities", scope)) return;
  }
}

NodeId Reader::Expression(const json::Value& value, const std::string& where) {
  if (error_) return kNoNode;
  if (value.object() == nullptr || value.object()->size() != 1) return Fail(where, "expected an object with one key, the operator");
  const auto& [name, body] = value.object()->front();
  const NodeId node = Operator(name, body, where.size() < 400 ? where + "." + name : where);
  return error_ ? kNoNode : Checked(node, where);
}

NodeId Reader::Operator(const std::string& name, const json::Value& body, const std::string& where) {
  if (name == "Value") return ValueNode(body, where);
  if (name == "Var") {
    const std::string text = body.string() == nullptr ? "" : *body.string();
    const auto* variable = std::find(std::begin(kVariables), std::end(kVariables), text);
    if (variable == std::end(kVariables)) return Fail(where, "there is no variable `" + text + "`" + Suggestion(text, kVariables));
    return policy_.ast.Add({Op::kVariable, 1, static_cast<uint32_t>(variable - std::begin(kVariables)), 0, 0, {}});
  }
  if (name == "Slot") return Fail(where, "a slot may only stand in the scope");
  if (const auto op = FindOp(kBinary, name)) return Binary(*op, body, where);
  if (const auto op = FindOp(kUnary, name)) {
    if (!HasKeys(body, where, {"arg"}, 0)) return kNoNode;
    const NodeId a = Expression(body.At("arg"), where);
    return a == kNoNode ? kNoNode : policy_.ast.Add({*op, 1, a, 0, 0, {}});
  }
  if (name == ".") return GetAttr(body, where);
  if (name == "has") return Has(body, where);
  if (name == "like") return Like(body, where);
  if (name == "is") return Is(body, where);
  if (name == "if-then-else") return IfNode(body, where);
  if (name == "Set") return SetNode(body, where);
  if (name == "Record") return RecordNode(body, where);
  if (const FunctionInfo* info = FindFunction(name)) return Call(*info, body, where);
  return Fail(where, "there is no operator or function `" + name + "`");
}

NodeId Reader::Binary(Op op, const json::Value& body, const std::string& where) {
  if (!HasKeys(body, where, {"left", "right"}, 0)) return kNoNode;
  const NodeId a = Expression(body.At("left"), where);
  const NodeId b = Expression(body.At("right"), where);
  return error_ ? kNoNode : policy_.ast.Add({op, 1, a, b, 0, {}});
}

NodeId Reader::IfNode(const json::Value& body, const std::string& where) {
  if (!HasKeys(body, where, {"if", "then", "else"}, 0)) return kNoNode;
  const NodeId a = Expression(body.At("if"), where), b = Expression(body.At("then"), where), c = Expression(body.At("else"), where);
  return error_ ? kNoNode : policy_.ast.Add({Op::kIf, 1, a, b, c, {}});
}

NodeId Reader::GetAttr(const json::Value& body, const std::string& where) {
  if (!HasKeys(body, where, {"left", "attr"}, 0)) return kNoNode;
  const NodeId a = Expression(body.At("left"), where);
  const std::string* attr = body.At("attr").string();
  if (attr == nullptr) return Fail(where, "`attr` must be a string");
  return error_ ? kNoNode : policy_.ast.Add({Op::kGetAttr, 1, a, policy_.ast.AddString(*attr), 0, {}});
}

NodeId Reader::Has(const json::Value& body, const std::string& where) {
  if (!HasKeys(body, where, {"left", "attr"}, 0)) return kNoNode;
  const NodeId a = Expression(body.At("left"), where);
  std::vector<std::string> path;
  if (const std::string* one = body.At("attr").string()) path.push_back(*one);
  if (const json::Array* many = body.At("attr").array()) {
    for (const json::Value& item : *many) {
      const bool word = item.string() != nullptr && IsIdentifier(*item.string()) && !IsReserved(*item.string());
      if (!word && (many->size() > 1 || item.string() == nullptr)) return Fail(where, "the names of a path must be identifiers");
      path.push_back(*item.string());
    }
  }
  if (path.empty()) return Fail(where, "`attr` must be a string or a list of names");
  if (error_) return kNoNode;
  const auto first = static_cast<uint32_t>(policy_.ast.strings.size());
  for (std::string& name : path) policy_.ast.AddString(std::move(name));
  return policy_.ast.Add({Op::kHas, 1, a, first, static_cast<uint32_t>(path.size()), {}});
}

NodeId Reader::Like(const json::Value& body, const std::string& where) {
  if (!HasKeys(body, where, {"left", "pattern"}, 0)) return kNoNode;
  const NodeId a = Expression(body.At("left"), where);
  const json::Array* parts = body.At("pattern").array();
  if (parts == nullptr) return Fail(where, "`pattern` must be a list");
  Pattern pattern{{""}};
  for (const json::Value& part : *parts) {
    const std::string* literal = part.At("Literal").string();
    if (part.string() != nullptr && *part.string() == "Wildcard") {
      pattern.parts.emplace_back();
    } else if (literal != nullptr && part.object()->size() == 1) {
      pattern.parts.back() += *literal;
    } else {
      return Fail(where, "a pattern holds \"Wildcard\" and {\"Literal\": \"..\"}");
    }
  }
  if (error_) return kNoNode;
  policy_.ast.patterns.push_back(std::move(pattern));
  return policy_.ast.Add({Op::kLike, 1, a, static_cast<uint32_t>(policy_.ast.patterns.size() - 1), 0, {}});
}

NodeId Reader::Is(const json::Value& body, const std::string& where) {
  if (!HasKeys(body, where, {"left", "entity_type", "in"}, 1)) return kNoNode;
  const NodeId a = Expression(body.At("left"), where);
  const std::string type(body.Text("entity_type"));
  if (!IsQualifiedName(type)) return Fail(where, "`" + type + "` is no type name");
  const NodeId group = body.Find("in") == nullptr ? kNoNode : Expression(body.At("in"), where);
  if (error_) return kNoNode;
  const uint32_t name = policy_.ast.AddString(type);
  if (group == kNoNode) return policy_.ast.Add({Op::kIs, 1, a, name, 0, {}});
  return policy_.ast.Add({Op::kIsIn, 1, a, name, group, {}});
}

NodeId Reader::SetNode(const json::Value& body, const std::string& where) {
  if (body.array() == nullptr) return Fail(where, "expected an array");
  std::vector<NodeId> members;
  for (const json::Value& item : *body.array()) members.push_back(Expression(item, where));
  return error_ ? kNoNode : policy_.ast.AddSet(members, {});
}

NodeId Reader::RecordNode(const json::Value& body, const std::string& where) {
  if (body.object() == nullptr) return Fail(where, "expected an object");
  std::vector<std::pair<uint32_t, NodeId>> fields;
  for (const auto& [key, value] : *body.object()) {
    const NodeId node = Expression(value, where);
    fields.emplace_back(policy_.ast.AddString(key), node);
  }
  return error_ ? kNoNode : policy_.ast.AddRecord(fields, {});
}

NodeId Reader::Call(const FunctionInfo& info, const json::Value& body, const std::string& where) {
  if (body.array() == nullptr) return Fail(where, "expected an array of arguments");
  if (info.method && body.array()->empty()) return Fail(where, "a method needs its receiver");
  std::vector<NodeId> arguments;
  for (const json::Value& item : *body.array()) arguments.push_back(Expression(item, where));
  return error_ ? kNoNode : policy_.ast.AddCall(info.function, arguments, {});
}

// A value becomes what one would write for it.
NodeId Reader::ValueNode(const json::Value& body, const std::string& where) {
  if (body.array() != nullptr) {
    std::vector<NodeId> members;
    for (const json::Value& item : *body.array()) {
      const NodeId node = ValueNode(item, where);
      if (error_) return kNoNode;
      members.push_back(Checked(node, where));
    }
    return policy_.ast.AddSet(members, {});
  }
  if (const json::Value* call = body.Find("__extn"); call != nullptr && body.object()->size() == 1) {
    const FunctionInfo* info = FindFunction(call->Text("fn"));
    if (info == nullptr) return Fail(where, "there is no function `" + std::string(call->Text("fn")) + "`");
    std::vector<NodeId> arguments;
    if (const json::Value* one = call->Find("arg")) arguments.push_back(ValueNode(*one, where));
    if (const json::Array* many = call->At("args").array()) {
      for (const json::Value& item : *many) arguments.push_back(ValueNode(item, where));
    }
    if (arguments.empty()) return Fail(where, "expected `arg` or `args`");
    return error_ ? kNoNode : policy_.ast.AddCall(info->function, arguments, {});
  }
  if (body.object() != nullptr && !(body.Find("__entity") != nullptr && body.object()->size() == 1)) {
    std::vector<std::pair<uint32_t, NodeId>> fields;
    for (const auto& [key, value] : *body.object()) {
      const NodeId node = ValueNode(value, where);
      if (error_) return kNoNode;
      fields.emplace_back(policy_.ast.AddString(key), Checked(node, where));
    }
    return policy_.ast.AddRecord(fields, {});
  }
  auto value = ValueFromJson(body);
  if (!value) return Fail(where, value.error().text);
  return policy_.ast.AddLiteral(std::move(*value), {});
}

// ---- out

json::Value Pair(std::string_view name, json::Value value) { return json::Object{{std::string(name), std::move(value)}}; }

class Writer {
 public:
  explicit Writer(const Ast& ast) : ast_(ast) {}

  json::Value Expression(NodeId id) const {
    const Node& n = ast_[id];
    switch (n.op) {
      case Op::kLiteral: return Pair("Value", ValueToJson(ast_.constants[n.a]));
      case Op::kVariable: return Pair("Var", kVariables[n.a]);
      case Op::kSlot: return Pair("Slot", static_cast<Slot>(n.a) == Slot::kPrincipal ? "?principal" : "?resource");
      case Op::kIf: return Pair("if-then-else", json::Object{{"if", Expression(n.a)}, {"then", Expression(n.b)}, {"else", Expression(n.c)}});
      case Op::kNot:
      case Op::kNegate:
      case Op::kIsEmpty: return Pair(NameOf(kUnary, n.op), Pair("arg", Expression(n.a)));
      case Op::kGetAttr: return Pair(".", json::Object{{"left", Expression(n.a)}, {"attr", ast_.strings[n.b]}});
      case Op::kHas: return Pair("has", json::Object{{"left", Expression(n.a)}, {"attr", Path(n)}});
      case Op::kLike: return Pair("like", json::Object{{"left", Expression(n.a)}, {"pattern", PatternOf(ast_.patterns[n.b])}});
      case Op::kIs: return Pair("is", json::Object{{"left", Expression(n.a)}, {"entity_type", ast_.strings[n.b]}});
      case Op::kIsIn: return Pair("is", json::Object{{"left", Expression(n.a)}, {"entity_type", ast_.strings[n.b]}, {"in", Expression(n.c)}});
      case Op::kCall: return Pair(InfoOf(static_cast<Function>(n.a)).name, List(n));
      case Op::kSet: return Pair("Set", List(n));
      case Op::kRecord: {
        json::Object fields;
        for (uint32_t i = 0; i < n.c; ++i) fields.emplace_back(ast_.strings[ast_.lists[n.b + 2 * i]], Expression(ast_.lists[n.b + 2 * i + 1]));
        return Pair("Record", std::move(fields));
      }
      default: return Pair(NameOf(kBinary, n.op), json::Object{{"left", Expression(n.a)}, {"right", Expression(n.b)}});
    }
  }

 private:
  json::Value Path(const Node& n) const {
    if (n.c == 1) return ast_.strings[n.b];
    json::Array path;
    for (uint32_t i = 0; i < n.c; ++i) path.emplace_back(ast_.strings[n.b + i]);
    return path;
  }
  static json::Value PatternOf(const Pattern& pattern) {
    json::Array out;
    for (size_t i = 0; i < pattern.parts.size(); ++i) {
      if (i > 0) out.emplace_back("Wildcard");
      if (!pattern.parts[i].empty()) out.push_back(Pair("Literal", pattern.parts[i]));
    }
    return out;
  }
  json::Value List(const Node& n) const {
    json::Array out;
    for (uint32_t i = 0; i < n.c; ++i) out.push_back(Expression(ast_.lists[n.b + i]));
    return out;
  }
  const Ast& ast_;
};

json::Value ScopeToJson(const Scope& scope) {
  using Kind = Scope::Kind;
  const auto entity = [&](json::Object object) {
    if (scope.slot != Slot::kNone) {
      object.emplace_back("slot", scope.slot == Slot::kPrincipal ? "?principal" : "?resource");
    } else {
      object.emplace_back("entity", EntityUidToJson(scope.entities[0]));
    }
    return object;
  };
  switch (scope.kind) {
    case Kind::kAny: return json::Object{{"op", "All"}};
    case Kind::kEqual: return entity({{"op", "=="}});
    case Kind::kIn: return entity({{"op", "in"}});
    case Kind::kIs: return json::Object{{"op", "is"}, {"entity_type", scope.type}};
    case Kind::kIsIn: return json::Object{{"op", "is"}, {"entity_type", scope.type}, {"in", entity({})}};
    case Kind::kInAny: break;
  }
  json::Array list;
  for (const EntityUid& uid : scope.entities) list.push_back(EntityUidToJson(uid));
  return json::Object{{"op", "in"}, {"entities", std::move(list)}};
}

Error In(const std::string& where, const Error& error) { return {error.kind, where + ": " + error.text}; }

}  // namespace

Result<Policy> PolicyFromJson(const json::Value& value, std::string id) { return Reader().Read(value, std::move(id)); }

json::Value PolicyToJson(const Policy& policy) {
  json::Array conditions;
  for (const Condition& c : policy.conditions) {
    conditions.push_back(json::Object{{"kind", c.unless ? "unless" : "when"}, {"body", Writer(policy.ast).Expression(c.body)}});
  }
  json::Object out{{"effect", policy.effect == Effect::kPermit ? "permit" : "forbid"},
                   {"principal", ScopeToJson(policy.principal)},
                   {"action", ScopeToJson(policy.action)},
                   {"resource", ScopeToJson(policy.resource)},
                   {"conditions", std::move(conditions)}};
  json::Object annotations;
  for (const Annotation& a : policy.annotations) annotations.emplace_back(a.name, a.has_value ? json::Value(a.value) : json::Value());
  if (!annotations.empty()) out.emplace_back("annotations", std::move(annotations));
  return out;
}

Result<PolicySet> PolicySetFromJson(const json::Value& value) {
  if (value.object() == nullptr) return Error{Error::Kind::kInvalid, "policies: expected an object"};
  for (const auto& member : *value.object()) {
    if (member.first != "staticPolicies" && member.first != "templates" && member.first != "templateLinks") {
      return Error{Error::Kind::kInvalid, "policies: unknown key `" + member.first + "`"};
    }
  }
  PolicySet set;
  std::map<std::string, Policy, std::less<>> templates;
  for (const char* part : {"staticPolicies", "templates"}) {
    const json::Value* group = value.Find(part);
    if (group == nullptr) continue;
    if (group->object() == nullptr) return Error{Error::Kind::kInvalid, std::string(part) + ": expected an object"};
    for (const auto& [id, json] : *group->object()) {
      auto policy = PolicyFromJson(json, id);
      if (!policy) return In(id, policy.error());
      if (std::string_view(part) == "templates") {
        templates.emplace(id, std::move(*policy));
      } else if (Status added = set.Add(std::move(*policy)); !added) {
        return added.error();
      }
    }
  }
  const json::Array* links = value.At("templateLinks").array();
  for (size_t i = 0; links != nullptr && i < links->size(); ++i) {
    const json::Value& link = (*links)[i];
    const std::string where = "templateLinks[" + std::to_string(i) + "]";
    const auto tmpl = templates.find(link.Text("templateId"));
    if (tmpl == templates.end()) return Error{Error::Kind::kInvalid, where + ": there is no template `" + std::string(link.Text("templateId")) + "`"};
    SlotValues values;
    if (const json::Object* given = link.At("values").object()) {
      for (const auto& [slot, json] : *given) {
        auto uid = EntityUidFromJson(json);
        if (!uid) return In(where, uid.error());
        if (slot != "?principal" && slot != "?resource") return Error{Error::Kind::kInvalid, where + ": there is no slot `" + slot + "`"};
        (slot == "?principal" ? values.principal : values.resource) = std::move(*uid);
      }
    }
    auto policy = Link(tmpl->second, std::string(link.Text("newId")), values);
    if (!policy) return In(where, policy.error());
    if (Status added = set.Add(std::move(*policy)); !added) return added.error();
  }
  return set;
}

json::Value PolicySetToJson(const PolicySet& policies) {
  json::Object all;
  for (const Policy& policy : policies) all.emplace_back(policy.id, PolicyToJson(policy));
  return json::Object{{"staticPolicies", std::move(all)}};
}

}  // namespace checkrein::cedar
