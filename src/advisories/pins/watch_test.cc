#include "advisories/pins/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advisories/inventory/tree_for_test.h"

namespace checkrein::advisories {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Files that are only told of.
struct Told {
  std::map<std::string, std::pair<FileStamp, std::string>> files;
  int reads = 0;
  Eyes eyes() {
    return {[this](const std::string& path) { return files.contains(path) ? std::optional(files[path].first) : std::nullopt; },
            [this](const std::string& path, size_t) {
              ++reads;
              return files.contains(path) ? std::optional(files[path].second) : std::nullopt;
            }};
  }
};

constexpr int64_t kLongAgo = 1'700'000'000'123'456'789, kFarAhead = 9'000'000'000'000'000'000;
constexpr FileStamp kOld{0xFFFF'FFFF'FFFF'FFFFu, 0xFEDC'BA98'7654'3210u, 4, kLongAgo, kLongAgo};

class Watch : public testing::TestWithParam<PinWatch::Stamps> {
 protected:
  Watch() : store_(tree_.root()), watch_(tree_.root(), GetParam()) {
    EXPECT_TRUE(store_.Update([](Pins& pins) { pins.Put(FilePin{"/w/a", "/w", Sha256("good"), 1, {}}); }));
  }
  std::vector<std::string> Changed() { return watch_.Check("/w", told_.eyes()).changed; }
  Tree tree_;
  PinStore store_;
  PinWatch watch_;
  Told told_;
};

TEST_P(Watch, ReadsAFileOnceUntilItsStampChanges) {
  told_.files["/w/a"] = {kOld, "good"};
  EXPECT_THAT(Changed(), IsEmpty());
  EXPECT_THAT(Changed(), IsEmpty());
  EXPECT_EQ(told_.reads, 1);
  EXPECT_THAT(PinWatch(tree_.root(), PinWatch::Stamps::kKept).Check("/w", told_.eyes()).changed, IsEmpty());
  EXPECT_EQ(told_.reads, GetParam() == PinWatch::Stamps::kKept ? 1 : 2) << "what is kept serves the next process";
  for (const auto change : {&FileStamp::size, &FileStamp::modified_ns, &FileStamp::changed_ns}) {
    told_.files["/w/a"] = {kOld, "evil"};
    told_.files["/w/a"].first.*change += 1;
    EXPECT_THAT(Changed(), ElementsAre("a has changed since it was approved"));
  }
  told_.files["/w/a"] = {kOld, "evil"};
  told_.files["/w/a"].first.inode += 1;
  EXPECT_THAT(Changed(), ElementsAre("a has changed since it was approved"));
  told_.files.clear();
  EXPECT_THAT(Changed(), ElementsAre("a has changed since it was approved")) << "gone";
  EXPECT_THAT(watch_.Check("/elsewhere", told_.eyes()).changed, IsEmpty());
}

TEST_P(Watch, AStampThatIsYoungIsNotTrusted) {
  FileStamp young = kOld;
  young.changed_ns = kFarAhead;
  told_.files["/w/a"] = {young, "good"};
  EXPECT_THAT(Changed(), IsEmpty());
  told_.files["/w/a"].second = "evil";  // within the same tick of the clock
  EXPECT_THAT(Changed(), ElementsAre("a has changed since it was approved"));
}

TEST_P(Watch, ANewApprovalOfAChangedFileHolds) {
  told_.files["/w/a"] = {kOld, "good"};
  EXPECT_THAT(Changed(), IsEmpty());
  ASSERT_TRUE(store_.Update([](Pins& pins) { pins.Put(FilePin{"/w/a", "/w", Sha256("other"), 2, {}}); }));
  EXPECT_THAT(Changed(), ElementsAre("a has changed since it was approved")) << "the stamp was that of another digest";
  told_.files["/w/a"].second = "other";
  EXPECT_THAT(Changed(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Both, Watch, testing::Values(PinWatch::Stamps::kKept, PinWatch::Stamps::kInMemory), [](const testing::TestParamInfo<PinWatch::Stamps>& one) { return one.param == PinWatch::Stamps::kKept ? "Kept" : "InMemory"; });

TEST(PinsFile, IsReadWholeOrNotAtAll) {
  Pins pins;
  pins.Put(FilePin{"/w/a\nb", "/w", Sha256("x"), 1'795'000'000'000, kOld});
  pins.Put(FilePin{"/w/a\nb", "/w", Sha256("y"), 2, kOld});
  pins.Put(FilePin{"/w/a\nb", "", Sha256("y"), 2, {}});
  pins.Put(ServerPin{"s", "/w", Sha256("1"), Sha256("t"), 3});
  pins.Put(ServerPin{"s", "/w", Sha256("2"), {}, 3});
  ASSERT_EQ(pins.files.size(), 2u);
  ASSERT_EQ(pins.servers.size(), 2u);
  const std::string bytes = pins.Encode();
  const std::optional<Pins> again = Pins::Decode(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->Encode(), bytes);
  EXPECT_EQ(again->files[0].stamp, kOld);
  for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(Pins::Decode(std::string_view(bytes).substr(0, cut))) << cut;
  EXPECT_FALSE(Pins::Decode(bytes + "x"));
}

TEST(Server, ToolsOfAServerAreKnownHoweverClientsSpellThem) {
  const struct {
    const char *tool, *server, *name;
    bool may;
  } kRows[] = {
      {"mcp__every__echo", "", "every", true}, {"mcp__every__echo", "every", "every", true}, {"mcp__every__echo", "other", "every", false}, {"mcp_every_echo", "", "every", true}, {"every/echo", "", "every", true},
      {"every-echo", "", "every", true},       {"every_echo", "", "every", true},            {"mcp__everything__echo", "", "every", false}, {"echo", "", "every", false},          {"Bash", "", "every", false},
      {"mcp__my_server__x", "", "my.server", true}, {"mcp__my_server__x", "my_server", "my.server", true}, {"mcp__a__b__c", "", "a__b", true}, {"every", "", "every", true},
  };
  for (const auto& row : kRows) EXPECT_EQ(MayBeToolOf(row.tool, row.server, row.name), row.may) << row.tool << " " << row.server << " " << row.name;
}

}  // namespace
}  // namespace checkrein::advisories
