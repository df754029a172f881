// What can be told of a regular expression by reading it: which literals a match must hold, where matches may be told of sooner than they
// end, and where the work of matching can be counted. Of an expression that is not understood nothing is told, and nothing is changed.
//
//   const Expression read = ReadExpression("(?i)[\\w.-]{0,50}?acme=([a-z0-9]{8,40})");
//   read.literals   {"acme="}, caseless
//   read.ends       (?i)acme=([a-z0-9]{8})
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

struct Expression {
  bool understood = false;
  // One of them stands in every match; empty when there is none. What makes a rule fast for vectorscan, which looks for literals first:
  // two rules without one made the whole of 221 rules three times slower (measured), so they run only where a keyword was seen.
  std::vector<std::string> literals;
  std::vector<std::string> first;   // the same, of the first part that has literals of three characters
  bool caseless = false;         // in any case
  size_t shortest = 0;           // characters of the shortest literal
  // An expression of which every match of the whole one has a match as its beginning, but for a lazy prefix: what repeats at the end is
  // there as seldom as it may be, so there is one event for a token of 250 characters instead of 200; and of what stands behind the mark of
  // a token only as much as is certain, so that the rest is matched where its steps are counted.
  std::string ends;
  // The expression without its lazy prefix, with numbered callouts of PCRE2: 1 behind each long greedy repeat, 2 before each long lazy one
  // (pattern.h counts there).
  std::string counted;
};

// Whether a literal is a word such as programs and texts are full of, not the mark of one kind of token.
bool IsCommon(std::string_view literal);

// Linear in `regex`; groups in groups are followed to a depth.
Expression ReadExpression(std::string_view regex);

// The length of a leading `[\w.-]{0,N}?` (behind an optional `(?i)`), which many rules of gitleaks begin with, and N.
// Matching without it and stretching the match to the left is the same match at a quarter of the cost.
struct LazyPrefix {
  size_t begin = 0;   // in the text of the expression
  size_t end = 0;     // begin == end: there is none
  size_t most = 0;    // N
};
LazyPrefix FindLazyPrefix(std::string_view regex);
std::string WithoutLazyPrefix(std::string_view regex);

}  // namespace checkrein::release
