// Four accounts of one action laid side by side: what was claimed, predicted, permitted and observed. Where they differ, reasons with
// points; the score is their sum, so that each reason's share is exact.
//
//   Reconciled r = Reconcile({.claim = "Run the tests", .predicted = ..., .coverage = Coverage::kFull, .observed = ..., .seen = {Op::kWrite}});
//   r.score == 15;   r.reasons[0] == {"unpredicted-delete", 15, {"delete:/w/src"}}
//
// Deterministic, without a model. A score says how far the accounts differ, never that an action was good: what no sensor saw is named in
// `unseen`, and 0 with something unseen is "nothing seen to differ". Not covered: an action that does what it said and said what is bad.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "effect/diff.h"
#include "effect/effect.h"

namespace checkrein {

// Operations that words such as "run", "delete" or "upload" announce; English, lower or upper case. Distinct, in the order of Op.
std::vector<Op> ClaimedOps(std::string_view text);

struct Accounts {
  std::string_view claim;           // what the model said that it would do (untrusted); "" when it said nothing
  EffectSet predicted;
  Coverage coverage = Coverage::kOpaque;
  bool permitted = false;           // the policy's answer, or a person's, let it run
  std::vector<Effect> unpermitted;  // observed, and policy would not have it: held changes, for one
  std::vector<Effect> denied;       // attempted and stopped while it ran
  EffectSet observed;
  std::vector<Op> seen;             // operations for which a sensor was there
  uint64_t lost = 0;                // events that the sensors say they lost
  bool ran = true;                  // false: nothing was started, so nothing can be absent
};

// One row for each way in which accounts differ.
struct ReasonRule {
  std::string_view id;      // stable: "unpredicted-connect"
  std::string_view text;    // for a person, short
  int points = 0;           // for each piece of evidence, when the prediction claimed to be complete
  int points_open = 0;      // when it said itself that it was not (partial, opaque): less is a surprise then
  int most = 1;             // pieces of evidence that count
};
std::span<const ReasonRule> ReasonRules();

struct Reason {
  const ReasonRule* rule = nullptr;
  int points = 0;                        // its share of the score
  std::vector<std::string> evidence;     // effects, or a claimed operation; all of them, counted or not
};

enum class Differs : uint8_t { kHigh, kSome, kLittle, kNothing };
std::string_view DiffersName(Differs differs);  // "high", "some", "little", "nothing"

struct Reconciled {
  Divergence divergence;
  std::vector<Reason> reasons;   // most points first
  int score = 0;                 // the sum of their points
  std::vector<Op> unseen;        // operations that nothing watched: what is not observed there may have happened
  bool lossy = false;            // sensors lost events: the same holds for all

  Differs differs() const;       // >= kHighScore, >= kSomeScore, > 0, 0
};
inline constexpr int kHighScore = 50;
inline constexpr int kSomeScore = 20;

Reconciled Reconcile(const Accounts& accounts);

}  // namespace checkrein
