// A model that says two things: first "run this command", then, once a result came back, "done". Stands in for the vendors' services
// so that doctor can watch a real client offline. Speaks as much of HTTP/1.1, Anthropic Messages and OpenAI Responses as that takes.
//
//   ProbeServer server(std::move(listener), Dialect::kAnthropic, "touch /w/marker");
//   server.ServeUntil(process->fd(), 20'000);          // until the descriptor is readable or the time is up
//   server.results();                                  // what the client told the model about the command, as JSON
//
// One thread, one poll loop, every buffer capped; what the client sends is only counted and kept, never obeyed. One request per connection.
// NOT covered: chunked or compressed requests, WebSockets (the clients fall back), any other dialect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/json.h"

namespace checkrein::cli {

enum class Dialect : uint8_t { kAnthropic, kOpenAiResponses };

inline constexpr size_t kMaxProbeRequestBytes = 8u << 20;  // clients send some 100 KB of tools and instructions
inline constexpr size_t kMaxProbeConnections = 32;

// Pure: the whole HTTP response to one request, for tests and for the server. `results` gets what the client says of its calls.
struct ProbeReply {
  std::string http;
  std::vector<std::string> results;
};
ProbeReply AnswerProbe(Dialect dialect, std::string_view command, std::string_view path, std::string_view body);

class ProbeServer {
 public:
  ProbeServer(Fd listener, Dialect dialect, std::string command);

  enum class End : uint8_t { kDone, kTimeUp };
  // Serves until `done` is readable (or hangs up), at most `timeout_ms`.
  End ServeUntil(int done, int timeout_ms);

  size_t requests() const { return requests_; }
  const std::vector<std::string>& results() const { return results_; }

 private:
  struct Connection {
    Fd fd;
    std::string bytes;
  };
  void Accept();
  bool Advance(Connection& connection);  // false when the connection is finished

  Fd listener_;
  Dialect dialect_;
  std::string command_;
  std::vector<Connection> connections_;
  size_t requests_ = 0;
  std::vector<std::string> results_;
};

}  // namespace checkrein::cli
