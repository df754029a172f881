// Encoded pieces of a text: base64 (both alphabets), hexadecimal, percent. Steps over ordinary text 64 bytes at a time.
//
//   FindEncoded(text, [&](const Encoded& piece) { Use(piece.kind, piece.decoded); });
//
// A piece is told when what it decodes to is mostly text, or begins like a compressed file.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace checkrein::release {

inline constexpr size_t kMinBase64 = 24;   // characters: 18 bytes; shorter holds no token
inline constexpr size_t kMinHex = 40;

struct Encoded {
  std::string_view kind;      // "base64", "hex", "percent"
  size_t begin = 0;           // where it stands in the text
  std::string_view decoded;   // during the call
};

// Linear in the text; all that base64 and hexadecimal decode to is no longer than it, all that percents decode to neither.
void FindEncoded(std::string_view text, const std::function<void(const Encoded&)>& each);

// What is behind `data:...;base64,` or a plain base64 text; stops at the first other character.
std::string DecodeBase64(std::string_view text);

}  // namespace checkrein::release
