#include "egress/forward.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "gtest/gtest.h"

namespace checkrein::egress {
namespace {

TEST(Endpoint, Parse) {
  EXPECT_EQ(ParseEndpoint("API.Example.:8443", 443)->host, "api.example");
  EXPECT_EQ(ParseEndpoint("api.example", 443)->port, 443);
  EXPECT_EQ(ParseEndpoint("[::1]:80", 443)->host, "::1");
  for (const char* bad : {"", ":1", "a:", "a:0", "a:65536", "a:1x", "u@h:1", "a b:1", "[::1", "[x]:1", "a..b:1", ".a:1", "a/b:1"}) EXPECT_FALSE(ParseEndpoint(bad, 443)) << bad;
  EXPECT_FALSE(ParseEndpoint(std::string_view("a\0.b:1", 6), 443));
  EXPECT_FALSE(ParseEndpoint("a", 0));
}

TEST(Endpoint, OfUrl) {
  EXPECT_EQ(EndpointOfUrl("https://api.example/v1?x")->port, 443);
  EXPECT_EQ(EndpointOfUrl("http://127.0.0.1:18080")->port, 18080);
  EXPECT_FALSE(EndpointOfUrl("ftp://x"));
  EXPECT_FALSE(EndpointOfUrl("https://ok.example@evil.example/"));
}

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

// A forwarder in a child process, ended by closing its stop pipe.
class ForwardTest : public testing::Test {
 protected:
  void Start(const std::string& host, uint16_t target_port) {
    Loopback inside = Listen();
    port_ = inside.port;
    int stop[2], events[2];
    ASSERT_EQ(pipe2(stop, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(events, O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      close(stop[1]);
      std::vector<Route> routes;
      routes.push_back({std::move(inside.fd), host, target_port});
      Forward(std::move(routes), Fd(stop[0]), Fd(events[1]));
      _exit(0);
    }
    close(stop[0]);
    close(events[1]);
    stop_ = Fd(stop[1]);
    events_ = Fd(events[0]);
  }
  void TearDown() override {
    stop_.Reset(-1);
    if (child_ > 0) {
      int status = 0;
      waitpid(child_, &status, 0);
      EXPECT_EQ(status, 0);
    }
  }
  std::string Event() {
    std::string line;
    char c;
    while (read(events_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
  }
  uint16_t port_ = 0;
  pid_t child_ = -1;
  Fd stop_, events_;
};

TEST_F(ForwardTest, CarriesBytesBothWaysAndTheEndOfEach) {
  const Loopback target = Listen();
  Start("127.0.0.1", target.port);
  const Fd client = Connect(port_);
  const Fd served(accept(target.fd.get(), nullptr, nullptr));
  ASSERT_TRUE(WriteAll(client.get(), std::string(300'000, 'q')));
  shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(ReadAll(served.get(), 1 << 20)->size(), 300'000u);
  ASSERT_TRUE(WriteAll(served.get(), "answer"));
  shutdown(served.get(), SHUT_WR);
  EXPECT_EQ(*ReadAll(client.get(), 64), "answer");
  EXPECT_EQ(json::Parse(Event())->Text("result"), "open");
}

TEST_F(ForwardTest, LinkLocalIsRefusedEvenWhenWrittenOut) {
  Start("169.254.169.254", 80);
  const Fd client = Connect(port_);
  EXPECT_EQ(*ReadAll(client.get(), 64), "");
  EXPECT_TRUE(json::Parse(Event())->Text("result").starts_with("refused"));
}

TEST_F(ForwardTest, ANobodyAtTheTargetEndsTheConnection) {
  Loopback closed = Listen();
  const uint16_t nobody = closed.port;
  closed.fd.Reset(-1);
  Start("127.0.0.1", nobody);
  const Fd client = Connect(port_);
  char c;
  EXPECT_LE(read(client.get(), &c, 1), 0);
  EXPECT_TRUE(json::Parse(Event())->Text("result").starts_with("refused"));
}

}  // namespace
}  // namespace checkrein::egress
