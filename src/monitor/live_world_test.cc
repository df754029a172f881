#include "monitor/live_world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

class LiveWorldTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_world_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = std::filesystem::canonical(name);
    ASSERT_TRUE(ReplaceFile(dir_ + "/f", "text", 0600));
    std::filesystem::create_directory(dir_ + "/d");
    std::filesystem::create_symlink("../f", dir_ + "/d/link");
    std::filesystem::create_symlink("/nowhere/at/all", dir_ + "/dangling");
    std::filesystem::create_symlink("loop", dir_ + "/loop");
    ASSERT_EQ(mkfifo((dir_ + "/fifo").c_str(), 0600), 0);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(LiveWorldTest, FollowsLinks) {
  const LiveWorld world = LiveWorld::OfThisProcess();
  EXPECT_EQ(world.Resolve(dir_ + "/d/link"), dir_ + "/f");
  EXPECT_EQ(world.Resolve(dir_ + "/new/file"), dir_ + "/new/file");
  EXPECT_EQ(world.Resolve(dir_ + "/dangling"), std::nullopt);
  EXPECT_EQ(world.Resolve(dir_ + "/loop"), std::nullopt);
  EXPECT_EQ(world.Resolve("/"), "/");
}

TEST_F(LiveWorldTest, ReadsRegularFilesWithinTheCap) {
  const LiveWorld world = LiveWorld::OfThisProcess();
  EXPECT_EQ(world.Read(dir_ + "/d/link", 4), "text");
  EXPECT_EQ(world.Read(dir_ + "/f", 3), std::nullopt);
  EXPECT_EQ(world.Read(dir_ + "/fifo", 10), std::nullopt);
  EXPECT_EQ(world.Read(dir_, 10), std::nullopt);
  EXPECT_EQ(world.Read("/proc/self/root/etc/passwd", 1 << 20), std::nullopt);  // a magic link
}

TEST_F(LiveWorldTest, StaysInsideItsRoot) {
  std::filesystem::create_symlink("/f", dir_ + "/absolute");
  std::filesystem::create_symlink("../../../../etc/passwd", dir_ + "/up");
  const LiveWorld world(Fd(open(dir_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
  EXPECT_EQ(world.Read("/absolute", 10), "text");
  EXPECT_EQ(world.Read("/up", 1 << 20), std::nullopt);
  EXPECT_EQ(world.Read("/../../../../../../etc/passwd", 1 << 20), std::nullopt);
}

}  // namespace
}  // namespace checkrein::monitor
