#include "monitor/surroundings.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "gtest/gtest.h"
#include "monitor/live_world.h"

namespace checkrein::monitor {
namespace {

namespace fs = std::filesystem;

class SurroundingsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_around_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = fs::canonical(name);
  }
  void TearDown() override { fs::remove_all(dir_); }
  void Touch(const std::string& path) { std::ofstream(dir_ + path) << "x"; }

  PathResolver Resolver() {
    return PathResolver(
        [this](const std::string& directory) {
          ++questions_;
          const std::optional<Surroundings> around = world_.Around(directory);
          return around ? Surroundings::Decode(around->Encode()) : std::nullopt;
        },
        [this](std::string_view path) {
          ++questions_;
          return world_.Resolve(path);
        });
  }

  std::string dir_;
  LiveWorld world_ = LiveWorld::OfThisProcess();
  int questions_ = 0;
};

TEST_F(SurroundingsTest, OneLookAnswersForAllNamesOfADirectory) {
  fs::create_directories(dir_ + "/src");
  for (int i = 0; i < 20; ++i) Touch("/src/" + std::to_string(i));
  PathResolver resolver = Resolver();
  for (int i = 0; i < 40; ++i) {
    const std::string path = dir_ + "/src/" + std::to_string(i);
    EXPECT_EQ(resolver.Resolve(path), path);
    EXPECT_EQ(resolver.Resolve(path + "/below/a/file"), path + "/below/a/file");
  }
  EXPECT_EQ(questions_, 1);
}

TEST_F(SurroundingsTest, LinksAreStillFollowed) {
  fs::create_directories(dir_ + "/a/b");
  fs::create_symlink("a", dir_ + "/link");
  fs::create_symlink("/nowhere/at/all", dir_ + "/dangling");
  fs::create_symlink("../../link/b", dir_ + "/a/b/up");
  fs::create_symlink("loop", dir_ + "/loop");
  PathResolver resolver = Resolver();
  EXPECT_EQ(resolver.Resolve(dir_ + "/new"), dir_ + "/new");
  EXPECT_EQ(resolver.Resolve(dir_ + "/link"), dir_ + "/a");
  EXPECT_EQ(resolver.Resolve(dir_ + "/link/b/file"), dir_ + "/a/b/file");
  EXPECT_EQ(resolver.Resolve(dir_ + "/a/b/up/file"), dir_ + "/a/b/file");
  EXPECT_EQ(resolver.Resolve(dir_ + "/dangling"), std::nullopt);
  EXPECT_EQ(resolver.Resolve(dir_ + "/dangling/below"), std::nullopt);
  EXPECT_EQ(resolver.Resolve(dir_ + "/loop/below"), std::nullopt);
  EXPECT_EQ(resolver.Resolve("/"), "/");
}

// procfs knows names that it does not list: the directories of threads.
TEST_F(SurroundingsTest, WhereListingsAreNotAllEachNameIsAsked) {
  EXPECT_FALSE(world_.Around("/proc")->complete);
  PathResolver resolver = Resolver();
  EXPECT_EQ(resolver.Resolve("/proc/self/root/etc"), world_.Resolve("/proc/self/root/etc"));
  EXPECT_EQ(resolver.Resolve("/proc/self/cwd"), std::nullopt);
}

TEST_F(SurroundingsTest, LargeDirectoriesAreAskedNameByName) {
  for (int i = 0; i < 3000; ++i) Touch("/a_name_that_takes_some_room_in_a_listing_" + std::to_string(i));
  fs::create_symlink("/etc", dir_ + "/z");
  EXPECT_FALSE(world_.Around(dir_)->complete);
  PathResolver resolver = Resolver();
  EXPECT_EQ(resolver.Resolve(dir_ + "/z/passwd"), "/etc/passwd");
}

// Two answers that must be one: random trees with links of every kind, random paths, in random order.
TEST_F(SurroundingsTest, AgreesWithLookingAtEachPath) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  const std::vector<std::string> names = {"a", "b", "A", "c"};
  const auto path = [&] {
    std::string out;
    for (unsigned i = 0, n = 1 + random() % 4; i < n; ++i) out += "/" + names[random() % names.size()];
    return out;
  };
  for (int round = 0; round < 40; ++round) {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    for (int i = 0; i < 12; ++i) {
      std::error_code ignored;  // what cannot be made is not made
      const std::string where = dir_ + path();
      switch (random() % 3) {
        case 0:
          fs::create_directories(where, ignored);
          break;
        case 1:
          std::ofstream(where) << "x";
          break;
        default:
          fs::create_symlink(random() % 2 == 0 ? dir_ + path() : "." + path(), where, ignored);
      }
    }
    PathResolver resolver = Resolver();
    for (int i = 0; i < 60; ++i) {
      const std::string asked = dir_ + path();
      ASSERT_EQ(resolver.Resolve(asked), world_.Resolve(asked)) << asked << " seed " << seed << " round " << round;
    }
  }
}

TEST(Surroundings, CutBytesAreNoAnswer) {
  const std::string bytes = Surroundings{"/a", "/b", true, {"d"}, {"l"}}.Encode();
  for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(Surroundings::Decode(bytes.substr(0, cut))) << cut;
}

TEST_F(SurroundingsTest, WhatWasLookedAtBeforeNeedsNoQuestion) {
  fs::create_directories(dir_ + "/bare");
  PathResolver resolver = Resolver();
  resolver.Learn(dir_ + "/bare", world_.Around(dir_ + "/bare"));
  EXPECT_EQ(resolver.Resolve(dir_ + "/bare/x"), dir_ + "/bare/x");
  EXPECT_EQ(questions_, 0);
}

}  // namespace
}  // namespace checkrein::monitor
