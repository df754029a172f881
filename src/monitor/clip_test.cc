#include "monitor/clip.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

TEST(Clip, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(Clip("abc", 3), "abc");
  EXPECT_EQ(Clip("abcd", 3), "abc…[+1 bytes]");
  EXPECT_EQ(Clip("a\xC3\xA9z", 2), "a…[+3 bytes]");
  EXPECT_EQ(Clip("", 0), "");
}

}  // namespace
}  // namespace checkrein::monitor
