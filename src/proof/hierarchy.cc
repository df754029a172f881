// The part of Universe that knows who is in what.
#include <algorithm>

#include "proof/universe.h"

namespace checkrein::proof {
namespace {
constexpr size_t kMaxRelations = 20'000;  // pairs; each costs the solvers about what a policy does
}  // namespace

TermId Universe::Exists(const Symbol& entity) {
  if (EnumSize(entity.type) > 0) return terms_.True();
  return terms_.Apply(ExistsKey(entity.type), {entity.term}, Sort::Bool());
}

TermId Universe::RelationTerm(const Symbol& entity, const Symbol& group) {
  const TermId holds = terms_.Apply(InKey(entity.type, group.type), {entity.term, group.term}, Sort::Bool());
  if (related_.insert(holds).second) relations_.push_back({entity, group, holds});
  return holds;
}

TermId Universe::MaskOf(const Symbol& entity, std::string_view group_type) {
  const TermId mask = terms_.Apply(GroupsKey(entity.type, group_type), {entity.term}, Sort::Bits(EnumSize(group_type)));
  if (grouped_.insert(mask).second) groups_.push_back({entity, std::string(group_type), mask});
  return mask;
}

TermId Universe::In(const Symbol& entity, const Symbol& group) {
  if (cedar::IsActionTypeName(entity.type)) {
    if (!entity.literal || !group.literal) {
      Fail("`in` between actions that are computed");
      return terms_.False();
    }
    const cedar::EntityUid uid(entity.type, *entity.literal), in(group.type, *group.literal);
    const cedar::ActionType* action = schema_.FindAction(uid);
    return terms_.Bool(uid == in || (action != nullptr && action->ancestors.contains(in)));
  }
  const TermId same = Same(entity, group);
  const cedar::EntityType* type = schema_.FindEntityType(entity.type);
  if (type == nullptr || !type->ancestors.contains(group.type)) return same;
  if (EnumSize(group.type) == 0) return terms_.Or(same, RelationTerm(entity, group));
  Symbol mask = ScalarSymbol(Symbol::Kind::kMask, MaskOf(entity, group.type));
  mask.type = group.type;
  return terms_.Or(same, MaskHas(mask, group));
}

TermId Universe::InAny(const Symbol& entity, const Symbol& groups) {
  if (groups.kind == Symbol::Kind::kMask) {
    const cedar::EntityType* type = schema_.FindEntityType(entity.type);
    std::vector<TermId> any;
    if (entity.type == groups.type) any.push_back(MaskHas(groups, entity));
    if (type != nullptr && type->ancestors.contains(groups.type)) {
      const size_t size = EnumSize(groups.type);
      const TermId common = terms_.Op("bvand", {MaskOf(entity, groups.type), groups.term}, Sort::Bits(size));
      any.push_back(terms_.Not(terms_.Equal(common, terms_.Bits(size, 0))));
    }
    return terms_.Or(std::move(any));
  }
  if (const auto* members = Listed(groups.set)) {
    std::vector<TermId> any;
    for (const Symbol& member : *members) any.push_back(In(entity, member));
    return terms_.Or(std::move(any));
  }
  return Ask({Question::Kind::kIn, groups.set, 0, entity, ElementOf(groups.set), 0});
}

void Universe::SameParents(const Symbol& a, const Symbol& b) {
  for (size_t i = 0, n = relations_.size(); i < n; ++i) {
    const Relation r = relations_[i];
    if (r.entity.term == a.term || r.entity.term == b.term) Fact(terms_.Equal(RelationTerm(a, r.group), RelationTerm(b, r.group)));
  }
  for (size_t i = 0, n = groups_.size(); i < n; ++i) {
    const Groups g = groups_[i];
    if (g.entity.term == a.term || g.entity.term == b.term) Fact(terms_.Equal(MaskOf(a, g.group_type), MaskOf(b, g.group_type)));
  }
}

// What follows from one pair and every other that begins where it ends. Ends may be different terms for one entity, so the laws are
// stated under that condition. Unmentioned pairs can stay unrelated: no law asks for them once these hold.
void Universe::CloseOver(const Relation& first) {
  Fact(terms_.Implies(first.holds, Exists(first.entity)));
  if (first.entity.type == first.group.type) Fact(terms_.Not(terms_.And(first.holds, terms_.Equal(first.entity.term, first.group.term))));
}

void Universe::CloseHierarchy() {
  // Both lists grow while they are walked; each pair of their members is looked at once.
  const auto compose = [this](const Relation& r, const Relation& s) {
    if (r.group.type != s.entity.type || r.entity.term == s.entity.term) return;
    const TermId meet = terms_.Equal(r.group.term, s.entity.term);
    if (meet == terms_.False()) return;
    Fact(terms_.Implies(terms_.And({r.holds, s.holds, meet}), RelationTerm(r.entity, s.group)));
  };
  const auto inherit = [this](const Relation& r, const Groups& g) {
    if (r.group.type != g.entity.type || r.entity.term == g.entity.term) return;
    const TermId meet = terms_.Equal(r.group.term, g.entity.term);
    if (meet == terms_.False()) return;
    const TermId both = terms_.Op("bvand", {MaskOf(r.entity, g.group_type), g.mask}, Sort::Bits(EnumSize(g.group_type)));
    Fact(terms_.Implies(terms_.And(r.holds, meet), terms_.Equal(both, g.mask)));
  };
  size_t relations = 0, groups = 0;
  while (relations < relations_.size() || groups < groups_.size()) {
    if (relations_.size() > kMaxRelations) return Fail("more than " + std::to_string(kMaxRelations) + " pairs of entities are asked about");
    if (relations < relations_.size()) {
      const Relation next = relations_[relations++];
      CloseOver(next);
      for (size_t i = 0; i < relations; ++i) {
        const Relation other = relations_[i];
        compose(next, other);
        if (i + 1 < relations) compose(other, next);
      }
      for (size_t i = 0; i < groups; ++i) inherit(next, Groups(groups_[i]));
      continue;
    }
    const Groups next = groups_[groups++];
    Fact(terms_.Or(Exists(next.entity), terms_.Equal(next.mask, terms_.Bits(EnumSize(next.group_type), 0))));
    for (size_t i = 0; i < relations; ++i) inherit(Relation(relations_[i]), next);
  }
}

const std::vector<TermId>& Universe::Finish() {
  for (size_t i = 0; i < questions_.size(); ++i) Compare(questions_[i].element, [&] {
    Symbol witness = prototypes_[questions_[i].element];
    const cedar::Type* plain = nullptr;
    cedar::Type entity;
    entity.kind = cedar::Type::Kind::kEntity;
    entity.entity = witness.type;
    using K = cedar::Type::Kind;
    switch (witness.kind) {
      case Symbol::Kind::kBool: plain = cedar::PlainType(K::kBool); break;
      case Symbol::Kind::kText: plain = cedar::PlainType(K::kString); break;
      case Symbol::Kind::kIp: plain = cedar::PlainType(K::kIp); break;
      case Symbol::Kind::kDecimal: plain = cedar::PlainType(K::kDecimal); break;
      case Symbol::Kind::kDatetime: plain = cedar::PlainType(K::kDatetime); break;
      case Symbol::Kind::kDuration: plain = cedar::PlainType(K::kDuration); break;
      case Symbol::Kind::kEntity: plain = &entity; break;
      default: plain = cedar::PlainType(K::kLong); break;
    }
    return Unknown(plain, "witness" + std::to_string(i), {});
  }());
  for (size_t i = 0; i < questions_.size(); ++i) Answer(questions_[i]);
  CloseHierarchy();
  return facts_;
}

}  // namespace checkrein::proof
