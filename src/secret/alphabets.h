// The alphabets in which secrets are written down (RFC 4648): values, decoding, and long runs of one in a text, found 64 bytes at a time.
//
//   for (size_t at = 0; (at = NextBase64Run(text, at, 24)) != std::string_view::npos; at = end) ...
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace checkrein::secret {

namespace internal {
constexpr std::array<int8_t, 256> MakeValues(std::string_view digits, std::string_view also) {
  std::array<int8_t, 256> out{};
  out.fill(-1);
  for (size_t i = 0; i < digits.size(); ++i) out[static_cast<uint8_t>(digits[i])] = static_cast<int8_t>(i);
  for (size_t i = 0; i < also.size(); ++i) out[static_cast<uint8_t>(also[i])] = static_cast<int8_t>(digits.size() - also.size() + i);
  return out;
}
inline constexpr std::array<int8_t, 256> kHex = MakeValues("0123456789abcdef", "ABCDEF");
inline constexpr std::array<int8_t, 256> kBase64 = MakeValues("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "-_");
}  // namespace internal

constexpr int HexValue(char c) { return internal::kHex[static_cast<uint8_t>(c)]; }         // 0 to 15, or -1
constexpr int Base64Value(char c) { return internal::kBase64[static_cast<uint8_t>(c)]; }   // 0 to 63, of both alphabets (`+/` and `-_`), or -1
constexpr bool InBase64(char c) { return Base64Value(c) >= 0; }

// Where the next run of at least `length` characters of base64 begins, at or behind `from` (a run that began before counts from there);
// npos: nowhere. `=` is none of them. `length` is 1 to 64. Linear.
size_t NextBase64Run(std::string_view text, size_t from, size_t length);

// Where the characters of base64 at `from` end.
size_t EndOfBase64(std::string_view text, size_t from);

// Adds what base64 stands for; other characters (line ends, `=`) are stepped over, bits too few for a byte dropped.
void AddBase64(std::string_view run, std::string& out);
// Adds what pairs of hexadecimal digits stand for; all of `run` must be such digits, an odd one at the end is dropped.
void AddHex(std::string_view run, std::string& out);

inline std::string FromBase64(std::string_view run) {
  std::string out;
  AddBase64(run, out);
  return out;
}
inline std::string FromHex(std::string_view run) {
  std::string out;
  AddHex(run, out);
  return out;
}

}  // namespace checkrein::secret
