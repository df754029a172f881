#include "monitor/channel.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "base/clock.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

struct Pair {
  Pair() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    a = Fd(fds[0]);
    b = Fd(fds[1]);
  }
  Fd a, b;
};

int64_t Soon() { return MonotonicNanos() + 2'000'000'000; }

TEST(Channel, BytesAndDescriptors) {
  Pair p;
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  const Fd reader(pipe_fds[0]);
  Fd writer(pipe_fds[1]);
  ASSERT_TRUE(SendMessage(p.a.get(), "hello", {writer.get()}));
  writer.Reset(-1);
  Result<Message> message = ReceiveMessage(p.b.get(), Soon());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->bytes, "hello");
  ASSERT_EQ(message->fds.size(), 1u);
  ASSERT_TRUE(WriteAll(message->fds[0].get(), "x"));
  message->fds.clear();
  EXPECT_EQ(*ReadAll(reader.get(), 8), "x");
}

TEST(Channel, TwoMessagesInOneReadStayTwo) {
  Pair p;
  ASSERT_TRUE(SendMessage(p.a.get(), "one", {}));
  ASSERT_TRUE(SendMessage(p.a.get(), "two", {}));
  Receiver receiver(p.b.get());
  ASSERT_EQ(*receiver.Feed(), Receiver::State::kMessage);
  EXPECT_EQ(receiver.Take().bytes, "one");
  ASSERT_TRUE(receiver.HasMessage());
  EXPECT_EQ(receiver.Take().bytes, "two");
  EXPECT_FALSE(receiver.HasMessage());
}

// Its last close would wait for an hour: the test ends by its time limit when somebody closes it so.
TEST(Channel, ANetworkConnectionIsNotTakenAndItsOwnerCannotMakeUsWait) {
  const Fd server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(server.get(), reinterpret_cast<const sockaddr*>(&address), size) + listen(server.get(), 1), 0);
  ASSERT_EQ(getsockname(server.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  const std::string bytes(65536, 'x');
  while (send(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
  const linger hour{1, 3600};
  ASSERT_EQ(setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &hour, sizeof hour), 0);
  Pair p;
  ASSERT_TRUE(SendMessage(p.a.get(), "exec", {client.get()}));
  client.Reset(-1);  // the message holds it
  Receiver receiver(p.b.get());
  const Result<Receiver::State> state = receiver.Feed();
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().kind, Error::Kind::kLimit);
}

TEST(Channel, ALyingLengthEndsTheConversation) {
  Pair p;
  ASSERT_TRUE(WriteAll(p.a.get(), std::string("\xff\xff\xff\xff", 4)));
  Receiver receiver(p.b.get());
  EXPECT_EQ(*receiver.Feed(), Receiver::State::kMore);
  p.a.Reset(-1);
  EXPECT_EQ(*receiver.Feed(), Receiver::State::kClosed);
}

TEST(Channel, TooManyDescriptorsEndTheConversation) {
  Pair p;
  ASSERT_TRUE(SendMessage(p.a.get(), "a", {0, 1, 2}));
  ASSERT_TRUE(SendMessage(p.a.get(), "b", {0, 1, 2}));
  Receiver receiver(p.b.get());
  ASSERT_EQ(*receiver.Feed(), Receiver::State::kMessage);
  EXPECT_EQ(receiver.Feed().error().kind, Error::Kind::kLimit);
}

TEST(Channel, WaitsNoLongerThanToldTo) {
  Pair p;
  EXPECT_EQ(ReceiveMessage(p.b.get(), MonotonicNanos() + 5'000'000).error().kind, Error::Kind::kLimit);
}

TEST(Channel, SocketByPath) {
  char name[] = "/tmp/checkrein_channel_XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const std::string path = std::string(name) + "/s";
  EXPECT_FALSE(ConnectTo(path));
  const Result<Fd> server = ListenAt(path);
  ASSERT_TRUE(server);
  const Result<Fd> client = ConnectTo(path);
  ASSERT_TRUE(client);
  EXPECT_FALSE(ListenAt(std::string(200, 'x')));
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace checkrein::monitor
