#include "report/explanation.h"

#include <algorithm>

#include "effect/printable.h"
#include "report/effect_words.h"

namespace checkrein::report {
namespace {

std::string Join(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + Printable(text);
  return out;
}

bool SameAnswer(const ExplainedEffect& a, const ExplainedEffect& b) {
  return a.verdict == b.verdict && a.contained_after_approval == b.contained_after_approval && a.policies == b.policies;
}

std::string_view CoverageWords(Coverage coverage) {
  switch (coverage) {
    case Coverage::kFull: return "all that it does is listed below";
    case Coverage::kPartial: return "what is listed below may not be all";
    case Coverage::kOpaque: break;
  }
  return "part of it cannot be foreseen: it can do anything that the sandbox lets it";
}

void RenderGroup(const Terminal& t, const std::string& command, const std::vector<const ExplainedEffect*>& group, std::string* out) {
  const ExplainedEffect& first = *group.front();
  std::string head(VerdictWords(first.verdict));
  if (first.contained_after_approval && first.verdict == Verdict::kAsk) head += ", then on a copy";
  head += ": ";
  head += first.policies.empty() ? "no policy permits it" : Join(first.policies);
  *out += "\n  " + Paint(t, ToneOf(first.verdict), head) + "\n";
  if (!first.reason.empty()) *out += Fold(t, Printable(first.reason), 4);
  for (size_t i = 0; i < group.size(); ++i) {
    if (i == kMaxEffects) {
      *out += "    (" + std::to_string(group.size() - i) + " more)\n";
      return;
    }
    *out += "    " + Paint(t, Tone::kStrong, EffectWords(group[i]->effect, t.columns)) + "\n";
    *out += Underline(t, command, group[i]->effect.cause, 6);
  }
}

}  // namespace

std::string_view VerdictWords(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow: return "allowed";
    case Verdict::kContain: return "runs on a copy";
    case Verdict::kAsk: return "needs approval";
    case Verdict::kDeny: break;
  }
  return "denied";
}

std::string RenderExplanation(const Terminal& t, const Explanation& e) {
  std::string out = Paint(t, ToneOf(e.verdict), VerdictWords(e.verdict));
  if (e.contained_after_approval) out += ", and then runs on a copy";
  out += "\n" + Fold(t, Printable(e.why), 2);
  if (!e.change.empty()) out += Fold(t, Printable(e.change), 2);
  out += "\n" + Fold(t, "coverage: " + std::string(CoverageName(e.coverage)) + " (" + std::string(CoverageWords(e.coverage)) + ")", 2);
  if (!e.parsed) out += Fold(t, "bash would stop at a syntax error; what stands before it runs all the same", 4);
  for (const std::string& note : e.notes) out += Fold(t, Printable(note), 4);
  for (const Verdict verdict : {Verdict::kDeny, Verdict::kAsk, Verdict::kContain, Verdict::kAllow}) {
    std::vector<bool> done(e.effects.size(), false);
    for (size_t i = 0; i < e.effects.size(); ++i) {
      if (done[i] || e.effects[i].verdict != verdict) continue;
      std::vector<const ExplainedEffect*> group;
      for (size_t k = i; k < e.effects.size(); ++k) {
        if (done[k] || !SameAnswer(e.effects[i], e.effects[k])) continue;
        done[k] = true;
        group.push_back(&e.effects[k]);
      }
      RenderGroup(t, e.command, group, &out);
    }
  }
  if (!e.policy_digest.empty()) out += "\n" + Paint(t, Tone::kFaint, "  policy " + Printable(e.policy_digest.substr(0, 16))) + "\n";
  return out;
}

}  // namespace checkrein::report
