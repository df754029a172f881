#include "sandbox/limits.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox/test_support.h"

namespace checkrein::sandbox {
namespace {

TEST(Limits, WhichKernelsHaveASizeOfAPidNamespace) {
  for (const char* release : {"6.14.0", "6.18.44-fc-v669", "7.0", "10.1.2"}) EXPECT_TRUE(HasPidMax(release)) << release;
  for (const char* release : {"6.13.9", "5.19.0-generic", "6.1.0-18-amd64", "6", "", "x.y", "6.", "-6.14"}) EXPECT_FALSE(HasPidMax(release)) << release;
}

// A tree of plain files stands in for the machine's, which no test touches. What it cannot show: that the kernel holds to what was written.
class ControlGroupTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() == 0 && setxattr(scratch_.path().c_str(), "user.delegate", "0", 1, 0) != 0) GTEST_SKIP() << "not proved: control groups of root; the file system has no user attributes";
    scratch_.MakeDir("cg");
    Group("user", "memory pids");
    Group("user/app", "cpu memory pids");
    Group("user/app/mine.scope", "");
  }
  void Group(const std::string& path, const std::string& controllers) {
    scratch_.MakeDir("cg/" + path);
    scratch_.Write("cg/" + path + "/cgroup.subtree_control", controllers + "\n");
    scratch_.Write("cg/" + path + "/cgroup.procs", "");
    Delegate(path, true);
  }
  void Delegate(const std::string& path, bool is) {
    const int done = geteuid() == 0 ? setxattr(scratch_.path("cg/" + path).c_str(), "user.delegate", is ? "1" : "0", 1, 0)
                                    : chmod(scratch_.path("cg/" + path + "/cgroup.procs").c_str(), is ? 0644 : 0444);
    EXPECT_EQ(done, 0);
  }
  std::optional<ControlGroup> Make() { return ControlGroup::Make(scratch_.path("cg"), "/user/app/mine.scope", 1 << 20, 100); }
  size_t Made(const std::string& path) {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path("cg/" + path))) count += entry.path().filename().string().starts_with("checkrein-");
    return count;
  }
  Scratch scratch_;
};

TEST_F(ControlGroupTest, IsMadeBesideTheCallersWithItsBounds) {
  const std::optional<ControlGroup> group = Make();
  ASSERT_TRUE(group.has_value());
  EXPECT_TRUE(group->path().starts_with(scratch_.path("cg/user/app/checkrein-"))) << group->path();
  const std::string relative = group->path().substr(scratch_.path().size() + 1);
  EXPECT_EQ(scratch_.Read(relative + "/memory.max"), "1048576");
  EXPECT_EQ(scratch_.Read(relative + "/memory.swap.max"), "0");
  EXPECT_EQ(scratch_.Read(relative + "/pids.max"), "100");
}

TEST_F(ControlGroupTest, OnlyWhereChildrenGetMemoryAndProcesses) {
  scratch_.Write("cg/user/app/cgroup.subtree_control", "cpu memory-pressure pids\n");
  const std::optional<ControlGroup> group = Make();
  ASSERT_TRUE(group.has_value());
  EXPECT_TRUE(group->path().starts_with(scratch_.path("cg/user/checkrein-"))) << "one further up";
  scratch_.Write("cg/user/cgroup.subtree_control", "\n");
  EXPECT_FALSE(Make().has_value());
}

TEST_F(ControlGroupTest, WhatWasNotDelegatedIsNotDivided) {
  Delegate("user/app", false);
  Delegate("user", false);
  scratch_.MakeDir("cg/user/app/checkrein-1-old");
  EXPECT_FALSE(Make().has_value());
  EXPECT_EQ(Made("user/app"), 1u) << "not swept either";
}

TEST_F(ControlGroupTest, EmptyGroupsOfSessionsThatWereKilledAreSweptUp) {
  scratch_.MakeDir("cg/user/app/checkrein-1-old");
  scratch_.MakeDir("cg/user/app/checkrein-2-lives");
  scratch_.Write("cg/user/app/checkrein-2-lives/somebody", "");
  scratch_.MakeDir("cg/user/app/another");
  EXPECT_TRUE(Make().has_value());
  EXPECT_EQ(Made("user/app"), 2u) << "the one that lives, and ours";
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("cg/user/app/another")));
}

}  // namespace
}  // namespace checkrein::sandbox
