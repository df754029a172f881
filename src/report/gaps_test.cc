#include "report/gaps.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

class Story {
 public:
  Story& Add(const char* kind, int64_t minute, const char* boot = "b1", const char* mode = "run", const char* session = "r") {
    json::Value record;
    record.Set("k", kind).Set("mono", minute * 60'000'000'000).Set("boot", boot).Set("mode", mode).Set("session", session);
    gaps_.Feed(next_++, record);
    return *this;
  }
  size_t Found() const { return gaps_.Found().size(); }
  std::string First() const { return gaps_.Found().at(0).what; }
  Gaps gaps_;
  uint64_t next_ = 0;
};

TEST(Gaps, HeartbeatsLeaveNoSilence) {
  Story s;
  s.Add("run", 0).Add("log", 5).Add("action", 7).Add("log", 12).Add("run_end", 15).Add("run", 900, "b1", "run", "r2").Add("run_end", 901, "b1", "run", "r2");
  EXPECT_EQ(s.Found(), 0u) << "between runs nobody is there to write";
}

TEST(Gaps, SilenceWithinARunIsFound) {
  Story s;
  s.Add("run", 0).Add("log", 5).Add("log", 30).Add("run_end", 31);
  ASSERT_EQ(s.Found(), 1u);
  EXPECT_EQ(s.First(), "nothing was written for 25 minutes while the run r lasted");
}

TEST(Gaps, ARunWithoutAnEnd) {
  Story s;
  s.Add("run", 0).Add("log", 5);
  EXPECT_EQ(s.Found(), 1u);
  s.Add("action", 1, "b2", "hooks");
  ASSERT_EQ(s.Found(), 1u);
  EXPECT_THAT(s.First(), testing::HasSubstr("has no end: the machine was started anew"));
}

TEST(Gaps, HooksAloneAreSilentByRight) {
  Story s;
  s.Add("action", 0, "b1", "hooks").Add("action", 500, "b1", "hooks");
  EXPECT_EQ(s.Found(), 0u);
}

TEST(Gaps, AnUncleanBoot) {
  Gaps gaps;
  json::Value record;
  record.Set("k", "log").Set("event", "boot").Set("clean", false).Set("torn_bytes", 12).Set("boot", "b").Set("mode", "hooks");
  gaps.Feed(3, record);
  EXPECT_EQ(gaps.Found().size(), 1u);
}

}  // namespace
}  // namespace checkrein::report
