// Small hostile programs for the tests of the sandbox: each tries one way out and says whether it got there.
//
//   sandbox_hostile CASE [ARGUMENT]     exit status: 0 it succeeded, 1 it was stopped, 2 it could not be tried here
//
// Every case is harmless when it succeeds, for it must be seen to succeed with the walls taken away.
#pragma once

#include <string>

namespace hostile {

enum class Result { kSucceeded = 0, kStopped = 1, kNotTried = 2 };

struct Case {
  const char* name;
  Result (*run)(const std::string& argument);
};

Result Verdict(bool succeeded);      // prints errno when it did not
Result Unless(bool stopped);

extern const Case kFileCases[];
extern const Case kProcessCases[];
extern const Case kKernelCases[];
extern const Case kNetworkCases[];

}  // namespace hostile
