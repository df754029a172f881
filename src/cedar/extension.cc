#include "cedar/extension.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace checkrein::cedar {
namespace {

constexpr int64_t kSecondMs = 1000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from the left. Every reader says whether it could.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  // The longest run of ASCII digits, possibly "".
  std::string_view Digits() {
    const size_t from = at_;
    while (!AtEnd() && IsDigit(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  // Exactly `count` digits as a number.
  std::optional<int> Number(size_t count) {
    if (text_.size() - at_ < count) return std::nullopt;
    int n = 0;
    for (size_t i = 0; i < count; ++i, ++at_) {
      if (!IsDigit(text_[at_])) return std::nullopt;
      n = n * 10 + (text_[at_] - '0');
    }
    return n;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// `digits` as a magnitude, negated when asked; nullopt beyond int64.
std::optional<int64_t> ToInteger(std::string_view digits, int sign) {
  int64_t n = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(n, int64_t{10}, &n) || __builtin_add_overflow(n, int64_t{sign * (c - '0')}, &n)) return std::nullopt;
  }
  return n;
}

// A number without leading zeros, at most `digits_max` digits and `value_max`.
std::optional<int> PlainNumber(std::string_view text, size_t digits_max, int value_max) {
  if (text.empty() || text.size() > digits_max || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  const int n = static_cast<int>(*ToInteger(text, 1));
  if (n > value_max) return std::nullopt;
  return n;
}

bool ParseV4(std::string_view text, Ip* ip) {
  for (size_t i = 0; i < 4; ++i) {
    const size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const auto n = PlainNumber(text.substr(0, dot), 3, 255);
    if (!n) return false;
    ip->bytes[i] = static_cast<uint8_t>(*n);
    if (i < 3) text.remove_prefix(dot + 1);
  }
  return true;
}

std::optional<uint16_t> HexGroup(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  uint16_t n = 0;
  for (const char c : text) {
    const int digit = IsDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return std::nullopt;
    n = static_cast<uint16_t>(n * 16 + digit);
  }
  return n;
}

// Groups between single colons; at most eight. "" is no groups.
std::optional<std::vector<uint16_t>> HexGroups(std::string_view text) {
  std::vector<uint16_t> groups;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const auto group = HexGroup(text.substr(0, colon));
    if (!group || groups.size() == 8) return std::nullopt;
    groups.push_back(*group);
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a colon at the end
  }
  return groups;
}

bool ParseV6(std::string_view text, Ip* ip) {
  const size_t gap = text.find("::");
  const auto head = HexGroups(text.substr(0, gap));
  if (!head) return false;
  std::vector<uint16_t> groups = *head;
  if (gap == std::string_view::npos) {
    if (groups.size() != 8) return false;
  } else {
    const auto tail = HexGroups(text.substr(gap + 2));
    if (!tail || head->size() + tail->size() > 7) return false;  // the gap stands for one group at least
    groups.resize(8 - tail->size());
    groups.insert(groups.end(), tail->begin(), tail->end());
  }
  for (size_t i = 0; i < 8; ++i) {
    ip->bytes[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
    ip->bytes[2 * i + 1] = static_cast<uint8_t>(groups[i] & 0xff);
  }
  return true;
}

// Days since 1970-01-01 of a proleptic Gregorian date, counted from 1 March of year 0 in cycles of 400 years.
int64_t DaysFromDate(int64_t year, int month, int day) {
  if (month <= 2) --year;
  const int64_t cycle = (year >= 0 ? year : year - 399) / 400;
  const int64_t of_cycle = year - cycle * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return cycle * 146097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719468;
}

bool IsRealDate(int year, int month, int day) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// After `T`: the time of day in milliseconds, its zone applied.
std::optional<int64_t> ParseTime(Cursor* in) {
  const auto hour = in->Number(2);
  if (!hour || *hour > 23 || !in->Take(':')) return std::nullopt;
  const auto minute = in->Number(2);
  if (!minute || *minute > 59 || !in->Take(':')) return std::nullopt;
  const auto second = in->Number(2);
  if (!second || *second > 59) return std::nullopt;
  int64_t ms = *hour * kHourMs + *minute * kMinuteMs + *second * kSecondMs;
  if (in->Take('.')) {
    const auto fraction = in->Number(3);
    if (!fraction) return std::nullopt;
    ms += *fraction;
  }
  if (in->Take('Z')) return ms;
  const int64_t sign = in->Take('+') ? 1 : in->Take('-') ? -1 : 0;
  const auto zone_hour = in->Number(2);
  const auto zone_minute = zone_hour ? in->Number(2) : std::nullopt;
  if (sign == 0 || !zone_minute || *zone_hour > 23 || *zone_minute > 59) return std::nullopt;
  return ms - sign * (*zone_hour * kHourMs + *zone_minute * kMinuteMs);
}

// The first and last address of a range.
std::pair<std::array<uint8_t, 16>, std::array<uint8_t, 16>> Bounds(const Ip& ip) {
  auto low = ip.bytes, high = ip.bytes;
  const size_t size = ip.v6 ? 16 : 4;
  for (size_t i = 0; i < size; ++i) {
    const int kept = std::clamp(ip.prefix - static_cast<int>(8 * i), 0, 8);
    const auto mask = static_cast<uint8_t>(0xff00 >> kept);
    low[i] = ip.bytes[i] & mask;
    high[i] = static_cast<uint8_t>(ip.bytes[i] | static_cast<uint8_t>(~mask));
  }
  return {low, high};
}

std::string Padded(int64_t n, size_t width) {
  std::string digits = std::to_string(n);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

std::optional<Ip> ParseIp(std::string_view text) {
  if (text.size() > 43) return std::nullopt;  // the longest: eight groups of four, seven colons, "/128"
  Ip ip;
  const size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  ip.v6 = address.find(':') != std::string_view::npos;
  if (!(ip.v6 ? ParseV6(address, &ip) : ParseV4(address, &ip))) return std::nullopt;
  ip.prefix = ip.v6 ? 128 : 32;
  if (slash != std::string_view::npos) {
    const auto prefix = PlainNumber(text.substr(slash + 1), ip.v6 ? 3 : 2, ip.prefix);
    if (!prefix) return std::nullopt;
    ip.prefix = static_cast<uint8_t>(*prefix);
  }
  return ip;
}

std::optional<Decimal> ParseDecimal(std::string_view text) {
  Cursor in(text);
  const int sign = in.Take('-') ? -1 : 1;
  const std::string_view whole = in.Digits();
  if (whole.empty() || !in.Take('.')) return std::nullopt;
  const std::string_view fraction = in.Digits();
  if (fraction.empty() || fraction.size() > 4 || !in.AtEnd()) return std::nullopt;
  const auto n = ToInteger(std::string(whole) + std::string(fraction) + std::string(4 - fraction.size(), '0'), sign);
  if (!n) return std::nullopt;
  return Decimal{*n};
}

std::optional<Datetime> ParseDatetime(std::string_view text) {
  Cursor in(text);
  const auto year = in.Number(4);
  if (!year || !in.Take('-')) return std::nullopt;
  const auto month = in.Number(2);
  if (!month || !in.Take('-')) return std::nullopt;
  const auto day = in.Number(2);
  if (!day || !IsRealDate(*year, *month, *day)) return std::nullopt;
  const int64_t date = DaysFromDate(*year, *month, *day) * kDayMs;
  if (in.AtEnd()) return Datetime{date};
  if (!in.Take('T')) return std::nullopt;
  const auto time = ParseTime(&in);
  if (!time || !in.AtEnd()) return std::nullopt;
  return Datetime{date + *time};
}

std::optional<Duration> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    int64_t ms;
  };
  static constexpr Unit kUnits[] = {{"d", kDayMs}, {"h", kHourMs}, {"m", kMinuteMs}, {"s", kSecondMs}, {"ms", 1}};
  Cursor in(text);
  const int sign = in.Take('-') ? -1 : 1;
  int64_t total = 0;
  size_t next = 0;  // the first unit that may still come
  if (in.AtEnd()) return std::nullopt;
  while (!in.AtEnd()) {
    const std::string_view digits = in.Digits();
    const auto count = digits.empty() ? std::nullopt : ToInteger(digits, sign);
    if (!count) return std::nullopt;
    const std::string_view name = in.Take("ms") ? "ms" : in.Take("d") ? "d" : in.Take("h") ? "h" : in.Take("m") ? "m" : in.Take("s") ? "s" : "";
    while (next < std::size(kUnits) && kUnits[next].name != name) ++next;
    if (next == std::size(kUnits)) return std::nullopt;
    int64_t part = 0;
    if (__builtin_mul_overflow(*count, kUnits[next].ms, &part) || __builtin_add_overflow(total, part, &total)) return std::nullopt;
    ++next;
  }
  return Duration{total};
}

std::string ToText(const Ip& ip) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < (ip.v6 ? 8u : 4u); ++i) {
    if (i > 0) out += ip.v6 ? ':' : '.';
    if (!ip.v6) {
      out += std::to_string(ip.bytes[i]);
      continue;
    }
    for (const int nibble : {ip.bytes[2 * i] >> 4, ip.bytes[2 * i] & 15, ip.bytes[2 * i + 1] >> 4, ip.bytes[2 * i + 1] & 15}) {
      const bool leading = out.empty() || out.back() == ':';
      if (nibble != 0 || !leading) out += kHex[nibble];
    }
    if (out.empty() || out.back() == ':') out += '0';
  }
  if (ip.prefix != (ip.v6 ? 128 : 32)) out += "/" + std::to_string(ip.prefix);
  return out;
}

std::string ToText(Decimal d) {
  const bool negative = d.ten_thousandths < 0;
  const uint64_t n = negative ? 0 - static_cast<uint64_t>(d.ten_thousandths) : static_cast<uint64_t>(d.ten_thousandths);
  std::string fraction = Padded(static_cast<int64_t>(n % 10000), 4);
  while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
  return (negative ? "-" : "") + std::to_string(n / 10000) + "." + fraction;
}

std::string ToText(Duration d) { return std::to_string(d.ms) + "ms"; }

std::string ToSource(Datetime t) {
  static constexpr int64_t kYear0 = -62167219200000, kYear10000 = 253402300800000;
  if (t.unix_ms < kYear0 || t.unix_ms >= kYear10000) return "datetime(\"1970-01-01\").offset(duration(\"" + std::to_string(t.unix_ms) + "ms\"))";
  const int64_t time = ToTime(t).ms;
  // The inverse of DaysFromDate.
  const int64_t days = (t.unix_ms - time) / kDayMs + 719468;
  const int64_t cycle = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t of_cycle = days - cycle * 146097;
  const int64_t year_of_cycle = (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / 146096) / 365;
  const int64_t of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  const int64_t shifted_month = (5 * of_year + 2) / 153;
  const int64_t day = of_year - (153 * shifted_month + 2) / 5 + 1;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = year_of_cycle + cycle * 400 + (month <= 2 ? 1 : 0);
  std::string out = "datetime(\"" + Padded(year, 4) + "-" + Padded(month, 2) + "-" + Padded(day, 2);
  if (time != 0) {
    out += "T" + Padded(time / kHourMs, 2) + ":" + Padded(time / kMinuteMs % 60, 2) + ":" + Padded(time / kSecondMs % 60, 2);
    if (time % kSecondMs != 0) out += "." + Padded(time % kSecondMs, 3);
    out += "Z";
  }
  return out + "\")";
}

bool IsInRange(const Ip& inner, const Ip& outer) {
  if (inner.v6 != outer.v6) return false;
  const auto [inner_low, inner_high] = Bounds(inner);
  const auto [outer_low, outer_high] = Bounds(outer);
  return outer_low <= inner_low && inner_high <= outer_high;
}

bool IsLoopback(const Ip& ip) {
  Ip range;
  range.v6 = ip.v6;
  range.bytes[ip.v6 ? 15 : 0] = ip.v6 ? 1 : 127;
  range.prefix = ip.v6 ? 128 : 8;
  return IsInRange(ip, range);
}

bool IsMulticast(const Ip& ip) {
  Ip range;
  range.v6 = ip.v6;
  range.bytes[0] = ip.v6 ? 0xff : 224;
  range.prefix = ip.v6 ? 8 : 4;
  return IsInRange(ip, range);
}

std::optional<Datetime> ToDate(Datetime t) {
  int64_t day = 0;
  if (__builtin_sub_overflow(t.unix_ms, ToTime(t).ms, &day)) return std::nullopt;
  return Datetime{day};
}

Duration ToTime(Datetime t) {
  const int64_t rest = t.unix_ms % kDayMs;
  return Duration{rest < 0 ? rest + kDayMs : rest};
}

}  // namespace checkrein::cedar
