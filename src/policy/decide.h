// From effects to one of the four decision levels, by asking Cedar about every distinct effect and taking the strictest answer.
//
//   Result<PolicySet> base = PolicySet::Shipped("base");
//   Decision d = base->Decide(effects, circumstances);
//   // d.verdict, d.policies = {"net-ask"}, d.why = "connect:a.example:443 needs approval (net-ask)"
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "effect/declared.h"
#include "effect/effect.h"
#include "effect/verdict.h"

namespace checkrein::policy {

struct LabelUse;  // label_use.h
struct Shields;   // shields.h

// One of the sessions above a sub-agent's.
struct Superior {
  std::string session;
  std::string client;
  int depth = 0;
  std::vector<std::string> labels;
};

// The facts about session and machine that a decision may use. Nothing here was said by the client or the model, but for
// `client` (a name from the hook's command line) and the session id, which only names.
struct Circumstances {
  std::string session = "check";
  std::string client = "unknown";
  int depth = 0;                        // sub-agents: how many above this one
  std::vector<Superior> above;          // those, where they are other sessions; the strictest answer along the chain counts
  std::vector<std::string> labels;      // "untrusted", "secret", ...: an unknown label denies
  std::string workspace = "/home/user/project";
  std::string home = "/home/user";
  std::string state_dir;                // Checkrein's own state and configuration, for the group `checkrein`; "" for the defaults
  std::string config_dir;
  std::vector<std::string> model_hosts; // hosts of the client's own model, e.g. from data/clients
  std::vector<std::string> registries;  // hosts of package registries, as the machine's package managers are configured
  Coverage coverage = Coverage::kOpaque;
  int64_t commands = 0;                 // of the action's shell text, as analysis counts them
  const DeclaredPlaces* personal = nullptr;  // what is declared as personal data; borrowed; nullptr: nothing
  const Shields* shields = nullptr;     // asked beside the policies; borrowed; nullptr: none are in force
};

// What policy says of one effect.
struct EffectDecision {
  Effect effect;
  Verdict verdict = Verdict::kDeny;
  Verdict unguarded = Verdict::kDeny;      // what the language alone answers: it skips a forbid that errs, and we deny then
  bool contained_after_approval = false;   // kAsk, kContain: were the action approved, this effect would still have to be contained
  std::vector<std::string> policies;       // ids that determined it; empty when nothing permitted it
  std::vector<std::string> if_approved;    // kContain: ids that would permit it as it stands, were the action approved
  std::vector<std::string> held_back_by;   // forbids that refused a less strict verdict
  std::vector<std::string> errors;         // policies that errored; an erroring forbid makes it kDeny
  std::vector<std::string> shields;        // those of the advisories that refused something the policies permit
  std::string shield_reason;               // of the first of them, for people
};

struct Decision {
  Verdict verdict = Verdict::kDeny;
  bool contained_after_approval = false;
  std::vector<std::string> policies;       // of the effects whose verdict is the strictest; each once, in order
  std::vector<EffectDecision> effects;     // one for each effect, in order
  std::string why;                         // one line for a person: the effect, the policy's reason, what to do; safe to print
  bool incident = false;                   // a forbid errored: to be recorded and looked at
  std::vector<std::string> shields;        // of all effects; each once, in order
  Verdict unguarded = Verdict::kDeny;      // what the language alone answers, which skips such a forbid
};

// One line for one effect: what is decided, why, by which policy. Safe to print.
class PolicySet;
std::string Explain(const EffectDecision& decision, const PolicySet& policies);

// A loaded, immutable set of policies. Thread-compatible: Decide may run at once on several threads.
class PolicySet {
 public:
  // A set compiled into the program ("base"). kNotFound for another name.
  static Result<PolicySet> Shipped(std::string_view name);
  // The shipped set `name` plus every `*.cedar` text given: `user` may permit and forbid, `project` may only forbid (anything else
  // in it is kDenied, with file:line:col). kInvalid when a text does not parse or validate: the caller must deny, not go on without it.
  struct Text {
    std::string file;  // for error messages
    std::string text;
    bool operator==(const Text&) const = default;
  };
  // `cache`: a directory of ours where texts that loaded are kept compiled, by digest, so that the next process need not parse them;
  // "" for none. What lies there was written by this very version and is whole, or is not used; nothing depends on its being there.
  // Cost: microseconds for a shipped set or one that is kept, else about 20 us for each policy.
  static Result<PolicySet> Load(std::string_view shipped, const std::vector<Text>& user, const std::vector<Text>& project, const std::string& cache = {});

  PolicySet(PolicySet&&) noexcept;
  PolicySet& operator=(PolicySet&&) noexcept;
  ~PolicySet();

  // Where the coverage is not full and no effect is `unknown`, `unknown:?` is decided as well and stands last in Decision::effects. So an
  // empty set of effects is decided by coverage: kFull is kAllow (nothing happens), anything else is as `unknown:?`.
  // An action that reads credentials or a .env file counts as holding the label `secret` for all of its effects; one that reads a file
  // that is declared as personal data, as holding `pii`.
  // Cost: about 2 us for each effect.
  Decision Decide(const EffectSet& effects, const Circumstances& circumstances) const;

  // The smallest change that makes the answer less strict: the fewest of these three together, and among those the one with the mildest
  // answer. What may be changed: a label that the session lacks then; an effect that is left out (not the last one of several); and that
  // all of it were understood. Nothing when the answer is `allow` or no such change helps. Exact up to kMaxChangedEffects effects and
  // kMaxChangedLabels labels; beyond, `text` says that nothing was looked for, and `size` is 0. Cost: at most 256 decisions; of a session without labels 8.
  struct Change {
    std::string text;  // "without connect:a.example:443 it would be allowed"; safe to print
    Verdict verdict = Verdict::kDeny;
    size_t size = 0;   // how many changes together
  };
  static constexpr size_t kMaxChangedEffects = 2'000, kMaxChangedLabels = 5;
  std::optional<Change> Counterfactual(const EffectSet& effects, const Circumstances& circumstances) const;

  // What of the session's labels, and whether coverage, may change the answer about `effect` (label_use.h). The circumstances' own labels
  // and coverage do not count.
  LabelUse LabelsThatMatter(const Effect& effect, const Circumstances& circumstances) const;

  static std::vector<std::string_view> ShippedNames();     // "base", "strict", "ci", "observe"
  static std::string_view Schema();                        // the text of checkrein.cedarschema
  std::vector<std::string> Ids() const;                    // of all policies, in order
  std::vector<std::string> Probes() const;                 // effects that the policies may tell apart: made from every name and port in them

  const std::string& digest() const;                       // hex SHA-256 of all texts: goes into every record
  std::string_view Reason(std::string_view policy_id) const;  // the @reason annotation, of this set; "" if none
  std::string Source(std::string_view policy_id) const;    // the policy's own text, for `explain`

 private:
  struct Impl;
  explicit PolicySet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace checkrein::policy
