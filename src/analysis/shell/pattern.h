// Shell patterns against known text. A pattern is text in which quoted characters carry a backslash.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace checkrein::analysis::shell {

inline constexpr size_t kMaxPatternWork = 4096;  // text bytes times pattern bytes / 64: beyond it nothing is known, so cost stays linear

// Whether all of `text` matches. Nothing: an extended glob, an unusual bracket, or too much work.
std::optional<bool> Matches(std::string_view pattern, std::string_view text);
bool HasGlob(std::string_view pattern);  // an unquoted * ? or [..]

}  // namespace checkrein::analysis::shell
