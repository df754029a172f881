// The supervisor's end of the network: starts the broker (egress/broker.h) on the sockets of a session, answers what it asks, passes on what it
// tells, and leads published ports of the host to it.
//
//   Result<std::unique_ptr<Gateway>> gateway = Gateway::Start(session, plan, {may_connect, happened});
//   ... poll gateway->fds() ...   gateway->Serve();
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "egress/broker.h"
#include "monitor/connections.h"
#include "sandbox/session.h"

namespace checkrein::monitor {

// The broker is this very program, executed anew with `kBrokerWord` as first argument: main() gives what follows to RunBrokerProcess, before anything
// else. Any program that starts a Gateway must do so; where it does not, the session has no network.
inline constexpr char kBrokerWord[] = "--broker-of-a-supervisor";
int RunBrokerProcess(const std::vector<std::string>& words);

class Gateway {
 public:
  struct Plan {
    std::vector<std::pair<sandbox::Listener, egress::Endpoint>> routes;  // as in the session's plan, in order
    std::vector<uint16_t> published;                                     // ports: of the host's loopback, and inside
  };
  struct Callbacks {
    std::function<ConnectionAnswer(const ConnectionQuestion&)> may;
    std::function<void(const json::Value&)> happened;  // {"net","host","port","meant"?,"address","result"}
  };
  // kIo, kInvalid: a published port is in use.
  static Result<std::unique_ptr<Gateway>> Start(sandbox::Session& session, const Plan& plan, Callbacks callbacks);
  ~Gateway();  // ends the broker and every connection

  // The listeners, and sockets, that a session needs for this plan.
  std::vector<int> fds() const;
  void Serve();  // what is ready; never waits
  // Everything that programs have asked of the network by now is decided and told when this returns: waits for the broker, at most kSettleMs.
  void Settle();
  bool every_port() const { return every_port_; }

 private:
  Gateway() = default;
  Status Publish(const std::vector<uint16_t>& ports);
  void Answer(const json::Value& question);
  void OnPublished(size_t index);
  static constexpr int kSettleMs = 200;  // it takes two rounds of well below a millisecond; a broker that is that busy is not waited for
  struct Published {
    Fd listener;
    uint16_t port = 0;
  };
  sandbox::Session* session_ = nullptr;
  Callbacks callbacks_;
  std::vector<Published> published_;
  Fd channel_;
  int pid_ = -1;
  bool every_port_ = true;
  int64_t settles_ = 0, settled_ = 0;
};

}  // namespace checkrein::monitor
