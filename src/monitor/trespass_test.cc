#include "monitor/trespass.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

TEST(Trespasses, WhatRepeatsIsCountedAndNothingFromInsideReachesATerminalAsItIs) {
  Trespasses trespasses;
  constexpr int64_t kStart = 1'000'000'000;
  const auto first = trespasses.Note(Trespass::kPersonsRequest, "approve \x1b[2J", kStart);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->what, "something inside asked for what only a person may do: approve ?[2J");
  EXPECT_FALSE(trespasses.Note(Trespass::kPersonsRequest, "approve \x1b[2J", kStart + 1));
  EXPECT_TRUE(trespasses.Note(Trespass::kPersonsRequest, "thaw", kStart + 2));
  const auto again = trespasses.Note(Trespass::kPersonsRequest, "approve \x1b[2J", kStart + 11'000'000'000);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->evidence, std::vector<std::string>{"left out since the last time: 1"});
}

}  // namespace
}  // namespace checkrein::monitor
