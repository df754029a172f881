// What this version tells that the one before did not.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "release/report.h"

namespace checkrein::release {

struct Difference {
  std::vector<std::string> new_files, gone_files, changed_permissions, new_hosts, new_flags, new_words, new_prompts, new_people, new_scripts;
  int64_t bytes_before = 0, bytes_now = 0, own_lines_before = 0, own_lines_now = 0;
  json::Value ToJson() const;
};

// Both were inspected with Detail::kForDifference.
Difference Compare(const Report& before, const Report& now);

// A new install script, or a name that was not there and looks like a code name, as findings to look at.
void AddDifference(Report& report, const Difference& difference);

}  // namespace checkrein::release
