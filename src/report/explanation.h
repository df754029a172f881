// What `checkrein explain` prints: the answer, each effect with its words underlined, the policy that decided, what would change it.
//
//   std::fputs(RenderExplanation(TerminalOf(1), explanation).c_str(), stdout);
#pragma once

#include <string>
#include <vector>

#include "effect/effect.h"
#include "effect/verdict.h"
#include "report/terminal.h"

namespace checkrein::report {

// All strings may hold anything: they are made printable here.
struct ExplainedEffect {
  Effect effect;
  Verdict verdict = Verdict::kDeny;
  bool contained_after_approval = false;
  std::vector<std::string> policies;
  std::string reason;  // of the first of them
};

struct Explanation {
  std::string command;
  Verdict verdict = Verdict::kDeny;
  bool contained_after_approval = false;
  Coverage coverage = Coverage::kOpaque;
  bool parsed = false;
  std::vector<std::string> notes;      // why the coverage is not full
  std::vector<ExplainedEffect> effects;
  std::string why;
  std::string change;                  // what would change the answer; "" if nothing is known to
  std::string policy_digest;
};

// Strictest effects first, those with the same answer and policy together; at most kMaxEffects of each group, the rest counted.
inline constexpr size_t kMaxEffects = 20;
std::string RenderExplanation(const Terminal& terminal, const Explanation& explanation);

// "allowed", "runs on a copy", "needs approval", "denied".
std::string_view VerdictWords(Verdict verdict);

}  // namespace checkrein::report
