// What a client says that insists on a proxy: HTTP CONNECT (RFC 9110 9.3.6), a plain HTTP request with an absolute target, or SOCKS 5 without a
// password (RFC 1928). Read, then treated as if the client had connected there directly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "egress/name.h"

namespace checkrein::egress {

class ProxyGreeting {
 public:
  struct Answer {
    size_t take = 0;       // bytes of what is pending that are used up
    std::string say;       // to the client
    bool ready = false;    // where() is known
    bool refused = false;  // end it, after saying `say`
  };
  Answer Look(std::string_view pending);
  const Endpoint& where() const { return where_; }
  // What the client is told when the way is open, or will not be.
  std::string Opened() const;
  std::string Denied(std::string_view why) const;

 private:
  enum class Kind : uint8_t { kUnknown, kSocksMethods, kSocks, kConnect, kPlain } kind_ = Kind::kUnknown;
  Answer Methods(std::string_view pending);
  Answer SocksRequest(std::string_view pending);
  Answer Http(std::string_view pending);
  Endpoint where_;
};

}  // namespace checkrein::egress
