// How long a literal every match of a regular expression must hold: what makes a rule fast for vectorscan, which looks for literals
// first. Two rules without one made the whole of 221 rules three times slower (measured), so they run only where a keyword was seen.
#pragma once

#include <cstddef>
#include <string_view>

namespace checkrein::release {

// A lower bound, in characters, of the longest run of single characters that stands in every match. 0 when there is none or the
// expression is not understood. Looks at no more than the expression's text; depth-capped.
size_t RequiredLiteral(std::string_view regex);

// The length of a leading `[\w.-]{0,N}?` (behind an optional `(?i)`), which many rules of gitleaks begin with, and N.
// Matching without it and stretching the match to the left is the same match at a quarter of the cost.
struct LazyPrefix {
  size_t begin = 0;   // in the text of the expression
  size_t end = 0;     // begin == end: there is none
  size_t most = 0;    // N
};
LazyPrefix FindLazyPrefix(std::string_view regex);

}  // namespace checkrein::release
