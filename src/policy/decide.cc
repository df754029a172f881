#include "policy/decide.h"

#include <algorithm>
#include <unordered_map>

#include "cedar/authorize.h"
#include "effect/printable.h"
#include "policy/impl.h"

namespace checkrein::policy {
namespace {

// The levels in the order in which they are asked for: the first that permits is the answer.
struct Rung {
  Level level;
  Verdict verdict;
  bool contained_after_approval;
};
constexpr Rung kRungs[] = {{{false, false}, Verdict::kAllow, false},
                           {{false, true}, Verdict::kContain, false},
                           {{true, false}, Verdict::kAsk, false},
                           {{true, true}, Verdict::kAsk, true}};

constexpr size_t kApproved = 2;
static_assert(kRungs[kApproved].level.approved && !kRungs[kApproved].level.sandboxed);

void AddOnce(std::vector<std::string>* list, const std::string& text) {
  if (std::find(list->begin(), list->end(), text) == list->end()) list->push_back(text);
}

// Asks about one action's effects. Lives for one call of Decide.
class Judge {
 public:
  Judge(const cedar::PolicySet& set, const cedar::Entities& actions, const Mentioned& mentioned, const Circumstances& circumstances,
        const std::vector<std::string>& labels)
      : mentioned_(mentioned), circumstances_(circumstances), authorizer_(set), session_(&actions) {
    cedar::Entity session = SessionOf(circumstances, labels);
    for (size_t i = 0; i < std::size(kRungs); ++i) {
      requests_[i].principal = session.uid;
      requests_[i].context = ContextOf(kRungs[i].level, circumstances.coverage);
    }
    // Alone in its layer: it cannot be there already.
    if (!session_.Add(std::move(session))) std::abort();
  }

  // `subject` is what Classify made of `effect`.
  EffectDecision Decide(const Effect& effect, const Subject& subject) {
    EffectDecision decision = DecideOne(subject);
    for (const Effect& also : AlsoJudged(effect, mentioned_)) {
      EffectDecision other = DecideOne(Classify(also, circumstances_, mentioned_));
      if (other.verdict >= decision.verdict) continue;
      other.contained_after_approval |= decision.contained_after_approval;
      decision = std::move(other);
    }
    decision.effect = effect;
    return decision;
  }

 private:
  EffectDecision DecideOne(const Subject& subject) {
    std::string signature = Signature(subject, mentioned_);
    const auto known = answers_.find(signature);
    if (known != answers_.end()) return known->second;
    return answers_.emplace(std::move(signature), Ask(subject)).first->second;
  }

  EffectDecision Ask(const Subject& subject) {
    EffectDecision decision;
    cedar::Entities entities(&session_);
    cedar::Entity resource = ResourceOf(subject);
    const cedar::EntityUid uid = resource.uid;
    const cedar::EntityUid action("Action", subject.action);
    if (!entities.Add(std::move(resource))) return decision;
    std::vector<std::string> failed_forbids;
    for (size_t i = 0; i < std::size(kRungs); ++i) {
      const cedar::Response& response = AskAt(i, action, uid, entities);
      for (const auto& error : response.errors) {
        AddOnce(&decision.errors, error.policy->id);
        if (error.policy->effect == cedar::Effect::kForbid) AddOnce(&failed_forbids, error.policy->id);
      }
      decision.policies.clear();
      for (const cedar::Policy* policy : response.reasons) decision.policies.push_back(policy->id);
      if (response.decision != cedar::Decision::kAllow) {
        for (const std::string& id : decision.policies) AddOnce(&decision.held_back_by, id);
        continue;
      }
      decision.verdict = kRungs[i].verdict;
      decision.contained_after_approval = kRungs[i].contained_after_approval;
      break;
    }
    // Beside an effect that is asked about, this one may be covered by the same approval, or must still run contained.
    if (decision.verdict == Verdict::kContain) {
      const cedar::Response& approved = AskAt(kApproved, action, uid, entities);
      decision.contained_after_approval = approved.decision != cedar::Decision::kAllow;
      if (!decision.contained_after_approval)
        for (const cedar::Policy* policy : approved.reasons) decision.if_approved.push_back(policy->id);
    }
    if (decision.verdict == Verdict::kDeny) decision.held_back_by.clear();  // they did more than hold back: they are in `policies`
    // The language skips a forbid that errors. A guard that cannot be read is no guard that has been passed.
    if (!failed_forbids.empty()) {
      decision.verdict = Verdict::kDeny;
      decision.contained_after_approval = false;
      decision.policies = std::move(failed_forbids);
    }
    return decision;
  }

  const cedar::Response& AskAt(size_t rung, const cedar::EntityUid& action, const cedar::EntityUid& resource, const cedar::Entities& entities) {
    requests_[rung].action = action;
    requests_[rung].resource = resource;
    return authorizer_.Authorize(requests_[rung], entities);
  }

  const Mentioned& mentioned_;
  const Circumstances& circumstances_;
  cedar::Authorizer authorizer_;
  cedar::Entities session_;
  cedar::Request requests_[std::size(kRungs)];
  std::unordered_map<std::string, EffectDecision> answers_;
};

bool IsIncident(const EffectDecision& d) {
  return d.verdict == Verdict::kDeny && std::any_of(d.policies.begin(), d.policies.end(), [&d](const std::string& id) {
           return std::find(d.errors.begin(), d.errors.end(), id) != d.errors.end();
         });
}

bool ReadsSecret(const Subject& subject) {
  return subject.action == "ReadFile" && std::any_of(subject.groups.begin(), subject.groups.end(), [](std::string_view g) { return g == "credentials" || g == "dotenv"; });
}

// The session's labels, and `secret` when this very action reads one: reading first and sending in the same breath is no way around.
std::vector<std::string> LabelsDuring(const std::vector<Subject>& subjects, std::vector<std::string> labels) {
  if (std::any_of(subjects.begin(), subjects.end(), ReadsSecret)) AddOnce(&labels, "secret");
  return labels;
}

std::string_view WhatNow(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow: return "allowed";
    case Verdict::kContain: return "runs on a copy";
    case Verdict::kAsk: return "needs approval";
    case Verdict::kDeny: return "denied";
  }
  return "denied";
}

std::string Why(const Decision& decision, const PolicySet& policies) {
  const auto strictest = [&decision](const EffectDecision& e) { return e.verdict == decision.verdict; };
  const auto first = std::find_if(decision.effects.begin(), decision.effects.end(), strictest);
  if (first == decision.effects.end()) return "allowed: it does nothing";
  const auto count = std::count_if(first, decision.effects.end(), strictest);
  if (decision.verdict == Verdict::kAllow) return count == 1 ? Explain(*first, policies) : "allowed: each of its " + std::to_string(count) + " effects is";
  std::string why = Explain(*first, policies);
  if (count > 1) why += "; and " + std::to_string(count - 1) + " more";
  if (decision.contained_after_approval) why += "; once approved it runs on a copy";
  return why;
}

}  // namespace

std::string Explain(const EffectDecision& decision, const PolicySet& policies) {
  constexpr size_t kMaxColumns = 120;  // of an effect's object in a line for people
  std::string text = std::string(WhatNow(decision.verdict)) + ": " + std::string(OpName(decision.effect.op)) + ":" + PrintableShort(decision.effect.object, kMaxColumns);
  if (decision.policies.empty()) return text + ": no policy permits it";
  // A forbid that held back a less strict answer says more than the permit of the answer.
  const std::string& id = decision.held_back_by.empty() ? decision.policies.front() : decision.held_back_by.front();
  if (IsIncident(decision)) return text + ": the policy " + Printable(id) + " could not be evaluated, which denies";
  const std::string reason = policies.Reason(id);
  if (!reason.empty()) text += ": " + Printable(reason);
  return text + " (" + Printable(id) + ")";
}

Decision PolicySet::Decide(const EffectSet& known, const Circumstances& circumstances) const {
  Decision decision;
  for (const std::string& label : circumstances.labels) {
    if (IsLabel(label)) continue;
    for (const Effect& effect : known.all()) decision.effects.push_back({effect, Verdict::kDeny, false, {}, {}, {}, {}});
    decision.why = "denied: the session has the label `" + PrintableShort(label, 40) + "`, which no policy knows";
    return decision;
  }
  std::vector<Effect> effects = known.all();
  const bool says_unknown = std::any_of(effects.begin(), effects.end(), [](const Effect& e) { return e.op == Op::kUnknown; });
  if (circumstances.coverage != Coverage::kFull && !says_unknown) effects.push_back({Op::kUnknown, "?", {}});
  std::vector<Subject> subjects;
  subjects.reserve(effects.size());
  for (const Effect& effect : effects) subjects.push_back(Classify(effect, circumstances, impl_->mentioned));
  Judge judge(impl_->set, impl_->actions, impl_->mentioned, circumstances, LabelsDuring(subjects, circumstances.labels));
  decision.effects.reserve(effects.size());
  for (size_t i = 0; i < effects.size(); ++i) decision.effects.push_back(judge.Decide(effects[i], subjects[i]));

  decision.verdict = Verdict::kAllow;
  bool contained = false;
  for (const EffectDecision& e : decision.effects) {
    decision.verdict = Strictest(decision.verdict, e.verdict);
    decision.incident |= IsIncident(e);
    contained |= e.contained_after_approval;
  }
  decision.contained_after_approval = decision.verdict == Verdict::kAsk && contained;
  for (const EffectDecision& e : decision.effects)
    if (e.verdict == decision.verdict)
      for (const std::string& id : e.policies) AddOnce(&decision.policies, id);
  decision.why = Why(decision, *this);
  return decision;
}

std::optional<PolicySet::Change> PolicySet::Counterfactual(const EffectSet& effects, const Circumstances& circumstances) const {
  constexpr size_t kMaxEffects = 200;  // beyond this nobody would drop one effect, and trying each costs its square
  const Decision now = Decide(effects, circumstances);
  if (now.verdict == Verdict::kAllow) return std::nullopt;
  std::optional<Change> best;
  const auto consider = [&](std::string what, const Decision& then) {
    if (then.verdict <= now.verdict || (best && best->verdict >= then.verdict)) return;
    best = Change{std::move(what) + " it would be " + std::string(then.verdict == Verdict::kAllow ? "allowed" : then.verdict == Verdict::kContain ? "run on a copy" : "asked about"), then.verdict};
  };
  for (const std::string& label : circumstances.labels) {
    Circumstances other = circumstances;
    std::erase(other.labels, label);
    consider("in a session that is not `" + PrintableShort(label, 40) + "`", Decide(effects, other));
  }
  for (size_t skip = 0; skip < effects.size() && effects.size() <= kMaxEffects; ++skip) {
    EffectSet fewer;
    for (size_t i = 0; i < effects.size(); ++i)
      if (i != skip) fewer.Add(effects.all()[i]);
    const Effect& dropped = effects.all()[skip];
    consider("without " + std::string(OpName(dropped.op)) + ":" + PrintableShort(dropped.object, 80), Decide(fewer, circumstances));
  }
  if (circumstances.coverage != Coverage::kFull) {
    Circumstances other = circumstances;
    other.coverage = Coverage::kFull;
    EffectSet known;
    for (const Effect& effect : effects.all())
      if (effect.op != Op::kUnknown) known.Add(effect);
    consider("if all of it could be understood", Decide(known, other));
  }
  return best;
}

}  // namespace checkrein::policy
