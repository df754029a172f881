// Which addresses a name may lead to. A permitted name must not become a way to the machine itself, its network, or a cloud's
// metadata service (DNS rebinding): what is checked is the address that is dialled.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>

namespace checkrein::egress {

// "127.0.0.1", "::1": an address written out, as opposed to a name.
std::optional<in6_addr> ParseAddress(std::string_view text);  // IPv4 as IPv4-mapped IPv6
std::string AddressText(const in6_addr& address);              // the other way round

enum class AddressClass { kPublic, kLoopback, kPrivate, kLinkLocal, kOther };
// kLinkLocal holds 169.254.0.0/16 and fe80::/10, metadata services among them; kOther is unspecified, multicast, reserved,
// documentation and translation ranges (RFC 6890), and the metadata addresses that lie elsewhere.
AddressClass ClassOf(const in6_addr& address);

}  // namespace checkrein::egress
