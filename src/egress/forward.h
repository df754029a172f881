// The first cut of the network: named endpoints, and nothing else.
//
// The agent's network namespace has only loopback. For each endpoint that it may reach (its model, and what the person named with
// `--reach`) a listener stands there, made inside the namespace and passed out; the forwarder, a process outside, accepts, dials the
// one host and port of that listener, and carries bytes. There is no way to any other host, no DNS, no UDP.
// Not covered: what is said to a permitted host (no TLS interception), per-connection policy, commands' own network (they have none).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"

namespace checkrein::egress {

// A listener and the one place it leads to.
struct Route {
  Fd listener;        // non-blocking or not; TCP
  std::string host;   // a name, or an address written out
  uint16_t port = 0;
};

// "HOST:PORT", "[IPV6]:PORT" or "HOST" with the port given. kInvalid otherwise; NUL, spaces, userinfo and empty parts are refused.
struct Endpoint {
  std::string host;  // lower case, no trailing dot
  uint16_t port = 0;
};
Result<Endpoint> ParseEndpoint(std::string_view text, uint16_t default_port);
// The endpoint of an `http://` or `https://` URL.
Result<Endpoint> EndpointOfUrl(std::string_view url);


// Serves until `stop` becomes readable or closed. Each connection is told to `events` as one line of JSON:
//   {"host":"a.example","port":443,"address":"93.184.216.34","result":"open"}    or  "result":"refused: ..."
// Single-threaded; at most kMaxConnections at once, further ones wait in the listener's queue. Runs in a process of its own.
inline constexpr size_t kMaxConnections = 256;
void Forward(std::vector<Route> routes, const Fd& stop, const Fd& events);

}  // namespace checkrein::egress
