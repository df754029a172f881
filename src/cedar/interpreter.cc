#include "cedar/interpreter.h"

#include <algorithm>

#include "cedar/extension.h"

namespace checkrein::cedar {

// ---- Ref

Interpreter::Ref Interpreter::OfBool(bool b) {
  Ref r;
  r.good = true;
  r.boolean = b;
  return r;
}

Interpreter::Ref Interpreter::OfNumber(Kind kind, int64_t n) {
  Ref r;
  r.good = true;
  r.kind = kind;
  r.number = n;
  return r;
}

Interpreter::Ref Interpreter::OfEntity(const EntityUid& uid) {
  Ref r;
  r.good = true;
  r.kind = Kind::kEntity;
  r.entity = &uid;
  return r;
}

Interpreter::Ref Interpreter::Of(const Value& value) {
  Ref r;
  r.good = true;
  r.kind = value.kind();
  switch (value.kind()) {
    case Kind::kBool: r.boolean = *value.boolean(); break;
    case Kind::kLong: r.number = *value.integer(); break;
    case Kind::kString: r.string = value.string(); break;
    case Kind::kEntity: r.entity = value.entity(); break;
    case Kind::kSet: r.set = value.set(); break;
    case Kind::kRecord: r.record = value.record(); break;
    case Kind::kIp: r.ip = value.ip(); break;
    case Kind::kDecimal: r.number = value.decimal()->ten_thousandths; break;
    case Kind::kDatetime: r.number = value.datetime()->unix_ms; break;
    case Kind::kDuration: r.number = value.duration()->ms; break;
  }
  return r;
}

Value Interpreter::ToValue(const Ref& r) {
  switch (r.kind) {
    case Kind::kBool: return r.boolean;
    case Kind::kLong: return r.number;
    case Kind::kString: return *r.string;
    case Kind::kEntity: return *r.entity;
    case Kind::kSet: return *r.set;
    case Kind::kRecord: return *r.record;
    case Kind::kIp: return *r.ip;
    case Kind::kDecimal: return Decimal{r.number};
    case Kind::kDatetime: return Datetime{r.number};
    case Kind::kDuration: break;
  }
  return Duration{r.number};
}

namespace {

bool SameItems(const Set& a, const Set& b) { return a.items() == b.items(); }
bool SameFields(const Record& a, const Record& b) { return a.fields() == b.fields(); }

}  // namespace

bool Interpreter::Same(const Ref& a, const Ref& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kBool: return a.boolean == b.boolean;
    case Kind::kString: return *a.string == *b.string;
    case Kind::kEntity: return *a.entity == *b.entity;
    case Kind::kSet: return SameItems(*a.set, *b.set);
    case Kind::kRecord: return SameFields(*a.record, *b.record);
    case Kind::kIp: return *a.ip == *b.ip;
    default: return a.number == b.number;
  }
}

Interpreter::Ref Interpreter::Fail(std::string text) {
  error_ = std::move(text);
  return {};
}

Interpreter::Ref Interpreter::TypeError(std::string_view expected, const Ref& got) {
  return Fail("type error: expected " + std::string(expected) + ", got " + std::string(KindName(got.kind)));
}

// ---- walking

Interpreter::Truth Interpreter::Test(const Ast& ast, NodeId root) {
  ast_ = &ast;
  const Ref r = Typed(root, Kind::kBool);
  if (!r.good) return Truth::kError;
  return r.boolean ? Truth::kTrue : Truth::kFalse;
}

Result<Value> Interpreter::Compute(const Ast& ast, NodeId root) {
  ast_ = &ast;
  const Ref r = Eval(root);
  if (!r.good) return Error{Error::Kind::kInvalid, error_};
  return ToValue(r);
}

Interpreter::Ref Interpreter::Typed(NodeId id, Kind kind) {
  const Ref r = Eval(id);
  return !r.good || r.kind == kind ? r : TypeError(KindName(kind), r);
}

Interpreter::Ref Interpreter::Eval(NodeId id) {
  const Node& n = (*ast_)[id];
  switch (n.op) {
    case Op::kLiteral: return Of(ast_->constants[n.a]);
    case Op::kVariable: return Var(static_cast<Variable>(n.a));
    case Op::kSlot: return Fail("a template's slot has no value");
    case Op::kIf: {
      const Ref condition = Typed(n.a, Kind::kBool);
      return condition.good ? Eval(condition.boolean ? n.b : n.c) : condition;
    }
    case Op::kAnd: return Lazy(n, false);
    case Op::kOr: return Lazy(n, true);
    case Op::kNot: return Not(n);
    case Op::kNegate: return Negate(n);
    case Op::kEqual:
    case Op::kNotEqual: {
      const Ref a = Eval(n.a);
      if (!a.good) return a;
      const Ref b = Eval(n.b);
      return b.good ? OfBool(Same(a, b) == (n.op == Op::kEqual)) : b;
    }
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: return Order(n);
    case Op::kIn: {
      const Ref a = Typed(n.a, Kind::kEntity);
      if (!a.good) return a;
      const Ref b = Eval(n.b);
      return b.good ? In(a, b) : b;
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply: return Arithmetic(n);
    case Op::kIsEmpty:
    case Op::kContains:
    case Op::kContainsAll:
    case Op::kContainsAny: return SetTest(n);
    case Op::kGetTag:
    case Op::kHasTag: return Tag(n);
    case Op::kGetAttr: return GetAttr(n);
    case Op::kHas: return Has(n);
    case Op::kLike: {
      const Ref text = Typed(n.a, Kind::kString);
      return text.good ? OfBool(ast_->patterns[n.b].Matches(*text.string)) : text;
    }
    case Op::kIs:
    case Op::kIsIn: return Is(n);
    case Op::kCall: return Call(n);
    case Op::kSet: return n.a > 0 ? Of(ast_->constants[n.a - 1]) : BuildSet(n);
    case Op::kRecord: break;
  }
  return BuildRecord(n);
}

Interpreter::Ref Interpreter::Var(Variable variable) {
  switch (variable) {
    case Variable::kPrincipal: return OfEntity(request_.principal);
    case Variable::kAction: return OfEntity(request_.action);
    case Variable::kResource: return OfEntity(request_.resource);
    case Variable::kContext: break;
  }
  Ref r;
  r.good = true;
  r.kind = Kind::kRecord;
  r.record = &request_.context;
  return r;
}

Interpreter::Ref Interpreter::Lazy(const Node& n, bool stop) {
  const Ref left = Typed(n.a, Kind::kBool);
  return !left.good || left.boolean == stop ? left : Typed(n.b, Kind::kBool);
}

Interpreter::Ref Interpreter::Not(const Node& n) {
  const Ref r = Typed(n.a, Kind::kBool);
  return r.good ? OfBool(!r.boolean) : r;
}

Interpreter::Ref Interpreter::Negate(const Node& n) {
  const Ref r = Typed(n.a, Kind::kLong);
  if (!r.good) return r;
  int64_t result = 0;
  if (__builtin_sub_overflow(int64_t{0}, r.number, &result)) return Fail("integer overflow in -(" + std::to_string(r.number) + ")");
  return OfNumber(Kind::kLong, result);
}

Interpreter::Ref Interpreter::Arithmetic(const Node& n) {
  const Ref a = Typed(n.a, Kind::kLong);
  if (!a.good) return a;
  const Ref b = Typed(n.b, Kind::kLong);
  if (!b.good) return b;
  int64_t result = 0;
  const bool overflow = n.op == Op::kAdd        ? __builtin_add_overflow(a.number, b.number, &result)
                        : n.op == Op::kSubtract ? __builtin_sub_overflow(a.number, b.number, &result)
                                                : __builtin_mul_overflow(a.number, b.number, &result);
  if (overflow) {
    const char* op = n.op == Op::kAdd ? " + " : n.op == Op::kSubtract ? " - " : " * ";
    return Fail("integer overflow in " + std::to_string(a.number) + op + std::to_string(b.number));
  }
  return OfNumber(Kind::kLong, result);
}

Interpreter::Ref Interpreter::Order(const Node& n) {
  const Ref a = Eval(n.a);
  if (!a.good) return a;
  const Ref b = Eval(n.b);
  if (!b.good) return b;
  const auto ordered = [](const Ref& r) { return r.kind == Kind::kLong || r.kind == Kind::kDatetime || r.kind == Kind::kDuration; };
  if (!ordered(a)) return TypeError("long, datetime or duration", a);
  if (b.kind != a.kind) return TypeError(KindName(a.kind), b);
  switch (n.op) {
    case Op::kLess: return OfBool(a.number < b.number);
    case Op::kLessEqual: return OfBool(a.number <= b.number);
    case Op::kGreater: return OfBool(a.number > b.number);
    default: return OfBool(a.number >= b.number);
  }
}

const Line& Interpreter::LineOf(const EntityUid& uid) {
  if (&uid == &request_.principal) return lines_->principal;
  if (&uid == &request_.resource) return lines_->resource;
  if (&uid == &request_.action) return lines_->action;
  if (lines_->other.subject() != &uid) entities_.FindLine(uid, &lines_->other);
  return lines_->other;
}

Interpreter::Ref Interpreter::In(const Ref& left, const Ref& right) {
  if (right.kind == Kind::kEntity) return OfBool(*left.entity == *right.entity || LineOf(*left.entity).Contains(*right.entity));
  if (right.kind != Kind::kSet) return TypeError("entity or set of entities", right);
  for (const Value& item : right.set->items()) {
    if (item.kind() != Kind::kEntity) return TypeError("entity", Of(item));
  }
  const Line& line = LineOf(*left.entity);
  const auto& items = right.set->items();
  return OfBool(std::any_of(items.begin(), items.end(), [&](const Value& item) { return line.Contains(*item.entity()); }));
}

Interpreter::Ref Interpreter::SetTest(const Node& n) {
  const Ref a = Typed(n.a, Kind::kSet);
  if (!a.good) return a;
  if (n.op == Op::kIsEmpty) return OfBool(a.set->items().empty());
  if (n.op == Op::kContains) {
    const Ref b = Eval(n.b);
    if (!b.good) return b;
    const auto& items = a.set->items();
    return OfBool(std::any_of(items.begin(), items.end(), [&](const Value& item) { return Same(Of(item), b); }));
  }
  const Ref b = Typed(n.b, Kind::kSet);
  if (!b.good) return b;
  const auto& wanted = b.set->items();
  const auto found = [&](const Value& item) { return a.set->Contains(item); };
  return OfBool(n.op == Op::kContainsAll ? std::all_of(wanted.begin(), wanted.end(), found) : std::any_of(wanted.begin(), wanted.end(), found));
}

Interpreter::Ref Interpreter::Tag(const Node& n) {
  const Ref a = Typed(n.a, Kind::kEntity);
  if (!a.good) return a;
  const Ref key = Typed(n.b, Kind::kString);
  if (!key.good) return key;
  const Entity* entity = entities_.Find(*a.entity);
  const Value* tag = entity == nullptr ? nullptr : entity->tags.Find(*key.string);
  if (n.op == Op::kHasTag) return OfBool(tag != nullptr);
  if (entity == nullptr) return Fail("the entity " + a.entity->ToString() + " does not exist");
  if (tag == nullptr) return Fail(a.entity->ToString() + " has no tag " + QuoteString(*key.string));
  return Of(*tag);
}

const Value* Interpreter::Look(const Ref& object, const std::string& name) const {
  if (object.kind == Kind::kRecord) return object.record->Find(name);
  const Entity* entity = entities_.Find(*object.entity);
  return entity == nullptr ? nullptr : entity->attrs.Find(name);
}

Interpreter::Ref Interpreter::Field(const Ref& object, const std::string& name) {
  if (const Value* value = Look(object, name)) return Of(*value);
  if (object.kind == Kind::kRecord) return Fail("the record has no attribute " + QuoteString(name));
  if (entities_.Find(*object.entity) == nullptr) return Fail("the entity " + object.entity->ToString() + " does not exist");
  return Fail(object.entity->ToString() + " has no attribute " + QuoteString(name));
}

Interpreter::Ref Interpreter::GetAttr(const Node& n) {
  const Ref object = Eval(n.a);
  if (!object.good) return object;
  if (object.kind != Kind::kRecord && object.kind != Kind::kEntity) return TypeError("entity or record", object);
  return Field(object, ast_->strings[n.b]);
}

// `a has x.y` is `a has x && a.x has y`.
Interpreter::Ref Interpreter::Has(const Node& n) {
  Ref object = Eval(n.a);
  for (uint32_t i = 0; i < n.c; ++i) {
    if (!object.good) return object;
    if (object.kind != Kind::kRecord && object.kind != Kind::kEntity) return TypeError("entity or record", object);
    const Value* value = Look(object, ast_->strings[n.b + i]);
    if (value == nullptr) return OfBool(false);
    object = Of(*value);
  }
  return OfBool(true);
}

Interpreter::Ref Interpreter::Is(const Node& n) {
  const Ref a = Typed(n.a, Kind::kEntity);
  if (!a.good) return a;
  const bool is = a.entity->type() == ast_->strings[n.b];
  if (n.op == Op::kIs || !is) return OfBool(is);
  const Ref group = Eval(n.c);
  return group.good ? In(a, group) : group;
}

Interpreter::Ref Interpreter::BuildSet(const Node& n) {
  std::vector<Value> items;
  items.reserve(n.c);
  for (uint32_t i = 0; i < n.c; ++i) {
    const Ref item = Eval(ast_->lists[n.b + i]);
    if (!item.good) return item;
    items.push_back(ToValue(item));
  }
  return Of(scratch_->Keep(Set(std::move(items))));
}

Interpreter::Ref Interpreter::BuildRecord(const Node& n) {
  Record record;
  for (uint32_t i = 0; i < n.c; ++i) {
    const Ref value = Eval(ast_->lists[n.b + 2 * i + 1]);
    if (!value.good) return value;
    record.Put(ast_->strings[ast_->lists[n.b + 2 * i]], ToValue(value));
  }
  return Of(scratch_->Keep(std::move(record)));
}

// ---- extension functions

Interpreter::Ref Interpreter::Call(const Node& n) {
  const FunctionInfo& info = InfoOf(static_cast<Function>(n.a));
  if (n.c != info.arity) {
    return Fail("`" + std::string(info.name) + "` takes " + std::to_string(info.arity) + " arguments with its receiver, not " + std::to_string(n.c));
  }
  const Ref a = Eval(ast_->lists[n.b]);
  if (!a.good) return a;
  if (info.function <= Function::kDuration) return a.kind == Kind::kString ? Construct(info.function, *a.string) : TypeError("string", a);
  Ref b;
  if (info.arity == 2) {
    b = Eval(ast_->lists[n.b + 1]);
    if (!b.good) return b;
  }
  if (info.function <= Function::kIsInRange) return CallIp(info.function, a, b);
  if (info.function <= Function::kGreaterThanOrEqual) return CallDecimal(info.function, a, b);
  return CallTime(info.function, a, b);
}

Interpreter::Ref Interpreter::Construct(Function function, const std::string& text) {
  switch (function) {
    case Function::kIp:
      if (const auto ip = ParseIp(text)) return Of(scratch_->Keep(*ip));
      break;
    case Function::kDecimal:
      if (const auto d = ParseDecimal(text)) return OfNumber(Kind::kDecimal, d->ten_thousandths);
      break;
    case Function::kDatetime:
      if (const auto t = ParseDatetime(text)) return OfNumber(Kind::kDatetime, t->unix_ms);
      break;
    default:
      if (const auto d = ParseDuration(text)) return OfNumber(Kind::kDuration, d->ms);
      break;
  }
  return Fail(std::string(InfoOf(function).name) + ": not readable: " + QuoteString(text));
}

Interpreter::Ref Interpreter::CallIp(Function function, const Ref& a, const Ref& b) {
  if (a.kind != Kind::kIp) return TypeError("ipaddr", a);
  switch (function) {
    case Function::kIsIpv4: return OfBool(!a.ip->v6);
    case Function::kIsIpv6: return OfBool(a.ip->v6);
    case Function::kIsLoopback: return OfBool(IsLoopback(*a.ip));
    case Function::kIsMulticast: return OfBool(IsMulticast(*a.ip));
    default: return b.kind == Kind::kIp ? OfBool(IsInRange(*a.ip, *b.ip)) : TypeError("ipaddr", b);
  }
}

Interpreter::Ref Interpreter::CallDecimal(Function function, const Ref& a, const Ref& b) {
  if (a.kind != Kind::kDecimal) return TypeError("decimal", a);
  if (b.kind != Kind::kDecimal) return TypeError("decimal", b);
  switch (function) {
    case Function::kLessThan: return OfBool(a.number < b.number);
    case Function::kLessThanOrEqual: return OfBool(a.number <= b.number);
    case Function::kGreaterThan: return OfBool(a.number > b.number);
    default: return OfBool(a.number >= b.number);
  }
}

Interpreter::Ref Interpreter::CallTime(Function function, const Ref& a, const Ref& b) {
  const bool of_datetime = function <= Function::kToTime;
  if (a.kind != (of_datetime ? Kind::kDatetime : Kind::kDuration)) return TypeError(of_datetime ? "datetime" : "duration", a);
  int64_t result = 0;
  switch (function) {
    case Function::kOffset:
      if (b.kind != Kind::kDuration) return TypeError("duration", b);
      if (__builtin_add_overflow(a.number, b.number, &result)) return Fail("overflow in offset");
      return OfNumber(Kind::kDatetime, result);
    case Function::kDurationSince:
      if (b.kind != Kind::kDatetime) return TypeError("datetime", b);
      if (__builtin_sub_overflow(a.number, b.number, &result)) return Fail("overflow in durationSince");
      return OfNumber(Kind::kDuration, result);
    case Function::kToDate: {
      const auto day = ToDate(Datetime{a.number});
      return day ? OfNumber(Kind::kDatetime, day->unix_ms) : Fail("overflow in toDate");
    }
    case Function::kToTime: return OfNumber(Kind::kDuration, ToTime(Datetime{a.number}).ms);
    case Function::kToMilliseconds: return OfNumber(Kind::kLong, a.number);
    case Function::kToSeconds: return OfNumber(Kind::kLong, a.number / 1000);
    case Function::kToMinutes: return OfNumber(Kind::kLong, a.number / 60'000);
    case Function::kToHours: return OfNumber(Kind::kLong, a.number / 3'600'000);
    default: return OfNumber(Kind::kLong, a.number / 86'400'000);
  }
}

}  // namespace checkrein::cedar
