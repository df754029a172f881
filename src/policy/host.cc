#include "policy/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/ascii.h"
#include "base/ipv4.h"
#include "effect/places.h"

namespace checkrein::policy {
namespace {

// Hosts that only the machine or the repository knows by address: registry:npm, remote:origin.
constexpr std::string_view kRegistry = "registry:";
constexpr std::string_view kRemote = "remote:";

// Services that this machine's tools are configured with (docs/format/programs.md): nobody says at which address.
constexpr std::string_view kForge = "forge";
constexpr std::string_view kConfigured[] = {kForge, "cloud", "cluster", "dns"};

constexpr size_t kMaxHostBytes = 253;  // RFC 1035 2.3.4

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool EndsWith(std::string_view text, std::string_view end) { return text.ends_with(end); }

// The IPv4 address that an IPv6 address stands for: mapped and compatible (RFC 4291 2.5.5), NAT64 (RFC 6052), 6to4 (RFC 3056).
std::optional<std::array<uint8_t, 4>> Embedded(const std::array<uint8_t, 16>& a) {
  const auto from = [&a](size_t i) { return std::array<uint8_t, 4>{a[i], a[i + 1], a[i + 2], a[i + 3]}; };
  const bool zero10 = std::all_of(a.begin(), a.begin() + 10, [](uint8_t b) { return b == 0; });
  if (zero10 && a[10] == 0xff && a[11] == 0xff) return from(12);
  if (zero10 && a[10] == 0 && a[11] == 0 && (a[12] != 0 || a[13] != 0)) return from(12);
  constexpr uint8_t kNat64[] = {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (std::memcmp(a.data(), kNat64, sizeof kNat64) == 0) return from(12);
  if (a[0] == 0x20 && a[1] == 0x02) return from(2);
  return std::nullopt;
}

bool SetV6(std::string_view text, Host* host) {
  std::array<uint8_t, 16> address{};
  const std::string copy(text.substr(0, text.find('%')));  // a zone only says which interface
  if (copy.find('\0') != std::string::npos || inet_pton(AF_INET6, copy.c_str(), address.data()) != 1) return false;
  char spelled[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, address.data(), spelled, sizeof spelled);
  host->name = spelled;
  host->v6 = address;
  host->v4 = Embedded(address);
  host->written_v6 = true;
  return true;
}

bool IsName(std::string_view text) {
  if (text.empty() || text.size() > kMaxHostBytes || text.front() == '.' || text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.'; });
}

void SetName(std::string_view text, Host* host) {
  std::string name = AsciiLower(text);
  while (!name.empty() && name.back() == '.') name.pop_back();
  // Each part of an address begins with a digit.
  if (const auto v4 = name.empty() || !IsDigit(name.front()) ? std::nullopt : ParseIpv4(name)) {
    host->v4 = v4;
    host->name = Ipv4Text(*v4);
    return;
  }
  host->name = IsName(name) ? std::move(name) : "?";
}

// What is neither a port nor `?` makes the whole no host: "unix:/run/x", "remote:origin".
void SetPort(std::string_view text, Host* host) {
  if (text == "?") return;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return void(*host = Host{"?", 0, {}, {}, false});
  host->port = port;
}

bool InV4(const Host& host, uint8_t a, uint8_t b, int bits) {
  if (!host.v4) return false;
  const unsigned have = static_cast<unsigned>((*host.v4)[0] << 8 | (*host.v4)[1]);
  const unsigned want = static_cast<unsigned>(a << 8 | b);
  return (have >> (16 - bits)) == (want >> (16 - bits));
}

bool IsV4(const Host& host, std::array<uint8_t, 4> address) { return host.v4 == address; }

// Names under which clouds serve the keys of the machine itself (effect/places.h), link-local addresses, and addresses outside that
// range that do so (Alibaba, Oracle, Azure).
bool IsMetadata(const Host& host) {
  const std::vector<std::string_view> known = checkrein::HostGroups(host.name);
  if (std::find(known.begin(), known.end(), "metadata") != known.end()) return true;
  if (InV4(host, 169, 254, 16)) return true;
  if (IsV4(host, {100, 100, 100, 200}) || IsV4(host, {192, 0, 0, 192}) || IsV4(host, {168, 63, 129, 16})) return true;
  if (!host.v6) return false;
  constexpr std::array<uint8_t, 16> kEc2 = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
  return ((*host.v6)[0] == 0xfe && ((*host.v6)[1] & 0xc0) == 0x80) || *host.v6 == kEc2;
}

bool IsUnspecified(const Host& host) {
  if (host.v6 && !host.v4) return std::all_of(host.v6->begin(), host.v6->end(), [](uint8_t b) { return b == 0; });
  return InV4(host, 0, 0, 8);
}

bool IsLoopback(const Host& host, Direction direction) {
  if (IsUnspecified(host)) return direction == Direction::kConnect;
  if (InV4(host, 127, 0, 8)) return true;
  if (host.v6 && !host.v4) return std::all_of(host.v6->begin(), host.v6->end() - 1, [](uint8_t b) { return b == 0; }) && host.v6->back() == 1;
  return host.name == "localhost" || EndsWith(host.name, ".localhost") || host.name == "localhost.localdomain" || host.name == "ip6-localhost";
}

bool IsPrivate(const Host& host) {
  if (host.v4) {
    return InV4(host, 10, 0, 8) || InV4(host, 172, 16, 12) || InV4(host, 192, 168, 16) || InV4(host, 100, 64, 10) || (*host.v4)[0] >= 224;
  }
  if (host.v6) return ((*host.v6)[0] & 0xfe) == 0xfc || (*host.v6)[0] == 0xff;
  if (std::find(std::begin(kConfigured), std::end(kConfigured), host.name) != std::end(kConfigured)) return false;
  if (host.name.find('.') == std::string::npos) return true;
  static constexpr std::string_view kEnds[] = {".local", ".lan", ".internal", ".intranet", ".corp", ".home", ".home.arpa", ".localdomain"};
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&host](std::string_view end) { return EndsWith(host.name, end); });
}

// A name that ParseHost leaves as it is, as nearly every one in a list: no port, no address, no capital letter.
bool IsParsedName(std::string_view text) { return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && text.back() != '.' && IsName(text); }

bool Listed(const Host& host, const std::vector<std::string>& list) {
  return std::any_of(list.begin(), list.end(), [&host](const std::string& entry) {
    if (IsParsedName(entry)) return entry == host.name;
    const Host listed = ParseHost(entry);
    return listed.known() && listed.name == host.name && (listed.port == 0 || listed.port == host.port);
  });
}

}  // namespace

Host ParseHost(std::string_view object) {
  Host host;
  host.name = "?";
  for (const std::string_view kind : {kRegistry, kRemote}) {
    if (!object.starts_with(kind) || !IsName(AsciiLower(object.substr(kind.size())))) continue;
    host.name = std::string(object);
    return host;
  }
  if (object.starts_with('[')) {
    const size_t close = object.find(']');
    if (close == std::string_view::npos || !SetV6(object.substr(1, close - 1), &host)) return host;
    if (object.size() > close + 1 && object[close + 1] == ':') SetPort(object.substr(close + 2), &host);
    return host;
  }
  if (std::count(object.begin(), object.end(), ':') > 1) {
    SetV6(object, &host);
    return host;
  }
  const size_t colon = object.find(':');
  SetName(object.substr(0, colon), &host);
  if (colon != std::string_view::npos) SetPort(object.substr(colon + 1), &host);
  return host;
}

Host HostOfRemote(std::string_view remote) {
  const size_t scheme = remote.find("://");
  std::string_view rest = scheme == std::string_view::npos ? remote : remote.substr(scheme + 3);
  const size_t at = rest.substr(0, rest.find(scheme == std::string_view::npos ? ":" : "/")).rfind('@');
  const size_t end = scheme == std::string_view::npos ? rest.find(':') : rest.find('/');
  if (scheme == std::string_view::npos && end == std::string_view::npos) return ParseHost("");
  std::string_view authority = rest.substr(0, end);
  if (at != std::string_view::npos && at < authority.size()) authority.remove_prefix(at + 1);
  return ParseHost(authority);
}

bool IsDomainOf(std::string_view name, std::string_view domain) {
  const std::string lower = AsciiLower(domain);
  return name == lower || (name.size() > lower.size() && name.ends_with(lower) && name[name.size() - lower.size() - 1] == '.');
}

std::vector<std::string_view> HostGroups(const Host& host, Direction direction, const std::vector<std::string>& model, const std::vector<std::string>& registry) {
  if (!host.known()) return {"unknown"};
  if (host.name.starts_with(kRegistry)) return {"registry"};
  if (host.name.starts_with(kRemote)) return {"remote"};
  if (host.name == kForge && host.port == 443) return {"forge"};  // no host that somebody wrote is called so (analysis/program/url.cc)
  std::vector<std::string_view> groups;
  if (Listed(host, model)) groups.push_back("model");
  if (Listed(host, registry)) groups.push_back("registry");
  if (IsLoopback(host, direction)) groups.push_back("loopback");
  if (IsPrivate(host) && !IsLoopback(host, direction)) groups.push_back("private");
  if (IsMetadata(host)) groups.push_back("metadata");
  return groups;
}

}  // namespace checkrein::policy
