// Subtracts what happened from what was predicted and what was permitted: the difference is the divergence.
#pragma once

#include <string>
#include <vector>

#include "effect/effect.h"

namespace checkrein {

// Whether the prediction `predicted` accounts for `observed`: the same operation on the same object, on a set `.../**` that holds
// it, or on `?`. A prediction of `unknown` accounts for nothing: it says that anything may come, not what.
bool Covers(const Effect& predicted, const Effect& observed);

struct Divergence {
  std::vector<Effect> unpredicted;  // observed, and no prediction covers it
  std::vector<Effect> absent;       // predicted exactly, and not observed although a sensor for it was there
};

// `seen` names the operations that the sensors could see at all: what no sensor sees is neither unpredicted nor absent.
// Cost: predicted x observed, for the sets of one action.
Divergence Subtract(const EffectSet& predicted, const EffectSet& observed, const std::vector<Op>& seen);

}  // namespace checkrein
