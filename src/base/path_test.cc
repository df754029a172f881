#include "base/path.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Path, Normalize) {
  EXPECT_EQ(NormalizePath("a/./b//c", "/w"), "/w/a/b/c");
  EXPECT_EQ(NormalizePath("../x", "/w/d"), "/w/x");
  EXPECT_EQ(NormalizePath("/../../etc/", "/w"), "/etc");
  EXPECT_EQ(NormalizePath("", "/w"), "/w");
  EXPECT_EQ(NormalizePath("..", "/"), "/");
  EXPECT_EQ(NormalizePath("/a/...", "/"), "/a/...");
}

TEST(Path, BeneathIsByPartNotByPrefix) {
  EXPECT_TRUE(IsBeneath("/a/b/c", "/a/b"));
  EXPECT_TRUE(IsBeneath("/a/b", "/a/b"));
  EXPECT_FALSE(IsBeneath("/a/bc", "/a/b"));
  EXPECT_TRUE(IsBeneath("/x", "/"));
}

TEST(Path, Names) {
  EXPECT_EQ(BaseName("/a/b"), "b");
  EXPECT_EQ(BaseName("b"), "b");
  EXPECT_EQ(DirName("/a/b"), "/a");
  EXPECT_EQ(DirName("/a"), "/");
  EXPECT_EQ(DirName("b"), ".");
}

}  // namespace
}  // namespace checkrein
