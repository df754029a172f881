// The smallest edit of a person's own policies that would permit an action, or all that a recorded session did, with what else it would
// permit. Nothing is applied.
//
//   const Suggestion s = Suggest("base", user_texts, effects, circumstances);
//   Print(s.text);                               // a `permit` for each effect that is not allowed now, naming exactly its object
//   for (const Difference& d : s.comparison.looser) Print(Describe(d, s.comparison));
#pragma once

#include <string>
#include <vector>

#include "policy/compare.h"
#include "policy/decide.h"

namespace checkrein::policy {

struct Suggestion {
  std::string text;                      // Cedar; "" when nothing needs permitting, or nothing can be
  Verdict before = Verdict::kDeny, after = Verdict::kDeny;  // of the whole action, now and with `text`
  std::vector<std::string> impossible;   // one line for each effect that no permit can permit: a forbid stands, or it is not known what it is
  std::vector<Effect> asked_for;         // that `text` is meant to permit
  std::string exactly;                   // Cedar: permits that allow these and nothing else, whatever the circumstances. A proof can show
                                         // that `text` newly permits nothing beyond it (checkrein policy suggest does)
  Comparison comparison;                 // what it newly permits of the effects that were tried
};

// One action of a session, with what the session had seen when it was decided.
struct Occasion {
  EffectSet effects;
  std::vector<std::string> labels;
  Coverage coverage = Coverage::kFull;
  int64_t commands = 0;
};

// Learns: permits what any of the occasions needed. `circumstances`: all but labels, coverage and commands. kInvalid when the texts do not load.
Result<Suggestion> Suggest(std::string_view shipped, const std::vector<PolicySet::Text>& user, const std::vector<Occasion>& occasions, const Circumstances& circumstances);
// The same for one action.
Result<Suggestion> Suggest(std::string_view shipped, const std::vector<PolicySet::Text>& user, const EffectSet& effects, const Circumstances& circumstances);

}  // namespace checkrein::policy
