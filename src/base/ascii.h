// Small letters for the capital ones of ASCII, and nothing else: what DNS, URLs, option names and most formats mean by "in any case".
// Not the C library's tolower, which asks the locale.
#pragma once

#include <string>
#include <string_view>

namespace checkrein {

constexpr char AsciiLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = AsciiLower(c);
  return out;
}

}  // namespace checkrein
