// Which labels can matter to the answer about one effect: so that whoever asks under every set of labels need not ask twice what must be
// answered alike.
//
//   const LabelUse use = set.LabelsThatMatter(effect, circumstances);
//   for (const LabelCase& c : LabelCases({use}))     // 8 in place of 32 sets, each standing for c.stands_for of them
//     ...set.Decide(one, With(c.labels))...
//
// A policy whose scope does not fit says nothing, whatever the labels are. One that only asks whether the session has labels that it names
// is answered alike for all others. One that looks at the labels in another way (`isEmpty`, `==`) can tell whether there are others, but not
// which nor how many: Cedar compares sets by their members and has no size of one.
#pragma once

#include <span>
#include <vector>

#include "policy/request.h"

namespace checkrein::policy {

struct LabelUse {
  Labels named;                // by a policy whose scope fits
  bool tells_others = false;   // some policy may see that there is another label
  bool reads_coverage = false; // some policy looks at the coverage
};

// One set of labels, and how many sets are answered as it is (itself included).
struct LabelCase {
  Labels labels;
  size_t stands_for = 1;
};
// In the order of the sets as numbers; what they stand for adds up to all sets.
std::vector<LabelCase> LabelCases(std::span<const LabelUse> uses);

}  // namespace checkrein::policy
