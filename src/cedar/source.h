// Places in a text, and messages that point at them:
//
//   app.cedar:3:12: expected `;`
//     permit (principal, action, resource)
//                                         ^
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace checkrein::cedar {

// Bytes [begin, end) of some text; which text is said where a Span is stored.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// A text with its name for messages, and where its first byte stands in the file (1-based line, 1-based column in characters).
struct SourceView {
  std::string_view file;
  std::string_view text;
  uint32_t line = 1;
  uint32_t column = 1;
};

// "file:line:col: what", the line (cut to a window when long) and a caret under the span's first line. `span` may be out of range.
std::string Point(const SourceView& source, Span span, std::string_view what);

// "file:line:col" of the span's beginning.
std::string Where(const SourceView& source, Span span);

// `; did you mean X?` for the candidate nearest to `word` by edit distance (at most a third of its length), "" when none is near.
template <typename Range>
std::string Suggestion(std::string_view word, const Range& candidates);

// The number of single-character insertions, deletions, replacements and neighbour swaps between two short texts; texts beyond 64 bytes
// count as wholly different (returns the longer length).
size_t EditDistance(std::string_view a, std::string_view b);

template <typename Range>
std::string Suggestion(std::string_view word, const Range& candidates) {
  std::string_view best;
  size_t best_distance = word.size() / 3 + 1;
  for (const auto& candidate : candidates) {
    const std::string_view text = candidate;
    const size_t distance = EditDistance(word, text);
    if (distance < best_distance) {
      best = text;
      best_distance = distance;
    }
  }
  return best.empty() ? std::string() : "; did you mean `" + std::string(best) + "`?";
}

}  // namespace checkrein::cedar
