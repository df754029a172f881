#include "monitor/repeats.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(Repeats, TellsWhatIsNewAndHowOftenItWasLeftOut) {
  Repeats repeats;
  EXPECT_EQ(repeats.Count("a", 1 * kSecond), 0);
  EXPECT_EQ(repeats.Count("a", 2 * kSecond), std::nullopt);
  EXPECT_EQ(repeats.Count("b", 2 * kSecond), 0) << "another thing";
  EXPECT_EQ(repeats.Count("a", 10 * kSecond), std::nullopt);
  EXPECT_EQ(repeats.Count("a", 11 * kSecond), 2);
  EXPECT_EQ(repeats.Count("a", 22 * kSecond), 0) << "told anew: nothing was left out since";
}

TEST(Repeats, WhoeverSendsManyThingsGetsNoMemory) {
  Repeats repeats;
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(repeats.Count(std::to_string(i), kSecond), 0);
}

}  // namespace
}  // namespace checkrein::monitor
