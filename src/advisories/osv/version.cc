#include "advisories/osv/version.h"

#include <algorithm>

namespace checkrein::advisories {
namespace {

bool IsDigits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); }

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; });
}

// Without leading zeros, and small enough to be compared as a number.
std::optional<uint64_t> Number(std::string_view text) {
  constexpr size_t kMaxDigits = 18;
  if (!IsDigits(text) || text.size() > kMaxDigits || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) number = number * 10 + static_cast<uint64_t>(c - '0');
  return number;
}

std::vector<std::string_view> Split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (size_t at = 0;;) {
    const size_t end = text.find(by, at);
    out.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return out;
    at = end + 1;
  }
}

}  // namespace

std::optional<Version> Version::Parse(std::string_view text) {
  if (text.size() > kMaxVersionBytes) return std::nullopt;
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    for (const std::string_view part : Split(text.substr(plus + 1), '.'))
      if (!IsIdentifier(part)) return std::nullopt;
    text = text.substr(0, plus);
  }
  const size_t dash = text.find('-');
  const auto numbers = Split(text.substr(0, dash), '.');
  if (numbers.size() != 3) return std::nullopt;
  Version version;
  for (size_t i = 0; i < 3; ++i) {
    const auto number = Number(numbers[i]);
    if (!number) return std::nullopt;
    version.parts_[i] = *number;
  }
  if (dash == std::string_view::npos) return version;
  for (const std::string_view part : Split(text.substr(dash + 1), '.')) {
    if (!IsIdentifier(part)) return std::nullopt;
    const auto number = Number(part);
    if (IsDigits(part) && !number) return std::nullopt;  // a leading zero, or beyond all counting
    version.pre_.push_back({number.has_value(), number.value_or(0), std::string(part)});
  }
  return version;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  for (size_t i = 0; i < 3; ++i)
    if (const auto order = parts_[i] <=> other.parts_[i]; order != 0) return order;
  if (pre_.empty() != other.pre_.empty()) return pre_.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  for (size_t i = 0; i < std::min(pre_.size(), other.pre_.size()); ++i) {
    const Identifier &a = pre_[i], &b = other.pre_[i];
    if (a.numeric != b.numeric) return a.numeric ? std::strong_ordering::less : std::strong_ordering::greater;
    const auto order = a.numeric ? a.number <=> b.number : a.text.compare(b.text) <=> 0;
    if (order != 0) return order;
  }
  return pre_.size() <=> other.pre_.size();
}

}  // namespace checkrein::advisories
