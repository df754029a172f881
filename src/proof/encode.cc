#include "proof/encode.h"

#include <algorithm>

#include "proof/encode_call.h"

namespace checkrein::proof {
namespace {

using cedar::Node;
using cedar::NodeId;
using cedar::Op;
using Kind = Symbol::Kind;

class Encoder {
 public:
  Encoder(Universe& universe, const cedar::Ast& ast, const Asked& asked) : u_(universe), t_(universe.terms()), ast_(ast), asked_(asked) {}

  Encoded Visit(NodeId id) {
    Encoded e = Raw(id);
    if (e.error == t_.True()) e.value = Symbol{};
    if (e.value.kind == Kind::kBad) e.error = t_.True();
    return e;
  }

 private:
  Encoded Bad() { return {Symbol{}, t_.True()}; }
  Encoded Truth(TermId value, TermId error) { return {ScalarSymbol(Kind::kBool, value), error}; }
  Encoded Typed(NodeId id, Kind kind) {
    Encoded e = Visit(id);
    return e.value.kind == kind ? e : Bad();
  }
  Encoded TypedSet(NodeId id) {
    Encoded e = Visit(id);
    return e.value.is_set() ? e : Bad();
  }

  Encoded Raw(NodeId id);
  Encoded Variable(cedar::Variable variable);
  Encoded If(const Node& n);
  Encoded Lazy(const Node& n, TermId stop);
  Encoded Order(const Node& n);
  Encoded Arithmetic(const Node& n);
  Encoded Negate(const Node& n);
  Encoded In(const Encoded& left, NodeId right);
  Encoded SetTest(const Node& n);
  Encoded Is(const Node& n);
  Encoded Has(const Node& n);
  Encoded GetAttr(const Node& n);
  Encoded Like(const Node& n);
  Encoded Call(const Node& n);
  Encoded BuildSet(const Node& n);
  Encoded BuildRecord(const Node& n);
  // The field of a record or an entity; its `present` says that it is there.
  std::optional<SymbolField> Field(const Symbol& object, const std::string& name);

  Universe& u_;
  Terms& t_;
  const cedar::Ast& ast_;
  const Asked& asked_;
};

Encoded Encoder::Raw(NodeId id) {
  const Node& n = ast_[id];
  switch (n.op) {
    case Op::kLiteral: return {u_.OfValue(ast_.constants[n.a]), t_.False()};
    case Op::kVariable: return Variable(static_cast<cedar::Variable>(n.a));
    case Op::kSlot: return Bad();
    case Op::kIf: return If(n);
    case Op::kAnd: return Lazy(n, t_.False());
    case Op::kOr: return Lazy(n, t_.True());
    case Op::kNot: {
      const Encoded a = Typed(n.a, Kind::kBool);
      return a.value.kind == Kind::kBad ? Bad() : Truth(t_.Not(a.value.term), a.error);
    }
    case Op::kNegate: return Negate(n);
    case Op::kEqual:
    case Op::kNotEqual: {
      const Encoded a = Visit(n.a), b = Visit(n.b);
      if (a.value.kind == Kind::kBad || b.value.kind == Kind::kBad) return Bad();
      const TermId same = u_.Same(a.value, b.value);
      return Truth(n.op == Op::kEqual ? same : t_.Not(same), t_.Or(a.error, b.error));
    }
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: return Order(n);
    case Op::kIn: return In(Typed(n.a, Kind::kEntity), n.b);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply: return Arithmetic(n);
    case Op::kIsEmpty: {
      const Encoded a = TypedSet(n.a);
      return a.value.kind == Kind::kBad ? Bad() : Truth(u_.IsEmpty(a.value), a.error);
    }
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny: return SetTest(n);
    case Op::kGetTag:
    case Op::kHasTag: u_.Fail("tags"); return Bad();
    case Op::kGetAttr: return GetAttr(n);
    case Op::kHas: return Has(n);
    case Op::kLike: return Like(n);
    case Op::kIs:
    case Op::kIsIn: return Is(n);
    case Op::kCall: return Call(n);
    case Op::kSet: return BuildSet(n);
    case Op::kRecord: break;
  }
  return BuildRecord(n);
}

Encoded Encoder::Variable(cedar::Variable variable) {
  switch (variable) {
    case cedar::Variable::kPrincipal: return {asked_.principal, t_.False()};
    case cedar::Variable::kAction: return {u_.Literal(asked_.kind.action->uid), t_.False()};
    case cedar::Variable::kResource: return {asked_.resource, t_.False()};
    case cedar::Variable::kContext: break;
  }
  return {asked_.context, t_.False()};
}

Encoded Encoder::If(const Node& n) {
  const Encoded test = Typed(n.a, Kind::kBool);
  if (test.value.kind == Kind::kBad) return Bad();
  const TermId c = test.value.term;
  const Encoded yes = c == t_.False() ? Bad() : Visit(n.b);
  const Encoded no = c == t_.True() ? Bad() : Visit(n.c);
  return {u_.If(c, yes.value, no.value), t_.Or(test.error, t_.If(c, yes.error, no.error))};
}

// a && b stops at false, a || b at true.
Encoded Encoder::Lazy(const Node& n, TermId stop) {
  const Encoded left = Typed(n.a, Kind::kBool);
  if (left.value.kind == Kind::kBad) return Bad();
  if (left.value.term == stop) return left;
  const bool conjunction = stop == t_.False();
  const TermId goes_on = conjunction ? left.value.term : t_.Not(left.value.term);
  const Encoded right = Typed(n.b, Kind::kBool);
  const TermId error = t_.Or(left.error, t_.And(goes_on, right.error));
  if (right.value.kind == Kind::kBad) return Truth(stop, error);
  return Truth(conjunction ? t_.And(left.value.term, right.value.term) : t_.Or(left.value.term, right.value.term), error);
}

Encoded Encoder::Order(const Node& n) {
  const Encoded a = Visit(n.a), b = Visit(n.b);
  const Kind kind = a.value.kind;
  if (kind != b.value.kind || (kind != Kind::kLong && kind != Kind::kDatetime && kind != Kind::kDuration)) return Bad();
  const char* op = n.op == Op::kLess ? "bvslt" : n.op == Op::kLessEqual ? "bvsle" : n.op == Op::kGreater ? "bvsgt" : "bvsge";
  return Truth(t_.Op(op, {a.value.term, b.value.term}, Sort::Bool()), t_.Or(a.error, b.error));
}

Encoded Encoder::Arithmetic(const Node& n) {
  const Encoded a = Typed(n.a, Kind::kLong), b = Typed(n.b, Kind::kLong);
  if (a.value.kind == Kind::kBad || b.value.kind == Kind::kBad) return Bad();
  const Encoded sum = Exact(t_, n.op == Op::kAdd ? "bvadd" : n.op == Op::kSubtract ? "bvsub" : "bvmul", a.value.term, b.value.term, Kind::kLong);
  return {sum.value, t_.Or({a.error, b.error, sum.error})};
}

Encoded Encoder::Negate(const Node& n) {
  const Encoded a = Typed(n.a, Kind::kLong);
  if (a.value.kind == Kind::kBad) return Bad();
  const Encoded negated = Exact(t_, "bvsub", t_.Number(0), a.value.term, Kind::kLong);
  return {negated.value, t_.Or(a.error, negated.error)};
}

Encoded Encoder::In(const Encoded& left, NodeId right) {
  if (left.value.kind == Kind::kBad) return Bad();
  const Encoded group = Visit(right);
  const TermId error = t_.Or(left.error, group.error);
  if (group.value.kind == Kind::kEntity) return Truth(u_.In(left.value, group.value), error);
  if (!group.value.is_set()) return Bad();
  return Truth(u_.InAny(left.value, group.value), error);
}

Encoded Encoder::SetTest(const Node& n) {
  const Encoded a = TypedSet(n.a);
  const Encoded b = n.op == Op::kContains ? Visit(n.b) : TypedSet(n.b);
  if (a.value.kind == Kind::kBad || b.value.kind == Kind::kBad) return Bad();
  const TermId error = t_.Or(a.error, b.error);
  if (n.op == Op::kContains) return Truth(u_.Contains(a.value, b.value), error);
  return Truth(n.op == Op::kContainsAll ? u_.ContainsAll(a.value, b.value) : u_.ContainsAny(a.value, b.value), error);
}

Encoded Encoder::Is(const Node& n) {
  const Encoded a = Typed(n.a, Kind::kEntity);
  if (a.value.kind == Kind::kBad) return Bad();
  const bool is = a.value.type == ast_.strings[n.b];
  if (n.op == Op::kIs || !is) return Truth(t_.Bool(is), a.error);
  return In(a, n.c);
}

std::optional<SymbolField> Encoder::Field(const Symbol& object, const std::string& name) {
  if (object.kind == Kind::kRecord) {
    const SymbolField* field = object.Find(name);
    return field == nullptr ? std::nullopt : std::optional(*field);
  }
  std::optional<SymbolField> field = u_.Attribute(object, name);
  if (field) field->present = t_.And(field->present, u_.Exists(object));
  return field;
}

// `a has x.y` is `a has x && a.x has y`.
Encoded Encoder::Has(const Node& n) {
  const Encoded object = Visit(n.a);
  Symbol at = object.value;
  std::vector<TermId> present;
  TermId error = object.error;
  for (uint32_t i = 0; i < n.c; ++i) {
    if (at.kind != Kind::kRecord && at.kind != Kind::kEntity) return {ScalarSymbol(Kind::kBool, t_.False()), t_.Or(error, t_.And(present))};
    const auto field = Field(at, ast_.strings[n.b + i]);
    if (!field) return Truth(t_.False(), error);
    present.push_back(field->present);
    at = field->value;
  }
  return Truth(t_.And(std::move(present)), error);
}

Encoded Encoder::GetAttr(const Node& n) {
  const Encoded object = Visit(n.a);
  if (object.value.kind != Kind::kRecord && object.value.kind != Kind::kEntity) return Bad();
  const auto field = Field(object.value, ast_.strings[n.b]);
  if (!field) return Bad();
  return {field->value, t_.Or(object.error, t_.Not(field->present))};
}

Encoded Encoder::Like(const Node& n) {
  const Encoded a = Typed(n.a, Kind::kText);
  if (a.value.kind == Kind::kBad) return Bad();
  const cedar::Pattern& pattern = ast_.patterns[n.b];
  std::string text;
  for (size_t i = 0; i < pattern.parts.size(); ++i) {
    if (!Terms::Representable(pattern.parts[i])) u_.Fail("a pattern with characters beyond U+2FFFF, which solvers cannot hold");
    if (i > 0) text += " re.all";
    if (!pattern.parts[i].empty()) text += " (str.to_re " + t_[t_.Text(pattern.parts[i])].head + ")";
  }
  if (pattern.parts.size() == 1) return Truth(t_.Equal(a.value.term, t_.Text(pattern.parts[0])), a.error);
  const bool one = text.find(' ', 1) == std::string::npos;
  return Truth(t_.Matches(a.value.term, one ? text.substr(1) : "(re.++" + text + ")"), a.error);
}

Encoded Encoder::Call(const Node& n) {
  const cedar::FunctionInfo& info = cedar::InfoOf(static_cast<cedar::Function>(n.a));
  if (n.c != info.arity) return Bad();
  if (!info.method) {
    const Node& argument = ast_[ast_.lists[n.b]];
    const std::string* text = argument.op == Op::kLiteral ? ast_.constants[argument.a].string() : nullptr;
    if (text == nullptr) u_.Fail("`" + std::string(info.name) + "` of a computed text");
    const auto value = text == nullptr ? std::nullopt : ReadExtension(info.function, *text);
    return value ? Encoded{u_.OfValue(*value), t_.False()} : Bad();
  }
  const Encoded a = Visit(ast_.lists[n.b]);
  const Encoded b = info.arity == 2 ? Visit(ast_.lists[n.b + 1]) : Encoded{a.value, t_.False()};
  if (a.value.kind == Kind::kBad || b.value.kind == Kind::kBad) return Bad();
  const Encoded result = EncodeMethod(t_, info.function, a.value, b.value);
  return {result.value, t_.Or({a.error, b.error, result.error})};
}

Encoded Encoder::BuildSet(const Node& n) {
  std::vector<Symbol> members;
  TermId error = t_.False();
  for (uint32_t i = 0; i < n.c; ++i) {
    Encoded member = Visit(ast_.lists[n.b + i]);
    if (member.value.kind == Kind::kBad) return Bad();
    error = t_.Or(error, member.error);
    members.push_back(std::move(member.value));
  }
  return {u_.MakeSet(std::move(members)), error};
}

Encoded Encoder::BuildRecord(const Node& n) {
  Encoded record{Symbol{}, t_.False()};
  record.value.kind = Kind::kRecord;
  for (uint32_t i = 0; i < n.c; ++i) {
    Encoded value = Visit(ast_.lists[n.b + 2 * i + 1]);
    if (value.value.kind == Kind::kBad) return Bad();
    record.error = t_.Or(record.error, value.error);
    record.value.fields.push_back({ast_.strings[ast_.lists[n.b + 2 * i]], t_.True(), std::move(value.value)});
  }
  auto& fields = record.value.fields;
  std::stable_sort(fields.begin(), fields.end(), [](const SymbolField& x, const SymbolField& y) { return x.name < y.name; });
  return record;
}

// ---- policies

TermId EncodeScope(Universe& universe, const cedar::Scope& scope, const Symbol& subject) {
  using ScopeKind = cedar::Scope::Kind;
  Terms& t = universe.terms();
  if (scope.kind == ScopeKind::kAny) return t.True();
  if (scope.kind == ScopeKind::kEqual) return universe.Same(subject, universe.Literal(scope.entities[0]));
  if ((scope.kind == ScopeKind::kIs || scope.kind == ScopeKind::kIsIn) && subject.type != scope.type) return t.False();
  if (scope.kind == ScopeKind::kIs) return t.True();
  std::vector<TermId> any;
  for (const cedar::EntityUid& uid : scope.entities) any.push_back(universe.In(subject, universe.Literal(uid)));
  return t.Or(std::move(any));
}

EncodedPolicy EncodePolicy(Universe& universe, const cedar::Policy& policy, const Asked& asked) {
  Terms& t = universe.terms();
  EncodedPolicy out{&policy, t.False(), t.False()};
  TermId reached = EncodeScope(universe, policy.action, universe.Literal(asked.kind.action->uid));
  if (reached != t.False()) reached = t.And(reached, EncodeScope(universe, policy.principal, asked.principal));
  if (reached != t.False()) reached = t.And(reached, EncodeScope(universe, policy.resource, asked.resource));
  for (const cedar::Condition& condition : policy.conditions) {
    if (reached == t.False()) break;
    const Encoded e = Encoder(universe, policy.ast, asked).Visit(condition.body);
    const bool boolean = e.value.kind == Kind::kBool;
    const TermId error = boolean ? e.error : t.True();
    out.error = t.Or(out.error, t.And(reached, error));
    const TermId holds = !boolean ? t.False() : condition.unless ? t.Not(e.value.term) : e.value.term;
    reached = t.And({reached, t.Not(error), holds});
  }
  out.satisfied = reached;
  return out;
}

}  // namespace

std::string RequestKind::ToString() const { return action->uid.ToString() + " by " + principal + " on " + resource; }

std::vector<RequestKind> RequestKinds(const cedar::Schema& schema) {
  std::vector<RequestKind> kinds;
  for (const auto& [uid, action] : schema.actions())
    for (const std::string& principal : action.principals)
      for (const std::string& resource : action.resources) kinds.push_back({&action, principal, resource});
  return kinds;
}

Asked AskAnything(Universe& universe, const RequestKind& kind) {
  return {kind, universe.Variable("principal", kind.principal), universe.Variable("resource", kind.resource), universe.Unknown(kind.action->context, "context", {})};
}

Encoded EncodeExpression(Universe& universe, const cedar::Ast& ast, NodeId root, const Asked& asked) { return Encoder(universe, ast, asked).Visit(root); }

EncodedSet Encode(Universe& universe, const cedar::PolicySet& set, const Asked& asked) {
  Terms& t = universe.terms();
  EncodedSet out;
  std::vector<TermId> permits, forbids;
  for (const cedar::Policy& policy : set) {
    const EncodedPolicy e = EncodePolicy(universe, policy, asked);
    if (e.satisfied == t.False() && e.error == t.False()) continue;
    out.policies.push_back(e);
    if (policy.effect == cedar::Effect::kPermit) {
      permits.push_back(e.satisfied);
    } else {
      forbids.push_back(e.satisfied);
      forbids.push_back(e.error);
    }
  }
  out.allowed = t.And(t.Or(std::move(permits)), t.Not(t.Or(std::move(forbids))));
  return out;
}

}  // namespace checkrein::proof
