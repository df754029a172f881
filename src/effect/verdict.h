// The four decision levels. Zero is the strictest, so that a verdict nobody set is a denial.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace checkrein {

enum class Verdict : uint8_t {
  kDeny,     // never, whoever agrees
  kAsk,      // if a person approves this very action
  kContain,  // on a copy, watched
  kAllow,    // as it stands
};

std::string_view VerdictName(Verdict verdict);  // "deny"
std::optional<Verdict> VerdictFromName(std::string_view name);
inline Verdict Strictest(Verdict a, Verdict b) { return a < b ? a : b; }

}  // namespace checkrein
