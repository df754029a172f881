// What hostile bytes may cost beyond what the same amount of ordinary text costs. Work is counted, in units of about a nanosecond of 2020's
// processors, never timed: the same bytes give the same verdict on every machine.
//
//   WorkBudget work(limits.work);
//   work.Allow(text.size() * rules.work_quarters / 4);
//   if (!work.Spend(Cost::kEvent)) return Incomplete();
//
// Counted is what a rule's text can be made dense with: literals that wake an engine, ends of matches, steps of PCRE2, findings. Ordinary
// text spends 0.1 to 0.3 of a unit for a byte; the plain cost of a byte, 0.9 units in the child, is not counted.
#pragma once

#include <cstdint>
#include <string_view>

#include "release/limits.h"

namespace checkrein::release {

// What the answer is then incomplete for.
inline constexpr std::string_view kTooMuchWork = "text that costs far more than ordinary text (--max-work)";

// Units, measured on hostile texts of every rule (bench/gate/run).
struct Cost {
  static constexpr uint64_t kWord = 60;        // a word that vectorscan looks behind
  static constexpr uint64_t kLiteral = 200;    // a token's mark, beside the bytes of the longest match
  static constexpr uint64_t kEvent = 25;       // an end of a match told
  static constexpr uint64_t kRange = 40;       // a call of PCRE2
  static constexpr uint64_t kWindowByte = 2;   // of a text that PCRE2 goes over
  static constexpr uint64_t kMatch = 120;      // entropy, groups, allow-lists
  static constexpr uint64_t kPair = 4;         // two findings compared
  static constexpr uint64_t kFinding = 2500;   // masked, with its line
  static constexpr uint64_t kPiece = 60;       // something encoded, beside its bytes
};

class WorkBudget {
 public:

  static constexpr uint64_t kReserve = 1'000'000;

  // `free`: units of one artifact, beside what its bytes allow.
  explicit WorkBudget(uint64_t free = Limits().work) : left_(static_cast<int64_t>(free)) {}
  void Allow(uint64_t bytes) { left_ += static_cast<int64_t>(bytes); }
  // False once more was spent than is allowed; what was spent too much is taken from what is allowed later.
  bool Spend(uint64_t units) { return (left_ -= static_cast<int64_t>(units)) >= 0; }
  uint64_t left() const { return left_ > 0 ? static_cast<uint64_t>(left_) : 0; }
  // Once, when all is spent: so that what was seen before that is looked into and told.
  bool TakeReserve() {
    if (reserve_taken_) return false;
    reserve_taken_ = true;
    left_ = static_cast<int64_t>(kReserve);
    return true;
  }

 private:
  int64_t left_;
  bool reserve_taken_ = false;
};

}  // namespace checkrein::release
