#include "base/ipv4.h"

#include <algorithm>
#include <charconv>

namespace checkrein {
namespace {

std::optional<uint64_t> ReadNumber(std::string_view text, int base) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<uint64_t> ReadPart(std::string_view text) {
  // glibc refuses a bare 0x; others take it for 0, and what may be an address is one.
  if (text.starts_with("0x")) return text.size() == 2 ? std::optional<uint64_t>(0) : ReadNumber(text.substr(2), 16);
  if (text.size() > 1 && text[0] == '0') return ReadNumber(text.substr(1), 8);
  return ReadNumber(text, 10);
}

}  // namespace

std::optional<Ipv4> ParseIpv4(std::string_view text) {
  std::array<uint64_t, 4> parts{};
  size_t count = 0;
  for (size_t from = 0; from <= text.size();) {
    const size_t dot = std::min(text.find('.', from), text.size());
    const std::optional<uint64_t> part = ReadPart(text.substr(from, dot - from));
    if (!part || count == parts.size()) return std::nullopt;
    parts[count++] = *part;
    from = dot + 1;
  }
  uint64_t address = 0;
  for (size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255) return std::nullopt;
    address |= parts[i] << (24 - 8 * i);
  }
  const uint64_t room = uint64_t{1} << (8 * (5 - count));
  if (parts[count - 1] >= room) return std::nullopt;
  address |= parts[count - 1];
  return Ipv4{static_cast<uint8_t>(address >> 24), static_cast<uint8_t>(address >> 16), static_cast<uint8_t>(address >> 8), static_cast<uint8_t>(address)};
}

std::string Ipv4Text(const Ipv4& a) {
  return std::to_string(a[0]) + "." + std::to_string(a[1]) + "." + std::to_string(a[2]) + "." + std::to_string(a[3]);
}

}  // namespace checkrein
