#include "egress/forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <list>
#include <memory>

#include "base/json.h"
#include "egress/address.h"

namespace checkrein::egress {
namespace {

// One direction of a connection: bytes read from one side and not yet written to the other.
struct Pipe {
  std::array<char, 65536> buffer{};
  size_t begin = 0, end = 0;
  bool source_ended = false, sink_shut = false;

  bool empty() const { return begin == end; }
  bool done() const { return source_ended && empty(); }
};

struct Connection {
  Fd inside, outside;
  bool dialling = true;
  Pipe out, in;  // inside to outside, outside to inside
  size_t route = 0;
  std::string address;
};

struct Addresses {
  addrinfo* first = nullptr;
  ~Addresses() {
    if (first != nullptr) freeaddrinfo(first);
  }
};

in6_addr AsIn6(const sockaddr* address) {
  in6_addr out{};
  if (address->sa_family == AF_INET6) {
    std::memcpy(&out, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, sizeof out);
  } else {
    out.s6_addr[10] = out.s6_addr[11] = 0xFF;
    std::memcpy(&out.s6_addr[12], &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  }
  return out;
}

std::string TextOf(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET6) inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  if (address->sa_family == AF_INET) inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  return text;
}

// The address that is checked is the one that is dialled: there is no second look-up.
bool MayDial(const Route& route, const in6_addr& address) {
  const AddressClass is = ClassOf(address);
  if (!ParseAddress(route.host) && route.host != "localhost") return is == AddressClass::kPublic;
  return is == AddressClass::kPublic || is == AddressClass::kLoopback || is == AddressClass::kPrivate;
}

class Forwarder {
 public:
  Forwarder(std::vector<Route> routes, int stop, int events) : routes_(std::move(routes)), stop_(stop), events_(events) {
    for (const Route& route : routes_) fcntl(route.listener.get(), F_SETFL, fcntl(route.listener.get(), F_GETFL) | O_NONBLOCK);
  }

  void Run() {
    while (Turn()) {
    }
  }

 private:
  bool Turn() {
    std::vector<pollfd> waiting{{stop_, POLLIN, 0}};
    const bool room = connections_.size() < kMaxConnections;
    for (const Route& route : routes_) waiting.push_back({route.listener.get(), static_cast<short>(room ? POLLIN : 0), 0});
    for (const auto& c : connections_) {
      waiting.push_back({c->inside.get(), Wanted(c->out, c->in, c->dialling), 0});
      waiting.push_back({c->outside.get(), c->dialling ? static_cast<short>(POLLOUT) : Wanted(c->in, c->out, false), 0});
    }
    if (poll(waiting.data(), waiting.size(), -1) < 0) return errno == EINTR;
    if (waiting[0].revents != 0) return false;
    size_t at = 1 + routes_.size();
    for (auto& c : connections_) {
      const short inside = waiting[at++].revents;
      const short outside = waiting[at++].revents;
      if (!Move(*c, inside, outside)) c.reset();
    }
    connections_.remove(nullptr);
    for (size_t i = 0; i < routes_.size(); ++i)
      if ((waiting[1 + i].revents & POLLIN) != 0) Accept(i);
    return true;
  }

  static short Wanted(const Pipe& from_here, const Pipe& to_here, bool dialling) {
    int wanted = 0;
    if (!dialling && !from_here.source_ended && from_here.empty()) wanted |= POLLIN;
    if (!to_here.empty()) wanted |= POLLOUT;
    return static_cast<short>(wanted);
  }

  bool Move(Connection& c, short inside, short outside) {
    if (c.dialling) {
      if ((inside & (POLLERR | POLLNVAL)) != 0) return false;
      if (outside == 0) return true;
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(c.outside.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      Tell(routes_[c.route], c.address, error == 0 ? "open" : std::string("refused: ") + strerrordesc_np(error));
      if (error != 0) return false;
      c.dialling = false;
      return true;
    }
    const bool ok = Carry(c.inside.get(), c.outside.get(), c.out, inside, outside) && Carry(c.outside.get(), c.inside.get(), c.in, outside, inside);
    return ok && !(c.out.done() && c.in.done());
  }

  // Whether the connection may go on.
  static bool Carry(int from, int to, Pipe& pipe, short from_ready, short to_ready) {
    if (pipe.empty() && !pipe.source_ended && (from_ready & (POLLIN | POLLHUP | POLLERR)) != 0) {
      const ssize_t n = read(from, pipe.buffer.data(), pipe.buffer.size());
      if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (n == 0) pipe.source_ended = true;
      if (n > 0) {
        pipe.begin = 0;
        pipe.end = static_cast<size_t>(n);
      }
    }
    if (!pipe.empty()) {
      const ssize_t n = send(to, pipe.buffer.data() + pipe.begin, pipe.end - pipe.begin, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (n > 0) pipe.begin += static_cast<size_t>(n);
    }
    if (pipe.done() && !pipe.sink_shut) {
      shutdown(to, SHUT_WR);
      pipe.sink_shut = true;
    }
    return (to_ready & (POLLERR | POLLNVAL)) == 0;
  }

  void Accept(size_t index) {
    Fd inside(accept4(routes_[index].listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!inside.valid()) return;
    const Route& route = routes_[index];
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | (ParseAddress(route.host) ? AI_NUMERICHOST : 0);
    Addresses found;
    // Blocks while it looks a name up: the forwarder has nothing else to decide, and few names to look up.
    const int failed = getaddrinfo(route.host.c_str(), std::to_string(route.port).c_str(), &hints, &found.first);
    if (failed != 0) return Tell(route, "", std::string("refused: ") + gai_strerror(failed));
    for (const addrinfo* a = found.first; a != nullptr; a = a->ai_next) {
      if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
      if (!MayDial(route, AsIn6(a->ai_addr))) {
        Tell(route, TextOf(a->ai_addr), "refused: the name leads to an address that is not public");
        continue;
      }
      auto c = std::make_unique<Connection>();
      c->outside = Fd(socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!c->outside.valid()) continue;
      if (connect(c->outside.get(), a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS) {
        Tell(route, TextOf(a->ai_addr), std::string("refused: ") + strerrordesc_np(errno));
        continue;
      }
      c->inside = std::move(inside);
      c->route = index;
      c->address = TextOf(a->ai_addr);
      connections_.push_back(std::move(c));
      return;
    }
  }

  void Tell(const Route& route, const std::string& address, const std::string& result) const {
    json::Value event;
    event.Set("host", route.host).Set("port", int64_t{route.port}).Set("address", address).Set("result", result);
    // A supervisor that no longer reads is about to end us; nothing depends on this line being read.
    [[maybe_unused]] const Status told = WriteAll(events_, event.Dump() + "\n");
  }

  std::vector<Route> routes_;
  int stop_, events_;
  std::list<std::unique_ptr<Connection>> connections_;
};

}  // namespace

Result<Endpoint> ParseEndpoint(std::string_view text, uint16_t default_port) {
  const auto bad = [&] { return Error{Error::Kind::kInvalid, "\"" + std::string(text) + "\": not HOST:PORT"}; };
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return bad();
    host = text.substr(1, close - 1);
    if (!ParseAddress(host)) return bad();
    port = text.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return bad();
    if (!port.empty()) port.remove_prefix(1);
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return bad();
  }
  Endpoint endpoint;
  endpoint.port = default_port;
  if (!port.empty()) {
    if (port.size() > 5 || !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) return bad();
    const int number = std::stoi(std::string(port));
    if (number < 1 || number > 65535) return bad();
    endpoint.port = static_cast<uint16_t>(number);
  }
  if (endpoint.port == 0) return bad();
  for (const char c : host) endpoint.host += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (endpoint.host.ends_with('.')) endpoint.host.pop_back();
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':'; };
  if (endpoint.host.empty() || endpoint.host.size() > 253 || !std::all_of(endpoint.host.begin(), endpoint.host.end(), fits)) return bad();
  if (endpoint.host.starts_with('.') || endpoint.host.find("..") != std::string::npos) return bad();
  return endpoint;
}

Result<Endpoint> EndpointOfUrl(std::string_view url) {
  uint16_t port = 0;
  if (url.starts_with("https://")) {
    port = 443;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    port = 80;
    url.remove_prefix(7);
  } else {
    return Error{Error::Kind::kInvalid, "\"" + std::string(url) + "\": not an http or https address"};
  }
  return ParseEndpoint(url.substr(0, url.find_first_of("/?#")), port);
}

void Forward(std::vector<Route> routes, const Fd& stop, const Fd& events) { Forwarder(std::move(routes), stop.get(), events.get()).Run(); }

}  // namespace checkrein::egress
