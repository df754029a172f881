#include "audit/prove.h"

#include <unistd.h>

#include <filesystem>

#include "audit/checkpoint.h"
#include "audit/log.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

class ProveTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_prove_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    dir_ = root_ + "/log";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Fill(uint64_t size) {
    Result<Log> log = Log::Open(dir_, Log::Mode::kAppend);
    ASSERT_TRUE(log);
    std::vector<std::string> records;
    for (uint64_t i = log->size(); i < size; ++i) records.push_back(Record(i));
    ASSERT_TRUE(log->AppendAll(std::vector<std::string_view>(records.begin(), records.end())));
    ASSERT_TRUE(log->Publish());
  }
  VerifierKey Key() { return *VerifierKey::Parse(Log::Open(dir_, Log::Mode::kRead)->Vkey()); }
  static std::string Record(uint64_t i) { return "record " + std::to_string(i); }
  std::string root_, dir_;
};

TEST_F(ProveTest, RecordsOfLogsOfManySizes) {
  for (const uint64_t size : {1u, 2u, 3u, 255u, 256u, 257u, 700u}) {
    std::filesystem::remove_all(dir_);
    Fill(size);
    const VerifierKey key = Key();
    for (uint64_t index = 0; index < size; index += size / 7 + 1) {
      const Result<std::string> proof = ProveRecord(dir_, index);
      ASSERT_TRUE(proof) << proof.error().text;
      const Result<Proved> proved = CheckProof(*proof, Record(index), key);
      ASSERT_TRUE(proved) << proved.error().text;
      EXPECT_EQ(proved->index, index);
      EXPECT_EQ(proved->size, size);
      EXPECT_FALSE(CheckProof(*proof, Record(index + 1), key));
    }
    EXPECT_EQ(ProveRecord(dir_, size).error().kind, Error::Kind::kNotFound);
  }
}

TEST_F(ProveTest, AChangedProofProvesNothing) {
  Fill(300);
  const VerifierKey key = Key();
  const std::string good = *ProveRecord(dir_, 260);
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_FALSE(CheckProof(bad, Record(260), key)) << at;
    EXPECT_FALSE(CheckProof(good.substr(0, at), Record(260), key)) << at;
  }
  const VerifierKey stranger = NoteSigner::Make(key.name, Sha256("other")).verifier();
  EXPECT_EQ(CheckProof(good, Record(260), stranger).error().kind, Error::Kind::kNotFound);
}

TEST_F(ProveTest, ExtensionsSatisfyAWitness) {
  Fill(100);
  const Result<Checkpoint> old = ParseCheckpointBody(ParseNote(Log::Open(dir_, Log::Mode::kRead)->CheckpointNote())->text);
  ASSERT_TRUE(old);
  Fill(600);
  const Result<Log> log = Log::Open(dir_, Log::Mode::kRead);
  const Result<std::vector<Digest>> proof = ProveExtension(dir_, 100);
  ASSERT_TRUE(proof) << proof.error().text;
  EXPECT_TRUE(VerifyConsistency(100, old->root, 600, log->Root(), *proof));
  EXPECT_LE(proof->size(), 63u) << "what a witness takes";
  EXPECT_TRUE(ProveExtension(dir_, 600)->empty());
  EXPECT_FALSE(ProveExtension(dir_, 601));
}

TEST_F(ProveTest, DamagedTilesGiveNoProof) {
  Fill(300);
  std::filesystem::resize_file(dir_ + "/tile/0/000", 8191);
  EXPECT_EQ(ProveRecord(dir_, 10).error().kind, Error::Kind::kInvalid);
  std::filesystem::remove(dir_ + "/checkpoint");
  EXPECT_EQ(ProveRecord(dir_, 1).error().kind, Error::Kind::kNotFound);
}

}  // namespace
}  // namespace checkrein::audit
