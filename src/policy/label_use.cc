#include "policy/label_use.h"

#include <array>

#include "cedar/question.h"
#include "policy/impl.h"
#include "policy/shields.h"

namespace checkrein::policy {
namespace {

using cedar::NodeId;
using cedar::Term;
using cedar::flat::FlatNode;

// Reads the conditions of one policy, over its nodes in the flat form (cedar/ast.h has what a, b and c are).
class Reader {
 public:
  Reader(const cedar::Program& program, LabelUse* use) : program_(program), use_(*use) {}

  void Read(uint32_t policy) {
    const auto conditions = program_.heads[policy].conditions;
    for (const auto& clause : program_.clauses.subspan(conditions.first, conditions.count)) pending_.push_back(clause.body);
    while (!pending_.empty()) {
      const NodeId id = pending_.back();
      pending_.pop_back();
      Visit(program_.nodes[id]);
    }
  }

 private:
  bool Gets(NodeId id, Word attribute) const {
    const FlatNode& n = program_.nodes[id];
    return n.op == cedar::Op::kGetAttr && n.b == attribute;
  }
  bool IsLiteral(NodeId id) const {
    const FlatNode& n = program_.nodes[id];
    return n.op == cedar::Op::kLiteral || (n.op == cedar::Op::kSet && n.a != 0);
  }
  bool IsContext(NodeId id) const {
    const FlatNode& n = program_.nodes[id];
    return n.op == cedar::Op::kVariable && static_cast<cedar::Variable>(n.a) == cedar::Variable::kContext;
  }
  void NoteLiteral(const Term& term) {
    if (term.kind == Term::Kind::kEntity && term.number >= kFirstLabel && term.number < static_cast<int64_t>(kFirstLabel + kLabelCount)) use_.named.set(static_cast<size_t>(term.number - kFirstLabel));
  }
  void Push(std::span<const uint32_t> nodes) { pending_.insert(pending_.end(), nodes.begin(), nodes.end()); }

  void Visit(const FlatNode& n) {
    switch (n.op) {
      case cedar::Op::kLiteral: NoteLiteral(program_.constants[n.a]); break;
      case cedar::Op::kSlot: break;
      case cedar::Op::kVariable:  // as a whole, with the coverage in it
        use_.reads_coverage |= static_cast<cedar::Variable>(n.a) == cedar::Variable::kContext;
        break;
      case cedar::Op::kIf: Push(std::array{n.a, n.b, n.c}); break;
      case cedar::Op::kContains:
      case cedar::Op::kContainsAll:
      case cedar::Op::kContainsAny:
        // `principal.labels.containsAny([...])`: sees only the labels that it names.
        if (Gets(n.a, kLabels) && IsLiteral(n.b)) {
          Push(std::array{n.b});
          break;
        }
        [[fallthrough]];
      case cedar::Op::kAnd:
      case cedar::Op::kOr:
      case cedar::Op::kEqual:
      case cedar::Op::kNotEqual:
      case cedar::Op::kLess:
      case cedar::Op::kLessEqual:
      case cedar::Op::kGreater:
      case cedar::Op::kGreaterEqual:
      case cedar::Op::kIn:
      case cedar::Op::kAdd:
      case cedar::Op::kSubtract:
      case cedar::Op::kMultiply:
      case cedar::Op::kGetTag:
      case cedar::Op::kHasTag: Push(std::array{n.a, n.b}); break;
      case cedar::Op::kGetAttr:
        use_.tells_others |= n.b == kLabels;
        use_.reads_coverage |= n.b == kCoverage;
        if (!IsContext(n.a)) Push(std::array{n.a});
        break;
      case cedar::Op::kNot:
      case cedar::Op::kNegate:
      case cedar::Op::kIsEmpty:
      case cedar::Op::kHas:
      case cedar::Op::kLike:
      case cedar::Op::kIs: Push(std::array{n.a}); break;
      case cedar::Op::kIsIn: Push(std::array{n.a, n.c}); break;
      case cedar::Op::kCall:
      case cedar::Op::kSet: Push(program_.lists.subspan(n.b, n.c)); break;
      case cedar::Op::kRecord:
        for (uint32_t i = 0; i < n.c; ++i) Push(std::array{program_.lists[n.b + 2 * i + 1]});
        break;
    }
  }

  const cedar::Program& program_;
  LabelUse& use_;
  std::vector<NodeId> pending_;
};

// Reads every policy whose scope fits what is asked about one subject, by a session and those above it.
void ReadFitting(const cedar::Program& program, const Subject& subject, const Circumstances& c, cedar::Question& question, LabelUse* use) {
  std::vector<Speaker> speakers = {{c.session, c.client, c.depth, {}}};
  for (const Superior& above : c.above) speakers.push_back({above.session, above.client, above.depth, {}});
  for (const Speaker& speaker : speakers) {
    cedar::Facts& facts = question.Start();
    const cedar::UidNumber principal = AddSession(speaker, &facts), resource = AddResource(subject, &facts);
    AddAction(subject.action, &facts);
    question.Pose(principal, subject.action, resource);
    Reader reader(program, use);
    for (const uint32_t policy : question.fitting()) reader.Read(policy);
  }
}

}  // namespace

LabelUse PolicySet::LabelsThatMatter(const Effect& effect, const Circumstances& circumstances) const {
  LabelUse use;
  cedar::Question question(impl_->program);
  ReadFitting(impl_->program, Classify(effect, circumstances), circumstances, question, &use);
  for (const Effect& also : AlsoJudged(effect, impl_->forbidden_paths)) ReadFitting(impl_->program, Classify(also, circumstances), circumstances, question, &use);
  if (circumstances.shields != nullptr && circumstances.shields->any()) {
    use.named = kAllLabels;  // they are policies of another program
    use.reads_coverage = true;
  }
  return use;
}

std::vector<LabelCase> LabelCases(std::span<const LabelUse> uses) {
  Labels named;
  bool tells_others = false;
  for (const LabelUse& use : uses) {
    named |= use.named;
    tells_others |= use.tells_others;
  }
  const size_t others = kLabelCount - named.count();
  size_t first_other = 0;
  while (first_other < kLabelCount && named.test(first_other)) ++first_other;
  std::vector<LabelCase> cases;
  for (size_t set = 0; set < size_t{1} << kLabelCount; ++set) {
    const Labels labels(set);
    const Labels beside = labels & ~named;
    if (beside.none()) cases.push_back({labels, tells_others ? 1 : size_t{1} << others});
    else if (tells_others && beside.count() == 1 && beside.test(first_other)) cases.push_back({labels, (size_t{1} << others) - 1});
  }
  return cases;
}

}  // namespace checkrein::policy
