#include "policy/decide.h"

#include <algorithm>
#include <utility>

#include "cedar/question.h"
#include "effect/printable.h"
#include "policy/impl.h"
#include "policy/recall.h"
#include "policy/request.h"
#include "policy/shields.h"

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

constexpr int kMaxDepth = 64;  // of sub-agents in sub-agents that are asked about one by one
constexpr size_t kFew = 8;      // effects that are each asked about: as fast as recalling an answer
constexpr size_t kApproved = 2;
static_assert(kRungs[kApproved].level.approved && !kRungs[kApproved].level.sandboxed);

void AddOnce(std::vector<std::string>* list, std::string_view text) {
  if (std::find(list->begin(), list->end(), text) == list->end()) list->emplace_back(text);
}

// The session itself, then those above it. A sub-agent may never what one above it may not. `labels`: those during this action. Borrows
// from `c`.
std::vector<Speaker> ChainOf(const Circumstances& c, Labels labels) {
  std::vector<Speaker> chain;
  chain.push_back({c.session, c.client, c.depth, labels});
  // Above it the same action is done: what it reads they have read.
  for (const Superior& s : c.above) chain.push_back({s.session, s.client, s.depth, LabelsOf(s.labels).value_or(kAllLabels) | (labels & (kSecretLabel | kPiiLabel))});
  if (c.above.empty())  // the same session for all that is known of it: as deep as those above the sub-agent are
    for (int depth = std::min(c.depth, kMaxDepth) - 1; depth >= 0; --depth) chain.push_back({c.session, c.client, depth, labels});
  return chain;
}

// Asks the shields in force about one effect: a question of its own, for another program has other numbers.
class ShieldQuestion {
 public:
  explicit ShieldQuestion(const Shields& shields) : shields_(shields), question_(shields.program) {}

  void Pose(const Subject& subject, const Speaker& session) {
    cedar::Facts& facts = question_.Start();
    const cedar::UidNumber principal = AddSession(session, &facts), resource = AddResource(subject, &facts);
    AddAction(subject.action, &facts);
    question_.Pose(principal, subject.action, resource);
  }

  struct Refusal {
    std::vector<std::string> by, failed;
    std::string reason;  // of the first
    bool any() const { return !by.empty(); }
  };
  Refusal Ask(Level level, const Circumstances& circumstances) {
    Refusal refusal;
    if (question_.matched() == 0) return refusal;
    const cedar::Answer& answer = question_.Ask(ContextOf(level, circumstances, &question_.facts()));
    for (const uint32_t policy : answer.errors)
      if (shields_.on[policy]) Add(policy, &refusal.failed, &refusal.reason);
    for (const uint32_t policy : answer.reasons)
      if (shields_.on[policy]) Add(policy, &refusal.by, &refusal.reason);
    return refusal;
  }

 private:
  void Add(uint32_t policy, std::vector<std::string>* ids, std::string* reason) const {
    if (reason->empty()) *reason = ShieldReason(shields_.program, policy);
    ids->emplace_back(shields_.program.id(policy));
  }

  const Shields& shields_;
  cedar::Question question_;
};

// Asks about one action's effects. Lives for one call of Decide.
class Judge {
 public:
  Judge(const cedar::Program& program, const std::vector<std::string_view>& forbidden_paths, const Circumstances& circumstances, std::vector<Speaker> chain, bool recalls)
      : program_(program), forbidden_paths_(forbidden_paths), circumstances_(circumstances), chain_(std::move(chain)), question_(program), recalls_(recalls), recall_(program) {
    question_.Watch(kName);
    has_shields_ = circumstances.shields != nullptr && circumstances.shields->any();
    if (has_shields_) shield_paths_ = ForbiddenPaths(circumstances.shields->program);
  }

  // `subject` is what Classify made of `effect`. The answer's own `effect` is left for the caller to fill.
  EffectDecision Decide(const Effect& effect, const Subject& subject) {
    EffectDecision decision = AskAlong(subject);
    for (const auto* paths : {&forbidden_paths_, &std::as_const(shield_paths_)})
      for (const Effect& also : AlsoJudged(effect, *paths)) Tighten(AskAlong(Classify(also, circumstances_)), &decision);
    return decision;
  }

 private:
  static void Tighten(EffectDecision other, EffectDecision* decision) {
    std::vector<std::string> shields = decision->shields;
    for (const std::string& id : other.shields) AddOnce(&shields, id);
    const std::string reason = decision->shields.empty() ? other.shield_reason : decision->shield_reason;
    const bool contained = other.contained_after_approval || decision->contained_after_approval;
    const Verdict unguarded = Strictest(other.unguarded, decision->unguarded);
    if (other.verdict < decision->verdict) *decision = std::move(other);
    decision->contained_after_approval = contained && decision->verdict != Verdict::kDeny && decision->verdict != Verdict::kAllow;
    decision->unguarded = unguarded;
    decision->shields = std::move(shields);
    decision->shield_reason = reason;
  }

  EffectDecision AskAlong(const Subject& subject) {
    asked_ = has_shields_ && circumstances_.shields->MayBeAbout(subject.action, subject.groups, circumstances_.commands);
    const bool recall = recalls_ && !asked_;  // what shields name, only they know
    if (recall)
      if (const EffectDecision* known = recall_.Find(subject)) return *known;
    bool read_name = false;
    EffectDecision decision = Ask(subject, chain_[0], &read_name);
    for (size_t i = 1; i < chain_.size(); ++i) Tighten(Ask(subject, chain_[i], &read_name), &decision);
    if (recall && !read_name) recall_.Keep(subject, decision);
    return decision;
  }

  void AddIds(std::span<const uint32_t> policies, std::vector<std::string>* ids) const {
    for (const uint32_t policy : policies) AddOnce(ids, program_.id(policy));
  }

  // `read_name` is set when some policy read the subject's name.
  EffectDecision Ask(const Subject& subject, const Speaker& session, bool* read_name) {
    EffectDecision decision;
    cedar::Facts& facts = question_.Start();
    const cedar::UidNumber principal = AddSession(session, &facts), resource = AddResource(subject, &facts);
    AddAction(subject.action, &facts);
    question_.Pose(principal, subject.action, resource);
    if (asked_) {
      if (!shields_) shields_.emplace(*circumstances_.shields);
      shields_->Pose(subject, session);
    }
    std::vector<std::string> failed_forbids;
    for (const Rung& rung : kRungs) {
      const cedar::Answer& answer = question_.Ask(ContextOf(rung.level, circumstances_, &facts));
      for (const uint32_t policy : answer.errors) {
        AddOnce(&decision.errors, program_.id(policy));
        if (program_.effect(policy) == cedar::Effect::kForbid) AddOnce(&failed_forbids, program_.id(policy));
      }
      const bool is_last = &rung == std::end(kRungs) - 1;
      if (answer.allowed || is_last) {
        decision.policies.clear();  // of a shield that refused before
        AddIds(answer.reasons, &decision.policies);
      }
      if (!answer.allowed) {
        AddIds(answer.reasons, &decision.held_back_by);
        continue;
      }
      if (Refuse(rung.level, &decision, &failed_forbids)) continue;
      decision.verdict = rung.verdict;
      decision.contained_after_approval = rung.contained_after_approval;
      break;
    }
    // Beside an effect that is asked about, this one may be covered by the same approval, or must still run contained.
    if (decision.verdict == Verdict::kContain) {
      const cedar::Answer& approved = question_.Ask(ContextOf(kRungs[kApproved].level, circumstances_, &facts));
      const bool allowed = approved.allowed && !(asked_ && shields_->Ask(kRungs[kApproved].level, circumstances_).any());
      decision.contained_after_approval = !allowed;
      if (allowed) AddIds(approved.reasons, &decision.if_approved);
    }
    *read_name |= question_.saw_watched();
    if (decision.verdict == Verdict::kDeny) decision.held_back_by.clear();  // they did more than hold back: they are in `policies`
    decision.unguarded = decision.verdict;
    // The language skips a forbid that errors. A guard that cannot be read is no guard that has been passed.
    if (!failed_forbids.empty()) {
      decision.verdict = Verdict::kDeny;
      decision.contained_after_approval = false;
      decision.policies = std::move(failed_forbids);
    }
    return decision;
  }

  // Whether a shield takes away what the policies permit at this level.
  bool Refuse(Level level, EffectDecision* decision, std::vector<std::string>* failed_forbids) {
    if (!asked_) return false;
    ShieldQuestion::Refusal refusal = shields_->Ask(level, circumstances_);
    for (const std::string& id : refusal.failed) {
      AddOnce(&decision->errors, id);
      AddOnce(failed_forbids, id);
    }
    if (!refusal.any()) return false;
    if (decision->shields.empty()) decision->shield_reason = refusal.reason;
    for (const std::string& id : refusal.by) {
      AddOnce(&decision->shields, id);
      AddOnce(&decision->held_back_by, id);
    }
    decision->policies = std::move(refusal.by);
    return true;
  }

  const cedar::Program& program_;
  const std::vector<std::string_view>& forbidden_paths_;
  std::vector<std::string_view> shield_paths_;
  const Circumstances& circumstances_;
  const std::vector<Speaker> chain_;
  cedar::Question question_;
  const bool recalls_;
  Recall recall_;
  bool has_shields_ = false;
  std::optional<ShieldQuestion> shields_;   // made for the first effect that they can be about
  bool asked_ = false;  // whether they can be about the effect that is being asked about
};

bool IsIncident(const EffectDecision& d) {
  return d.verdict == Verdict::kDeny && std::any_of(d.policies.begin(), d.policies.end(), [&d](const std::string& id) {
           return std::find(d.errors.begin(), d.errors.end(), id) != d.errors.end();
         });
}

// A label that nobody knows, of the session or of one above it; nullptr when there is none.
const std::string* UnknownLabel(const Circumstances& c) {
  const auto unknown = [](const std::vector<std::string>& labels) {
    const auto found = std::find_if(labels.begin(), labels.end(), [](const std::string& label) { return !LabelsOf({&label, 1}); });
    return found == labels.end() ? nullptr : &*found;
  };
  const std::string* found = unknown(c.labels);
  for (size_t i = 0; i < c.above.size() && found == nullptr; ++i) found = unknown(c.above[i].labels);
  return found;
}

// Printable without a copy of what is plain, as nearly every text is.
void AppendPrintable(std::string_view text, std::string* out) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  plain ? out->append(text) : out->append(Printable(text));
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
  constexpr size_t kUsual = 256;
  std::string text;
  text.reserve(kUsual);
  text.append(WhatNow(decision.verdict)).append(": ").append(OpName(decision.effect.op)).append(":").append(PrintableShort(decision.effect.object, kMaxColumns));
  if (decision.policies.empty()) return text.append(": no policy permits it");
  // A forbid that held back a less strict answer says more than the permit of the answer.
  const std::string& id = decision.held_back_by.empty() ? decision.policies.front() : decision.held_back_by.front();
  if (IsIncident(decision)) return text.append(": the policy ").append(Printable(id)).append(" could not be evaluated, which denies");
  const bool shielded = !decision.shields.empty() && decision.shields.front() == id;
  const std::string_view reason = shielded ? std::string_view(decision.shield_reason) : policies.Reason(id);
  if (!reason.empty()) AppendPrintable(reason, &text.append(": "));
  AppendPrintable(id, &text.append(" ("));
  return text += ')';
}

Decision PolicySet::Decide(const EffectSet& known, const Circumstances& circumstances) const {
  Decision decision;
  if (const std::string* label = UnknownLabel(circumstances)) {
    for (const Effect& effect : known.all()) decision.effects.push_back({effect, Verdict::kDeny, Verdict::kDeny, false, {}, {}, {}, {}, {}, {}});
    decision.why = "denied: the session has the label `" + PrintableShort(*label, 40) + "`, which no policy knows";
    return decision;
  }
  std::vector<Effect> effects = known.all();
  const bool says_unknown = std::any_of(effects.begin(), effects.end(), [](const Effect& e) { return e.op == Op::kUnknown; });
  if (circumstances.coverage != Coverage::kFull && !says_unknown) effects.push_back({Op::kUnknown, "?", {}});
  std::vector<Subject> subjects;
  subjects.reserve(effects.size());
  for (const Effect& effect : effects) subjects.push_back(Classify(effect, circumstances));
  // Reading a secret first and sending it in the same breath is no way around.
  Labels during = LabelsOf(circumstances.labels).value_or(kAllLabels);
  if (std::any_of(subjects.begin(), subjects.end(), ReadsSecret)) during |= kSecretLabel;
  if (std::any_of(subjects.begin(), subjects.end(), ReadsPersonal)) during |= kPiiLabel;
  const bool recalls = effects.size() > kFew;
  Judge judge(impl_->program, impl_->forbidden_paths, circumstances, ChainOf(circumstances, during), recalls);
  decision.effects.reserve(effects.size());
  for (size_t i = 0; i < effects.size(); ++i) {
    decision.effects.push_back(judge.Decide(effects[i], subjects[i]));
    decision.effects.back().effect = std::move(effects[i]);
  }

  decision.verdict = decision.unguarded = Verdict::kAllow;
  bool contained = false;
  for (const EffectDecision& e : decision.effects) {
    decision.verdict = Strictest(decision.verdict, e.verdict);
    decision.incident |= IsIncident(e);
    decision.unguarded = Strictest(decision.unguarded, e.unguarded);
    contained |= e.contained_after_approval;
    for (const std::string& id : e.shields) AddOnce(&decision.shields, id);
  }
  decision.contained_after_approval = decision.verdict == Verdict::kAsk && contained;
  for (const EffectDecision& e : decision.effects)
    if (e.verdict == decision.verdict)
      for (const std::string& id : e.policies) AddOnce(&decision.policies, id);
  decision.why = Why(decision, *this);
  return decision;
}

}  // namespace checkrein::policy
