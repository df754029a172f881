#include "egress/broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <map>
#include <memory>

#include "base/clock.h"
#include "base/json.h"
#include "egress/address.h"
#include "egress/flow.h"
#include "egress/names.h"

namespace checkrein::egress {
namespace {

constexpr uint16_t kProxyPort = 8;            // sandbox/network.h
constexpr int kOriginalDestination = 80;      // SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST
constexpr int64_t kWithinNs = 30'000'000'000;  // to be asked about, looked up and dialled
constexpr size_t kMaxAddresses = 8;
constexpr size_t kMaxQueries = 1'024;
constexpr int kSweepMs = 1'000;

in6_addr AsIn6(const sockaddr* address) {
  in6_addr out{};
  if (address->sa_family == AF_INET6) {
    std::memcpy(&out, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, sizeof out);
  } else {
    out.s6_addr[10] = out.s6_addr[11] = 0xff;
    std::memcpy(&out.s6_addr[12], &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  }
  return out;
}

struct Meant {
  in6_addr address{};
  uint16_t port = 0;
  bool ok = false;
};
// Where an intercepted connection was to go: as the kernel's translation remembers it, or, where nothing was translated, its own address.
Meant WhereMeant(int connection) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(connection, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  sockaddr_storage original{};
  size = sizeof original;
  if (getsockopt(connection, address.ss_family == AF_INET6 ? SOL_IPV6 : SOL_IP, kOriginalDestination, &original, &size) == 0) address = original;
  const auto* at = reinterpret_cast<const sockaddr*>(&address);
  return {AsIn6(at), ntohs(reinterpret_cast<const sockaddr_in*>(at)->sin_port), true};
}

void Reset(Fd& fd) {
  const linger at_once{1, 0};
  if (fd.valid()) setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd.Reset(-1);
}

// In a child: nothing else may be held open meanwhile.
[[noreturn]] void LookUp(const std::string& host, int out) {
  signal(SIGPIPE, SIG_DFL);
  dup2(out, 0);
  close_range(1, ~0u, 0);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) == 0) {
    size_t count = 0;
    for (const addrinfo* a = found; a != nullptr && count < kMaxAddresses; a = a->ai_next) {
      if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
      const in6_addr address = AsIn6(a->ai_addr);
      [[maybe_unused]] const ssize_t n = write(0, &address, sizeof address);
      ++count;
    }
  }
  _exit(0);
}

class Broker {
 public:
  Broker(std::vector<BrokerNetwork> networks, std::vector<Route> routes, Fd channel)
      : networks_(std::move(networks)), routes_(std::move(routes)), channel_(std::move(channel)) {
    for (const Route& route : routes_) fcntl(route.listener.get(), F_SETFL, fcntl(route.listener.get(), F_GETFL) | O_NONBLOCK);
  }
  void Run() {
    while (Turn()) {
    }
  }

 private:
  struct Query {
    NameQuery query;
    int socket = -1;
    sockaddr_storage from{};
    socklen_t from_size = 0;
  };

  bool Turn();
  void Poll(std::vector<pollfd>& waiting) const;
  bool Accept(const Fd& listener, bool agent, const Route* route);  // false: nobody waits
  void BeginIntercepted(Flow& flow);
  void Greet(Flow& flow);
  void Decide(Flow& flow);
  void Receive();
  void OnAnswer(const json::Value& message);
  void OnPublish(const json::Value& message, std::vector<Fd> fds);
  void OnSettle(const json::Value& message);
  bool OnQuery(const Fd& socket, bool agent);  // false: nobody asks
  void StartLookUp(Flow& flow);
  void OnLookUp(Flow& flow);
  bool Dial(Flow& flow);
  void OnDialled(Flow& flow);
  void Carry(Flow& flow, short inside, short outside);
  void Serve(Flow& flow, short inside, short other);
  void Refuse(Flow& flow, const std::string& why);
  void Tell(const Flow& flow, const std::string& result) const;
  int64_t Ask(bool agent, const char* what, const Endpoint& endpoint);
  void SendJson(const json::Value& message) const;
  size_t FlowsOf(bool agent) const {
    return static_cast<size_t>(std::count_if(flows_.begin(), flows_.end(), [agent](const auto& flow) { return flow->agent == agent; }));
  }

  std::vector<BrokerNetwork> networks_;
  std::vector<Route> routes_;
  Fd channel_;
  NameTable names_;
  std::list<std::unique_ptr<Flow>> flows_;
  std::map<int64_t, Flow*> asked_;
  std::map<int64_t, Query> queries_;
  int64_t next_question_ = 1;
  bool over_ = false;
};

void Broker::SendJson(const json::Value& message) const {
  const std::string text = message.Dump();
  // A supervisor that no longer reads is about to end us.
  [[maybe_unused]] const ssize_t n = send(channel_.get(), text.data(), text.size(), MSG_NOSIGNAL);
}

int64_t Broker::Ask(bool agent, const char* what, const Endpoint& endpoint) {
  json::Value question;
  const int64_t id = next_question_++;
  question.Set("ask", id).Set("net", agent ? "agent" : "commands").Set("what", what).Set("host", endpoint.host).Set("port", int64_t{endpoint.port});
  SendJson(question);
  return id;
}

void Broker::Tell(const Flow& flow, const std::string& result) const {
  json::Value event;
  event.Set("event", "connection").Set("net", flow.agent ? "agent" : "commands").Set("host", flow.to.host).Set("port", int64_t{flow.to.port});
  if (!flow.meant.empty() && flow.meant != flow.to.host) event.Set("meant", flow.meant);
  event.Set("address", flow.address).Set("result", result);
  SendJson(event);
}

void Broker::Refuse(Flow& flow, const std::string& why) {
  Tell(flow, "refused: " + why);
  if (flow.proxy && flow.stage != Flow::Stage::kOpen && flow.inside.valid()) {
    const std::string say = flow.proxy->Denied(why);
    [[maybe_unused]] const ssize_t n = send(flow.inside.get(), say.data(), say.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    flow.inside.Reset(-1);  // not by a reset: the client should read why
  }
  Reset(flow.inside);
  Reset(flow.outside);
}

bool Broker::Accept(const Fd& listener, bool agent, const Route* route) {
  auto flow = std::make_unique<Flow>();
  flow->inside = Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!flow->inside.valid()) return false;
  flow->agent = agent;
  flow->since_ns = MonotonicNanos();
  if (route != nullptr) {
    flow->to = route->to;
    flow->by_person = flow->may_be_private = true;
    StartLookUp(*flow);
  } else {
    BeginIntercepted(*flow);
  }
  flows_.push_back(std::move(flow));
  return true;
}

void Broker::BeginIntercepted(Flow& flow) {
  const Meant meant = WhereMeant(flow.inside.get());
  flow.to.port = meant.port;
  flow.to.host = flow.meant = meant.ok ? AddressText(meant.address) : "?";
  if (!meant.ok) return Refuse(flow, "where it was meant to go is not known");
  if (ClassOf(meant.address) == AddressClass::kLoopback) {
    if (meant.port != kProxyPort) return Refuse(flow, "loopback of the sandbox");
    flow.proxy.emplace();
    flow.stage = Flow::Stage::kGreeting;
    return;
  }
  if (NameTable::IsOurs(meant.address)) {
    const std::string* name = names_.NameOf(meant.address);
    if (name == nullptr) return Refuse(flow, "an address that stands for no name");
    flow.to.host = *name;
    flow.check = StreamCheck(*name);
  }
  Decide(flow);
}

void Broker::Greet(Flow& flow) {
  if (!flow.out.Fill(flow.inside.get()) || flow.out.source_ended) return Reset(flow.inside);
  for (;;) {
    const ProxyGreeting::Answer answer = flow.proxy->Look(flow.out.pending());
    flow.out.Take(answer.take);
    if (!answer.say.empty() && send(flow.inside.get(), answer.say.data(), answer.say.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return Reset(flow.inside);
    if (answer.refused) return flow.inside.Reset(-1);
    if (!answer.ready) {
      if (answer.take == 0) return;
      continue;
    }
    flow.to = flow.proxy->where();
    const std::optional<in6_addr> literal = ParseAddress(flow.to.host);
    if (literal && NameTable::IsOurs(*literal)) {
      const std::string* name = names_.NameOf(*literal);
      if (name == nullptr) return Refuse(flow, "an address that stands for no name");
      flow.to.host = *name;
    }
    if (!ParseAddress(flow.to.host)) flow.check = StreamCheck(flow.to.host);
    return Decide(flow);
  }
}

void Broker::Decide(Flow& flow) {
  flow.stage = Flow::Stage::kAsking;
  asked_[Ask(flow.agent, "connect", flow.to)] = &flow;
}

void Broker::Receive() {
  char buffer[8192];
  iovec part{buffer, sizeof buffer};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 2)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = recvmsg(channel_.get(), &message, MSG_CMSG_CLOEXEC);
  if (n < 0 && errno == EINTR) return;
  if (n <= 0) {
    over_ = true;
    return;
  }
  std::vector<Fd> fds;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    for (size_t i = 0; i < (head->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  const Result<json::Value> value = json::Parse(std::string_view(buffer, static_cast<size_t>(n)));
  if (!value) return;
  if (value->Find("answer") != nullptr) OnAnswer(*value);
  if (value->Find("settle") != nullptr) OnSettle(*value);
  if (value->Find("publish") != nullptr) OnPublish(*value, std::move(fds));
}

void Broker::OnAnswer(const json::Value& message) {
  const int64_t id = message.Integer("answer", 0);
  const bool permit = message.Flag("permit");
  if (const auto query = queries_.find(id); query != queries_.end()) {
    const Query q = std::move(query->second);
    queries_.erase(query);
    const std::optional<uint32_t> address = permit ? names_.AddressFor(q.query.name) : std::nullopt;
    const std::string answer = address ? AnswerWith(q.query, *address) : AnswerNoSuchName(q.query);
    sendto(q.socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&q.from), q.from_size);
    return;
  }
  const auto found = asked_.find(id);
  if (found == asked_.end()) return;
  Flow& flow = *found->second;
  asked_.erase(found);
  flow.may_be_private = message.Flag("private");
  if (!permit) return Refuse(flow, std::string(message.Text("why")));
  StartLookUp(flow);
}

void Broker::OnSettle(const json::Value& message) {
  for (const BrokerNetwork& network : networks_) {
    for (const Fd& fd : network.connections) {
      while (FlowsOf(network.agent) < kMaxFlows && Accept(fd, network.agent, nullptr)) {
      }
    }
    for (const Fd& fd : network.names) {
      while (queries_.size() < kMaxQueries && OnQuery(fd, network.agent)) {
      }
    }
  }
  for (const auto& flow : flows_) {
    if (flow->stage == Flow::Stage::kGreeting && flow->inside.valid()) Greet(*flow);
  }
  json::Value event;
  event.Set("event", "settled").Set("settle", message.Integer("settle", 0));
  SendJson(event);
}

void Broker::OnPublish(const json::Value& message, std::vector<Fd> fds) {
  const int64_t port = message.Integer("publish", 0);
  if (fds.size() != 2 || port < 1 || port > 65535) return;
  auto flow = std::make_unique<Flow>();
  flow->inside = std::move(fds[0]);  // of the host: the side that began
  flow->outside = std::move(fds[1]);
  flow->by_person = true;
  flow->to = {"127.0.0.1", static_cast<uint16_t>(port)};
  flow->address = "127.0.0.1";
  flow->meant = "published";
  flow->since_ns = MonotonicNanos();
  flow->stage = Flow::Stage::kDialling;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(flow->outside.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) return Refuse(*flow, strerrordesc_np(errno));
  flows_.push_back(std::move(flow));
}

bool Broker::OnQuery(const Fd& socket, bool agent) {
  char bytes[1500];
  Query query;
  query.socket = socket.get();
  query.from_size = sizeof query.from;
  const ssize_t n = recvfrom(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&query.from), &query.from_size);
  if (n <= 0) return false;
  std::optional<NameQuery> read = ReadQuery(std::string_view(bytes, static_cast<size_t>(n)));
  if (!read) return true;
  query.query = *std::move(read);
  if (query.query.name.empty() || queries_.size() >= kMaxQueries) {
    const std::string answer = AnswerNoSuchName(query.query);
    sendto(query.socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&query.from), query.from_size);
    return true;
  }
  const int64_t id = Ask(agent, "name", {query.query.name, 0});
  queries_.emplace(id, std::move(query));
  return true;
}

void Broker::StartLookUp(Flow& flow) {
  if (const std::optional<in6_addr> literal = ParseAddress(flow.to.host)) {
    flow.addresses = {*literal};
    Dial(flow);
    return;
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return Refuse(flow, strerrordesc_np(errno));
  flow.lookup = Fd(ends[0]);
  const Fd writer(ends[1]);
  const pid_t child = fork();
  if (child == 0) LookUp(flow.to.host, writer.get());
  if (child < 0) return Refuse(flow, strerrordesc_np(errno));
  flow.stage = Flow::Stage::kLooking;
}

void Broker::OnLookUp(Flow& flow) {
  char bytes[sizeof(in6_addr) * kMaxAddresses];
  const ssize_t n = read(flow.lookup.get(), bytes, sizeof bytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0 && flow.looked_up.size() < sizeof bytes) {
    flow.looked_up.append(bytes, static_cast<size_t>(n));
    return;
  }
  flow.lookup.Reset(-1);
  for (size_t at = 0; at + sizeof(in6_addr) <= flow.looked_up.size(); at += sizeof(in6_addr)) {
    in6_addr address{};
    std::memcpy(&address, flow.looked_up.data() + at, sizeof address);
    flow.addresses.push_back(address);
  }
  if (flow.addresses.empty()) return Refuse(flow, "no address is known for the name");
  Dial(flow);
}

// Tries the addresses in order. The one that is checked is the one that is dialled: there is no second look-up.
bool Broker::Dial(Flow& flow) {
  std::string why = "no address";
  while (!flow.addresses.empty()) {
    const in6_addr address = flow.addresses.front();
    flow.addresses.erase(flow.addresses.begin());
    flow.address = AddressText(address);
    const AddressClass is = ClassOf(address);
    if (is != AddressClass::kPublic && !(flow.may_be_private && (is == AddressClass::kLoopback || is == AddressClass::kPrivate))) {
      why = "it leads to an address that is not public";
      continue;
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(flow.to.port);
    six.sin6_addr = address;
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(flow.to.port);
    std::memcpy(&four.sin_addr, &address.s6_addr[12], 4);
    const bool is_four = IN6_IS_ADDR_V4MAPPED(&address);
    flow.outside = Fd(socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* to = is_four ? reinterpret_cast<const sockaddr*>(&four) : reinterpret_cast<const sockaddr*>(&six);
    if (flow.outside.valid() && (connect(flow.outside.get(), to, is_four ? sizeof four : sizeof six) == 0 || errno == EINPROGRESS)) {
      flow.stage = Flow::Stage::kDialling;
      return true;
    }
    why = strerrordesc_np(errno);
  }
  Refuse(flow, why);
  return false;
}

void Broker::OnDialled(Flow& flow) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(flow.outside.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    if (!flow.addresses.empty()) {
      Dial(flow);
    } else {
      Refuse(flow, strerrordesc_np(error));
    }
    return;
  }
  if (flow.proxy) {
    const std::string say = flow.proxy->Opened();
    if (!say.empty() && send(flow.inside.get(), say.data(), say.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return Reset(flow.inside);
  }
  flow.stage = Flow::Stage::kOpen;
  Tell(flow, "open");
  Carry(flow, 0, 0);  // a proxy's client may have said all that it has to say
}

void Broker::Carry(Flow& flow, short inside, short outside) {
  const auto ready = [](short events) { return (events & (POLLIN | POLLHUP | POLLERR)) != 0; };
  bool ok = true;
  if (flow.out.wants() && ready(inside)) ok = flow.out.Fill(flow.inside.get());
  if (flow.in.wants() && ready(outside)) ok = ok && flow.in.Fill(flow.outside.get());
  if (ok && flow.out.pending().size() > flow.passed) {
    const StreamCheck::Answer answer = flow.check.Look(flow.out.pending().substr(flow.passed));
    if (!answer.refused.empty()) return Refuse(flow, answer.refused);
    flow.passed += answer.pass;
  }
  const size_t before = flow.out.pending().size();
  ok = ok && flow.out.Drain(flow.outside.get(), flow.passed) && flow.in.Drain(flow.inside.get(), flow.in.pending().size());
  flow.passed -= before - flow.out.pending().size();
  // What was held back when its sender ended never was a whole greeting.
  if (ok && flow.out.source_ended && flow.passed == 0 && !flow.out.sink_shut) {
    shutdown(flow.outside.get(), SHUT_WR);
    flow.out.sink_shut = true;
  }
  if (ok && flow.in.source_ended && flow.in.empty() && !flow.in.sink_shut) {
    shutdown(flow.inside.get(), SHUT_WR);
    flow.in.sink_shut = true;
  }
  const bool broken = ((inside | outside) & (POLLERR | POLLNVAL)) != 0;
  if (!ok || broken || (flow.out.sink_shut && flow.in.sink_shut)) {
    flow.inside.Reset(-1);
    flow.outside.Reset(-1);
  }
}

void Broker::Serve(Flow& flow, short inside, short other) {
  if (flow.stage != Flow::Stage::kOpen && MonotonicNanos() - flow.since_ns > kWithinNs) return Refuse(flow, "it took too long");
  switch (flow.stage) {
    case Flow::Stage::kGreeting:
      if (inside != 0) Greet(flow);
      break;
    case Flow::Stage::kAsking: break;
    case Flow::Stage::kLooking:
      if (other != 0) OnLookUp(flow);
      break;
    case Flow::Stage::kDialling:
      if (other != 0) OnDialled(flow);
      break;
    case Flow::Stage::kOpen: Carry(flow, inside, other); break;
  }
}

void Broker::Poll(std::vector<pollfd>& waiting) const {
  waiting.push_back({channel_.get(), POLLIN, 0});
  for (const BrokerNetwork& network : networks_) {
    const short room = FlowsOf(network.agent) < kMaxFlows ? POLLIN : 0;
    for (const Fd& fd : network.connections) waiting.push_back({fd.get(), room, 0});
    for (const Fd& fd : network.names) waiting.push_back({fd.get(), POLLIN, 0});
  }
  for (const Route& route : routes_) waiting.push_back({route.listener.get(), static_cast<short>(FlowsOf(route.agent) < kMaxFlows ? POLLIN : 0), 0});
  const auto wanted = [](const Pipe& from_here, size_t to_here) { return static_cast<short>((from_here.wants() ? POLLIN : 0) | (to_here > 0 ? POLLOUT : 0)); };
  // With nothing wanted the descriptor is left out: its hang-up would wake us for ever.
  const auto add = [&waiting](int fd, short events) { waiting.push_back({events == 0 ? -1 : fd, events, 0}); };
  for (const auto& flow : flows_) {
    const bool looking = flow->stage == Flow::Stage::kLooking;
    if (flow->stage == Flow::Stage::kOpen) {
      add(flow->inside.get(), wanted(flow->out, flow->in.pending().size()));
      add(flow->outside.get(), wanted(flow->in, flow->passed));
    } else {
      add(flow->inside.get(), flow->stage == Flow::Stage::kGreeting ? POLLIN : 0);
      add(looking ? flow->lookup.get() : flow->outside.get(), looking ? POLLIN : POLLOUT);
    }
  }
}

bool Broker::Turn() {
  std::vector<pollfd> waiting;
  Poll(waiting);
  const bool pending = std::any_of(flows_.begin(), flows_.end(), [](const auto& flow) { return flow->stage != Flow::Stage::kOpen; });
  if (poll(waiting.data(), waiting.size(), pending ? kSweepMs : -1) < 0) return errno == EINTR;
  size_t at = waiting.size() - 2 * flows_.size();
  for (auto& flow : flows_) {
    const short inside = waiting[at++].revents, other = waiting[at++].revents;
    Serve(*flow, inside, other);
  }
  if (waiting[0].revents != 0) Receive();
  at = 1;
  for (const BrokerNetwork& network : networks_) {
    for (const Fd& fd : network.connections) {
      if (waiting[at++].revents != 0) Accept(fd, network.agent, nullptr);
    }
    for (const Fd& fd : network.names) {
      if (waiting[at++].revents != 0) OnQuery(fd, network.agent);
    }
  }
  for (const Route& route : routes_) {
    if (waiting[at++].revents != 0) Accept(route.listener, route.agent, &route);
  }
  flows_.remove_if([this](const auto& flow) {
    if (flow->inside.valid()) return false;
    std::erase_if(asked_, [&flow](const auto& one) { return one.second == flow.get(); });
    return true;
  });
  return !over_;
}

}  // namespace

void RunBroker(std::vector<BrokerNetwork> networks, std::vector<Route> routes, Fd channel) {
  signal(SIGCHLD, SIG_IGN);  // children that looked names up are nobody's to wait for
  Broker(std::move(networks), std::move(routes), std::move(channel)).Run();
}

}  // namespace checkrein::egress
