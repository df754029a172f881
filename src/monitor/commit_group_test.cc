#include "monitor/commit_group.h"

#include <stdlib.h>

#include <filesystem>
#include <set>
#include <thread>

#include "audit/segment.h"
#include "audit/verify.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

namespace fs = std::filesystem;

// Counts flushes, and fails them when told.
class CountingDisk : public audit::Disk {
 public:
  int Sync(int) override {
    ++syncs;
    if (!failing) return 0;
    errno = EIO;
    return -1;
  }
  int syncs = 0;
  bool failing = false;
};

class CommitGroupTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_group_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string root_;
  CountingDisk disk_;
};

TEST_F(CommitGroupTest, EveryWriterGetsItsOwnRecordAndFewerFlushesThanRecords) {
  Result<audit::Log> log = audit::Log::Open(root_ + "/log", audit::Log::Mode::kAppend, disk_);
  ASSERT_TRUE(log);
  CommitGroup group(&*log);
  constexpr int kWriters = 32, kEach = 50;
  std::vector<std::vector<uint64_t>> indexes(kWriters);
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int n = 0; n < kEach; ++n) {
        const Result<uint64_t> index = group.Append("writer " + std::to_string(w) + " record " + std::to_string(n));
        if (index) indexes[static_cast<size_t>(w)].push_back(*index);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::set<uint64_t> all;
  for (int w = 0; w < kWriters; ++w) {
    const auto& mine = indexes[static_cast<size_t>(w)];
    ASSERT_EQ(mine.size(), size_t{kEach});
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    for (int n = 0; n < kEach; ++n) {
      all.insert(mine[static_cast<size_t>(n)]);
      EXPECT_EQ(*log->Read(mine[static_cast<size_t>(n)]), "writer " + std::to_string(w) + " record " + std::to_string(n));
    }
  }
  EXPECT_EQ(all.size(), size_t{kWriters * kEach});
  EXPECT_LE(disk_.syncs, kWriters * kEach + 8);
  ASSERT_TRUE(log->Publish());
  EXPECT_TRUE(audit::Verify(root_ + "/log", std::nullopt)->problems.empty());
}

TEST_F(CommitGroupTest, AFailedFlushRefusesAllThatWereInItAndTheNextGoesOn) {
  Result<audit::Log> log = audit::Log::Open(root_ + "/log", audit::Log::Mode::kAppend, disk_);
  ASSERT_TRUE(log);
  CommitGroup group(&*log);
  ASSERT_EQ(*group.Append("one"), 0u);
  disk_.failing = true;
  std::vector<std::thread> writers;
  std::atomic<int> refused = 0;
  for (int w = 0; w < 8; ++w) {
    writers.emplace_back([&] {
      if (!group.Append("lost")) ++refused;
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(refused, 8);
  disk_.failing = false;
  EXPECT_EQ(*group.Append("two"), 1u);
  EXPECT_EQ(group.Append("").error().kind, Error::Kind::kLimit);
  EXPECT_EQ(group.Append(std::string(70'000, 'x')).error().kind, Error::Kind::kLimit);
}

}  // namespace
}  // namespace checkrein::monitor
