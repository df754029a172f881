// What the log does when it is cut off: torn writes, kills, full and read-only disks, failing system calls.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "audit/log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void Spill(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// Does not wait for the device: what is tested is what is written, not when.
class QuietDisk : public Disk {
 public:
  int Sync(int) override { return 0; }
};

class FaultTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_fault_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    dir_ = root_ + "/log";
    segment_ = dir_ + "/segment/000000000000";
  }
  void TearDown() override { fs::remove_all(root_); }
  Result<Log> Open() { return Log::Open(dir_, Log::Mode::kAppend, disk_); }
  void ExpectGood(uint64_t size) {
    const Result<Verification> found = Verify(dir_, std::nullopt);
    ASSERT_TRUE(found) << found.error().text;
    EXPECT_THAT(found->problems, IsEmpty());
    EXPECT_EQ(found->size, size);
    EXPECT_EQ(found->dropped_tail_bytes, 0u);
  }
  QuietDisk disk_;
  std::string root_, dir_, segment_;
};

// At every byte of the last two frames: cut there, zero from there, noise from there.
TEST_F(FaultTest, RecoversFromATornTailAtEveryByte) {
  std::vector<size_t> ends;  // of each frame in the file
  std::string written;
  {
    Result<Log> log = Open();
    ASSERT_TRUE(log);
    for (const size_t bytes : {100u, 20u, 300u, 8u, 60u}) {
      const std::string before = Slurp(segment_);
      ASSERT_TRUE(log->Append(std::string(bytes, 'r')));
      if (ends.size() == 2) {
        ASSERT_TRUE(log->Publish());
      }
      ends.push_back(Slurp(segment_).find_last_not_of('\0') + 1);
      // A signature may end in zero bytes; frames end at multiples of eight.
      ends.back() = (ends.back() + 7) / 8 * 8;
    }
    written = Slurp(segment_);
  }
  std::mt19937 random(7);
  for (size_t cut = ends[2]; cut < ends[4]; ++cut) {
    std::string zeroed = written;
    std::fill(zeroed.begin() + static_cast<ptrdiff_t>(cut), zeroed.end(), '\0');
    std::string noise = written;
    for (size_t i = cut; i < ends[4]; ++i) noise[i] = static_cast<char>(random());
    for (const std::string& torn : {written.substr(0, cut), zeroed, noise}) {
      uint64_t whole = 3;  // a signature may end in zeros, which zeroing leaves as they were
      while (whole < 5 && torn.size() >= ends[whole] && torn.compare(0, ends[whole], written, 0, ends[whole]) == 0) ++whole;
      Spill(segment_, torn);
      Result<Log> log = Open();
      ASSERT_TRUE(log) << cut << ": " << log.error().text;
      ASSERT_EQ(log->size(), whole) << cut;
      ASSERT_EQ(*log->Append("after"), whole);
      ExpectGood(whole + 1);
      ASSERT_EQ(*log->Read(whole), "after");
      if (HasFailure()) FAIL() << "cut at " << cut;
    }
  }
}

// Sectors of a frame that reach the disk in any order: each subset of them missing.
TEST_F(FaultTest, RecoversFromMissingSectors) {
  size_t begin = 0;
  {
    Result<Log> log = Open();
    ASSERT_TRUE(log);
    ASSERT_TRUE(log->Append("first"));
    begin = (Slurp(segment_).find_last_not_of('\0') + 8) / 8 * 8;
    ASSERT_TRUE(log->Append(std::string(2500, 'r')));
  }
  const std::string written = Slurp(segment_);
  for (unsigned missing = 1; missing < 64; ++missing) {
    std::string torn = written;
    for (size_t sector = 0; sector < 6; ++sector) {
      if ((missing >> sector & 1) == 0) continue;
      for (size_t i = std::max(begin, sector * 512); i < (sector + 1) * 512; ++i) torn[i] = '\0';
    }
    Spill(segment_, torn);
    const Result<Verification> found = Verify(dir_, std::nullopt);
    ASSERT_TRUE(found);
    EXPECT_THAT(found->problems, IsEmpty()) << "a torn write is no damage: " << missing;
    Result<Log> log = Open();
    ASSERT_TRUE(log) << log.error().text;
    const uint64_t size = log->size();
    EXPECT_EQ(size, 1u);
    ASSERT_TRUE(log->Append("after"));
    ExpectGood(size + 1);
  }
}

TEST_F(FaultTest, DamageBeforeAGoodRecordIsNoTear) {
  {
    Result<Log> log = Open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log->Append("record " + std::to_string(i)));
  }
  const std::string good = Slurp(segment_);
  for (size_t at = 0; at < good.find("record 3"); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    Spill(segment_, bad);
    Result<Log> log = Open();
    // Opening looks at the end only. What it does see it refuses; it never drops a good record.
    if (log) {
      EXPECT_EQ(log->size(), 5u) << at;
    } else {
      EXPECT_EQ(log.error().kind, Error::Kind::kInvalid) << at;
    }
    EXPECT_FALSE(Verify(dir_, std::nullopt)->problems.empty()) << at;
  }
}

TEST_F(FaultTest, ATornBatchLosesOnlyItsEnd) {
  const std::vector<std::string_view> batch(40, "a record of some length, so that frames and sectors do not coincide");
  {
    Result<Log> log = Open();
    ASSERT_TRUE(log->Append("first"));
    ASSERT_TRUE(log->AppendAll(batch));
  }
  const std::string written = Slurp(segment_);
  for (size_t sector = 1; sector * 512 < written.find_last_not_of('\0'); ++sector) {
    std::string torn = written;
    std::fill_n(torn.begin() + static_cast<ptrdiff_t>(sector * 512), 512, '\0');  // the sectors behind it are there
    Spill(segment_, torn);
    Result<Log> log = Open();
    ASSERT_TRUE(log) << log.error().text;
    ASSERT_LT(log->size(), 41u);
    const uint64_t size = log->size();
    ASSERT_TRUE(log->Append("after"));
    ExpectGood(size + 1);
  }
}

// Records of more than a sector, over more than a chunk: a hole may leave every header, and the last frame, in place.
// What stands whole before it, up to a signed head, stays: it was never acknowledged, and may be found.
TEST_F(FaultTest, AHoleInABatchLosesTheBatchFromThereOn) {
  const std::string record(1500, 'r');
  const std::vector<std::string_view> batch(120, record);
  {
    Result<Log> log = Open();
    ASSERT_TRUE(log->Append("first"));
    ASSERT_TRUE(log->AppendAll(batch));
  }
  const std::string written = Slurp(segment_);
  for (size_t sector = 1; sector * 512 < written.find_last_not_of('\0'); sector += 7) {
    std::string torn = written;
    std::fill_n(torn.begin() + static_cast<ptrdiff_t>(sector * 512), 512, '\0');
    if (torn == written) continue;
    Spill(segment_, torn);
    EXPECT_THAT(Verify(dir_, std::nullopt)->problems, IsEmpty()) << "a torn write is no damage: " << sector;
    Result<Log> log = Open();
    ASSERT_TRUE(log) << log.error().text;
    const uint64_t kept = log->size();
    ASSERT_EQ((kept - 1) % kSignedEach, 0u) << sector;
    ASSERT_LT(kept, 121u) << sector;
    if (kept > 1) {
      ASSERT_EQ(*log->Read(kept - 1), record) << sector;
    }
    ASSERT_TRUE(log->Append("after"));
    ExpectGood(kept + 1);
  }
}

// Fails from the `after`th call on, as often as told.
class FailingDisk : public QuietDisk {
 public:
  enum class Way { kNone, kNoSpace, kShort, kSync, kSyncForEver };
  ssize_t Write(int fd, std::string_view bytes, uint64_t offset) override {
    if (way == Way::kNoSpace) {
      way = Way::kNone;
      errno = ENOSPC;
      return -1;
    }
    if (way == Way::kShort) {
      way = Way::kNone;
      return Disk::Write(fd, bytes.substr(0, bytes.size() / 3), offset);
    }
    return Disk::Write(fd, bytes, offset);
  }
  int Sync(int) override {
    if (way != Way::kSync && way != Way::kSyncForEver) return 0;
    if (way == Way::kSync) way = Way::kNone;
    errno = EIO;
    return -1;
  }
  Way way = Way::kNone;
};

TEST_F(FaultTest, AFailedCallAcknowledgesNothingAndTheLogGoesOn) {
  using Way = FailingDisk::Way;
  FailingDisk disk;
  Result<Log> log = Log::Open(dir_, Log::Mode::kAppend, disk);
  ASSERT_TRUE(log);
  uint64_t size = 0;
  for (int round = 0; round < 300; ++round) {
    for (const Way way : {Way::kNone, Way::kNoSpace, Way::kShort, Way::kSync, Way::kSyncForEver}) {
      disk.way = way;
      const std::string record = "round " + std::to_string(round) + std::string(static_cast<size_t>(round) * 7 % 900, 'x');
      const Result<uint64_t> index = log->Append(record);
      disk.way = Way::kNone;
      if (way == Way::kNone) {
        ASSERT_TRUE(index) << index.error().text;
        ASSERT_EQ(*index, size++);
      } else {
        ASSERT_FALSE(index);
        ASSERT_EQ(index.error().kind, Error::Kind::kIo);
        ASSERT_EQ(log->size(), size);
      }
    }
    if (round % 50 == 0) ExpectGood(size);
  }
  ExpectGood(size);
}

// Runs `body` in a child of its own mount namespace with a tmpfs on `mount_point`; false when that is not permitted here.
template <typename Body>
bool InSmallDisk(const std::string& mount_point, Body body) {
  fs::create_directories(mount_point);
  const pid_t pid = fork();
  if (pid == 0) {
    if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", mount_point.c_str(), "tmpfs", 0, "size=512k") != 0) {
      _exit(77);
    }
    body();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return false;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  return true;
}

TEST_F(FaultTest, AFullDiskDeniesAndTheLogGoesOnWhenThereIsRoom) {
  const std::string disk = root_ + "/disk";
  const bool ran = InSmallDisk(disk, [&] {
    const std::string directory = disk + "/log";
    const std::string ballast(200 << 10, 'b');  // more than a chunk, which is what a file grows by
    Spill(disk + "/ballast", ballast);
    uint64_t size = 0;
    Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
    ASSERT_TRUE(log) << log.error().text;
    const std::string record(3000, 'r');
    Result<uint64_t> index = uint64_t{0};
    while ((index = log->Append(record))) ++size;
    EXPECT_GT(size, 50u);
    EXPECT_EQ(index.error().kind, Error::Kind::kIo) << index.error().text;
    EXPECT_THAT(index.error().text, testing::HasSubstr("No space left"));
    EXPECT_EQ(log->size(), size);
    EXPECT_FALSE(Log::Open(directory, Log::Mode::kAppend)->Append(record)) << "in a new process, too";
    EXPECT_FALSE(Log::Open(disk + "/other", Log::Mode::kAppend).ok() && Log::Open(disk + "/other", Log::Mode::kAppend)->Append(record).ok());
    EXPECT_THAT(Verify(directory, std::nullopt)->problems, IsEmpty());
    EXPECT_EQ(Verify(directory, std::nullopt)->size, size);
    fs::remove(disk + "/ballast");
    index = log->Append(record);
    ASSERT_TRUE(index) << index.error().text;
    EXPECT_EQ(*index, size);
    EXPECT_THAT(Verify(directory, std::nullopt)->problems, IsEmpty());
    EXPECT_EQ(*log->Read(size), record);
  });
  if (!ran) GTEST_SKIP() << "no mount namespace here: NOT PROVED that a really full disk denies";
}

TEST_F(FaultTest, AReadOnlyDiskRefusesAppendersAndServesReaders) {
  const std::string disk = root_ + "/disk";
  const bool ran = InSmallDisk(disk, [&] {
    const std::string directory = disk + "/log";
    {
      Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
      ASSERT_TRUE(log && log->Append("one"));
    }
    ASSERT_EQ(mount("none", disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    const Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().kind, Error::Kind::kDenied);
    EXPECT_THAT(log.error().text, testing::HasSubstr("must be writable"));
    EXPECT_EQ(Log::Open(disk + "/other", Log::Mode::kAppend).ok(), false);
    EXPECT_EQ(*Log::Open(directory, Log::Mode::kRead)->Read(0), "one");
    EXPECT_THAT(Verify(directory, std::nullopt)->problems, IsEmpty());
  });
  if (!ran) GTEST_SKIP() << "no mount namespace here: NOT PROVED that a read-only disk refuses appenders";
}

TEST_F(FaultTest, ARemovedLogDeniesWhoeverHeldItOpen) {
  Result<Log> log = Open();
  ASSERT_TRUE(log && log->Append("one"));
  fs::remove_all(dir_);
  const Result<uint64_t> index = log->Append("written nowhere");
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, Error::Kind::kIo) << index.error().text;
}

TEST_F(FaultTest, AFileSizeLimitDenies) {
  const pid_t pid = fork();
  if (pid == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    Result<Log> log = Open();
    uint64_t size = 0;
    while (log && log->Append(std::string(3000, 'r'))) ++size;
    _exit(log && size > 30 && size < 70 && log->size() == size ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  Result<Log> log = Open();
  ASSERT_TRUE(log);
  const uint64_t size = log->size();
  ASSERT_TRUE(log->Append("after")) << "the limit was the child's";
  ExpectGood(size + 1);
}

std::string RecordOf(int writer, int number) { return "writer " + std::to_string(writer) + " record " + std::to_string(number) + std::string(static_cast<size_t>(number) * 131 % 3000, 'x'); }

// Children append and tell what was acknowledged; each is killed without warning while it goes on. Nothing acknowledged is missing.
TEST_F(FaultTest, KillsLoseNothingAcknowledged) {
  std::mt19937 random(11);
  struct Acknowledged {
    uint64_t index;
    std::string record;
  };
  std::vector<Acknowledged> all;
  constexpr int kWriters = 3;
  for (int round = 0; round < 12; ++round) {
    int pipes[kWriters];
    pid_t pids[kWriters];
    for (int w = 0; w < kWriters; ++w) {
      int ends[2];
      ASSERT_EQ(pipe(ends), 0);
      pids[w] = fork();
      if (pids[w] == 0) {
        for (int n = 0;; ++n) {
          Result<Log> log = Open();
          const Result<uint64_t> index = log ? log->Append(RecordOf(round * kWriters + w, n)) : Result<uint64_t>(log.error());
          if (!index || write(ends[1], &*index, sizeof(uint64_t)) != sizeof(uint64_t)) _exit(1);
        }
      }
      close(ends[1]);
      pipes[w] = ends[0];
    }
    for (int w = 0; w < kWriters; ++w) {
      const int wanted = static_cast<int>(random() % 12);
      uint64_t index = 0;
      int n = 0;
      for (; n < wanted; ++n) {
        ASSERT_EQ(read(pipes[w], &index, sizeof index), static_cast<ssize_t>(sizeof index));
        all.push_back({index, RecordOf(round * kWriters + w, n)});
      }
      kill(pids[w], SIGKILL);
      int status = 0;
      waitpid(pids[w], &status, 0);
      EXPECT_TRUE(WIFSIGNALED(status)) << "a writer gave up by itself";
      for (; read(pipes[w], &index, sizeof index) == static_cast<ssize_t>(sizeof index); ++n) all.push_back({index, RecordOf(round * kWriters + w, n)});
      close(pipes[w]);
    }
    Result<Verification> found = Verify(dir_, std::nullopt);
    ASSERT_TRUE(found) << found.error().text;
    if (!fs::exists(dir_ + "/checkpoint") && !found->problems.empty()) {
      // Killed in the middle of the first publication: tiles without a checkpoint are reported until the next publication mends them.
      ASSERT_THAT(found->problems, ElementsAre("checkpoint: missing or bad, but there are tiles"));
      Result<Log> mended = Open();
      ASSERT_TRUE(mended && mended->Publish());
      found = Verify(dir_, std::nullopt);
      ASSERT_TRUE(found) << found.error().text;
    }
    ASSERT_THAT(found->problems, IsEmpty()) << round;
  }
  const Result<Log> log = Open();
  ASSERT_TRUE(log);
  EXPECT_GT(all.size(), 30u);
  for (const Acknowledged& a : all) EXPECT_EQ(*log->Read(a.index), a.record);
}

TEST_F(FaultTest, SixteenProcessesAtOnce) {
  constexpr int kWriters = 16, kEach = 20;
  std::vector<pid_t> pids;
  for (int w = 0; w < kWriters; ++w) {
    pids.push_back(fork());
    if (pids.back() != 0) continue;
    for (int n = 0; n < kEach; ++n) {
      Result<Log> log = Open();
      if (!log || !log->Append(RecordOf(w, n))) _exit(1);
    }
    _exit(0);
  }
  for (const pid_t pid : pids) {
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  ExpectGood(kWriters * kEach);
  Result<Log> log = Open();
  std::vector<int> next(kWriters, 0);  // every writer's records are there once and in its order
  for (uint64_t i = 0; i < kWriters * kEach; ++i) {
    const std::string record = *log->Read(i);
    const int writer = std::stoi(record.substr(7));
    EXPECT_EQ(record, RecordOf(writer, next[static_cast<size_t>(writer)]++));
  }
}

}  // namespace
}  // namespace checkrein::audit
