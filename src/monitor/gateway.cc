#include "monitor/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/clock.h"
#include "sandbox/confine.h"

namespace checkrein::monitor {
namespace {

constexpr int kAtATime = 64;  // messages before others get their turn

// Which descriptor is what, as one argument of the broker's command line: "c7" and "C8" are listeners of the commands' and the agent's network,
// "n9" and "N9" their name sockets, "r10=a.example:443" and "R11=..." routes.
char Letter(char letter, bool agent) { return agent ? static_cast<char>(letter - 'a' + 'A') : letter; }

struct BrokerStart {
  std::vector<std::string> words = {"checkrein-net", kBrokerWord};
  std::vector<int> kept;  // sorted
  std::vector<char*> argv;
};

BrokerStart StartOf(const std::vector<egress::BrokerNetwork>& networks, const std::vector<egress::Route>& routes, const Fd& channel) {
  BrokerStart start;
  const auto add = [&start](char letter, const Fd& fd, const std::string& rest) {
    start.words.push_back(letter + std::to_string(fd.get()) + rest);
    start.kept.push_back(fd.get());
  };
  add('x', channel, "");
  for (const egress::BrokerNetwork& network : networks) {
    for (const Fd& fd : network.connections) add(Letter('c', network.agent), fd, "");
    for (const Fd& fd : network.names) add(Letter('n', network.agent), fd, "");
  }
  for (const egress::Route& route : routes) add(Letter('r', route.agent), route.listener, "=" + route.to.host + ":" + std::to_string(route.to.port));
  std::sort(start.kept.begin(), start.kept.end());
  for (std::string& word : start.words) start.argv.push_back(word.data());
  start.argv.push_back(nullptr);
  return start;
}

// Between fork and exec: system calls only. Nothing of ours goes along but these descriptors: neither the log nor the key nor a socket by which somebody
// could approve; and by the exec, nothing of our memory, where the signing key is.
[[noreturn]] void ExecBroker(const BrokerStart& start) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);  // the supervisor ends it, not the person's key
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  unsigned from = 3;
  for (const int fd : start.kept) {
    const auto next = static_cast<unsigned>(fd);
    if (next > from) close_range(from, next - 1, 0);
    fcntl(fd, F_SETFD, 0);
    from = std::max(from, next + 1);
  }
  close_range(from, ~0u, 0);
  char* environment[] = {nullptr};
  execve("/proc/self/exe", start.argv.data(), environment);
  _exit(127);  // the supervisor's end of the channel is closed by that: a session without a network
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::Start(sandbox::Session& session, const Plan& plan, Callbacks callbacks) {
  std::unique_ptr<Gateway> gateway(new Gateway());
  gateway->session_ = &session;
  gateway->callbacks_ = std::move(callbacks);
  std::vector<Fd> listeners = session.TakeListeners();
  if (listeners.size() != plan.routes.size()) return Error{Error::Kind::kInternal, "session: listeners are missing"};
  std::vector<egress::Route> routes;
  for (size_t i = 0; i < listeners.size(); ++i) {
    routes.push_back({std::move(listeners[i]), plan.routes[i].second, plan.routes[i].first.reach == sandbox::Reach::kAgentNetwork});
  }
  std::vector<egress::BrokerNetwork> networks;
  for (const sandbox::Reach reach : {sandbox::Reach::kCommandNetwork, sandbox::Reach::kAgentNetwork}) {
    sandbox::NetworkSockets sockets = session.TakeNetwork(reach);
    gateway->every_port_ = gateway->every_port_ && sockets.every_port;
    networks.push_back({std::move(sockets.connections), std::move(sockets.names), reach == sandbox::Reach::kAgentNetwork});
  }
  int channel[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0) return SystemError("socket", errno);
  gateway->channel_ = Fd(channel[0]);
  Fd theirs(channel[1]);
  fcntl(channel[0], F_SETFL, O_NONBLOCK);
  const BrokerStart start = StartOf(networks, routes, theirs);
  const pid_t pid = fork();
  if (pid < 0) return SystemError("fork", errno);
  if (pid == 0) ExecBroker(start);
  gateway->pid_ = pid;
  if (Status published = gateway->Publish(plan.published); !published) return published.error();
  return gateway;
}

int RunBrokerProcess(const std::vector<std::string>& words) {
  prctl(PR_SET_NAME, "checkrein-net");
  prctl(PR_SET_DUMPABLE, 0);
  std::vector<egress::BrokerNetwork> networks(2);
  networks[1].agent = true;
  std::vector<egress::Route> routes;
  Fd channel;
  for (const std::string& word : words) {
    int number = -1;
    const char* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data() + std::min<size_t>(1, word.size()), end, number);
    if (error != std::errc() || number < 3 || fcntl(number, F_SETFD, FD_CLOEXEC) != 0) return 1;
    Fd fd(number);
    const bool agent = word[0] >= 'A' && word[0] <= 'Z';
    egress::BrokerNetwork& network = networks[agent ? 1 : 0];
    switch (word[0]) {
      case 'x': channel = std::move(fd); break;
      case 'c':
      case 'C': network.connections.push_back(std::move(fd)); break;
      case 'n':
      case 'N': network.names.push_back(std::move(fd)); break;
      case 'r':
      case 'R': {
        const auto to = rest != end && *rest == '=' ? egress::ParseAuthority({rest + 1, end}, 0) : std::nullopt;
        if (!to) return 1;
        routes.push_back({std::move(fd), *to, agent});
        break;
      }
      default: return 1;
    }
  }
  // It reads hostile bytes: it may not trace, mount, load or make namespaces.
  if (!channel.valid() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox::InstallProgramFilter() != 0) return 1;
  egress::RunBroker(std::move(networks), std::move(routes), std::move(channel));
  return 0;
}

Gateway::~Gateway() {
  channel_.Reset(-1);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

Status Gateway::Publish(const std::vector<uint16_t>& ports) {
  for (const uint16_t port : ports) {
    Published one{Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), port};
    const int on = 1;
    setsockopt(one.listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(one.listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(one.listener.get(), SOMAXCONN) != 0) {
      return Error{Error::Kind::kInvalid, "--publish " + std::to_string(port) + ": " + strerrordesc_np(errno)};
    }
    published_.push_back(std::move(one));
  }
  return Done{};
}

std::vector<int> Gateway::fds() const {
  std::vector<int> out = {channel_.get()};
  for (const Published& one : published_) out.push_back(one.listener.get());
  return out;
}

void Gateway::Answer(const json::Value& question) {
  ConnectionQuestion q;
  q.agent = question.Text("net") == "agent";
  q.host = question.Text("host");
  const int64_t port = question.Integer("port", -1);
  if (port < 0 || port > 65535) return;
  q.port = static_cast<uint16_t>(port);
  const ConnectionAnswer answer = callbacks_.may(q);
  json::Value reply;
  reply.Set("answer", question.Integer("ask", 0)).Set("permit", answer.permit).Set("private", answer.may_be_private).Set("why", answer.why);
  const std::string text = reply.Dump();
  [[maybe_unused]] const ssize_t n = send(channel_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  if (!answer.permit && q.port == 0) {
    json::Value event;
    event.Set("net", q.agent ? "agent" : "commands").Set("host", q.host).Set("port", 0).Set("address", "").Set("result", "refused: " + answer.why);
    callbacks_.happened(event);
  }
}

void Gateway::Serve() {
  char buffer[16384];
  for (int i = 0; i < kAtATime && channel_.valid(); ++i) {
    const ssize_t n = recv(channel_.get(), buffer, sizeof buffer, 0);
    if (n < 0) break;
    if (n == 0) {
      channel_.Reset(-1);  // the broker is gone, and the network with it
      break;
    }
    const Result<json::Value> message = json::Parse(std::string_view(buffer, static_cast<size_t>(n)));
    if (!message) continue;
    if (message->Find("ask") != nullptr) {
      Answer(*message);
    } else if (message->Text("event") == "settled") {
      settled_ = message->Integer("settle", 0);
    } else if (message->Text("event") == "connection") {
      json::Value event;
      for (const auto& [key, value] : *message->object()) {
        if (key != "event") event.Set(key, value);
      }
      callbacks_.happened(event);
    }
  }
  for (size_t i = 0; i < published_.size(); ++i) OnPublished(i);
}

// Two rounds: in the first one the questions come, and are answered; what became of them was told when the second is over.
void Gateway::Settle() {
  const int64_t deadline_ns = MonotonicNanos() + int64_t{kSettleMs} * 1'000'000;
  for (int round = 0; round < 2 && channel_.valid(); ++round) {
    const std::string text = "{\"settle\":" + std::to_string(++settles_) + "}";
    if (send(channel_.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
    while (channel_.valid() && settled_ < settles_) {
      const int64_t left_ns = deadline_ns - MonotonicNanos();
      pollfd answer{channel_.get(), POLLIN, 0};
      if (left_ns <= 0 || poll(&answer, 1, static_cast<int>(left_ns / 1'000'000) + 1) < 0) return Serve();
      Serve();
    }
  }
  Serve();
}

void Gateway::OnPublished(size_t index) {
  const Fd outside(accept4(published_[index].listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!outside.valid() || !channel_.valid()) return;
  const Result<Fd> inside = session_->Socket(sandbox::Reach::kCommandNetwork);
  if (!inside) return;
  const std::string text = "{\"publish\":" + std::to_string(published_[index].port) + "}";
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 2)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int) * 2);
  const int fds[] = {outside.get(), inside->get()};
  std::memcpy(CMSG_DATA(head), fds, sizeof fds);
  [[maybe_unused]] const ssize_t n = sendmsg(channel_.get(), &message, MSG_NOSIGNAL);
}

}  // namespace checkrein::monitor
