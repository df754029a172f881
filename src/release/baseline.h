// What a person has looked at and accepted: each with a reason, an owner and an end.
//
//   {"format":"checkrein-baseline/1","accepted":[{"fingerprint":"...","rule":"...","path":"...","reason":"...","owner":"...","until":"2026-12-31"}]}
//
// A fingerprint is of rule, path and the masked line: no secret and no hash of one stands in the file. An entry without reason, owner or
// end is refused; one that has ended accepts nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "release/report.h"

namespace checkrein::release {

struct Accepted {
  std::string fingerprint, rule, path, reason, owner, until;
};

struct Baseline {
  std::vector<Accepted> accepted;
  static Result<Baseline> Read(std::string_view text, std::string_view name);
  std::string Write() const;
  // Marks what is accepted on the day `today` ("2026-11-27"); the number of entries that have ended.
  size_t Apply(Report& report, std::string_view today) const;
};

}  // namespace checkrein::release
