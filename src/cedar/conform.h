// Runs test manifests of the official form against this engine: {"policies", "entities", "schema", "shouldValidate", "requests": [{"principal",
// "action", "resource", "context", "validateRequest", "decision", "reason", "errors"}]}, paths relative to `root`. Decisions and the sets of
// policy ids must be equal, from the authorizer and from the compiled form (program.h) alike; messages are not compared.
//
//   const auto report = Conform(root);
//   // report->requests == report->requests_agree ...
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace checkrein::cedar {

struct ConformReport {
  size_t manifests = 0;
  size_t requests = 0, requests_agree = 0;
  size_t validations = 0, validations_agree = 0;
  size_t answers = 0, answers_agree = 0;  // validation answers of the reference, by error kinds
  std::vector<std::string> differences;   // one line each, at most kMaxDifferences
};
inline constexpr size_t kMaxDifferences = 200;

// Every `*.json` below root/corpus-tests and root/tests that is a manifest. When root/corpus-tests-validation exists, the reference's recorded
// strict answers for each case are compared too, by their kinds. kNotFound without manifests; an unreadable file is a difference.
Result<ConformReport> Conform(const std::string& root);

}  // namespace checkrein::cedar
