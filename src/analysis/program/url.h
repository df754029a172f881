// Where a URL, or what a program takes for one, leads: the object of a connect effect.
//
//   UrlTarget("https://ok.example@EVIL.example.:8443/x")  -> {"evil.example", 8443}
//   UrlTarget("http://2130706433/")                       -> {"127.0.0.1", 80}
//   UrlTarget("file:///etc/shadow")                       -> local file "/etc/shadow"
//
// Userinfo is cut, letters lowered, a trailing dot dropped, percent-encoding undone, IPv4 in any of inet_aton's spellings written
// in the common one, IPv6 in brackets. Not covered: IDN (a name with bytes above 0x7f is kept as it is), what DNS answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace checkrein::analysis {

struct Target {
  std::string host;      // "" when it is a local file
  uint16_t port = 0;     // 0: not known
  std::string scheme;    // lower case; "" if none was written
  std::string user;
  std::string path;      // what follows the host, with its slash; the file for file:
  bool local_file = false;
  std::string Object() const;  // "host:port", "[v6]:port", "?" when there is no host, "host:?" when the port is not known
};

// `default_scheme` says what is meant without one ("http" for curl); with "" such a text has no target.
std::optional<Target> UrlTarget(std::string_view url, std::string_view default_scheme);

// [user@]host[:port] as ssh and many others take it; `port` where none is written.
std::optional<Target> HostTarget(std::string_view text, uint16_t port);

// The host in its one spelling; nothing if it cannot be a host name.
std::optional<std::string> NormalHost(std::string_view host);

uint16_t DefaultPort(std::string_view scheme);  // 0 if unknown

}  // namespace checkrein::analysis
