#include "analysis/signs/hidden.h"

#include <cstdint>

namespace checkrein::analysis {
namespace {

// The code point at `at`, which is moved behind it; a byte that begins none counts as itself.
uint32_t Next(std::string_view text, size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  uint32_t code = more == 3 ? first & 0x07u : more == 2 ? first & 0x0Fu : more == 1 ? first & 0x1Fu : first;
  for (int i = 0; i < more && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
  }
  return code;
}

bool IsLatin(uint32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsLookAlike(uint32_t c) { return c >= 0x370 && c <= 0x52F; }  // Greek and Cyrillic
bool IsZeroWidth(uint32_t c) { return (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF; }

}  // namespace

std::optional<HiddenText> FindHiddenText(std::string_view text, size_t from) {
  bool latin = false, other = false;  // in the word so far
  bool after_letter = false;          // the last visible character was a Latin letter or '_'
  std::optional<HiddenText> gap;      // the first of the zero-width ones that have followed it
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const uint32_t c = Next(text, at);
    const auto found = [&](std::string_view what) { return HiddenText{begin, at - begin, what}; };
    if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
      if (begin >= from) return found("a control of writing direction");
      continue;
    }
    if (c >= 0xE0000 && c <= 0xE007F) {
      if (begin >= from) return found("an invisible tag character");
      continue;
    }
    if (IsZeroWidth(c)) {
      if (after_letter && !gap) gap = found("a zero-width character in a word");
      continue;
    }
    if (gap && gap->at >= from && (IsLatin(c) || c == '_')) return gap;
    gap.reset();
    after_letter = IsLatin(c) || c == '_';
    latin |= IsLatin(c);
    other |= IsLookAlike(c);
    if (latin && other) {
      if (begin >= from) return found("a word of letters of two alphabets");
      latin = other = false;
    }
    if (!IsLatin(c) && !IsLookAlike(c) && c != '_' && !(c >= '0' && c <= '9')) latin = other = false;
  }
  return std::nullopt;
}

bool HasHiddenText(std::string_view text) { return FindHiddenText(text, 0).has_value(); }

}  // namespace checkrein::analysis
