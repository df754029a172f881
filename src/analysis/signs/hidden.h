// Characters that hide text from people or make it read otherwise than it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace checkrein::analysis {

// Bidirectional controls (U+202A to U+202E, U+2066 to U+2069: Trojan Source, CVE-2021-42574), tag characters (U+E0000 to U+E007F), zero-width
// characters inside a word of ASCII letters, a word that mixes Latin with Greek or Cyrillic letters.
// Not covered: look-alikes within one script, variation selectors, colours of a page. Cost: linear, no memory.
bool HasHiddenText(std::string_view text);

// The first of them at or behind the byte `from`, and what it is, in words for people; a word is looked at from its beginning in the text.
struct HiddenText {
  size_t at = 0;     // byte
  size_t size = 0;   // bytes of the character
  std::string_view what;
};
std::optional<HiddenText> FindHiddenText(std::string_view text, size_t from);

}  // namespace checkrein::analysis
