#include "audit/verify.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/log.h"
#include "audit/segment.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void Spill(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class VerifyTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_verify_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    dir_ = root_ + "/log";
  }
  void TearDown() override { fs::remove_all(root_); }
  Log Open() {
    Result<Log> log = Log::Open(dir_, Log::Mode::kAppend);
    EXPECT_TRUE(log) << log.error().text;
    return std::move(log).take();
  }
  // Appends `count` records in batches and publishes.
  void Fill(uint64_t count) {
    Log log = Open();
    std::vector<std::string> records;
    for (uint64_t i = 0; i < count; ++i) records.push_back(Record(log.size() + i));
    ASSERT_TRUE(log.AppendAll(std::vector<std::string_view>(records.begin(), records.end())));
    ASSERT_TRUE(log.Publish());
  }
  static std::string Record(uint64_t i) { return "{\"n\":" + std::to_string(i) + "}"; }
  Verification Check() { return Check({}); }
  Verification Check(const VerifyOptions& options) {
    Result<Verification> found = Verify(dir_, options);
    EXPECT_TRUE(found) << found.error().text;
    return std::move(found).take();
  }
  std::string root_, dir_;
};

TEST_F(VerifyTest, GoodLogsOfManySizes) {
  for (const uint64_t size : {0u, 1u, 2u, 255u, 256u, 257u, 511u, 512u, 1500u}) {
    fs::remove_all(dir_);
    Fill(size);
    const Verification found = Check();
    EXPECT_THAT(found.problems, IsEmpty()) << size;
    EXPECT_EQ(found.size, size);
    EXPECT_EQ(found.published_size, size);
    EXPECT_EQ(found.root, Open().Root());
    EXPECT_EQ(found.dropped_tail_bytes, 0u);
  }
}

TEST_F(VerifyTest, AppendedButNotPublished) {
  Fill(300);
  Log log = Open();
  for (uint64_t i = 300; i < 320; ++i) ASSERT_TRUE(log.Append(Record(i)));
  const Verification found = Check();
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_EQ(found.size, 320u);
  EXPECT_EQ(found.published_size, 300u);
}

// Every byte of every file that Verify reads, in turn. Of the chunk's slack, which is zero, a sample.
TEST_F(VerifyTest, FindsEverySingleByteChange) {
  Fill(3);  // one partial tile
  { Log log = Open(); ASSERT_TRUE(log.Append("behind the checkpoint")); }
  size_t flips = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir_)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(dir_);
    if (name == "key") continue;  // Verify does not read it; Open does, below
    const std::string path = entry.path();
    const std::string good = Slurp(path);
    const size_t used = good.find_last_not_of('\0') + 1;
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    for (size_t at = 0; at < good.size(); at += at < used + 64 ? 1 : 509) {
      for (const char mask : {'\x01', '\x80', '\xff'}) {
        const char bad = static_cast<char>(good[at] ^ mask);
        ASSERT_EQ(pwrite(fd, &bad, 1, static_cast<off_t>(at)), 1);
        ASSERT_FALSE(Check().problems.empty()) << name << " byte " << at;
        ++flips;
      }
      ASSERT_EQ(pwrite(fd, &good[at], 1, static_cast<off_t>(at)), 1);
    }
    close(fd);
  }
  EXPECT_GT(flips, 3'000u);
  EXPECT_THAT(Check().problems, IsEmpty());
}

TEST_F(VerifyTest, AChangedKeyFileIsRefused) {
  Fill(1);
  const std::string good = Slurp(dir_ + "/key");
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    Spill(dir_ + "/key", bad);
    ASSERT_FALSE(Log::Open(dir_, Log::Mode::kAppend)) << at;
  }
}

// Somebody who has read this source repairs every checksum and every right edge, but has no key: the segment's bytes with record `which` of
// `total` altered.
template <typename Alter>
std::string Rewritten(std::string bytes, uint64_t total, uint64_t which, const Alter& alter) {
  RightEdge edge;
  for (size_t at = 0, chunk = 0; edge.size() < total;) {
    const Result<Frame> frame = DecodeFrame(std::string_view(bytes).substr(at));
    if (!frame) {
      at = ++chunk * kChunkBytes;
      continue;
    }
    std::string record(frame->record);
    if (edge.size() == which) record = alter(record);
    edge.Append(LeafHash(record));
    const std::string written = EncodeFrame(frame->header.write_position, record, edge, frame->signature);
    bytes.replace(at, written.size(), written);
    at += written.size();
  }
  return bytes;
}

std::string OneBitOther(std::string record) {
  record[record.size() - 2] ^= 1;
  return record;
}

TEST_F(VerifyTest, NamesTheFirstRewrittenRecord) {
  Fill(1500);
  const Verification good = Check();
  const std::string path = dir_ + "/segment/000000000000";
  const std::string before = Slurp(path);
  for (const uint64_t changed : {0u, 17u, 255u, 256u, 700u, 1498u, 1499u}) {
    Spill(path, Rewritten(before, 1500, changed, OneBitOther));
    const Verification found = Check();
    ASSERT_FALSE(found.problems.empty());
    EXPECT_THAT(found.problems[0], HasSubstr("record " + std::to_string(changed) + ":")) << "by its tile, though 1500 were written together";
    const uint64_t first = changed / kSignedEach * kSignedEach, last = std::min<uint64_t>(first + kSignedEach, 1500) - 1;
    EXPECT_EQ(found.size, first) << "as far as the last signed head before it";
    fs::rename(dir_ + "/tile", dir_ + "/tile.kept");
    fs::rename(dir_ + "/checkpoint", dir_ + "/checkpoint.kept");
    EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("record " + std::to_string(first) + ": or one of those up to " + std::to_string(last) + ", which have one head: it is not signed"))) << "without tiles no more is known";
    fs::rename(dir_ + "/tile.kept", dir_ + "/tile");
    fs::rename(dir_ + "/checkpoint.kept", dir_ + "/checkpoint");
  }
}

TEST_F(VerifyTest, NamesTheFirstRewrittenOfRecordsThatCameAloneOrAFewTogether) {
  {
    Log log = Open();
    for (int i = 0; i < 252; ++i) ASSERT_TRUE(log.Append("record " + std::to_string(i)));
    std::vector<std::string> few;
    for (size_t i = 0; i < kSignedEach; ++i) few.push_back("record of a few " + std::to_string(i));
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(log.AppendAll(std::vector<std::string_view>(few.begin(), few.end())));
  }
  ASSERT_TRUE(Check().problems.empty());
  fs::remove_all(dir_ + "/tile");
  fs::remove(dir_ + "/checkpoint");
  const std::string path = dir_ + "/segment/000000000000";
  const std::string before = Slurp(path);
  for (const uint64_t changed : {0u, 17u, 254u, 255u, 256u, 259u, 293u, 299u}) {
    Spill(path, Rewritten(before, 300, changed, OneBitOther));
    const Verification found = Check();
    ASSERT_FALSE(found.problems.empty());
    EXPECT_THAT(found.problems[0], HasSubstr("record " + std::to_string(changed) + ": its head is not signed"));
    EXPECT_EQ(found.size, changed);
  }
}

// Of a larger write not every head is signed: cutting it between two leaves what no head covers.
TEST_F(VerifyTest, ACutWriteIsNoPartOfTheLog) {
  {
    Log log = Open();
    ASSERT_TRUE(log.Append("first"));
    ASSERT_TRUE(log.AppendAll({"1", "2", "3", "4", "5", "6", "seven", "8", "9"}));
  }
  const std::string path = dir_ + "/segment/000000000000";
  std::string bytes = Slurp(path);
  const size_t last = bytes.rfind("seven") - kFrameHeaderBytes;
  std::fill(bytes.begin() + static_cast<ptrdiff_t>(last), bytes.end(), '\0');
  Spill(path, bytes);
  const Verification found = Check();
  EXPECT_EQ(found.size, 1u);
  EXPECT_GT(found.dropped_tail_bytes, 0u);
  EXPECT_EQ(Open().size(), 1u);
}

// Frames of two writes made to look like one, or one like two, are refused though every checksum holds.
TEST_F(VerifyTest, WritesCannotBeCutOtherwise) {
  {
    Log log = Open();
    for (const char* last : {"nine-a", "nine-b"}) ASSERT_TRUE(log.AppendAll({"0", "one", "two", "3", "4", "5", "6", "7", "8", last}));
  }
  const std::string path = dir_ + "/segment/000000000000";
  const std::string before = Slurp(path);
  const auto reposition = [&](std::string_view record, uint16_t position) {
    std::string bytes = before;
    const size_t at = bytes.find(record) - kFrameHeaderBytes;
    const Result<Frame> frame = DecodeFrame(std::string_view(before).substr(at));
    const std::string written = EncodeFrame(position, frame->record, frame->edge, frame->signature);
    bytes.replace(at, written.size(), written);
    Spill(path, bytes);
  };
  for (const auto& [record, position] : std::vector<std::pair<std::string_view, uint16_t>>{{"one", 0}, {"one", 2}, {"two", 0}, {"two", 1}, {"nine-a", 0}, {"nine-b", 0}, {"nine-b", 8}}) {
    reposition(record, position);
    const Verification found = Check();
    EXPECT_TRUE(!found.problems.empty() || found.dropped_tail_bytes > 0) << record << " " << position;
  }
}

// Every member of a record rewritten in turn, with all checksums and right edges repaired: named, whichever it is.
TEST_F(VerifyTest, NoFieldOfARecordCanBeRewritten) {
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"\"v\":1", "\"v\":2"},           {"\"k\":\"action\"", "\"k\":\"reason\""}, {"2026-11-27", "2026-11-26"},           {"\"mode\":\"run\"", "\"mode\":\"rum\""}, {"\"boot\":\"b1\"", "\"boot\":\"b2\""},
      {"claude", "gemini"},             {"s-1", "s-2"},                         {"fix the test", "mix the test"},        {"run it", "ran it"},                     {"npm test", "npm best"},
      {"4be1", "4be2"},                 {"exec:npm", "exec:npx"},               {"opaque", "opaqua"},                   {"untrusted", "untrustee"},               {"\"verdict\":\"deny\"", "\"verdict\":\"okay\""},
      {"exec-contained", "exec-container"}, {"because", "becauze"},             {"77ab", "77ac"},                       {"\"course\":\"denied\"", "\"course\":\"deniee\""},
      {"\"mono\":12", "\"mono\":13"}};
  const std::string record = R"({"v":1,"k":"action","t":"2026-11-27T01:00:00Z","mono":12,"boot":"b1","mode":"run","client":"claude","session":"s-1","goal":"fix the test","intent":{"said":"run it"},"call":{"shown":"npm test","digest":"4be1"},"predicted":{"effects":["exec:npm"],"coverage":"opaque"},"labels":["untrusted"],"decision":{"verdict":"deny","policies":["exec-contained"],"why":"because","set":"77ab"},"course":"denied"})";
  for (const bool together : {false, true}) {
    fs::remove_all(dir_);
    {
      Log log = Open();
      if (together) {
        ASSERT_TRUE(log.AppendAll({"before", record, "after"}));
      } else {
        for (const std::string_view one : {std::string_view("before"), std::string_view(record), std::string_view("after")}) ASSERT_TRUE(log.Append(one));
      }
      ASSERT_TRUE(log.Publish());
    }
    const std::string path = dir_ + "/segment/000000000000";
    const std::string before = Slurp(path);
    const std::string bundle_before = Slurp(dir_ + "/tile/entries/000.p/3");
    for (const auto& [from, to] : fields) {
      ASSERT_EQ(from.size(), to.size()) << from;
      std::string changed = record;
      ASSERT_NE(changed.find(from), std::string::npos) << from;
      changed.replace(changed.find(from), from.size(), to);
      Spill(path, Rewritten(before, 3, 1, [&](const std::string&) { return changed; }));
      std::string bundle = bundle_before;
      bundle.replace(bundle.find(record), record.size(), changed);
      Spill(dir_ + "/tile/entries/000.p/3", bundle);
      const Verification found = Check();
      ASSERT_FALSE(found.problems.empty()) << from;
      EXPECT_THAT(found.problems[0], HasSubstr("record 1:")) << from;
    }
  }
}

TEST_F(VerifyTest, NamesTheFirstDamagedEntry) {
  Fill(600);
  const std::string path = dir_ + "/segment/000000000000";
  const std::string good = Slurp(path);
  const size_t at = good.find(Record(321));
  ASSERT_NE(at, std::string::npos);
  std::string bad = good;
  bad[at + 2] ^= 4;
  Spill(path, bad);
  EXPECT_THAT(Check().problems[0], HasSubstr("record 321: damaged"));
  EXPECT_EQ(Check().size, 320u) << "as far as the signed head before it";
  Spill(path, good);
  ASSERT_TRUE(Open().Append("a later write"));
  bad = Slurp(path);
  bad[at + 2] ^= 4;
  Spill(path, bad);
  EXPECT_THAT(Check().problems[0], HasSubstr("record 321: the checksum does not hold"));
  Spill(path, good);

  const std::string bundle = dir_ + "/tile/entries/001";
  const std::string bundle_good = Slurp(bundle);
  bad = bundle_good;
  bad[bundle_good.find(Record(400)) + 3] ^= 1;
  Spill(bundle, bad);
  EXPECT_THAT(Check().problems[0], HasSubstr("record 400: tile/entries/001 differs"));
  Spill(bundle, bundle_good);
  EXPECT_THAT(Check().problems, IsEmpty());
}

TEST_F(VerifyTest, FindsWhatIsMissingOrTooMuch) {
  Fill(600);
  const auto with = [&](const std::string& name, const std::string& bytes) {
    const std::string path = dir_ + "/" + name;
    const bool there = fs::exists(path);
    const std::string good = there ? Slurp(path) : "";
    if (bytes == "gone") fs::remove(path);
    else Spill(path, bytes);
    const Verification found = Check();
    if (there) Spill(path, good);
    else fs::remove(path);
    return found.problems.empty() ? std::string() : found.problems[0];
  };
  EXPECT_THAT(with("tile/0/001", "gone"), HasSubstr("tile/0/001: missing"));
  EXPECT_THAT(with("tile/entries/002.p/88", "gone"), HasSubstr("tile/entries/002.p/88: missing"));
  EXPECT_THAT(with("tile/1/000.p/2", "gone"), HasSubstr("tile/1/000.p/2: missing"));
  EXPECT_THAT(with("checkpoint", "gone"), HasSubstr("checkpoint: missing"));
  EXPECT_THAT(with("tile/0/003", std::string(8192, 'x')), HasSubstr("holds more than the 600 records"));
  EXPECT_THAT(with("tile/0/note.txt", "x"), HasSubstr("not the name of a tile"));
  EXPECT_THAT(with("tile/0/000", Slurp(dir_ + "/tile/0/000") + "x"), HasSubstr("longer"));
  EXPECT_THAT(with("tile/0/000", Slurp(dir_ + "/tile/0/000").substr(0, 8191)), HasSubstr("differs from the segments at byte 8191"));
  EXPECT_THAT(Check().problems, IsEmpty());
}

TEST_F(VerifyTest, CutSegmentsContradictTheCheckpoint) {
  for (int i = 0; i < 4; ++i) Fill(10);
  const std::string path = dir_ + "/segment/000000000000";
  const std::string good = Slurp(path);
  fs::resize_file(path, good.find(Record(30)) - kFrameHeaderBytes);
  const Verification found = Check();
  EXPECT_EQ(found.size, 30u);
  ASSERT_FALSE(found.problems.empty());
  EXPECT_THAT(testing::PrintToString(found.problems), HasSubstr("records have been cut off"));
  const Result<Log> log = Log::Open(dir_, Log::Mode::kAppend);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind, Error::Kind::kInvalid) << "nobody appends to a log that was cut";
}

TEST_F(VerifyTest, AnchorsShowTruncationAndForks) {
  Fill(10);
  const std::string anchor10 = Open().CheckpointNote();
  fs::copy(dir_, root_ + "/fork", fs::copy_options::recursive);
  { Log log = Open(); ASSERT_TRUE(log.Append("as it was")); }
  const std::string anchor11 = Open().CheckpointNote();
  Verification found = Check({std::nullopt, {anchor10, anchor11}, {}});
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_EQ(found.anchored_size, 11u);

  // Rolled back to ten and continued with the same key: only the anchor tells.
  fs::remove_all(dir_);
  fs::rename(root_ + "/fork", dir_);
  EXPECT_THAT(Check().problems, IsEmpty());
  EXPECT_THAT(Check({std::nullopt, {anchor11}, {}}).problems[0], HasSubstr("record 10: missing; anchor 1 was signed for 11"));
  { Log log = Open(); ASSERT_TRUE(log.Append("as it is told")); }
  EXPECT_THAT(Check().problems, IsEmpty());
  found = Check({std::nullopt, {anchor10, anchor11}, {}});
  ASSERT_FALSE(found.problems.empty());
  EXPECT_THAT(found.problems[0], HasSubstr("anchor 2: signed for another tree of 11 records"));
  EXPECT_EQ(found.anchored_size, 10u);
}

TEST_F(VerifyTest, WitnessesAreReportedAndFalseOnesRefused) {
  Fill(5);
  const NoteSigner witness = NoteSigner::Make("witness.example/w1", Sha256("seed"), KeyType::kCosignature);
  const NoteSigner stranger = NoteSigner::Make("witness.example/w2", Sha256("other"), KeyType::kCosignature);
  const std::string note = Open().CheckpointNote();
  const std::string body = ParseNote(note)->text;
  const std::string line = witness.CosignatureLine(body, 1'790'000'000);
  Verification found = Check({std::nullopt, {note + line}, {witness.verifier().Text(), stranger.verifier().Text()}});
  EXPECT_THAT(found.problems, IsEmpty());
  ASSERT_EQ(found.cosigned.size(), 1u);
  EXPECT_EQ(found.cosigned[0].witness, "witness.example/w1");
  EXPECT_EQ(found.cosigned[0].size, 5u);
  EXPECT_EQ(found.cosigned[0].unix_seconds, 1'790'000'000u);
  std::string bad = line;
  bad[line.size() - 10] = bad[line.size() - 10] == 'A' ? 'B' : 'A';
  found = Check({std::nullopt, {note + bad}, {witness.verifier().Text()}});
  EXPECT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.cosigned, IsEmpty());
  EXPECT_FALSE(Verify(dir_, VerifyOptions{std::nullopt, {}, {"nonsense"}}));
}

TEST_F(VerifyTest, APinnedKeyMustBeTheKey) {
  Fill(4);
  const std::string vkey = Open().Vkey();
  EXPECT_THAT(Check({vkey, {}, {}}).problems, IsEmpty());
  const std::string stranger = NoteSigner::Make(Open().origin(), Sha256("other")).verifier().Text();
  const Verification found = Check({stranger, {}, {}});
  EXPECT_FALSE(found.problems.empty());
  EXPECT_EQ(found.size, 0u);
  EXPECT_FALSE(Verify(dir_, std::string("no key")));
}

TEST_F(VerifyTest, NothingThereIsAnError) {
  EXPECT_EQ(Verify(dir_, std::nullopt).error().kind, Error::Kind::kNotFound);
  fs::create_directory(dir_);
  EXPECT_EQ(Verify(dir_, std::nullopt).error().kind, Error::Kind::kNotFound);
}

TEST_F(VerifyTest, PublicationMendsDamagedTiles) {
  Fill(300);
  Spill(dir_ + "/tile/1/000.p/1", std::string(32, 'x'));
  { Log log = Open(); for (uint64_t i = 300; i < 520; ++i) ASSERT_TRUE(log.Append(Record(i))); ASSERT_TRUE(log.Publish()); }
  const Verification found = Check();
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_EQ(found.published_size, 520u);
}

}  // namespace
}  // namespace checkrein::audit
