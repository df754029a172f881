// The smallest edit of a person's own policies that would permit an action, with what else it would permit. Nothing is applied.
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
  Comparison comparison;                 // with what it would newly permit beside those
};

// kInvalid when the texts do not load.
Result<Suggestion> Suggest(std::string_view shipped, const std::vector<PolicySet::Text>& user, const EffectSet& effects, const Circumstances& circumstances);

}  // namespace checkrein::policy
