#include "sandbox/remove_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/test_support.h"

namespace checkrein::sandbox {
namespace {

TEST(RemoveTree, RemovesDeepTreesWithoutPermissionsAndLeavesWhatLinksPointAt) {
  Scratch scratch;
  scratch.Write("ws/kept", "kept");
  scratch.MakeDir("t");
  const std::string name(40, 'd');
  // 150 levels, 6,000 characters: no path to the innermost can be written down, and its parents may not be entered.
  int at = open(scratch.path("t").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 150; ++i) {
    ASSERT_EQ(mkdirat(at, name.c_str(), 0700), 0);
    ASSERT_EQ(mkdirat(at, ".checkrein-0", 0), 0);
    ASSERT_EQ(symlinkat(scratch.path("ws").c_str(), at, "link"), 0);
    const int next = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = next;
  }
  close(at);
  ASSERT_EQ(chmod(scratch.path("t/" + name + "/" + name).c_str(), 0), 0);
  const Status removed = RemoveTree(AT_FDCWD, scratch.path("t").c_str());
  EXPECT_TRUE(removed.ok()) << removed.error().text;
  EXPECT_NE(access(scratch.path("t").c_str(), F_OK), 0);
  EXPECT_EQ(scratch.Read("ws/kept"), "kept");
  EXPECT_TRUE(RemoveTree(AT_FDCWD, scratch.path("t").c_str()).ok()) << "what is not there needs no removing";
}

}  // namespace
}  // namespace checkrein::sandbox
