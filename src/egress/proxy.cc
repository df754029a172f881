#include "egress/proxy.h"

#include <netinet/in.h>

#include <cstring>

#include "egress/address.h"

namespace checkrein::egress {
namespace {

constexpr size_t kMaxGreeting = 16u << 10;
constexpr char kSocksVersion = 5;

ProxyGreeting::Answer More() { return {}; }
ProxyGreeting::Answer Refuse(std::string say) { return {0, std::move(say), false, true}; }

// VERSION REPLY 0 IPv4 0.0.0.0 port 0
std::string SocksReply(char code) { return {kSocksVersion, code, 0, 1, 0, 0, 0, 0, 0, 0}; }
constexpr char kNotAllowed = 2, kBadCommand = 7, kBadAddress = 8;

std::string HttpReply(std::string_view status, std::string_view why) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " + std::to_string(why.size()) + "\r\n\r\n" + std::string(why);
}

}  // namespace

ProxyGreeting::Answer ProxyGreeting::Look(std::string_view pending) {
  if (pending.empty()) return More();
  if (kind_ == Kind::kUnknown) kind_ = pending[0] == kSocksVersion ? Kind::kSocksMethods : Kind::kConnect;
  if (kind_ == Kind::kSocksMethods) return Methods(pending);
  return kind_ == Kind::kSocks ? SocksRequest(pending) : Http(pending);
}

ProxyGreeting::Answer ProxyGreeting::Methods(std::string_view pending) {
  if (pending.size() < 2) return More();
  const size_t size = 2 + static_cast<uint8_t>(pending[1]);
  if (pending.size() < size) return More();
  if (pending.substr(2, size - 2).find('\0') == std::string_view::npos) return Refuse({kSocksVersion, '\xff'});
  kind_ = Kind::kSocks;
  return {size, {kSocksVersion, 0}, false, false};
}

ProxyGreeting::Answer ProxyGreeting::SocksRequest(std::string_view pending) {
  if (pending.size() < 5) return More();
  if (pending[0] != kSocksVersion || pending[1] != 1) return Refuse(SocksReply(kBadCommand));  // CONNECT only
  const size_t length = pending[3] == 1 ? 4 : pending[3] == 4 ? 16 : pending[3] == 3 ? 1u + static_cast<uint8_t>(pending[4]) : 0;
  if (length == 0) return Refuse(SocksReply(kBadAddress));
  if (pending.size() < 4 + length + 2) return More();
  const std::string_view address = pending.substr(4, length);
  in6_addr number{};
  if (pending[3] == 4) std::memcpy(&number, address.data(), 16);
  if (pending[3] == 1) {
    number.s6_addr[10] = number.s6_addr[11] = 0xff;
    std::memcpy(&number.s6_addr[12], address.data(), 4);
  }
  const std::optional<std::string> host = pending[3] == 3 ? CanonicalHost(address.substr(1)) : CanonicalHost(AddressText(number));
  where_.port = static_cast<uint16_t>(static_cast<uint8_t>(pending[4 + length]) << 8 | static_cast<uint8_t>(pending[5 + length]));
  if (!host || where_.port == 0) return Refuse(SocksReply(kBadAddress));
  where_.host = *host;
  return {4 + length + 2, "", true, false};
}

ProxyGreeting::Answer ProxyGreeting::Http(std::string_view pending) {
  size_t end = pending.find("\r\n\r\n");
  if (end == std::string_view::npos) return pending.size() > kMaxGreeting ? Refuse(HttpReply("431 Request Header Fields Too Large", "")) : More();
  const std::string_view line = pending.substr(0, pending.find("\r\n"));
  const size_t first = line.find(' '), last = line.rfind(' ');
  const bool whole = first != std::string_view::npos && last > first && line.find('\0') == std::string_view::npos;
  const std::string_view target = whole ? line.substr(first + 1, last - first - 1) : "";
  std::optional<Endpoint> where;
  if (whole && line.substr(0, first) == "CONNECT") {
    where = ParseAuthority(target, 443);
  } else if (target.starts_with("http://")) {
    kind_ = Kind::kPlain;  // the request itself goes on: a server takes an absolute target for its own (RFC 9112 3.2.2)
    where = ParseAuthority(target.substr(7, target.find('/', 7) - 7), 80);
  }
  if (!where) return Refuse(HttpReply("400 Bad Request", "checkrein: a target that cannot be read\n"));
  where_ = *where;
  return {kind_ == Kind::kPlain ? 0 : end + 4, "", true, false};
}

std::string ProxyGreeting::Opened() const {
  if (kind_ == Kind::kSocks) return SocksReply(0);
  return kind_ == Kind::kPlain ? "" : "HTTP/1.1 200 Connection established\r\n\r\n";
}

std::string ProxyGreeting::Denied(std::string_view why) const {
  if (kind_ == Kind::kSocks) return SocksReply(kNotAllowed);
  return HttpReply("403 Forbidden", "checkrein: denied: " + std::string(why) + "\n");
}

}  // namespace checkrein::egress
