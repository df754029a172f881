#include "monitor/ticket.h"

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

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
  ASSERT_TRUE(store.Put(ticket_, 1));
  const Result<Ticket> taken = store.Take(ticket_.id, 1000);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->command, "echo hi");
  EXPECT_EQ(taken->level, Level::kPlain);
  EXPECT_EQ(store.Take(ticket_.id, 1000).error().kind, Error::Kind::kDenied);
}

TEST_F(TicketTest, OfManyTakersOneHasIt) {
  const TicketStore store(dir_);
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    ticket_.id = NewTicketId();
    ids.push_back(ticket_.id);
    ASSERT_TRUE(store.Put(ticket_, 1));
  }
  std::atomic<int> taken = 0;
  std::vector<std::jthread> takers;
  for (int t = 0; t < 4; ++t)
    takers.emplace_back([&] {
      for (const std::string& id : ids) taken += store.Take(id, 2).ok() ? 1 : 0;
    });
  takers.clear();
  EXPECT_EQ(taken, 50);
}

TEST_F(TicketTest, ExpiresAndIsGoneThen) {
  const TicketStore store(dir_);
  ASSERT_TRUE(store.Put(ticket_, 1));
  EXPECT_FALSE(store.Take(ticket_.id, 1001));
  EXPECT_FALSE(store.Take(ticket_.id, 1));
}

TEST_F(TicketTest, IsFoundInTheNextPeriodAndItsFileRemovedLater) {
  const TicketStore store(dir_);
  const int64_t late = kTicketLifeMs - 1;
  ticket_.expires_ms = late + kTicketLifeMs;
  ASSERT_TRUE(store.Put(ticket_, late));
  Ticket other = ticket_;
  other.id = NewTicketId();
  ASSERT_TRUE(store.Put(other, late + 10));
  EXPECT_TRUE(store.Take(ticket_.id, late + 20));
  ASSERT_TRUE(ReplaceFile(dir_ + "/" + NewTicketId(), "as earlier versions kept them", 0600));
  other.id = NewTicketId();
  ASSERT_TRUE(store.Put(other, 2 * kTicketLifeMs + 1));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_), {}), 2);
}

// Whatever a writer that was killed left behind its last whole ticket is written over, and what is damaged runs nothing.
TEST_F(TicketTest, ABrokenOffTicketIsWrittenOver) {
  const TicketStore store(dir_);
  ASSERT_TRUE(store.Put(ticket_, 1));
  const std::string path = dir_ + "/0";
  const Result<std::string> whole = ReadFile(path, 1 << 20);
  ASSERT_TRUE(whole);
  ASSERT_TRUE(ReplaceFile(path, *whole + whole->substr(16, 70), 0600));
  Ticket next = ticket_;
  next.id = NewTicketId();
  ASSERT_TRUE(store.Put(next, 1));
  EXPECT_TRUE(store.Take(next.id, 2));
  EXPECT_TRUE(store.Take(ticket_.id, 2));
  for (size_t cut = 1; cut < whole->size(); cut += 7) {
    ASSERT_TRUE(ReplaceFile(path, whole->substr(0, cut), 0600));
    EXPECT_FALSE(store.Take(ticket_.id, 2)) << cut;
  }
}

TEST_F(TicketTest, OnlyTicketIdsAreLookedUp) {
  const TicketStore store(dir_);
  ASSERT_TRUE(store.Put(ticket_, 1));
  for (const char* bad : {"x", "../x", "", "0", "00000000000000000000000000000000"}) EXPECT_FALSE(store.Take(bad, 1)) << bad;
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
