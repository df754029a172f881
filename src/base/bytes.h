// Text encodings of bytes: hex, base64 (RFC 4648, padded), UTF-8 checks. Pure functions, no allocation limits of their own:
// cost and size are linear in the input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein {

using Bytes = std::vector<uint8_t>;

inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string HexEncode(std::span<const uint8_t> bytes);        // lower case
std::optional<Bytes> HexDecode(std::string_view hex);         // either case; nothing for odd length or other characters

std::string Base64Encode(std::span<const uint8_t> bytes);     // standard alphabet, padded
std::optional<Bytes> Base64Decode(std::string_view base64);   // strict: padded, canonical trailing bits, no white space

// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
bool IsUtf8(std::string_view text);

// `text` with every ill-formed byte replaced by U+FFFD, so that it may stand in JSON and on a screen.
std::string ToValidUtf8(std::string_view text);

}  // namespace checkrein
