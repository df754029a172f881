#include "monitor/ticket.h"

#include <stdlib.h>

#include <filesystem>

#include "base/fd.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

class TicketTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_ticket_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
    ticket_.id = NewTicketId();
    ticket_.expires_ms = 1000;
    ticket_.level = Level::kPlain;
    ticket_.command = "echo hi";
    ticket_.predicted = {"write:/x"};
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
  Ticket ticket_;
};

TEST_F(TicketTest, IsUsedOnce) {
  const TicketStore store(dir_ + "/tickets");
  ASSERT_TRUE(store.Put(ticket_));
  EXPECT_FALSE(store.Put(ticket_));
  const Result<Ticket> taken = store.Take(ticket_.id, 1000);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->command, "echo hi");
  EXPECT_EQ(taken->level, Level::kPlain);
  EXPECT_EQ(store.Take(ticket_.id, 1000).error().kind, Error::Kind::kDenied);
  EXPECT_TRUE(std::filesystem::is_empty(dir_ + "/tickets"));
}

TEST_F(TicketTest, ExpiresAndIsGoneThen) {
  const TicketStore store(dir_);
  ASSERT_TRUE(store.Put(ticket_));
  EXPECT_FALSE(store.Take(ticket_.id, 1001));
  EXPECT_FALSE(store.Take(ticket_.id, 1));
}

TEST_F(TicketTest, OnlyTicketNamesAreLookedUp) {
  const TicketStore store(dir_);
  ASSERT_TRUE(ReplaceFile(dir_ + "/x", ticket_.Encode(), 0600));
  for (const char* bad : {"x", "../x", "", "00000000000000000000000000000000"}) EXPECT_FALSE(store.Take(bad, 0)) << bad;
  // A file under another ticket's name is not that ticket.
  const std::string other = NewTicketId();
  ASSERT_TRUE(ReplaceFile(dir_ + "/" + other, ticket_.Encode(), 0600));
  EXPECT_FALSE(store.Take(other, 0));
}

TEST_F(TicketTest, EveryCutIsNoticed) {
  ticket_.scripts = {{"/s", "00"}};
  const std::string bytes = ticket_.Encode();
  ASSERT_TRUE(Ticket::Decode(bytes));
  for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(Ticket::Decode(bytes.substr(0, cut))) << cut;
}

TEST_F(TicketTest, AChangedScriptIsRefused) {
  const LiveWorld world = LiveWorld::OfThisProcess();
  const std::string script = std::filesystem::canonical(dir_).string() + "/s.sh";
  ASSERT_TRUE(ReplaceFile(script, "echo one", 0600));
  ticket_.scripts = BindScripts({script, "/nonexistent/x"}, world);
  EXPECT_TRUE(CheckScripts(ticket_, world));
  ASSERT_TRUE(ReplaceFile(script, "echo two", 0600));
  EXPECT_EQ(CheckScripts(ticket_, world).error().kind, Error::Kind::kDenied);
  ticket_.scripts = BindScripts({dir_ + "/later"}, world);
  ASSERT_TRUE(ReplaceFile(dir_ + "/later", "x", 0600));
  EXPECT_FALSE(CheckScripts(ticket_, world));
}

}  // namespace
}  // namespace checkrein::monitor
