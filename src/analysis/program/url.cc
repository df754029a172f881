#include "analysis/program/url.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "analysis/command.h"
#include "base/ascii.h"
#include "base/ipv4.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

struct SchemePort {
  std::string_view scheme;
  uint16_t port;
};
// From the schemes' registrations; those that programs in the tables take.
constexpr SchemePort kPorts[] = {{"http", 80},   {"https", 443},      {"ws", 80},          {"wss", 443},       {"ftp", 21},    {"ftps", 990},      {"sftp", 22},  {"scp", 22},
                                 {"ssh", 22},    {"git+ssh", 22},     {"ssh+git", 22},     {"git", 9418},      {"git+http", 80}, {"git+https", 443}, {"telnet", 23}, {"ldap", 389},
                                 {"ldaps", 636}, {"smtp", 25},        {"smtps", 465},      {"imap", 143},      {"imaps", 993}, {"pop3", 110},      {"pop3s", 995}, {"dict", 2628},
                                 {"gopher", 70}, {"tftp", 69},        {"rtsp", 554},       {"smb", 445},       {"smbs", 445},  {"mqtt", 1883},     {"rsync", 873}, {"redis", 6379},
                                 {"mysql", 3306}, {"postgres", 5432}, {"postgresql", 5432}, {"mongodb", 27017}, {"amqp", 5672}, {"socks5", 1080},   {"socks4", 1080}};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<std::string> Ipv6(std::string_view host) {
  const std::string text(host.substr(0, host.find('%')));  // without the zone
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address, sizeof address);
  if (IN6_IS_ADDR_V4MAPPED(&address))
    return Ipv4Text({bytes[12], bytes[13], bytes[14], bytes[15]});
  char buffer[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, &address, buffer, sizeof buffer) ? std::optional<std::string>(buffer) : std::nullopt;
}

std::optional<uint16_t> PortNumber(std::string_view text) {
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value == 0 || value > 65535) return std::nullopt;
  return static_cast<uint16_t>(value);
}

}  // namespace

uint16_t DefaultPort(std::string_view scheme) {
  for (const auto& row : kPorts)
    if (row.scheme == scheme) return row.port;
  return 0;
}

std::string Target::Object() const {
  if (host.empty()) return "?";
  const std::string name = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return name + ":" + (port ? std::to_string(port) : "?");
}

std::optional<std::string> NormalHost(std::string_view written) {
  std::string host = AsciiLower(Unescape(written));
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') return Ipv6(std::string_view(host).substr(1, host.size() - 2));
  while (host.size() > 1 && host.back() == '.') host.pop_back();
  if (host.empty() || host.size() > 253 || host == ".") return std::nullopt;
  if (const auto v4 = ParseIpv4(host)) return Ipv4Text(*v4);
  if (host.find(':') != std::string::npos) return Ipv6(host);
  for (const char c : host) {
    const bool usual = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (!usual) return std::nullopt;
  }
  return host;
}

std::optional<Target> HostTarget(std::string_view text, uint16_t port) {
  Target target;
  target.port = port;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    target.user = std::string(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  std::string_view host = text;
  size_t colon = std::string_view::npos;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(0, close + 1);
    if (close + 1 < text.size()) {
      if (text[close + 1] != ':') return std::nullopt;
      colon = close + 1;
    }
  } else if (colon = text.find(':'); colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    host = text.substr(0, colon);
  } else {
    colon = std::string_view::npos;  // none, or a bare IPv6 address
  }
  if (colon != std::string_view::npos && colon + 1 < text.size()) {
    const auto number = PortNumber(text.substr(colon + 1));
    if (!number) return std::nullopt;
    target.port = *number;
  }
  const auto normal = NormalHost(host);
  if (!normal || IsConfiguredHost(*normal)) return std::nullopt;
  target.host = *normal;
  return target;
}

std::optional<Target> UrlTarget(std::string_view url, std::string_view default_scheme) {
  std::string scheme;
  std::string_view rest = url;
  if (const size_t colon = url.find("://"); colon != std::string_view::npos && url.substr(0, colon).find_first_of("/?#@ ") == std::string_view::npos) {
    scheme = AsciiLower(url.substr(0, colon));
    rest = url.substr(colon + 3);
  } else if (AsciiLower(url.substr(0, 5)) == "file:") {
    scheme = "file";
    rest = url.substr(5);
  } else if (default_scheme.empty()) {
    return std::nullopt;
  }
  if (scheme == "file") {
    Target target;
    target.scheme = scheme;
    target.local_file = true;
    const size_t slash = rest.find('/');
    target.path = Unescape(slash == std::string_view::npos ? rest : rest.substr(slash));
    while (target.path.starts_with("//")) target.path.erase(0, 1);
    return target;
  }
  const size_t end = rest.find_first_of("/?#\\");
  const std::string_view authority = rest.substr(0, end);
  const auto target = HostTarget(authority, DefaultPort(scheme.empty() ? default_scheme : std::string_view(scheme)));
  if (!target) return std::nullopt;
  Target out = *target;
  out.scheme = scheme;
  if (end != std::string_view::npos) out.path = std::string(rest.substr(end));
  return out;
}

}  // namespace checkrein::analysis
