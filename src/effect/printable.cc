#include "effect/printable.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

namespace checkrein {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15: controls, and format characters that hide or reorder text.
constexpr Range kMisleading[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160}, {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0x3164, 0x3164},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};
constexpr Range kCombining[] = {
    {0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f}, {0x900, 0x903}, {0x93a, 0x94f}, {0xe31, 0xe31}, {0xe34, 0xe3a},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0x302a, 0x302f}, {0x3099, 0x309a}, {0xfe20, 0xfe2f},
};
constexpr Range kWide[] = {
    {0x1100, 0x115e}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

template <size_t N>
bool Within(const Range (&table)[N], char32_t c) {
  return std::any_of(std::begin(table), std::end(table), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

void AppendHex(std::string* out, uint32_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) *out += kHex[(value >> shift) & 15];
}

void AppendEscape(std::string* out, char32_t c) {
  if (c == '\n') {
    *out += "\\n";
  } else if (c == '\t') {
    *out += "\\t";
  } else if (c < 0x100) {
    *out += "\\x";
    AppendHex(out, c, 2);
  } else {
    *out += "\\u{";
    AppendHex(out, c, c > 0xffff ? 5 : 4);
    *out += '}';
  }
}

// Visible ASCII and spaces: what nearly every text is, at a byte a step.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

CodePoint DecodeUtf8(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const size_t size = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 0;
  if (size == 0 || text.size() - at < size) return {lead, 0};
  char32_t value = lead & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {lead, 0};
    value = value << 6 | (byte(at + i) & 0x3fu);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {lead, 0};
  return {value, size};
}

bool IsMisleading(char32_t c) { return Within(kMisleading, c); }

int ColumnsOf(char32_t c) { return c < 0x300 ? 1 : Within(kCombining, c) ? 0 : Within(kWide, c) ? 2 : 1; }

std::string Printable(std::string_view untrusted) {
  if (IsPlain(untrusted)) return std::string(untrusted);
  std::string out;
  out.reserve(untrusted.size());
  for (size_t at = 0; at < untrusted.size();) {
    const CodePoint c = DecodeUtf8(untrusted, at);
    if (c.size == 0 || IsMisleading(c.value)) {
      AppendEscape(&out, c.value);
    } else {
      out.append(untrusted.substr(at, c.size));
    }
    at += std::max<size_t>(c.size, 1);
  }
  return out;
}

std::string PrintableShort(std::string_view untrusted, size_t max_columns) {
  const size_t keep = std::max<size_t>(max_columns, 8);
  if (untrusted.size() <= keep && IsPlain(untrusted)) return std::string(untrusted);
  // Four bytes a code point, and no more than that is looked at: what strangers send can be long.
  const bool huge = untrusted.size() > 8 * keep;
  const std::string all = huge ? Printable(untrusted.substr(0, 4 * keep)) + Printable(untrusted.substr(untrusted.size() - 4 * keep)) : Printable(untrusted);
  std::vector<size_t> starts;
  for (size_t at = 0; at < all.size(); at += std::max<size_t>(DecodeUtf8(all, at).size, 1)) starts.push_back(at);
  if (starts.size() <= keep && !huge) return all;
  const size_t tail = (keep - 3) / 3;
  const size_t head = std::min(keep - 3 - tail, starts.size() - 1);
  return all.substr(0, starts[head]) + "..." + all.substr(starts[starts.size() - std::min(tail, starts.size())]);
}

}  // namespace checkrein
