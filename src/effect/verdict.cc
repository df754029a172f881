#include "effect/verdict.h"

namespace checkrein {
namespace {
constexpr std::string_view kNames[] = {"deny", "ask", "contain", "allow"};
}  // namespace

std::string_view VerdictName(Verdict verdict) { return kNames[static_cast<size_t>(verdict)]; }

std::optional<Verdict> VerdictFromName(std::string_view name) {
  for (const Verdict verdict : {Verdict::kDeny, Verdict::kAsk, Verdict::kContain, Verdict::kAllow})
    if (VerdictName(verdict) == name) return verdict;
  return std::nullopt;
}

}  // namespace checkrein
