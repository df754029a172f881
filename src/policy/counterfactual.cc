// The smallest change that would change the answer (decide.h). Which effects stand in the way is read from the decisions about each of
// them: those depend on each other only by labels and coverage, so a handful of decisions answers for every set of effects left out.
#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "effect/printable.h"
#include "policy/decide.h"
#include "policy/request.h"

namespace checkrein::policy {
namespace {

// What is asked about in place of the action as it is.
struct Attempt {
  std::vector<std::string> without_labels;
  bool understood = false;
  std::vector<size_t> without_effects;  // indices, ascending
  Verdict verdict = Verdict::kDeny;
  size_t size() const { return without_labels.size() + (understood ? 1 : 0) + without_effects.size(); }
};

std::vector<std::string> LabelsIn(const Circumstances& c) {
  std::vector<std::string> all = c.labels;
  for (const Superior& superior : c.above) all.insert(all.end(), superior.labels.begin(), superior.labels.end());
  std::vector<std::string> once;
  for (std::string& label : all)
    if (std::find(once.begin(), once.end(), label) == once.end()) once.push_back(std::move(label));
  return once;
}

Circumstances Without(Circumstances c, const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    std::erase(c.labels, label);
    for (Superior& superior : c.above) std::erase(superior.labels, label);
  }
  return c;
}

class Search {
 public:
  Search(const PolicySet& policies, const EffectSet& effects, const Circumstances& c) : policies_(policies), effects_(effects.all()), c_(c), now_(policies.Decide(effects, c).verdict) {
    for (size_t i = 0; i < effects_.size(); ++i) {
      const Subject subject = Classify(effects_[i], c);
      if (ReadsSecret(subject)) readers_[0].push_back(i);
      if (ReadsPersonal(subject)) readers_[1].push_back(i);
    }
  }

  Verdict now() const { return now_; }

  std::optional<Attempt> Run() {
    const std::vector<std::string> labels = LabelsIn(c_);
    for (size_t chosen = 0; chosen < size_t{1} << labels.size(); ++chosen) {
      Attempt attempt;
      for (size_t i = 0; i < labels.size(); ++i)
        if ((chosen >> i & 1) != 0) attempt.without_labels.push_back(labels[i]);
      for (const bool understood : {false, true}) {
        attempt.understood = understood;
        if (understood && c_.coverage == Coverage::kFull) continue;
        Under(attempt);
        // The session holds a secret, or personal data, for as long as one of its readers is left.
        for (const auto& readers : {readers_[0], readers_[1], Either(readers_)}) {
          if (readers.empty()) continue;
          attempt.without_effects = readers;
          Under(attempt);
        }
        attempt.without_effects.clear();
      }
    }
    return best_;
  }

 private:
  using Readers = std::array<std::vector<size_t>, 2>;  // of secrets, of personal data: indices, ascending

  // Of both; nothing where one of them has no readers, for then that is the other alone.
  static std::vector<size_t> Either(const Readers& readers) {
    std::vector<size_t> both;
    if (!readers[0].empty() && !readers[1].empty()) std::set_union(readers[0].begin(), readers[0].end(), readers[1].begin(), readers[1].end(), std::back_inserter(both));
    return both;
  }

  // Everything that can be reached from `begun` by leaving out more effects.
  void Under(const Attempt& begun) {
    Circumstances c = Without(c_, begun.without_labels);
    if (begun.understood) c.coverage = Coverage::kFull;
    EffectSet left;
    std::vector<size_t> indices;
    for (size_t i = 0; i < effects_.size(); ++i) {
      if (begun.understood && effects_[i].op == Op::kUnknown) continue;
      if (std::binary_search(begun.without_effects.begin(), begun.without_effects.end(), i)) continue;
      left.Add(effects_[i]);
      indices.push_back(i);
    }
    const Decision decision = policies_.Decide(left, c);
    for (const Verdict wanted : {Verdict::kAsk, Verdict::kContain, Verdict::kAllow})
      if (wanted > now_) LeaveOut(begun, decision, indices, c, wanted);
  }

  // Leaves out what is answered more strictly than `wanted`.
  void LeaveOut(Attempt attempt, const Decision& decision, const std::vector<size_t>& indices, const Circumstances& c, Verdict wanted) {
    const size_t begun_out = attempt.without_effects.size();
    bool unknown_stays = false, any_unknown = false;
    std::array<bool, 2> reader_stays{}, any_reader{};
    for (size_t i = 0; i < decision.effects.size(); ++i) {
      const bool leaves = decision.effects[i].verdict < wanted;
      if (i >= indices.size()) {
        if (leaves) return;  // `unknown:?`, which coverage brings
        continue;
      }
      const bool unknown = effects_[indices[i]].op == Op::kUnknown;
      any_unknown |= unknown;
      unknown_stays |= unknown && !leaves;
      for (size_t kind = 0; kind < readers_.size(); ++kind) {
        const bool reader = std::binary_search(readers_[kind].begin(), readers_[kind].end(), indices[i]);
        any_reader[kind] |= reader;
        reader_stays[kind] |= reader && !leaves;
      }
      if (leaves) attempt.without_effects.push_back(indices[i]);
    }
    // Without these others would be judged differently: that is another attempt.
    for (size_t kind = 0; kind < readers_.size(); ++kind)
      if (any_reader[kind] && !reader_stays[kind]) return;
    if (any_unknown && !unknown_stays && c.coverage != Coverage::kFull) return;
    const size_t left_out = attempt.without_effects.size() - begun_out;
    if (effects_.size() > 1 && !attempt.without_effects.empty() && left_out == indices.size()) return;  // doing nothing is no answer
    std::sort(attempt.without_effects.begin(), attempt.without_effects.end());
    attempt.verdict = wanted;
    // Between equals the one that leaves the action as it is.
    const auto rank = [](const Attempt& a) { return std::tuple(a.size(), -static_cast<int>(a.verdict), a.without_effects.size()); };
    if (!best_ || rank(attempt) < rank(*best_)) best_ = std::move(attempt);
  }

  const PolicySet& policies_;
  const std::vector<Effect>& effects_;
  const Circumstances& c_;
  const Verdict now_;
  Readers readers_;
  std::optional<Attempt> best_;
};

std::string Describe(const Attempt& attempt, const std::vector<Effect>& effects) {
  constexpr size_t kMaxTold = 4;  // effects
  std::string text;
  for (size_t i = 0; i < attempt.without_labels.size(); ++i) text += (i == 0 ? "in a session that is not `" : " and not `") + PrintableShort(attempt.without_labels[i], 40) + "`";
  const size_t count = attempt.without_effects.size();
  for (size_t i = 0; i < std::min(count, kMaxTold); ++i) {
    const Effect& e = effects[attempt.without_effects[i]];
    text += i > 0 ? (i + 1 == count ? " and " : ", ") : text.empty() ? "without " : " and without ";
    text += std::string(OpName(e.op)) + ":" + PrintableShort(e.object, 80);
  }
  if (count > kMaxTold) text += " and " + std::to_string(count - kMaxTold) + " more";
  if (attempt.understood) text += (text.empty() ? "if all of it could be understood" : ", and if the rest could be understood,");
  return text + " it would be " + (attempt.verdict == Verdict::kAllow ? "allowed" : attempt.verdict == Verdict::kContain ? "run on a copy" : "asked about");
}

}  // namespace

std::optional<PolicySet::Change> PolicySet::Counterfactual(const EffectSet& effects, const Circumstances& circumstances) const {
  if (effects.size() > kMaxChangedEffects || LabelsIn(circumstances).size() > kMaxChangedLabels) {
    const Decision now = Decide(effects, circumstances);
    if (now.verdict == Verdict::kAllow) return std::nullopt;
    return Change{"what would change the answer was not looked for: more than " + std::to_string(kMaxChangedEffects) + " effects or " + std::to_string(kMaxChangedLabels) + " labels", now.verdict, 0};
  }
  Search search(*this, effects, circumstances);
  if (search.now() == Verdict::kAllow) return std::nullopt;
  const std::optional<Attempt> best = search.Run();
  if (!best) return std::nullopt;
  return Change{Describe(*best, effects.all()), best->verdict, best->size()};
}

}  // namespace checkrein::policy
