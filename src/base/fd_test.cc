#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gtest/gtest.h"

namespace checkrein {
namespace {

class FdTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_fd_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(FdTest, ReplaceThenRead) {
  const std::string path = dir_ + "/f";
  ASSERT_TRUE(ReplaceFile(path, "one", 0600));
  ASSERT_TRUE(ReplaceFile(path, "two", 0640));
  EXPECT_EQ(*ReadFile(path, 3), "two");
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_), {}), 1);  // no temporary file is left
}

TEST_F(FdTest, CapsAndAbsence) {
  const std::string path = dir_ + "/f";
  ASSERT_TRUE(ReplaceFile(path, "four", 0600));
  EXPECT_EQ(ReadFile(path, 3).error().kind, Error::Kind::kLimit);
  EXPECT_EQ(ReadFile(dir_ + "/none", 3).error().kind, Error::Kind::kNotFound);
}

TEST_F(FdTest, MakeDirectories) {
  ASSERT_TRUE(MakeDirectories(dir_ + "/a/b/c", 0700));
  ASSERT_TRUE(MakeDirectories(dir_ + "/a/b/c", 0700));
  ASSERT_TRUE(ReplaceFile(dir_ + "/f", "", 0600));
  EXPECT_FALSE(MakeDirectories(dir_ + "/f", 0700));
  EXPECT_FALSE(MakeDirectories(dir_ + "/f/g", 0700));
}

TEST_F(FdTest, MovingLeavesNothingBehind) {
  Fd a(open(dir_.c_str(), O_RDONLY | O_CLOEXEC));
  const int number = a.get();
  Fd b = std::move(a);
  EXPECT_FALSE(a.valid());
  EXPECT_EQ(b.get(), number);
  b.Reset(-1);
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace checkrein
