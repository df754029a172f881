// What another set would answer differently, found by asking both.
//
//   const Comparison c = Compare(*before, *after, circumstances);
//   for (const Difference& d : c.looser) Print(d);   // "connect:a.example:443 ask -> allow, in 12 of 24 circumstances"
//
// Asked is about every name, port and place that either set mentions and about neighbours of those, under every set of labels and each
// coverage (of those that must be answered alike under one: label_use.h), of actions with as many commands as the caller says. That finds what policies of the usual kinds change; it is no proof that nothing else changes (that is `checkrein prove`).
#pragma once

#include <string>
#include <vector>

#include "effect/effect.h"
#include "policy/decide.h"

namespace checkrein::policy {

// One effect that is answered differently, with the first circumstances in which it is.
struct Difference {
  Effect effect;
  Verdict before = Verdict::kDeny, after = Verdict::kDeny;
  std::vector<std::string> labels;
  Coverage coverage = Coverage::kFull;
  size_t circumstances = 0;          // in how many of `Comparison::circumstances` it goes from `before` to `after`
  std::vector<std::string> policies; // that determine the later answer
};

struct Comparison {
  std::vector<Difference> looser, stricter;
  size_t effects = 0, circumstances = 0;  // asked about: each effect in each of the circumstances
};

// `also`: effects to ask about besides. Cost: some 10 ms for shipped sets.
Comparison Compare(const PolicySet& before, const PolicySet& after, const Circumstances& circumstances, const std::vector<Effect>& also = {});

// "connect:a.example:443: ask -> allow (in all circumstances); by my-host". Safe to print.
std::string Describe(const Difference& difference, const Comparison& comparison);

}  // namespace checkrein::policy
