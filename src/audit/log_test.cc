#include "audit/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_log_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    dir_ = root_ + "/log";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  Log Append() {
    Result<Log> log = Log::Open(dir_, Log::Mode::kAppend);
    EXPECT_TRUE(log) << log.error().text;
    return std::move(log).take();
  }
  std::string root_, dir_;
};

std::string Record(uint64_t i) { return "record " + std::to_string(i) + std::string(i * 37 % 400, 'r'); }

TEST_F(LogTest, AppendsAndReadsBackAcrossOpens) {
  for (uint64_t i = 0; i < 20; ++i) {
    Log log = Append();
    ASSERT_EQ(log.size(), i);
    const Result<uint64_t> index = log.Append(Record(i));
    ASSERT_TRUE(index) << index.error().text;
    EXPECT_EQ(*index, i);
  }
  const Result<Log> log = Log::Open(dir_, Log::Mode::kRead);
  ASSERT_TRUE(log) << log.error().text;
  EXPECT_EQ(log->size(), 20u);
  for (uint64_t i = 20; i-- > 0;) EXPECT_EQ(*log->Read(i), Record(i));
  EXPECT_EQ(log->Read(20).error().kind, Error::Kind::kNotFound);
}

TEST_F(LogTest, HoldsEverySizeOfRecord) {
  Log log = Append();
  EXPECT_EQ(log.Append("").error().kind, Error::Kind::kLimit);
  EXPECT_EQ(log.Append(std::string(kMaxRecordBytes + 1, 'x')).error().kind, Error::Kind::kLimit);
  std::vector<std::string> records;
  for (const size_t bytes : {1u, 7u, 8u, 9u, 1000u, 65'534u, 65'535u, 65'535u, 65'535u, 30'000u, 2u}) records.push_back(std::string(bytes, static_cast<char>(bytes)));
  records.push_back(std::string(40'000, '\0'));
  for (size_t i = 0; i < records.size(); ++i) ASSERT_EQ(*log.Append(records[i]), i);
  const Log again = Append();
  ASSERT_EQ(again.size(), records.size());
  for (size_t i = 0; i < records.size(); ++i) EXPECT_EQ(*again.Read(i), records[i]);
  EXPECT_EQ(again.Root(), log.Root());
}

TEST_F(LogTest, TwoAppendersSeeEachOther) {
  Log a = Append();
  Log b = Append();
  for (uint64_t i = 0; i < 300; ++i) {
    Log& log = i % 3 == 0 ? a : b;
    const Result<uint64_t> index = log.Append(Record(i));
    ASSERT_TRUE(index) << index.error().text;
    ASSERT_EQ(*index, i);
  }
  ASSERT_TRUE(a.Refresh());
  ASSERT_EQ(a.size(), 300u);
  EXPECT_EQ(a.Root(), b.Root());
  for (uint64_t i = 0; i < 300; ++i) ASSERT_EQ(*a.Read(i), Record(i));
}

TEST_F(LogTest, BatchesEqualSingles) {
  Log log = Append();
  std::vector<std::string> records;
  for (uint64_t i = 0; i < 700; ++i) records.push_back(Record(i));
  ASSERT_EQ(*log.Append(records[0]), 0u);
  ASSERT_EQ(*log.AppendAll(std::vector<std::string_view>(records.begin() + 1, records.begin() + 400)), 1u);
  ASSERT_EQ(*log.AppendAll({}), 400u);
  ASSERT_EQ(*log.AppendAll(std::vector<std::string_view>(records.begin() + 400, records.end())), 400u);
  RightEdge edge;
  for (const std::string& record : records) edge.Append(LeafHash(record));
  EXPECT_EQ(log.Root(), edge.Root());
  const Log again = Append();
  for (uint64_t i = 0; i < 700; ++i) ASSERT_EQ(*again.Read(i), records[i]);
  EXPECT_EQ(again.Root(), edge.Root());
}

TEST_F(LogTest, FillsSeveralSegments) {
  Log log = Append();
  const std::string big(60'000, 'b');
  std::vector<std::string> records;
  for (uint64_t i = 0; i < 900; ++i) records.push_back(big + std::to_string(i));
  for (size_t i = 0; i < 900; i += 100) ASSERT_TRUE(log.AppendAll(std::vector<std::string_view>(records.begin() + static_cast<ptrdiff_t>(i), records.begin() + static_cast<ptrdiff_t>(i) + 100)));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/segment/000000000003"));
  Log again = Append();
  ASSERT_EQ(again.size(), 900u);
  for (const uint64_t i : {899u, 0u, 450u, 256u, 255u, 127u, 128u, 640u, 639u}) EXPECT_EQ(*again.Read(i), records[i]);
  for (uint64_t i = 0; i < 900; ++i) ASSERT_EQ(*again.Read(i), records[i]);
  EXPECT_EQ(*again.Append("next"), 900u);
}

TEST_F(LogTest, CheckpointIsASignedNote) {
  Log log = Append();
  const Result<VerifierKey> key = VerifierKey::Parse(log.Vkey());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->name, log.origin());
  for (uint64_t size = 0; size < 5; ++size) {
    const Result<Note> note = ParseNote(log.CheckpointNote());
    ASSERT_TRUE(note) << note.error().text;
    EXPECT_TRUE(VerifyNote(*note, *key).ok());
    const Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->size, size);
    EXPECT_EQ(checkpoint->root, log.Root());
    EXPECT_EQ(checkpoint->origin, log.origin());
    ASSERT_TRUE(log.Append(Record(size)));
  }
}

TEST_F(LogTest, FilesBelongToTheOwnerOnly) {
  Log log = Append();
  ASSERT_TRUE(log.Append("x"));
  struct stat info{};
  for (const auto& [name, mode] : {std::pair{"", 0700u}, {"/key", 0600u}, {"/segment", 0700u}, {"/segment/000000000000", 0600u}, {"/lock", 0600u}}) {
    ASSERT_EQ(stat((dir_ + name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, mode) << name;
  }
  ASSERT_EQ(chmod((dir_ + "/key").c_str(), 0640), 0);
  EXPECT_EQ(Log::Open(dir_, Log::Mode::kAppend).error().kind, Error::Kind::kDenied);
  EXPECT_TRUE(Log::Open(dir_, Log::Mode::kRead)) << "readers need no private key";
}

TEST_F(LogTest, RefusesWithoutItsKey) {
  {
    Log log = Append();
    ASSERT_TRUE(log.Append("x"));
  }
  const std::string key = dir_ + "/key";
  std::filesystem::rename(key, root_ + "/key");
  EXPECT_EQ(Log::Open(dir_, Log::Mode::kAppend).error().kind, Error::Kind::kInvalid);
  // Another log's key, its public half too: the last head is not by it.
  const std::string other = root_ + "/other";
  ASSERT_TRUE(Log::Open(other, Log::Mode::kAppend));
  std::filesystem::rename(other + "/key", key);
  EXPECT_EQ(Log::Open(dir_, Log::Mode::kAppend).error().kind, Error::Kind::kInvalid);
  std::filesystem::rename(other + "/vkey", dir_ + "/vkey");
  EXPECT_EQ(Log::Open(dir_, Log::Mode::kAppend).error().kind, Error::Kind::kInvalid);
  EXPECT_EQ(Log::Open(dir_, Log::Mode::kRead).error().kind, Error::Kind::kInvalid);
}

TEST_F(LogTest, ReadingNeedsALog) {
  EXPECT_EQ(Log::Open(dir_, Log::Mode::kRead).error().kind, Error::Kind::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(dir_));
  (void)Append();
  Result<Log> log = Log::Open(dir_, Log::Mode::kRead);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->size(), 0u);
  EXPECT_EQ(log->Append("x").error().kind, Error::Kind::kDenied);
  EXPECT_EQ(log->Publish().error().kind, Error::Kind::kDenied);
}

TEST_F(LogTest, PublishesTilesAsTheSpecificationNamesThem) {
  Log log = Append();
  std::vector<std::string> records;
  for (uint64_t i = 0; i < 513; ++i) records.push_back(Record(i));
  ASSERT_TRUE(log.AppendAll(std::vector<std::string_view>(records.begin(), records.begin() + 100)));
  ASSERT_TRUE(log.Publish());
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/tile/0/000.p/100"));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/tile/entries/000.p/100"));
  for (uint64_t i = 100; i < 513; ++i) ASSERT_TRUE(log.Append(records[i]));
  ASSERT_TRUE(log.Publish());
  for (const char* name : {"tile/0/000", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001", "tile/entries/002.p/1"}) {
    EXPECT_TRUE(std::filesystem::exists(dir_ + "/" + name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/tile/0/000.p")) << "a partial tile goes when the full one is there";
  EXPECT_EQ(std::filesystem::file_size(dir_ + "/tile/0/000"), 8192u);
}

}  // namespace
}  // namespace checkrein::audit
