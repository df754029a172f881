// The only way out of a session's networks: a process outside that accepts what the sandbox's interception leads to it (sandbox/network.h), asks
// somebody else whether it may be, and dials.
//
// One connection: where was it meant to go? An address of the session's own resolver means one name and no other; any other address means
// itself. The question `may the agent (its commands) connect to HOST:PORT` goes to the supervisor. If yes, the name is looked up, the address is
// checked (a name may not lead to this machine, its network or a metadata service) and that very address is dialled. What the program says first
// must be for that host too (stream_check.h). Every end of the matter is told as an event, denials with the true destination.
//
// Asks and tells over `channel`, a SOCK_SEQPACKET socket, one JSON object in a message:
//   broker:      {"ask":7,"net":"agent|commands","what":"connect|name","host":"a.example","port":443}       port 0 for a name
//   supervisor:  {"answer":7,"permit":true,"private":false,"why":"..."}    private: the person named it, so it may be on this network
//   broker:      {"event":"connection","net":...,"host":...,"port":443,"meant":"198.18.0.1","address":"93.184.216.34","result":"open|refused: ..."}
//   supervisor:  {"settle":3}    answered by {"event":"settled","settle":3} once everything that has reached the sockets by now was asked about, and what
//                was answered before was told: a program may connect, and end before anybody has looked
//   supervisor:  {"publish":3000} with two descriptors: an accepted connection of the host, and a socket of the session (Session::Socket)
// No answer, or an answer that is none, is a denial.
//
// Not covered: TLS is not opened, so a permitted host can be told anything; UDP but DNS does not exist; ICMP does not exist.
// Reads bytes that hostile programs wrote, so it runs in a process of its own that has no file, key or log open. Single-threaded; names are looked
// up by children. At most kMaxFlows connections for each network: the agent's is not starved by its commands.
#pragma once

#include <vector>

#include "base/fd.h"
#include "egress/name.h"

namespace checkrein::egress {

struct BrokerNetwork {
  std::vector<Fd> connections, names;  // non-blocking
  bool agent = false;
};

// A listener that leads to one place that a person named, for addresses of the loopback that interception leaves alone.
struct Route {
  Fd listener;
  Endpoint to;
  bool agent = false;
};

inline constexpr size_t kMaxFlows = 256;

// Serves until the other end of `channel` is closed.
void RunBroker(std::vector<BrokerNetwork> networks, std::vector<Route> routes, Fd channel);

}  // namespace checkrein::egress
