#include "egress/address.h"

#include <arpa/inet.h>

#include <cstring>

namespace checkrein::egress {
namespace {

struct Range {
  const char* network;  // an IPv6 address; IPv4 as ::ffff:a.b.c.d
  int bits;
  AddressClass is;
};

// RFC 6890 and the registries it names; first match wins.
constexpr Range kRanges[] = {
    {"::ffff:100.100.100.200", 128, AddressClass::kLinkLocal},  // metadata of a cloud, in shared address space
    {"::ffff:168.63.129.16", 128, AddressClass::kLinkLocal},    // metadata of a cloud, in public address space
    {"fd00:ec2::254", 128, AddressClass::kLinkLocal},           // metadata of a cloud over IPv6
    {"::ffff:127.0.0.0", 104, AddressClass::kLoopback},
    {"::1", 128, AddressClass::kLoopback},
    {"::ffff:10.0.0.0", 104, AddressClass::kPrivate},
    {"::ffff:172.16.0.0", 108, AddressClass::kPrivate},
    {"::ffff:192.168.0.0", 112, AddressClass::kPrivate},
    {"::ffff:100.64.0.0", 106, AddressClass::kPrivate},
    {"fc00::", 7, AddressClass::kPrivate},
    {"::ffff:169.254.0.0", 112, AddressClass::kLinkLocal},
    {"fe80::", 10, AddressClass::kLinkLocal},
    {"::ffff:0.0.0.0", 104, AddressClass::kOther},
    {"::ffff:192.0.0.0", 120, AddressClass::kOther},
    {"::ffff:192.0.2.0", 120, AddressClass::kOther},
    {"::ffff:198.18.0.0", 111, AddressClass::kOther},
    {"::ffff:198.51.100.0", 120, AddressClass::kOther},
    {"::ffff:203.0.113.0", 120, AddressClass::kOther},
    {"::ffff:224.0.0.0", 99, AddressClass::kOther},  // multicast and reserved
    {"::ffff:0:0", 96, AddressClass::kPublic},       // the rest of IPv4
    {"2001:db8::", 32, AddressClass::kOther},
    {"2000::", 3, AddressClass::kPublic},
};

bool InRange(const in6_addr& address, const in6_addr& network, int bits) {
  const int whole = bits / 8;
  if (std::memcmp(&address, &network, static_cast<size_t>(whole)) != 0) return false;
  if (bits % 8 == 0) return true;
  const int mask = 0xFF << (8 - bits % 8) & 0xFF;
  return (address.s6_addr[whole] & mask) == (network.s6_addr[whole] & mask);
}

}  // namespace

std::optional<in6_addr> ParseAddress(std::string_view text) {
  const std::string copy(text);
  in6_addr address{};
  if (inet_pton(AF_INET6, copy.c_str(), &address) == 1) return address;
  if (inet_pton(AF_INET6, ("::ffff:" + copy).c_str(), &address) == 1 && copy.find(':') == std::string::npos) return address;
  return std::nullopt;
}

std::string AddressText(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &address, text, sizeof text);
  }
  return text;
}

AddressClass ClassOf(const in6_addr& address) {
  for (const Range& range : kRanges) {
    in6_addr network{};
    if (inet_pton(AF_INET6, range.network, &network) == 1 && InRange(address, network, range.bits)) return range.is;
  }
  return AddressClass::kOther;
}

}  // namespace checkrein::egress
