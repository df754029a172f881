#include "egress/name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "egress/address.h"

namespace checkrein::egress {
namespace {

constexpr size_t kMaxName = 253, kMaxLabel = 63;  // RFC 1035 2.3.4

bool IsNameByte(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

// "12", "0x1f": what inet_aton takes for a part of an address.
bool IsNumber(std::string_view label) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto hex = [&](char c) { return digit(c) || (c >= 'a' && c <= 'f'); };
  if (label.starts_with("0x")) return std::all_of(label.begin() + 2, label.end(), hex);
  return std::all_of(label.begin(), label.end(), digit);
}

}  // namespace

std::optional<std::string> CanonicalName(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxName) return std::nullopt;
  std::string name(text);
  name = AsciiLower(name);
  std::string_view last;
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find('.', at), name.size());
    last = std::string_view(name).substr(at, end - at);
    if (last.empty() || last.size() > kMaxLabel || !std::all_of(last.begin(), last.end(), IsNameByte)) return std::nullopt;
    at = end + 1;
  }
  if (IsNumber(last)) return std::nullopt;
  return name;
}

std::optional<std::string> CanonicalHost(std::string_view text) {
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  if (bracketed) text = text.substr(1, text.size() - 2);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::optional<in6_addr> address = ParseAddress(text);
  if (!address) return bracketed ? std::nullopt : CanonicalName(text);
  return AddressText(*address);
}

std::optional<Endpoint> ParseAuthority(std::string_view text, uint16_t default_port) {
  Endpoint out;
  out.port = default_port;
  std::string_view host = text;
  const size_t close = text.starts_with('[') ? text.find(']') : 0;
  if (close == std::string_view::npos) return std::nullopt;
  if (const size_t colon = text.find(':', close); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  }
  const std::optional<std::string> canonical = CanonicalHost(host);
  if (!canonical || out.port == 0) return std::nullopt;
  out.host = *canonical;
  return out;
}

Result<Endpoint> ParseEndpoint(std::string_view text, uint16_t default_port) {
  std::optional<Endpoint> endpoint = ParseAuthority(text, default_port);
  if (!endpoint) return Error{Error::Kind::kInvalid, "\"" + std::string(text) + "\": not HOST:PORT"};
  return *std::move(endpoint);
}

Result<Endpoint> EndpointOfUrl(std::string_view url) {
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) return Error{Error::Kind::kInvalid, "\"" + std::string(url) + "\": not an http or https address"};
  url.remove_prefix(secure ? 8 : 7);
  return ParseEndpoint(url.substr(0, url.find_first_of("/?#")), secure ? 443 : 80);
}

}  // namespace checkrein::egress
