// The texts of the extension types and the arithmetic of times: ip("10.0.0.0/8"), decimal("1.5"), datetime("2024-01-31T12:00:00Z"),
// duration("1d2h"). Nothing is repaired: what the reference refuses gives nullopt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cedar/value.h"

namespace checkrein::cedar {

// IPv4 `d.d.d.d[/p]` without leading zeros, IPv6 in hex groups with at most one `::` (no embedded IPv4, no zone).
std::optional<Ip> ParseIp(std::string_view text);
// `-?digits.digits`, one to four after the point, within 64 bits of ten-thousandths.
std::optional<Decimal> ParseDecimal(std::string_view text);
// YYYY-MM-DD, or with `Thh:mm:ss`, optional `.SSS`, then `Z` or an offset `+hhmm`, `-hhmm`. No leap seconds.
std::optional<Datetime> ParseDatetime(std::string_view text);
// -?[nd][nh][nm][ns][nms]: units in this order, each at most once, at least one.
std::optional<Duration> ParseDuration(std::string_view text);

std::string ToText(const Ip& ip);  // the shortest text that ParseIp reads back
std::string ToText(Decimal d);
std::string ToText(Duration d);
std::string ToSource(Datetime t);  // a Cedar expression: datetime("..."), with .offset(..) beyond the years 0 to 9999

bool IsLoopback(const Ip& ip);   // 127.0.0.0/8, ::1/128: the whole range must lie inside
bool IsMulticast(const Ip& ip);  // 224.0.0.0/4, ff00::/8
bool IsInRange(const Ip& inner, const Ip& outer);

std::optional<Datetime> ToDate(Datetime t);  // the day's first millisecond; nullopt when it leaves 64 bits
Duration ToTime(Datetime t);                 // since the day's first millisecond

}  // namespace checkrein::cedar
