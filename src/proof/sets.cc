// The part of Universe that knows sets: masks over enums, lists of members, unknown predicates, and choices between them.
#include <algorithm>

#include "proof/universe.h"

namespace checkrein::proof {

using Kind = Symbol::Kind;

Symbol Universe::AddSet(OpenSet set) {
  sets_.push_back(std::move(set));
  Symbol s;
  s.kind = Kind::kSet;
  s.set = static_cast<uint32_t>(sets_.size() - 1);
  return s;
}

// A mask with the member's bit alone.
TermId Universe::OneBit(const Symbol& member, size_t width) {
  if (member.literal) {
    std::string text(width, '0');
    const auto& ids = schema_.FindEntityType(member.type)->ids;
    const auto at = static_cast<size_t>(std::find(ids.begin(), ids.end(), *member.literal) - ids.begin());
    if (at < width) text[width - 1 - at] = '1';
    return terms_.BitText(std::move(text));
  }
  TermId mask = terms_.Bits(width, 0);
  const auto& ids = schema_.FindEntityType(member.type)->ids;
  for (const std::string& id : ids) {
    const Symbol literal = Literal(cedar::EntityUid(member.type, id));
    mask = terms_.If(terms_.Equal(member.term, literal.term), OneBit(literal, width), mask);
  }
  return mask;
}

TermId Universe::MaskHas(const Symbol& mask, const Symbol& member) {
  if (member.kind != Kind::kEntity || member.type != mask.type) return terms_.False();
  const auto& ids = schema_.FindEntityType(member.type)->ids;
  std::vector<TermId> any;
  for (size_t i = 0; i < ids.size(); ++i) {
    const TermId is = terms_.Equal(member.term, Literal(cedar::EntityUid(member.type, ids[i])).term);
    any.push_back(terms_.And(is, terms_.Bit(mask.term, i)));
  }
  return terms_.Or(std::move(any));
}

Symbol Universe::MakeSet(std::vector<Symbol> members) {
  const bool scalars = std::all_of(members.begin(), members.end(), [](const Symbol& m) { return m.kind != Kind::kRecord && !m.is_set(); });
  if (!scalars) Fail("sets of sets or of records");
  const auto same_enum = [&](const Symbol& m) { return m.kind == Kind::kEntity && m.type == members[0].type && EnumSize(m.type) > 0; };
  if (!members.empty() && std::all_of(members.begin(), members.end(), same_enum)) {
    const size_t width = EnumSize(members[0].type);
    Symbol mask = ScalarSymbol(Kind::kMask, terms_.Bits(width, 0));
    mask.type = members[0].type;
    if (std::all_of(members.begin(), members.end(), [](const Symbol& m) { return m.literal.has_value(); })) {
      std::string text(width, '0');
      for (const Symbol& m : members) {
        const std::string one = terms_[OneBit(m, width)].head.substr(2);
        for (size_t i = 0; i < width; ++i)
          if (one[i] == '1') text[i] = '1';
      }
      mask.term = terms_.BitText(std::move(text));
      return mask;
    }
    for (const Symbol& m : members) mask.term = terms_.Op("bvor", {mask.term, OneBit(m, width)}, Sort::Bits(width));
    return mask;
  }
  for (const Symbol& m : members)
    if (ElementKey(m) != ElementKey(members[0])) Fail("a set with members of different types");
  for (const Symbol& m : members) Compare(ElementKey(m), m);
  OpenSet set;
  set.members = std::move(members);
  if (!set.members.empty()) set.element = ElementKey(set.members[0]);
  return AddSet(std::move(set));
}

// Only a set without members is no mask beside one.
Symbol Universe::ToMask(const Symbol& set, std::string_view enum_type) {
  if (set.kind == Kind::kMask && set.type == enum_type) return set;
  if (set.kind != Kind::kSet || Listed(set.set) == nullptr || !Listed(set.set)->empty()) Fail("a set of " + std::string(enum_type) + " beside one of something else");
  Symbol mask = ScalarSymbol(Kind::kMask, terms_.Bits(EnumSize(enum_type), 0));
  mask.type = enum_type;
  return mask;
}

const std::vector<Symbol>* Universe::Listed(uint32_t set) const { return sets_[set].kind == OpenSet::Kind::kMembers ? &sets_[set].members : nullptr; }

std::string Universe::ElementOf(uint32_t set) const {
  const OpenSet& s = sets_[set];
  if (s.kind != OpenSet::Kind::kChoice) return s.element;
  const std::string yes = ElementOf(s.yes);
  return yes.empty() ? ElementOf(s.no) : yes;
}

TermId Universe::MemberOf(uint32_t set, const Symbol& member) {
  const OpenSet s = sets_[set];
  switch (s.kind) {
    case OpenSet::Kind::kUnknown: {
      if (s.element == kBeyond) Fail("sets of sets or of records");
      if (s.element != ElementKey(member)) return terms_.False();
      std::vector<TermId> args = s.args;
      args.push_back(member.term);
      return terms_.Apply(s.key, std::move(args), Sort::Bool());
    }
    case OpenSet::Kind::kChoice: return terms_.If(s.condition, MemberOf(s.yes, member), MemberOf(s.no, member));
    case OpenSet::Kind::kMembers: break;
  }
  std::vector<TermId> any;
  for (const Symbol& m : s.members) any.push_back(Same(m, member));
  return terms_.Or(std::move(any));
}

TermId Universe::Contains(const Symbol& set, const Symbol& member) {
  if (set.kind == Kind::kMask) return MaskHas(set, member);
  if (member.kind == Kind::kRecord || member.is_set()) {
    Fail("sets of sets or of records");
    return terms_.False();
  }
  Compare(ElementKey(member), member);
  return MemberOf(set.set, member);
}

TermId Universe::ContainsAll(const Symbol& set, const Symbol& wanted) {
  if (set.kind == Kind::kMask || wanted.kind == Kind::kMask) {
    const std::string& type = set.kind == Kind::kMask ? set.type : wanted.type;
    const Symbol a = ToMask(set, type), b = ToMask(wanted, type);
    return terms_.Equal(terms_.Op("bvand", {a.term, b.term}, terms_[a.term].sort), b.term);
  }
  if (const auto* listed = Listed(wanted.set)) {
    const std::vector<Symbol> members = *listed;
    std::vector<TermId> all;
    for (const Symbol& m : members) all.push_back(Contains(set, m));
    return terms_.And(std::move(all));
  }
  return Ask({Question::Kind::kAll, set.set, wanted.set, {}, ElementOf(wanted.set), 0});
}

TermId Universe::ContainsAny(const Symbol& set, const Symbol& wanted) {
  if (set.kind == Kind::kMask || wanted.kind == Kind::kMask) {
    const std::string& type = set.kind == Kind::kMask ? set.type : wanted.type;
    const Symbol a = ToMask(set, type), b = ToMask(wanted, type);
    const Sort sort = terms_[a.term].sort;
    return terms_.Not(terms_.Equal(terms_.Op("bvand", {a.term, b.term}, sort), terms_.Bits(sort.width, 0)));
  }
  for (const auto& [one, other] : {std::pair{set, wanted}, std::pair{wanted, set}}) {
    if (Listed(one.set) == nullptr) continue;
    const std::vector<Symbol> members = *Listed(one.set);
    std::vector<TermId> any;
    for (const Symbol& m : members) any.push_back(Contains(other, m));
    return terms_.Or(std::move(any));
  }
  return Ask({Question::Kind::kAny, set.set, wanted.set, {}, ElementOf(set.set), 0});
}

TermId Universe::IsEmpty(const Symbol& set) {
  if (set.kind == Kind::kMask) return terms_.Equal(set.term, terms_.Bits(terms_[set.term].sort.width, 0));
  if (const auto* members = Listed(set.set)) return terms_.Bool(members->empty());
  return Ask({Question::Kind::kEmpty, set.set, 0, {}, ElementOf(set.set), 0});
}

void Universe::Compare(const std::string& element, const Symbol& value) {
  auto& values = compared_[element];
  if (std::none_of(values.begin(), values.end(), [&](const Symbol& v) { return v.term == value.term; })) values.push_back(value);
  prototypes_.emplace(element, value);
}

TermId Universe::Ask(Question question) {
  if (question.element == kBeyond) Fail("sets of sets or of records");
  question.answer = terms_.Apply("question " + std::to_string(questions_.size()), {}, Sort::Bool());
  questions_.push_back(question);
  return question.answer;
}

void Universe::Answer(const Question& q) {
  std::vector<TermId> each;
  const std::vector<Symbol> values = compared_[q.element];
  for (const Symbol& v : values) {
    const TermId a = MemberOf(q.a, v), b = q.kind == Question::Kind::kEmpty || q.kind == Question::Kind::kIn ? terms_.False() : MemberOf(q.b, v);
    switch (q.kind) {
      case Question::Kind::kAll: each.push_back(terms_.Implies(b, a)); break;
      case Question::Kind::kAny: each.push_back(terms_.And(a, b)); break;
      case Question::Kind::kEmpty: each.push_back(terms_.Not(a)); break;
      case Question::Kind::kSame: each.push_back(terms_.Equal(a, b)); break;
      case Question::Kind::kIn: each.push_back(terms_.And(a, In(q.entity, v))); break;
    }
  }
  const bool any = q.kind == Question::Kind::kAny || q.kind == Question::Kind::kIn;
  Fact(terms_.Equal(q.answer, any ? terms_.Or(std::move(each)) : terms_.And(std::move(each))));
}

}  // namespace checkrein::proof
