// Which host an effect's object names, and the groups it belongs to, from the spelling alone: nothing is resolved here (what a name
// leads to at the time is checked by egress).
//
//   Host h = ParseHost("0xa9fea9fe:80");                // h.name "169.254.169.254", h.port 80
//   HostGroups(h, circumstances) == {"metadata"}
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::policy {

struct Host {
  std::string name;                              // lower case, no trailing dot; an address in its usual spelling; "?" when not known
  int64_t port = 0;                              // 0: not known
  std::optional<std::array<uint8_t, 16>> v6;     // network order
  std::optional<std::array<uint8_t, 4>> v4;      // also when an IPv6 spelling carries an IPv4 address (mapped, compatible, NAT64, 6to4)
  bool written_v6 = false;                       // spelled as IPv6
  bool known() const { return name != "?"; }
};

// `object`: HOST, HOST:PORT, [IPV6]:PORT or an IPv6 address; hosts in any spelling that the C library takes (0x7f.1, 2130706433).
// PORT may be `?`. `registry:NPM` and `remote:ORIGIN` stand for hosts that the machine or the repository knows; they are names of their own. Anything that is no host name at all (spaces, NUL, '@', '/', wildcards, empty labels, non-ASCII) is not known.
Host ParseHost(std::string_view object);

// The host of a remote as programs write it (https://h/p, ssh://u@h:22/p, u@h:p); not known for names like "origin".
Host HostOfRemote(std::string_view remote);

// Whether `name` is `domain` or ends in "." and it. Letters of the domain may be of either case.
bool IsDomainOf(std::string_view name, std::string_view domain);

enum class Direction { kConnect, kListen };  // 0.0.0.0 is this machine to a client, and every interface to a server

// Groups of the schema, in its order. `model` and `registry`: host names (exact, any case) or HOST:PORT.
std::vector<std::string_view> HostGroups(const Host& host, Direction direction, const std::vector<std::string>& model, const std::vector<std::string>& registry);

}  // namespace checkrein::policy
