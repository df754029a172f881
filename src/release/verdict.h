// From facts to a verdict: the budget for own source lines, and whether the source is public anyway.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "release/report.h"

namespace checkrein::release {

struct BudgetSettings {
  int64_t own_lines = 0;                  // that may be recovered
  std::optional<bool> source_is_public;   // as a person has said; else it is looked for in the package
};

// Adds the finding `own-source` when the budget is passed, and says why the source counts as public when it does.
void ApplyBudget(Report& report, const BudgetSettings& settings);

// Whether the package says that its source is public: a licence that permits copying, and a repository that anyone can read.
// The words of the package are enough: who publishes lies to nobody but himself.
std::optional<std::string> PublicBecause(const Report& report);

}  // namespace checkrein::release
