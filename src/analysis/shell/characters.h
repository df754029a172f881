// What bash's lexer calls each byte. Constant tables and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace checkrein::analysis::shell {

namespace internal {
enum Class : uint8_t { kNameStart = 1, kDigit = 2, kMeta = 4, kSpecialParameter = 8, kNotPlain = 16 };
consteval std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> table{};
  for (size_t c = 'a'; c <= 'z'; ++c) table[c] |= kNameStart;
  for (size_t c = 'A'; c <= 'Z'; ++c) table[c] |= kNameStart;
  table['_'] |= kNameStart;
  for (size_t c = '0'; c <= '9'; ++c) table[c] |= kDigit;
  for (const char c : {' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>'}) table[static_cast<size_t>(c)] |= kMeta;
  for (const char c : {'*', '@', '#', '?', '-', '$', '!'}) table[static_cast<size_t>(c)] |= kSpecialParameter;
  for (size_t c = 0; c < 256; ++c)
    if ((table[c] & (kNameStart | kDigit)) == 0 && c != '.' && c != '-' && c != ',' && c < 128) table[c] |= kNotPlain;
  return table;
}
inline constexpr std::array<uint8_t, 256> kClasses = MakeClasses();
}  // namespace internal

inline bool IsNameStart(int c) { return c >= 0 && c < 256 && (internal::kClasses[static_cast<size_t>(c)] & internal::kNameStart) != 0; }
inline bool IsDigit(int c) { return c >= '0' && c <= '9'; }
inline bool IsNameChar(int c) { return c >= 0 && c < 256 && (internal::kClasses[static_cast<size_t>(c)] & (internal::kNameStart | internal::kDigit)) != 0; }
inline bool IsMeta(int c) { return c >= 0 && c < 256 && (internal::kClasses[static_cast<size_t>(c)] & internal::kMeta) != 0; }
inline bool IsSpecialParameter(int c) { return c >= 0 && c < 256 && (internal::kClasses[static_cast<size_t>(c)] & internal::kSpecialParameter) != 0; }
// Letters, digits, `_.-,` and all bytes above 127: they never mean anything in the middle of a word.
inline bool IsPlain(char c) { return (internal::kClasses[static_cast<unsigned char>(c)] & internal::kNotPlain) == 0; }

bool IsName(std::string_view text);            // an identifier
std::string DecodeAnsi(std::string_view raw);  // what stands between $' and ': escapes replaced; cut at a NUL, as bash does
bool SpellsPlainly(std::string_view raw);      // the same text: whether an escape of it stands for a letter, a digit, a blank or a slash

}  // namespace checkrein::analysis::shell
