#include "audit/witness.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "audit/checkpoint.h"
#include "audit/log.h"
#include "audit/prove.h"
#include "audit/verify.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class WitnessTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_witness_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    dir_ = root_ + "/log";
  }
  void TearDown() override { fs::remove_all(root_); }
  Witness Open() {
    Result<Witness> witness = Witness::Open(root_ + "/witness", "witness.example/w1");
    EXPECT_TRUE(witness) << witness.error().text;
    return std::move(witness).take();
  }
  // Appends `count` records, publishes; the checkpoint.
  std::string Grow(const std::string& directory, uint64_t count) {
    Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
    EXPECT_TRUE(log) << log.error().text;
    for (uint64_t i = 0; i < count; ++i) EXPECT_TRUE(log->Append("record " + std::to_string(log->size()) + directory));
    EXPECT_TRUE(log->Publish());
    return log->CheckpointNote();
  }
  VerifierKey Key() { return *VerifierKey::Parse(Log::Open(dir_, Log::Mode::kRead)->Vkey()); }
  std::string Request(uint64_t old_size, const std::string& note) { return WitnessRequest(old_size, *ProveExtension(dir_, old_size), note); }
  std::string root_, dir_;
};

TEST_F(WitnessTest, SignsWhatExtendsAndNothingElse) {
  const std::string ten = Grow(dir_, 10);
  Witness witness = Open();
  EXPECT_EQ(witness.AddCheckpoint(Request(0, ten), 100).status, 404) << "a log it was not told about";
  ASSERT_TRUE(witness.Trust(Key()));
  EXPECT_TRUE(witness.Trust(Key())) << "twice is once";

  WitnessAnswer answer = witness.AddCheckpoint(Request(0, ten), 100);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Result<Note> note = ParseNote(ten + answer.body);
  ASSERT_TRUE(note) << note.error().text;
  EXPECT_EQ(*VerifyCosignature(*note, witness.verifier()), 100u);

  // The same again, for a later time.
  EXPECT_EQ(witness.AddCheckpoint(WitnessRequest(10, {}, ten), 200).status, 200);
  // From a size that it does not know: told which it knows.
  answer = witness.AddCheckpoint(Request(0, ten), 300);
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body, "10\n");
  EXPECT_STREQ(answer.type, "text/x.tlog.size");

  const std::string fork = root_ + "/fork";
  fs::copy(dir_, fork, fs::copy_options::recursive);
  const std::string fourteen = Grow(dir_, 4);
  answer = witness.AddCheckpoint(Request(10, fourteen), 400);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(witness.Latest(HexEncode(Sha256(Key().name))).body, HasSubstr("\n14\n"));

  // Rolled back to ten, told otherwise, signed by the log's own key.
  const std::string other = Grow(fork, 4);
  EXPECT_EQ(witness.AddCheckpoint(WitnessRequest(14, {}, other), 500).status, 422) << "same size, another tree";
  const std::string longer = Grow(fork, 3);
  EXPECT_EQ(witness.AddCheckpoint(WitnessRequest(14, *ProveExtension(fork, 14), longer), 500).status, 422);
  EXPECT_EQ(witness.AddCheckpoint(WitnessRequest(10, *ProveExtension(fork, 10), longer), 500).status, 409);
  EXPECT_EQ(witness.AddCheckpoint(WitnessRequest(14, {}, ten), 500).status, 400) << "the old size above the new";

  // What it signed last survives it, and a cosigned checkpoint anchors the log.
  Witness again = Open();
  EXPECT_EQ(again.verifier(), witness.verifier());
  EXPECT_EQ(again.AddCheckpoint(Request(0, fourteen), 600).status, 409);
  const std::string cosigned = again.Latest(HexEncode(Sha256(Key().name))).body;
  Verification found = *Verify(dir_, VerifyOptions{std::nullopt, {cosigned}, {again.verifier().Text()}});
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_EQ(found.anchored_size, 14u);
  ASSERT_EQ(found.cosigned.size(), 1u);
  EXPECT_EQ(found.cosigned[0].unix_seconds, 400u);
  fs::remove_all(dir_);
  fs::rename(fork, dir_);
  found = *Verify(dir_, VerifyOptions{std::nullopt, {cosigned}, {again.verifier().Text()}});
  ASSERT_FALSE(found.problems.empty());
  EXPECT_THAT(found.problems[0], HasSubstr("signed for another tree of 14 records"));
}

TEST_F(WitnessTest, RefusesWhatIsMalformedOrNotSigned) {
  const std::string ten = Grow(dir_, 10);
  Witness witness = Open();
  ASSERT_TRUE(witness.Trust(Key()));
  const std::string good = Request(0, ten);
  for (const std::string& bad : std::vector<std::string>{"", "old", "old -1\n\n" + ten, "old 00\n\n" + ten, "old 0\n" + ten, "old 0\n\n", "new 0\n\n" + ten,
                                 "old 0\nAAAA\n\n" + ten, "old 9223372036854775808\n\n" + ten, "old 0\n\n" + ten.substr(0, ten.size() - 1)}) {
    EXPECT_EQ(witness.AddCheckpoint(bad, 1).status, 400) << bad;
  }
  std::string hashes = "old 0\n";
  for (int i = 0; i < 64; ++i) hashes += Base64Encode(Digest{}) + "\n";
  EXPECT_EQ(witness.AddCheckpoint(hashes + "\n" + ten, 1).status, 400);
  // Every byte of the request changed: never signed, unless the change is to nothing that is signed.
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_NE(witness.AddCheckpoint(bad, 1).status, 200) << at;
  }
  const NoteSigner stranger = NoteSigner::Make(Key().name, Sha256("stranger"));
  const std::string body = ParseNote(ten)->text;
  EXPECT_EQ(witness.AddCheckpoint(WitnessRequest(0, {}, SignedNote(body, {stranger.SignatureLine(body)})), 1).status, 403);
  EXPECT_FALSE(witness.Trust(stranger.verifier())) << "one key for one origin";
  EXPECT_EQ(witness.Latest("..").status, 404);
  EXPECT_EQ(witness.Latest(std::string(64, '0')).status, 404);
}

TEST_F(WitnessTest, WhatItKeptDamagedIsNoNewBeginning) {
  const std::string ten = Grow(dir_, 10);
  Witness witness = Open();
  ASSERT_TRUE(witness.Trust(Key()));
  ASSERT_EQ(witness.AddCheckpoint(Request(0, ten), 1).status, 200);
  const std::string kept = root_ + "/witness/log/" + HexEncode(Sha256(Key().name)) + "/checkpoint";
  std::ofstream(kept) << "nonsense";
  EXPECT_EQ(witness.AddCheckpoint(Request(0, ten), 2).status, 500);
  ASSERT_EQ(chmod((root_ + "/witness/key").c_str(), 0644), 0);
  EXPECT_EQ(Witness::Open(root_ + "/witness", "").error().kind, Error::Kind::kDenied);
  ASSERT_EQ(chmod((root_ + "/witness/key").c_str(), 0600), 0);
  EXPECT_FALSE(Witness::Open(root_ + "/witness", "another.example"));
  EXPECT_FALSE(Witness::Open(root_ + "/new", "")) << "a new key needs a name";
}

}  // namespace
}  // namespace checkrein::audit
