// The rows by which purpose.h reads words and programs.
#pragma once

#include <span>
#include <string_view>

#include "analysis/purpose/purpose.h"

namespace checkrein::analysis {

// A program, alone or with its first word that is no option.
struct ProgramPurpose {
  std::string_view program;  // its name, without directory
  std::string_view words;    // parted by spaces; "" for any
  Purpose purpose;
};
std::span<const ProgramPurpose> ProgramPurposes();  // of several rows for a program, the first that fits

struct WordPurpose {
  Purpose purpose;
  std::string_view words;  // lower case, parted by spaces; `x*` is every word that begins with x
};
std::span<const WordPurpose> WordPurposes();

// Whether somebody who says `said` may be expected to do `done` on the way.
bool Expected(Purpose said, Purpose done);

}  // namespace checkrein::analysis
