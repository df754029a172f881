// IPv4 addresses in every spelling that inet_aton(3) reads, and so most programs: 127.1, 0x7f000001, 0177.0.0.1, 2130706433.
//
//   ParseIpv4("127.1")            // {127, 0, 0, 1}
//   Ipv4Text({127, 0, 0, 1})      // "127.0.0.1"
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace checkrein {

using Ipv4 = std::array<uint8_t, 4>;

// One to four parts, the last fills what is left; each decimal, 0octal or 0xhex, in small letters. Nothing around it. Pure.
std::optional<Ipv4> ParseIpv4(std::string_view text);

std::string Ipv4Text(const Ipv4& address);

}  // namespace checkrein
