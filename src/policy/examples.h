// Examples of a policy set, run as tests: effects and labels in, the answer that a person expects out (docs/format/verdict.md).
//
//   Result<ExampleReport> report = RunExamples(text, "base.tests.json", "base", {});
//   report->failures.empty()
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/decide.h"

namespace checkrein::policy {

struct ExampleReport {
  size_t run = 0;
  std::vector<std::string> failures;  // one line each, safe to print: the example, what was expected, what came
  std::vector<std::string> unused;    // ids of the set's policies that decide no example
};

// `text`: a JSON array of objects {"effects":[...], "labels":[...], "coverage":"full", "commands":1, "user":"CEDAR TEXT", "verdict":"...",
// "contained_after_approval":false, "policies":[...], "if_approved":[...], "held_back_by":[...],
// "personal_data":[...]}; all but effects and verdict optional. {"section":"..."} is
// a heading. `shipped` and `user`: the set, as for PolicySet::Load; an example's own `user` text is added to it.
// The session is that of `check`, with the model's host model.example and the registry packages.example.
// kInvalid: the text is not of that form, or a set does not load.
Result<ExampleReport> RunExamples(std::string_view text, std::string_view file, std::string_view shipped, const std::vector<PolicySet::Text>& user);

}  // namespace checkrein::policy
