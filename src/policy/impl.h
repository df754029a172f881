// What a loaded set of policies holds: shared by the files that implement decide.h, and by nobody else.
#pragma once

#include <string>
#include <vector>

#include "cedar/program.h"
#include "policy/decide.h"

namespace checkrein::policy {

struct PolicySet::Impl {
  std::vector<uint64_t> image;  // where the program lies, unless that is compiled in; of words, to be aligned
  cedar::Program program;
  std::vector<std::string_view> forbidden_paths;  // request.h
  std::string digest;
};

}  // namespace checkrein::policy
