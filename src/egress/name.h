// Host names as hostile programs write them. One spelling for each name, so that what policy is asked about is what is dialled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace checkrein::egress {

// Lower case, without the one trailing dot that a name may have. Refused: NUL and every other byte that is no letter, digit, '-', '_' or '.'
// (so userinfo, spaces, non-ASCII: an international name comes in its xn-- form or not at all), empty labels, labels above 63 bytes, names above
// 253, and whatever some program might take for an address: a last label that is a number (RFC 1123 2.1; "127.1", "0x7f000001", "2130706433").
std::optional<std::string> CanonicalName(std::string_view text);

// A name or a written-out address ("192.0.2.1", "2001:db8::1", with or without brackets), in one spelling: an IPv4 address that is mapped into
// IPv6 becomes the IPv4 address.
std::optional<std::string> CanonicalHost(std::string_view text);

// "host", "host:port", "[v6]:port". No userinfo.
struct Endpoint {
  std::string host;  // canonical
  uint16_t port = 0;
};
std::optional<Endpoint> ParseAuthority(std::string_view text, uint16_t default_port);
// The same with an error for a person.
Result<Endpoint> ParseEndpoint(std::string_view text, uint16_t default_port);
// The endpoint of an `http://` or `https://` URL.
Result<Endpoint> EndpointOfUrl(std::string_view url);

}  // namespace checkrein::egress
