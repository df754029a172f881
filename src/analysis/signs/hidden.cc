#include "analysis/signs/hidden.h"

#include <cstdint>
#include <optional>

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

bool HasHiddenText(std::string_view text) {
  bool latin = false, other = false;  // in the word so far
  bool after_letter = false;          // the last visible character was a Latin letter or '_'
  bool gap = false;                   // and zero-width ones have followed it
  for (size_t at = 0; at < text.size();) {
    const uint32_t c = Next(text, at);
    if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || (c >= 0xE0000 && c <= 0xE007F)) return true;
    if (IsZeroWidth(c)) {
      gap |= after_letter;
      continue;
    }
    if (gap && (IsLatin(c) || c == '_')) return true;
    gap = false;
    after_letter = IsLatin(c) || c == '_';
    latin |= IsLatin(c);
    other |= IsLookAlike(c);
    if (latin && other) return true;
    if (!IsLatin(c) && !IsLookAlike(c) && c != '_' && !(c >= '0' && c <= '9')) latin = other = false;
  }
  return false;
}

}  // namespace checkrein::analysis
