// The rules are those of the language's validator in strict mode, in one request environment:
//   - `false && x`, `true || x`, `if true ..` do not look at what is never reached;
//   - `a has b` (and hasTag) makes a.b safe wherever the test must have been true;
//   - types must agree exactly, but for booleans.
// After an error an expression keeps its type where it is certain, so that later errors are found, and loses what its tests would give.
#include "cedar/typecheck.h"

#include <algorithm>

#include "cedar/extension.h"

namespace checkrein::cedar {
namespace {

using K = Type::Kind;

TypeRef Bool() { return PlainType(K::kBool); }
TypeRef Always(bool value) { return PlainType(value ? K::kTrue : K::kFalse); }
bool IsKind(TypeRef type, K kind) { return type != nullptr && type->kind == kind; }

std::string Show(TypeRef type) { return "`" + type->ToString() + "`"; }

// The types of an extension function's arguments and result.
struct Signature {
  K first, second, result;
};
Signature SignatureOf(Function function) {
  using F = Function;
  switch (function) {
    case F::kIp: return {K::kString, K::kString, K::kIp};
    case F::kDecimal: return {K::kString, K::kString, K::kDecimal};
    case F::kDatetime: return {K::kString, K::kString, K::kDatetime};
    case F::kDuration: return {K::kString, K::kString, K::kDuration};
    case F::kIsIpv4:
    case F::kIsIpv6:
    case F::kIsLoopback:
    case F::kIsMulticast:
    case F::kIsInRange: return {K::kIp, K::kIp, K::kBool};
    case F::kLessThan:
    case F::kLessThanOrEqual:
    case F::kGreaterThan:
    case F::kGreaterThanOrEqual: return {K::kDecimal, K::kDecimal, K::kBool};
    case F::kOffset: return {K::kDatetime, K::kDuration, K::kDatetime};
    case F::kDurationSince: return {K::kDatetime, K::kDatetime, K::kDuration};
    case F::kToDate: return {K::kDatetime, K::kDatetime, K::kDatetime};
    case F::kToTime: return {K::kDatetime, K::kDatetime, K::kDuration};
    default: return {K::kDuration, K::kDuration, K::kLong};
  }
}

bool Readable(Function function, const std::string& text) {
  switch (function) {
    case Function::kIp: return ParseIp(text).has_value();
    case Function::kDecimal: return ParseDecimal(text).has_value();
    case Function::kDatetime: return ParseDatetime(text).has_value();
    default: return ParseDuration(text).has_value();
  }
}

}  // namespace

Typechecker::Typechecker(const Schema& schema, const Policy& policy) : schema_(schema), policy_(policy), ast_(policy.ast) { NumberNodes(); }

// ---- canonical numbers

uint32_t Typechecker::Canonical(std::string description) {
  return canonical_.emplace(std::move(description), static_cast<uint32_t>(canonical_.size())).first->second;
}

void Typechecker::NumberNodes() {
  for (const Node& n : ast_.nodes) {
    const auto child = [&](NodeId id) { return std::to_string(numbers_[id]) + ","; };
    std::string d;
    switch (n.op) {
      case Op::kLiteral: d = "l" + ast_.constants[n.a].ToString(); break;
      case Op::kVariable:
      case Op::kSlot: d = "v" + std::to_string(static_cast<int>(n.op)) + "," + std::to_string(n.a); break;
      case Op::kGetAttr: numbers_.push_back(AttributeOf(numbers_[n.a], ast_.strings[n.b])); continue;
      case Op::kHas:
        d = "h" + child(n.a);
        for (uint32_t i = 0; i < n.c; ++i) d += std::to_string(Text(ast_.strings[n.b + i])) + ".";
        break;
      case Op::kLike: d = "k" + child(n.a) + ast_.patterns[n.b].ToString(); break;
      case Op::kIs: d = "i" + child(n.a) + ast_.strings[n.b]; break;
      case Op::kIsIn: d = "I" + child(n.a) + child(n.c) + ast_.strings[n.b]; break;
      case Op::kCall:
      case Op::kSet:
        d = (n.op == Op::kCall ? "c" + std::to_string(n.a) : std::string("s")) + ":";
        for (uint32_t i = 0; i < n.c; ++i) d += child(ast_.lists[n.b + i]);
        break;
      case Op::kRecord: {
        std::vector<std::string> fields;
        for (uint32_t i = 0; i < n.c; ++i) fields.push_back(std::to_string(Text(ast_.strings[ast_.lists[n.b + 2 * i]])) + "=" + child(ast_.lists[n.b + 2 * i + 1]));
        std::sort(fields.begin(), fields.end());
        d = "r";
        for (const std::string& field : fields) d += field;
        break;
      }
      case Op::kIf: d = "f" + child(n.a) + child(n.b) + child(n.c); break;
      case Op::kNot:
      case Op::kNegate:
      case Op::kIsEmpty: d = "u" + std::to_string(static_cast<int>(n.op)) + "," + child(n.a); break;
      default: d = "b" + std::to_string(static_cast<int>(n.op)) + "," + child(n.a) + child(n.b); break;
    }
    numbers_.push_back(Canonical(std::move(d)));
  }
}

// ---- capabilities

Typechecker::Capabilities Typechecker::Union(const Capabilities& a, const Capabilities& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Capabilities out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

Typechecker::Capabilities Typechecker::Intersection(const Capabilities& a, const Capabilities& b) {
  Capabilities out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

bool Typechecker::Knows(const Capabilities& known, const Capability& c) { return std::binary_search(known.begin(), known.end(), c); }

// ---- reports

void Typechecker::Report(ProblemKind kind, NodeId at, std::string what) { ReportAt(kind, ast_[at].span, std::move(what)); }

void Typechecker::ReportAt(ProblemKind kind, Span span, std::string what) {
  for (const ValidationProblem& p : problems_) {
    if (p.kind == kind && p.span == span && p.what == what) return;  // another environment said so already
  }
  std::string message = Point(policy_.source(), span, what);
  problems_.push_back({kind, policy_.id, span, std::move(what), std::move(message)});
}

// ---- the policy

Typechecker::Outcome Typechecker::Check(const Environment& environment) {
  environment_ = environment;
  Answer all = ScopeAnswer(policy_.principal, Variable::kPrincipal);
  const auto conjoin = [&](auto next) {
    if (!IsKind(all.type, K::kFalse)) all = Conjunction(all, next());
  };
  conjoin([&] { return ActionScope(policy_.action); });
  conjoin([&] { return ScopeAnswer(policy_.resource, Variable::kResource); });
  // The conditions are one expression of their own: it knows what the scope gives, which is nothing.
  conjoin([&] {
    Answer conditions{true, Always(true), {}};
    for (const Condition& condition : policy_.conditions) {
      if (IsKind(conditions.type, K::kFalse)) break;
      Answer one = Expect(condition.body, conditions.known_if_true, Want::kBool);
      if (condition.unless) {
        one.known_if_true.clear();
        one.type = IsKind(one.type, K::kTrue) ? Always(false) : IsKind(one.type, K::kFalse) ? Always(true) : Bool();
      }
      conditions = &condition == &policy_.conditions[0] ? one : Conjunction(conditions, one);
    }
    return conditions;
  });
  if (IsKind(all.type, K::kFalse)) return Outcome::kFalse;
  return all.good ? Outcome::kGood : Outcome::kBad;
}

Typechecker::Answer Typechecker::ScopeAnswer(const Scope& scope, Variable variable) {
  const bool principal = variable == Variable::kPrincipal;
  const std::string_view own = principal ? environment_.principal : environment_.resource;
  const std::string_view slot = principal ? environment_.principal_slot : environment_.resource_slot;
  if (scope.kind == Scope::Kind::kAny) return {true, Always(true), {}};
  if ((scope.kind == Scope::Kind::kIs || scope.kind == Scope::Kind::kIsIn) && own != scope.type) return {true, Always(false), {}};
  if (scope.kind == Scope::Kind::kIs) return {true, Always(true), {}};
  const std::string_view other = scope.slot == Slot::kNone ? scope.entities[0].type() : slot;
  const bool declared = scope.slot != Slot::kNone || (IsActionTypeName(other) ? schema_.FindAction(scope.entities[0]) != nullptr : schema_.FindEntityType(other) != nullptr);
  if (!declared) return Bad(Bool());  // reported with all other undeclared names
  if (scope.kind == Scope::Kind::kEqual) return {true, own == other ? Bool() : Always(false), {}};
  return {true, schema_.MayBeIn(own, other) ? Bool() : Always(false), {}};
}

Typechecker::Answer Typechecker::ActionScope(const Scope& scope) {
  const EntityUid& action = environment_.action->uid;
  if (scope.kind == Scope::Kind::kAny) return {true, Always(true), {}};
  bool found = false;
  if (scope.kind == Scope::Kind::kEqual) return {schema_.FindAction(scope.entities[0]) != nullptr, Always(scope.entities[0] == action), {}};
  for (const EntityUid& e : scope.entities) {
    if (schema_.FindAction(e) == nullptr) return Bad(Bool());
    found = found || e == action || environment_.action->ancestors.contains(e);
  }
  if (scope.entities.empty()) {
    ReportAt(ProblemKind::kEmptySetForbidden, scope.span, "an empty set has no type; the policy could never apply");
    return Bad(Bool());
  }
  return {true, Always(found), {}};
}

// ---- expressions

Typechecker::Answer Typechecker::Expect(NodeId id, const Capabilities& known, Want want) {
  Answer a = Visit(id, known);
  if (a.type == nullptr) return Bad();
  const K kind = a.type->kind;
  bool fits = false;
  std::string_view name;
  switch (want) {
    case Want::kBool: fits = a.type->is_bool(), name = "`Bool`"; break;
    case Want::kLong: fits = kind == K::kLong, name = "`Long`"; break;
    case Want::kString: fits = kind == K::kString, name = "`String`"; break;
    case Want::kEntity: fits = kind == K::kEntity, name = "an entity"; break;
    case Want::kSet: fits = kind == K::kSet, name = "a set"; break;
    case Want::kEntityOrRecord: fits = kind == K::kEntity || kind == K::kRecord, name = "an entity or a record"; break;
    case Want::kEntityOrEntities: fits = kind == K::kEntity || (kind == K::kSet && a.type->element->kind == K::kEntity), name = "an entity or a set of entities"; break;
  }
  if (fits) return a;
  std::string what = "expected " + std::string(name) + ", found " + Show(a.type);
  if (want == Want::kLong && kind == K::kDecimal) what += "; decimals have methods such as .lessThan(..)";
  if (want == Want::kLong && kind == K::kString) what += "; texts cannot be added";
  if (want == Want::kSet && kind == K::kEntity) what += "; for groups use `in`";
  if (want == Want::kEntityOrRecord && kind == K::kSet) what += "; for members use .contains(..)";
  Report(ProblemKind::kUnexpectedType, id, std::move(what));
  return Bad();
}

Typechecker::Answer Typechecker::Visit(NodeId id, const Capabilities& known) {
  const Node& n = ast_[id];
  switch (n.op) {
    case Op::kLiteral: return Literal(n);
    case Op::kVariable: return Var(static_cast<Variable>(n.a));
    case Op::kSlot: return Bad();
    case Op::kIf: return If(n, id, known);
    case Op::kAnd: return AndNode(n, known);
    case Op::kOr: return OrNode(n, known);
    case Op::kNot: {
      const Answer a = Expect(n.a, known, Want::kBool);
      if (IsKind(a.type, K::kTrue) || IsKind(a.type, K::kFalse)) return {a.good, Always(a.type->kind == K::kFalse), {}};
      return {a.good, Bool(), {}};
    }
    case Op::kNegate: return {Expect(n.a, known, Want::kLong).good, PlainType(K::kLong), {}};
    case Op::kEqual:
    case Op::kNotEqual: return Equal(n, id, known);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: return Order(n, known);
    case Op::kIn: return In(n.a, n.b, Expect(n.a, known, Want::kEntity), known);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply: return Arithmetic(n, known);
    case Op::kIsEmpty: return {Expect(n.a, known, Want::kSet).good, Bool(), {}};
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny: return SetTest(n, id, known);
    case Op::kGetTag:
    case Op::kHasTag: return Tag(n, id, known);
    case Op::kGetAttr: return GetAttr(n, id, known);
    case Op::kHas: return Has(n, known);
    case Op::kLike: return {Expect(n.a, known, Want::kString).good, Bool(), {}};
    case Op::kIs:
    case Op::kIsIn: return Is(n, known);
    case Op::kCall: return Call(n, id, known);
    case Op::kSet: return SetLiteral(n, id, known);
    case Op::kRecord: break;
  }
  return RecordLiteral(n, known);
}

TypeRef Typechecker::EntityOf(std::string_view name) {
  const auto it = entity_refs_.find(name);
  if (it != entity_refs_.end()) return it->second;
  return entity_refs_.emplace(std::string(name), arena_.EntityOf(name)).first->second;
}

Typechecker::Answer Typechecker::Literal(const Node& n) {
  const Value& value = ast_.constants[n.a];
  if (const bool* b = value.boolean()) return {true, Always(*b), {}};
  if (value.integer() != nullptr) return {true, PlainType(K::kLong), {}};
  if (value.string() != nullptr) return {true, PlainType(K::kString), {}};
  const EntityUid& uid = *value.entity();
  const bool declared = IsActionTypeName(uid.type()) ? schema_.FindAction(uid) != nullptr : schema_.FindEntityType(uid.type()) != nullptr;
  if (!declared) return Bad();  // reported with all other undeclared names
  return {true, EntityOf(uid.type()), {}};
}

Typechecker::Answer Typechecker::Var(Variable variable) {
  switch (variable) {
    case Variable::kPrincipal: return {true, EntityOf(environment_.principal), {}};
    case Variable::kAction: return {true, EntityOf(environment_.action->uid.type()), {}};
    case Variable::kResource: return {true, EntityOf(environment_.resource), {}};
    case Variable::kContext: break;
  }
  return {true, environment_.action->context, {}};
}

Typechecker::Answer Typechecker::If(const Node& n, NodeId id, const Capabilities& known) {
  const Answer test = Expect(n.a, known, Want::kBool);
  if (IsKind(test.type, K::kFalse)) {
    Answer no = Visit(n.c, known);
    if (test.good) return no;
    return Bad(no.type);
  }
  Answer yes = Visit(n.b, Union(known, test.known_if_true));
  if (yes.good) yes.known_if_true = Union(yes.known_if_true, test.known_if_true);
  if (IsKind(test.type, K::kTrue)) return test.good ? yes : Bad(yes.type);
  const Answer no = Visit(n.c, known);
  if (yes.type == nullptr || no.type == nullptr) return Bad();
  const TypeRef both = arena_.Join(yes.type, no.type);
  if (both == nullptr) {
    Report(ProblemKind::kIncompatibleTypes, id, "the branches differ in type: " + Show(yes.type) + " and " + Show(no.type));
    return Bad();
  }
  if (!test.good || !yes.good || !no.good) return Bad(both);
  return {true, both, Intersection(yes.known_if_true, no.known_if_true)};
}

Typechecker::Answer Typechecker::Conjunction(const Answer& left, const Answer& right) {
  const bool good = left.good && right.good;
  if (left.type == nullptr || right.type == nullptr) return {false, Bool(), {}};
  if (right.type->kind == K::kFalse) return {good, right.type, {}};
  if (right.type->kind == K::kTrue) return {good, left.type, good ? Union(left.known_if_true, right.known_if_true) : Capabilities()};
  if (left.type->kind == K::kTrue) return {good, right.type, good ? right.known_if_true : Capabilities()};
  return {good, Bool(), good ? Union(left.known_if_true, right.known_if_true) : Capabilities()};
}

Typechecker::Answer Typechecker::AndNode(const Node& n, const Capabilities& known) {
  const Answer left = Expect(n.a, known, Want::kBool);
  if (IsKind(left.type, K::kFalse)) return {left.good, left.type, {}};
  return Conjunction(left, Expect(n.b, Union(known, left.known_if_true), Want::kBool));
}

Typechecker::Answer Typechecker::OrNode(const Node& n, const Capabilities& known) {
  const Answer left = Expect(n.a, known, Want::kBool);
  if (IsKind(left.type, K::kTrue)) return left;
  const Answer right = Expect(n.b, known, Want::kBool);
  const bool good = left.good && right.good;
  if (left.type == nullptr || right.type == nullptr) return Bad(Bool());
  const auto given = [&](const Capabilities& c) { return good ? c : Capabilities(); };
  if (right.type->kind == K::kTrue) return {good, right.type, given(right.known_if_true)};
  if (right.type->kind == K::kFalse) return {good, left.type, given(left.known_if_true)};
  if (left.type->kind == K::kFalse) return {good, right.type, given(right.known_if_true)};
  return {good, Bool(), given(Intersection(left.known_if_true, right.known_if_true))};
}

std::optional<Value> Typechecker::LiteralValue(NodeId id) const {
  const Node& n = ast_[id];
  if (n.op == Op::kLiteral) return ast_.constants[n.a];
  if (n.op == Op::kVariable && static_cast<Variable>(n.a) == Variable::kAction) return environment_.action->uid;
  return std::nullopt;
}

std::optional<EntityUid> Typechecker::LiteralEntity(NodeId id) const {
  const auto value = LiteralValue(id);
  if (!value || value->entity() == nullptr) return std::nullopt;
  return *value->entity();
}

std::optional<std::vector<EntityUid>> Typechecker::LiteralEntities(NodeId id) const {
  if (auto one = LiteralEntity(id)) return std::vector<EntityUid>{std::move(*one)};
  const Node& n = ast_[id];
  if (n.op != Op::kSet) return std::nullopt;
  std::vector<EntityUid> out;
  for (uint32_t i = 0; i < n.c; ++i) {
    auto one = LiteralEntity(ast_.lists[n.b + i]);
    if (!one) return std::nullopt;
    out.push_back(std::move(*one));
  }
  return out;
}

// A boolean about two values whose types must agree.
Typechecker::Answer Typechecker::Compatible(NodeId at, TypeRef a, TypeRef b, bool good, std::string_view where) {
  if (a == nullptr || b == nullptr || arena_.Join(a, b) != nullptr) return {good, Bool(), {}};
  Report(ProblemKind::kIncompatibleTypes, at, std::string(where) + " of types that never agree: " + Show(a) + " and " + Show(b));
  return Bad(Bool());
}

Typechecker::Answer Typechecker::Equal(const Node& n, NodeId id, const Capabilities& known) {
  const Answer left = Visit(n.a, known), right = Visit(n.b, known);
  const bool good = left.good && right.good;
  const bool negated = n.op == Op::kNotEqual;
  if (IsKind(left.type, K::kEntity) && IsKind(right.type, K::kEntity) && left.type->entity != right.type->entity) return {good, Always(negated), {}};
  const auto a = LiteralValue(n.a), b = LiteralValue(n.b);
  if (a && b) return {good, Always((*a == *b) != negated), {}};
  return Compatible(id, left.type, right.type, good, "comparison");
}

Typechecker::Answer Typechecker::Order(const Node& n, const Capabilities& known) {
  const Answer left = Visit(n.a, known), right = Visit(n.b, known);
  if (left.type == nullptr || right.type == nullptr) return Bad(Bool());
  const auto ordered = [](TypeRef t) { return t->kind == K::kLong || t->kind == K::kDatetime || t->kind == K::kDuration; };
  if (left.type->kind == right.type->kind && ordered(left.type)) return {left.good && right.good, Bool(), {}};
  const auto report = [&](NodeId at, TypeRef found, TypeRef expected) {
    std::string what = "expected " + (expected == nullptr ? "`Long`, `datetime` or `duration`" : Show(expected)) + ", found " + Show(found);
    if (found->kind == K::kDecimal) what += "; decimals have methods such as .lessThan(..)";
    Report(ProblemKind::kUnexpectedType, at, std::move(what));
  };
  // Long decides before the others, the left before the right.
  if (left.type->kind == K::kLong || (ordered(left.type) && right.type->kind != K::kLong)) {
    report(n.b, right.type, left.type);
  } else if (ordered(right.type)) {
    report(n.a, left.type, right.type);
  } else {
    report(n.a, left.type, nullptr);
    report(n.b, right.type, nullptr);
  }
  return Bad(Bool());
}

Typechecker::Answer Typechecker::Arithmetic(const Node& n, const Capabilities& known) {
  const Answer left = Expect(n.a, known, Want::kLong), right = Expect(n.b, known, Want::kLong);
  return {left.good && right.good, PlainType(K::kLong), {}};
}

Typechecker::Answer Typechecker::In(NodeId left_id, NodeId right_id, const Answer& left, const Capabilities& known) {
  const Answer right = Expect(right_id, known, Want::kEntityOrEntities);
  if (!left.good || !right.good) return Bad(Bool());
  const auto subject = LiteralEntity(left_id);
  const auto groups = LiteralEntities(right_id);
  if (subject && groups && IsActionTypeName(subject->type())) {
    // All actions are in the schema: the answer is known. (Undeclared ones made `right` bad.)
    const ActionType* action = schema_.FindAction(*subject);
    const bool in = std::any_of(groups->begin(), groups->end(), [&](const EntityUid& g) { return g == *subject || action->ancestors.contains(g); });
    return {true, Always(in), {}};
  }
  const TypeRef group = right.type->kind == K::kSet ? right.type->element : right.type;
  return {true, schema_.MayBeIn(left.type->entity, group->entity) ? Bool() : Always(false), {}};
}

Typechecker::Answer Typechecker::SetTest(const Node& n, NodeId id, const Capabilities& known) {
  const Answer left = Expect(n.a, known, Want::kSet);
  const Answer right = n.op == Op::kContains ? Visit(n.b, known) : Expect(n.b, known, Want::kSet);
  const TypeRef have = n.op == Op::kContains && left.type != nullptr ? left.type->element : left.type;
  return Compatible(id, have, right.type, left.good && right.good, "a test for members");
}

Typechecker::Answer Typechecker::Tag(const Node& n, NodeId id, const Capabilities& known) {
  const Answer entity = Expect(n.a, known, Want::kEntity);
  const Answer key = Expect(n.b, known, Want::kString);
  if (entity.type == nullptr) return Bad();
  const bool good = entity.good && key.good;
  const EntityType* type = schema_.FindEntityType(entity.type->entity);
  const TypeRef tags = type == nullptr ? nullptr : type->tags;
  const Capability tested{numbers_[n.a], numbers_[n.b], true};
  if (n.op == Op::kHasTag) {
    const TypeRef result = tags == nullptr ? Always(false) : Knows(known, tested) ? Always(true) : Bool();
    return {good, result, good ? Capabilities{tested} : Capabilities()};
  }
  if (!Knows(known, tested)) {
    Report(ProblemKind::kUnsafeTagAccess, id, "the tag may be missing from " + Show(entity.type) + "; test with .hasTag(..) first");
    return Bad();
  }
  if (tags == nullptr) {
    Report(ProblemKind::kNoTagsAllowed, id, Show(entity.type) + " has no tags");
    return Bad();
  }
  return {good, tags, {}};
}

const TypeAttribute* Typechecker::FindAttribute(TypeRef object, std::string_view name) const {
  if (object->kind == K::kRecord) return object->Find(name);
  const EntityType* type = schema_.FindEntityType(object->entity);
  return type == nullptr ? nullptr : type->attributes->Find(name);
}

std::vector<std::string> Typechecker::AttributeNames(TypeRef object) const {
  const EntityType* type = object->kind == K::kRecord ? nullptr : schema_.FindEntityType(object->entity);
  if (object->kind != K::kRecord && type == nullptr) return {};
  std::vector<std::string> names;
  for (const TypeAttribute& a : (type != nullptr ? type->attributes : object)->attributes) names.push_back(a.name);
  return names;
}

Typechecker::Answer Typechecker::GetAttr(const Node& n, NodeId id, const Capabilities& known) {
  const Answer object = Expect(n.a, known, Want::kEntityOrRecord);
  if (object.type == nullptr) return Bad();
  const std::string& name = ast_.strings[n.b];
  const TypeAttribute* attribute = FindAttribute(object.type, name);
  if (attribute == nullptr) {
    Report(ProblemKind::kUnsafeAttributeAccess, id, "no attribute `" + name + "` in " + Show(object.type) + Suggestion(name, AttributeNames(object.type)));
    return Bad();
  }
  if (!attribute->required && !Knows(known, {numbers_[n.a], Text(name), false})) {
    Report(ProblemKind::kUnsafeOptionalAttributeAccess, id, "the attribute `" + name + "` of " + Show(object.type) + " may be missing; test with `has` first");
    return Bad(attribute->type);
  }
  return {object.good, attribute->type, {}};
}

Typechecker::Answer Typechecker::HasStep(const Answer& object, uint32_t canonical, const std::string& name, const Capabilities& known) {
  if (object.type == nullptr) return Bad(Bool());
  const TypeAttribute* attribute = FindAttribute(object.type, name);
  if (attribute == nullptr) return {object.good, Always(false), {}};
  const Capability tested{canonical, Text(name), false};
  // An entity may be missing from the store, so a required attribute is certain only of a record.
  const bool certain = Knows(known, tested) || (attribute->required && object.type->kind == K::kRecord);
  return {object.good, certain ? Always(true) : Bool(), object.good ? Capabilities{tested} : Capabilities()};
}

// `e has a.b` is `e has a && e.a has b`.
Typechecker::Answer Typechecker::Has(const Node& n, const Capabilities& known) {
  Answer object = Expect(n.a, known, Want::kEntityOrRecord);
  uint32_t canonical = numbers_[n.a];
  const TypeRef first = object.type;
  Answer all = HasStep(object, canonical, ast_.strings[n.b], known);
  for (uint32_t i = 1; i < n.c && !IsKind(all.type, K::kFalse) && object.type != nullptr; ++i) {
    const std::string& previous = ast_.strings[n.b + i - 1];
    object.type = FindAttribute(object.type, previous)->type;
    canonical = AttributeOf(canonical, previous);
    if (object.type->kind != K::kEntity && object.type->kind != K::kRecord) {
      ReportAt(ProblemKind::kUnexpectedType, n.span, "`" + previous + "` is " + Show(object.type) + ", not an entity or a record, so it has no `" + ast_.strings[n.b + i] + "`");
      if (i + 1 < n.c) ReportUntested(n, i, first, known);
      return Bad(Bool());
    }
    all = Conjunction(all, HasStep(object, canonical, ast_.strings[n.b + i], Union(known, all.known_if_true)));
  }
  return all;
}

// The steps behind one that failed are looked at without what it would have tested: the way to them must be safe by itself.
void Typechecker::ReportUntested(const Node& n, uint32_t steps, TypeRef object, const Capabilities& known) {
  uint32_t canonical = numbers_[n.a];
  for (uint32_t i = 0; i < steps; ++i) {
    const std::string& name = ast_.strings[n.b + i];
    const TypeAttribute& attribute = *FindAttribute(object, name);
    if (!attribute.required && !Knows(known, {canonical, Text(name), false})) {
      ReportAt(ProblemKind::kUnsafeOptionalAttributeAccess, n.span, "the attribute `" + name + "` of " + Show(object) + " may be missing; test with `has` first");
    }
    canonical = AttributeOf(canonical, name);
    object = attribute.type;
  }
}

Typechecker::Answer Typechecker::Is(const Node& n, const Capabilities& known) {
  const Answer entity = Expect(n.a, known, Want::kEntity);
  Answer is = Bad(Bool());
  if (entity.type != nullptr) is = {entity.good, Always(entity.type->entity == ast_.strings[n.b]), {}};
  if (n.op == Op::kIs || IsKind(is.type, K::kFalse)) return is;
  return Conjunction(is, In(n.a, n.c, entity, known));
}

Typechecker::Answer Typechecker::SetLiteral(const Node& n, NodeId id, const Capabilities& known) {
  if (n.c == 0) {
    Report(ProblemKind::kEmptySetForbidden, id, "an empty set has no type; use .isEmpty() to test for it");
    return Bad();
  }
  bool good = true;
  std::vector<TypeRef> types;
  for (uint32_t i = 0; i < n.c; ++i) {
    const Answer member = Visit(ast_.lists[n.b + i], known);
    good = good && member.good;
    types.push_back(member.type);
  }
  TypeRef all = types[0];
  for (const TypeRef type : types) {
    if (type == nullptr) return Bad();
  }
  for (const TypeRef type : types) {
    const TypeRef joined = arena_.Join(all, type);
    if (joined == nullptr) {
      Report(ProblemKind::kIncompatibleTypes, id, "the members of a set differ in type: " + Show(all) + " and " + Show(type));
      return Bad();
    }
    all = joined;
  }
  return {good, arena_.SetOf(all), {}};
}

Typechecker::Answer Typechecker::RecordLiteral(const Node& n, const Capabilities& known) {
  bool good = true;
  bool typed = true;
  std::vector<TypeAttribute> attributes;
  for (uint32_t i = 0; i < n.c; ++i) {
    const Answer value = Visit(ast_.lists[n.b + 2 * i + 1], known);
    good = good && value.good;
    typed = typed && value.type != nullptr;
    attributes.push_back({ast_.strings[ast_.lists[n.b + 2 * i]], value.type, true});
  }
  if (!typed) return Bad();
  return {good, arena_.RecordOf(std::move(attributes)), {}};
}

bool Typechecker::CallIsWellFormed(const Node& n, NodeId id) {
  const FunctionInfo& info = InfoOf(static_cast<Function>(n.a));
  bool good = true;
  if (n.c != info.arity) {
    Report(ProblemKind::kWrongNumberArguments, id,
           "`" + std::string(info.name) + "` takes " + std::to_string(info.arity) + " arguments with its receiver, not " + std::to_string(n.c));
    good = false;
  }
  if (info.method) return good;
  const auto literal = [&](uint32_t i) { return ast_[ast_.lists[n.b + i]].op == Op::kLiteral; };
  const Value* first = n.c == 1 && literal(0) ? &ast_.constants[ast_[ast_.lists[n.b]].a] : nullptr;
  if (first != nullptr && first->string() != nullptr && !Readable(info.function, *first->string())) {
    Report(ProblemKind::kFunctionArgumentValidation, id, "not readable as " + std::string(info.name) + ": " + QuoteString(*first->string()));
    good = false;
  }
  for (uint32_t i = 0; i < n.c; ++i) {
    if (literal(i)) continue;
    Report(ProblemKind::kNonLitExtConstructor, id, "`" + std::string(info.name) + "` takes a text in quotes, nothing computed");
    return false;
  }
  return good;
}

Typechecker::Answer Typechecker::Call(const Node& n, NodeId id, const Capabilities& known) {
  const Signature signature = SignatureOf(static_cast<Function>(n.a));
  const TypeRef result = PlainType(signature.result);
  bool good = CallIsWellFormed(n, id);
  const bool check = good;
  for (uint32_t i = 0; i < n.c; ++i) {
    const NodeId argument = ast_.lists[n.b + i];
    const Answer a = Visit(argument, known);
    good = good && a.good;
    const TypeRef wanted = PlainType(i == 0 ? signature.first : signature.second);
    if (!check || a.type == nullptr || a.type->kind == wanted->kind) continue;
    Report(ProblemKind::kUnexpectedType, argument, "expected " + Show(wanted) + ", found " + Show(a.type));
    good = false;
  }
  return {good, result, {}};
}

}  // namespace checkrein::cedar
