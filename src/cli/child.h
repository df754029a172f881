// Another program as a function: its input in, its output out.
//
//   Result<Ended> git = RunChild({"git", "-C", repository, "rev-parse", "HEAD"}, "");
//   if (git && git->status == 0) Use(git->output);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::cli {

inline constexpr size_t kMaxChildOutput = 8u << 20;  // bytes: many times what any program called from here says

struct Ended {
  int status = -1;     // as a shell gives it
  std::string output;  // what it wrote to standard output; standard error is ours
};

// Finds argv[0] in PATH. kNotFound: no such program; kLimit: it said more than kMaxChildOutput; kIo.
Result<Ended> RunChild(const std::vector<std::string>& argv, std::string_view input);

}  // namespace checkrein::cli
