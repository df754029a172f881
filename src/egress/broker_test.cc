#include "egress/broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "gtest/gtest.h"

// With listeners of the host: what interception adds is tried by sandbox/session_test.cc, and all of it together by tests/network/run.

namespace checkrein::egress {
namespace {

struct Loopback {
  Fd fd;
  uint16_t port = 0;
};

Loopback Listen() {
  Loopback l;
  l.fd = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(l.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(l.fd.get(), 8), 0);
  socklen_t size = sizeof address;
  getsockname(l.fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  l.port = ntohs(address.sin_port);
  return l;
}

Fd Connect(uint16_t port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// A broker in a child process, ended by closing the channel; this side is the supervisor.
class BrokerTest : public testing::Test {
 protected:
  void Start(const Endpoint& to) {
    Loopback route = Listen(), intercepted = Listen();
    route_ = route.port;
    intercepted_ = intercepted.port;
    int channel[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
    child_ = fork();
    if (child_ == 0) {
      close(channel[0]);
      std::vector<Route> routes;
      routes.push_back({std::move(route.fd), to, true});
      std::vector<BrokerNetwork> networks(1);
      fcntl(intercepted.fd.get(), F_SETFL, O_NONBLOCK);
      networks[0].connections.push_back(std::move(intercepted.fd));
      RunBroker(std::move(networks), std::move(routes), Fd(channel[1]));
      _exit(0);
    }
    close(channel[1]);
    channel_ = Fd(channel[0]);
  }
  void TearDown() override {
    channel_.Reset(-1);
    if (child_ > 0) {
      int status = 0;
      waitpid(child_, &status, 0);
      EXPECT_EQ(status, 0);
    }
  }
  json::Value Message() {
    char text[4096];
    const ssize_t n = recv(channel_.get(), text, sizeof text, 0);
    Result<json::Value> value = json::Parse(std::string_view(text, n > 0 ? static_cast<size_t>(n) : 0));
    return value ? *value : json::Value();
  }
  uint16_t route_ = 0, intercepted_ = 0;
  pid_t child_ = -1;
  Fd channel_;
};

TEST_F(BrokerTest, CarriesBytesBothWaysAndTheEndOfEach) {
  const Loopback target = Listen();
  Start({"127.0.0.1", target.port});
  const Fd client = Connect(route_);
  const Fd served(accept(target.fd.get(), nullptr, nullptr));
  std::string received;
  const pid_t reader = fork();
  if (reader == 0) _exit(ReadAll(served.get(), 1 << 22)->size() == 3'000'000 && WriteAll(served.get(), "answer") ? 0 : 1);
  ASSERT_TRUE(WriteAll(client.get(), std::string(3'000'000, 'q')));
  shutdown(client.get(), SHUT_WR);
  char answer[6];
  EXPECT_EQ(recv(client.get(), answer, sizeof answer, MSG_WAITALL), 6);
  int status = 1;
  waitpid(reader, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(Message().Text("result"), "open");
}

TEST_F(BrokerTest, LinkLocalIsRefusedEvenWhenWrittenOut) {
  Start({"169.254.169.254", 80});
  const Fd client = Connect(route_);
  char c;
  EXPECT_LE(read(client.get(), &c, 1), 0);
  EXPECT_TRUE(Message().Text("result").starts_with("refused"));
}

TEST_F(BrokerTest, NobodyAtTheTargetEndsTheConnection) {
  Loopback closed = Listen();
  const uint16_t nobody = closed.port;
  closed.fd.Reset(-1);
  Start({"127.0.0.1", nobody});
  const Fd client = Connect(route_);
  char c;
  EXPECT_LE(read(client.get(), &c, 1), 0);
  EXPECT_TRUE(Message().Text("result").starts_with("refused"));
}

TEST_F(BrokerTest, AConnectionToLoopbackThatIsNotTheProxyIsRefusedUnasked) {
  Start({"127.0.0.1", 1});
  const Fd client = Connect(intercepted_);
  char c;
  EXPECT_LE(read(client.get(), &c, 1), 0);
  const json::Value event = Message();
  EXPECT_EQ(event.Text("event"), "connection");
  EXPECT_EQ(event.Text("result"), "refused: loopback of the sandbox");
}

TEST_F(BrokerTest, PublishedPortsLeadInside) {
  const Loopback inside = Listen();
  Start({"127.0.0.1", 1});
  const Loopback outside = Listen();
  const Fd client = Connect(outside.port);
  const Fd accepted(accept4(outside.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const Fd socket_of_session(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string text = "{\"publish\":" + std::to_string(inside.port) + "}";
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
  const int fds[] = {accepted.get(), socket_of_session.get()};
  memcpy(CMSG_DATA(head), fds, sizeof fds);
  ASSERT_EQ(sendmsg(channel_.get(), &message, 0), static_cast<ssize_t>(text.size()));
  const Fd served(accept(inside.fd.get(), nullptr, nullptr));
  ASSERT_TRUE(WriteAll(served.get(), "hello"));
  char hello[5];
  EXPECT_EQ(recv(client.get(), hello, sizeof hello, MSG_WAITALL), 5);
}

}  // namespace
}  // namespace checkrein::egress
