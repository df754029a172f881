#include "cedar/question.h"

#include <algorithm>

#include "cedar/extension.h"

namespace checkrein::cedar {
namespace {

using flat::FlatNode;
using flat::Head;
using Kind = Term::Kind;

constexpr Term kFailed{};
Term Bool(bool b) { return {Kind::kBool, 0, b}; }
Term Number(Kind kind, int64_t n) { return {kind, 0, n}; }
bool Good(const Term& term) { return term.kind != Kind::kFailed; }

// The rest of a text after the pattern's parts, as Pattern::Matches (ast.h) has it.
template <typename PartAt>
bool Matches(std::string_view text, size_t count, PartAt part_at) {
  const std::string_view first = part_at(0);
  if (count == 1) return text == first;
  const std::string_view last = part_at(count - 1);
  if (!text.starts_with(first)) return false;
  text.remove_prefix(first.size());
  if (!text.ends_with(last)) return false;
  text.remove_suffix(last.size());
  for (size_t i = 1; i + 1 < count; ++i) {
    const size_t at = text.find(part_at(i));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part_at(i).size());
  }
  return true;
}

Term Construct(Function function, std::string_view text, Facts* facts) {
  switch (function) {
    case Function::kIp: {
      const auto ip = ParseIp(text);
      return ip ? facts->Address(*ip) : kFailed;
    }
    case Function::kDecimal: {
      const auto d = ParseDecimal(text);
      return d ? Number(Kind::kDecimal, d->ten_thousandths) : kFailed;
    }
    case Function::kDatetime: {
      const auto t = ParseDatetime(text);
      return t ? Number(Kind::kDatetime, t->unix_ms) : kFailed;
    }
    default: break;
  }
  const auto d = ParseDuration(text);
  return d ? Number(Kind::kDuration, d->ms) : kFailed;
}

Term OfIp(Function function, const Ip& a, const Ip* b) {
  switch (function) {
    case Function::kIsIpv4: return Bool(!a.v6);
    case Function::kIsIpv6: return Bool(a.v6);
    case Function::kIsLoopback: return Bool(IsLoopback(a));
    case Function::kIsMulticast: return Bool(IsMulticast(a));
    default: return b == nullptr ? kFailed : Bool(IsInRange(a, *b));
  }
}

Term OfDecimal(Function function, int64_t a, int64_t b) {
  switch (function) {
    case Function::kLessThan: return Bool(a < b);
    case Function::kLessThanOrEqual: return Bool(a <= b);
    case Function::kGreaterThan: return Bool(a > b);
    default: return Bool(a >= b);
  }
}

Term OfDatetime(Function function, int64_t a, const Term& b) {
  int64_t result = 0;
  switch (function) {
    case Function::kOffset:
      if (b.kind != Kind::kDuration || __builtin_add_overflow(a, b.number, &result)) return kFailed;
      return Number(Kind::kDatetime, result);
    case Function::kDurationSince:
      if (b.kind != Kind::kDatetime || __builtin_sub_overflow(a, b.number, &result)) return kFailed;
      return Number(Kind::kDuration, result);
    case Function::kToDate: {
      const auto day = ToDate(Datetime{a});
      return day ? Number(Kind::kDatetime, day->unix_ms) : kFailed;
    }
    default: return Number(Kind::kDuration, ToTime(Datetime{a}).ms);
  }
}

Term OfDuration(Function function, int64_t ms) {
  switch (function) {
    case Function::kToMilliseconds: return Number(Kind::kLong, ms);
    case Function::kToSeconds: return Number(Kind::kLong, ms / 1000);
    case Function::kToMinutes: return Number(Kind::kLong, ms / 60'000);
    case Function::kToHours: return Number(Kind::kLong, ms / 3'600'000);
    default: return Number(Kind::kLong, ms / 86'400'000);
  }
}

}  // namespace

// ---- scopes

Facts& Question::Start() {
  facts_.Clear();
  other_ = kNone;
  saw_watched_ = false;
  matched_.clear();
  return facts_;
}

void Question::FindLine(UidNumber uid, Line* line) {
  const size_t known = program_.uids.size();
  for (const UidNumber member : line->members)
    if (member < known) line->bits[member / 64] = 0;
  line->members.clear();
  if (line->bits.size() != (known + 63) / 64) line->bits.assign((known + 63) / 64, 0);
  const auto add = [&](UidNumber member) {
    if (Has(*line, member)) return;
    if (member < known) line->bits[member / 64] |= uint64_t{1} << (member % 64);
    line->members.push_back(member);
  };
  add(uid);
  for (size_t i = 0; i < line->members.size(); ++i) {
    const Facts::Row* row = facts_.Find(line->members[i]);
    if (row == nullptr) continue;
    for (const UidNumber parent : facts_.ParentsOf(*row)) add(parent);
  }
}

bool Question::Has(const Line& line, UidNumber uid) const {
  if (uid < program_.uids.size()) return (line.bits[uid / 64] >> (uid % 64) & 1) != 0;
  return std::find(line.members.begin(), line.members.end(), uid) != line.members.end();
}

bool Question::IsIn(UidNumber uid, UidNumber group) {
  if (uid == group) return true;
  if (uid == principal_) return Has(principal_line_, group);
  if (uid == resource_) return Has(resource_line_, group);
  if (uid == action_) return Has(action_line_, group);
  if (other_ != uid) FindLine(other_ = uid, &other_line_);
  return Has(other_line_, group);
}

bool Question::Fits(const Head& head) const {
  switch (head.action_kind) {
    case Scope::Kind::kAny: break;
    case Scope::Kind::kEqual:
      if (head.action != action_) return false;
      break;
    case Scope::Kind::kInAny: {
      const auto all = program_.lists.subspan(head.actions.first, head.actions.count);
      if (std::none_of(all.begin(), all.end(), [&](UidNumber uid) { return Has(action_line_, uid); })) return false;
      break;
    }
    default:
      if (!Has(action_line_, head.action)) return false;
  }
  const auto fits = [&](Scope::Kind kind, UidNumber wanted, Symbol type, UidNumber own, Symbol own_type, const Line& line) {
    switch (kind) {
      case Scope::Kind::kAny: return true;
      case Scope::Kind::kEqual: return wanted == own;
      case Scope::Kind::kIs: return type == own_type;
      case Scope::Kind::kIsIn: return type == own_type && Has(line, wanted);
      default: return Has(line, wanted);
    }
  };
  return fits(head.principal_kind, head.principal, head.principal_type, principal_, principal_type_, principal_line_) &&
         fits(head.resource_kind, head.resource, head.resource_type, resource_, resource_type_, resource_line_);
}

void Question::MatchIndexed() {
  const auto consider = [&](std::span<const uint32_t> policies) {
    for (const uint32_t policy : policies)
      if (Fits(program_.heads[policy])) matched_.push_back(policy);
  };
  consider(program_.always);
  const auto bucket_of = [&](const Line& line) {
    for (const UidNumber uid : line.members)
      if (uid < program_.uids.size()) consider(program_.bucketed.subspan(program_.buckets[uid], program_.buckets[uid + 1] - program_.buckets[uid]));
  };
  bucket_of(resource_line_);
  bucket_of(principal_line_);
  bucket_of(action_line_);
  std::sort(matched_.begin(), matched_.end());
  // An entity may be in two of the lines.
  matched_.erase(std::unique(matched_.begin(), matched_.end()), matched_.end());
}

void Question::Pose(UidNumber principal, UidNumber action, UidNumber resource) {
  principal_ = principal;
  action_ = action;
  resource_ = resource;
  principal_type_ = facts_.PartsOf(principal).type;
  resource_type_ = facts_.PartsOf(resource).type;
  FindLine(principal, &principal_line_);
  FindLine(action, &action_line_);
  FindLine(resource, &resource_line_);
  other_ = kNone;
  saw_watched_ = false;
  matched_.clear();
  if (program_.size() > kScanLimit) {
    MatchIndexed();
  } else {
    for (uint32_t i = 0; i < program_.size(); ++i)
      if (Fits(program_.heads[i])) matched_.push_back(i);
  }
  said_.assign(matched_.size(), Said::kUnasked);
}

const Answer& Question::Ask(const Term& context) {
  context_ = context;
  permits_.clear();
  forbids_.clear();
  errors_.clear();
  for (size_t i = 0; i < matched_.size(); ++i) {
    const uint32_t policy = matched_[i];
    Said said = said_[i];
    if (said == Said::kUnasked) {
      saw_context_ = false;
      said = Test(policy);
      if (!saw_context_) said_[i] = said;
    }
    if (said == Said::kErr) errors_.push_back(policy);
    if (said == Said::kYes) (program_.effect(policy) == Effect::kForbid ? forbids_ : permits_).push_back(policy);
  }
  answer_ = {forbids_.empty() && !permits_.empty(), forbids_.empty() ? permits_ : forbids_, errors_};
  return answer_;
}

Question::Said Question::Test(uint32_t policy) {
  const flat::Range conditions = program_.heads[policy].conditions;
  for (const flat::Clause& clause : program_.clauses.subspan(conditions.first, conditions.count)) {
    const Term truth = Typed(clause.body, Kind::kBool);
    if (!Good(truth)) {
      stack_.clear();
      return Said::kErr;
    }
    if ((truth.number != 0) == (clause.unless != 0)) return Said::kNo;
  }
  return Said::kYes;
}

// ---- expressions

Term Question::Typed(NodeId id, Kind kind) {
  const Term term = Eval(id);
  return term.kind == kind ? term : kFailed;
}

Term Question::Variable(uint32_t which) {
  switch (static_cast<cedar::Variable>(which)) {
    case cedar::Variable::kPrincipal: return Facts::Entity(principal_);
    case cedar::Variable::kAction: return Facts::Entity(action_);
    case cedar::Variable::kResource: return Facts::Entity(resource_);
    case cedar::Variable::kContext: break;
  }
  saw_context_ = true;
  return context_;
}

Term Question::Eval(NodeId id) {
  const FlatNode& n = program_.nodes[id];
  switch (n.op) {
    case Op::kLiteral: return program_.constants[n.a];
    case Op::kVariable: return Variable(n.a);
    case Op::kSlot: return kFailed;
    case Op::kIf: {
      const Term test = Typed(n.a, Kind::kBool);
      return Good(test) ? Eval(test.number != 0 ? n.b : n.c) : test;
    }
    case Op::kAnd:
    case Op::kOr: {
      const Term left = Typed(n.a, Kind::kBool);
      return !Good(left) || (left.number != 0) == (n.op == Op::kOr) ? left : Typed(n.b, Kind::kBool);
    }
    case Op::kNot: {
      const Term term = Typed(n.a, Kind::kBool);
      return Good(term) ? Bool(term.number == 0) : term;
    }
    case Op::kNegate: {
      const Term term = Typed(n.a, Kind::kLong);
      int64_t result = 0;
      return Good(term) && !__builtin_sub_overflow(int64_t{0}, term.number, &result) ? Number(Kind::kLong, result) : kFailed;
    }
    case Op::kEqual:
    case Op::kNotEqual: {
      const Term a = Eval(n.a), b = Good(a) ? Eval(n.b) : a;
      return Good(b) ? Bool((facts_.Compare(a, b) == 0) == (n.op == Op::kEqual)) : b;
    }
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: return Order(n);
    case Op::kIn: {
      const Term a = Typed(n.a, Kind::kEntity);
      return Good(a) ? In(a, Eval(n.b)) : a;
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
    case Op::kHas: return HasAttr(n);
    case Op::kLike: return Like(n);
    case Op::kIs:
    case Op::kIsIn: return Is(n);
    case Op::kCall: return Call(n);
    case Op::kSet: return n.a > 0 ? program_.constants[n.a - 1] : BuildSet(n);
    case Op::kRecord: break;
  }
  return BuildRecord(n);
}

Term Question::Order(const FlatNode& n) {
  const Term a = Eval(n.a), b = Good(a) ? Eval(n.b) : a;
  if (!Good(b) || a.kind != b.kind || (a.kind != Kind::kLong && a.kind != Kind::kDatetime && a.kind != Kind::kDuration)) return kFailed;
  switch (n.op) {
    case Op::kLess: return Bool(a.number < b.number);
    case Op::kLessEqual: return Bool(a.number <= b.number);
    case Op::kGreater: return Bool(a.number > b.number);
    default: return Bool(a.number >= b.number);
  }
}

Term Question::Arithmetic(const FlatNode& n) {
  const Term a = Typed(n.a, Kind::kLong), b = Good(a) ? Typed(n.b, Kind::kLong) : a;
  if (!Good(b)) return b;
  int64_t result = 0;
  const bool overflow = n.op == Op::kAdd        ? __builtin_add_overflow(a.number, b.number, &result)
                        : n.op == Op::kSubtract ? __builtin_sub_overflow(a.number, b.number, &result)
                                                : __builtin_mul_overflow(a.number, b.number, &result);
  return overflow ? kFailed : Number(Kind::kLong, result);
}

Term Question::In(const Term& left, const Term& right) {
  const auto uid = static_cast<UidNumber>(left.number);
  if (right.kind == Kind::kEntity) return Bool(IsIn(uid, static_cast<UidNumber>(right.number)));
  if (right.kind != Kind::kSet) return kFailed;
  const std::span<const Term> members = facts_.Members(right);
  if (std::any_of(members.begin(), members.end(), [](const Term& m) { return m.kind != Kind::kEntity; })) return kFailed;
  return Bool(std::any_of(members.begin(), members.end(), [&](const Term& m) { return IsIn(uid, static_cast<UidNumber>(m.number)); }));
}

bool Question::Contains(const Term& set, const Term& member) const {
  const std::span<const Term> members = facts_.Members(set);
  return std::binary_search(members.begin(), members.end(), member, [this](const Term& a, const Term& b) { return facts_.Compare(a, b) < 0; });
}

Term Question::SetTest(const FlatNode& n) {
  const Term a = Typed(n.a, Kind::kSet);
  if (!Good(a)) return a;
  if (n.op == Op::kIsEmpty) return Bool(a.count == 0);
  if (n.op == Op::kContains) {
    const Term b = Eval(n.b);
    return Good(b) ? Bool(Contains(a, b)) : b;
  }
  const Term b = Typed(n.b, Kind::kSet);
  if (!Good(b)) return b;
  const std::span<const Term> wanted = facts_.Members(b);
  const auto found = [&](const Term& m) { return Contains(a, m); };
  return Bool(n.op == Op::kContainsAll ? std::all_of(wanted.begin(), wanted.end(), found) : std::any_of(wanted.begin(), wanted.end(), found));
}

Term Question::Tag(const FlatNode& n) {
  const Term a = Typed(n.a, Kind::kEntity), key = Good(a) ? Typed(n.b, Kind::kString) : a;
  if (!Good(key)) return key;
  const Facts::Row* row = facts_.Find(static_cast<UidNumber>(a.number));
  const Term* tag = row == nullptr || !Good(row->tags) ? nullptr : facts_.Look(row->tags, static_cast<Symbol>(key.number));
  if (n.op == Op::kHasTag) return Bool(tag != nullptr);
  return tag == nullptr ? kFailed : *tag;
}

const Term* Question::Look(const Term& object, Symbol name) const {
  if (object.kind == Kind::kRecord) return facts_.Look(object, name);
  const Facts::Row* row = facts_.Find(static_cast<UidNumber>(object.number));
  return row == nullptr || !Good(row->attrs) ? nullptr : facts_.Look(row->attrs, name);
}

Term Question::GetAttr(const FlatNode& n) {
  saw_watched_ |= n.b == watched_;
  const Term object = Eval(n.a);
  if (object.kind != Kind::kRecord && object.kind != Kind::kEntity) return kFailed;
  const Term* value = Look(object, n.b);
  return value == nullptr ? kFailed : *value;
}

Term Question::HasAttr(const FlatNode& n) {
  Term object = Eval(n.a);
  for (uint32_t i = 0; i < n.c; ++i) {
    if (object.kind != Kind::kRecord && object.kind != Kind::kEntity) return kFailed;
    const Term* value = Look(object, program_.lists[n.b + i]);
    if (value == nullptr) return Bool(false);
    object = *value;
  }
  return Bool(true);
}

Term Question::Like(const FlatNode& n) {
  const Term text = Typed(n.a, Kind::kString);
  if (!Good(text)) return text;
  const flat::Range parts = program_.patterns[n.b];
  return Bool(Matches(facts_.TextOf(static_cast<Symbol>(text.number)), parts.count, [&](size_t i) { return program_.SymbolText(program_.lists[parts.first + i]); }));
}

Term Question::Is(const FlatNode& n) {
  const Term a = Typed(n.a, Kind::kEntity);
  if (!Good(a)) return a;
  const bool is = facts_.PartsOf(static_cast<UidNumber>(a.number)).type == n.b;
  return n.op == Op::kIs || !is ? Bool(is) : In(a, Eval(n.c));
}

Term Question::BuildSet(const FlatNode& n) {
  const size_t base = stack_.size();
  for (uint32_t i = 0; i < n.c; ++i) {
    const Term member = Eval(program_.lists[n.b + i]);
    if (!Good(member)) return member;
    stack_.push_back(member);
  }
  const Term set = facts_.Set(std::span(stack_).subspan(base));
  stack_.resize(base);
  return set;
}

Term Question::BuildRecord(const FlatNode& n) {
  const size_t base = stack_.size();
  for (uint32_t i = 0; i < n.c; ++i) {
    const Term value = Eval(program_.lists[n.b + 2 * i + 1]);
    if (!Good(value)) return value;
    stack_.push_back(value);
  }
  fields_.clear();
  for (uint32_t i = 0; i < n.c; ++i) fields_.push_back({program_.lists[n.b + 2 * i], stack_[base + i]});
  stack_.resize(base);
  return facts_.Record(fields_);
}

Term Question::Call(const FlatNode& n) {
  const FunctionInfo& info = InfoOf(static_cast<Function>(n.a));
  if (n.c != info.arity) return kFailed;
  const Term a = Eval(program_.lists[n.b]);
  if (!Good(a)) return a;
  if (info.function <= Function::kDuration) return a.kind == Kind::kString ? Construct(info.function, facts_.TextOf(static_cast<Symbol>(a.number)), &facts_) : kFailed;
  const Term b = info.arity == 2 ? Eval(program_.lists[n.b + 1]) : Bool(false);
  if (!Good(b)) return b;
  if (info.function <= Function::kIsInRange) return a.kind == Kind::kIp ? OfIp(info.function, facts_.AddressOf(a), b.kind == Kind::kIp ? &facts_.AddressOf(b) : nullptr) : kFailed;
  if (info.function <= Function::kGreaterThanOrEqual) return a.kind == Kind::kDecimal && b.kind == Kind::kDecimal ? OfDecimal(info.function, a.number, b.number) : kFailed;
  if (info.function <= Function::kToTime) return a.kind == Kind::kDatetime ? OfDatetime(info.function, a.number, b) : kFailed;
  return a.kind == Kind::kDuration ? OfDuration(info.function, a.number) : kFailed;
}

}  // namespace checkrein::cedar
