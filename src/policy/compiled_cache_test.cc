#include "policy/compiled_cache.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/decide.h"

namespace checkrein::policy {
namespace {

using ::testing::HasSubstr;

class CompiledCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string made = ::testing::TempDir() + "cacheXXXXXX";
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    root_ = made;
    directory_ = root_ + "/policy";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    if (!std::filesystem::exists(directory_)) return files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) files.push_back(entry.path().string());
    return files;
  }
  Verdict Ask(const std::string& text, const std::string& effect = "connect:a.example:443") const {
    const auto set = PolicySet::Load("base", {{"u.cedar", text}}, {}, directory_);
    EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().text);
    if (!set) return Verdict::kDeny;
    EffectSet effects;
    effects.Add(*EffectFromString(effect));
    Circumstances c;
    c.coverage = Coverage::kFull;
    return set->Decide(effects, c).verdict;
  }

  std::string root_, directory_;
};

constexpr const char* kPermit = "@id(\"mine\") @reason(\"my host\") permit (principal, action == Action::\"Connect\", resource in Host::\"a.example\");";
constexpr const char* kForbid = "@id(\"mine\") forbid (principal, action == Action::\"Connect\", resource in Host::\"a.example\");";

TEST_F(CompiledCacheTest, KeepsWhatLoadsAndNothingElse) {
  EXPECT_EQ(Ask(kPermit), Verdict::kAllow);
  ASSERT_EQ(Files().size(), 1u);
  struct stat about {};
  ASSERT_EQ(stat(Files()[0].c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(directory_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0700u);
  EXPECT_EQ(Ask(kPermit), Verdict::kAllow);
  EXPECT_EQ(Ask(kForbid), Verdict::kDeny);
  EXPECT_EQ(Ask(kPermit), Verdict::kAllow);
  EXPECT_EQ(Files().size(), 2u);
  EXPECT_FALSE(PolicySet::Load("base", {{"u.cedar", "permit (principal, action, resource) when { resource.nope };"}}, {}, directory_).ok());
  EXPECT_EQ(Files().size(), 2u);
  const auto kept = PolicySet::Load("base", {{"u.cedar", kPermit}}, {}, directory_), parsed = PolicySet::Load("base", {{"u.cedar", kPermit}}, {});
  EXPECT_EQ(kept->digest(), parsed->digest());
  EXPECT_EQ(kept->Ids(), parsed->Ids());
  EXPECT_EQ(kept->Source("mine"), kPermit);
  EXPECT_EQ(kept->Reason("mine"), "my host");
}

// A name in a message, an id by place, an origin: whatever tells two sets apart tells their files apart.
TEST_F(CompiledCacheTest, WhatDiffersIsKeptApart) {
  const std::string text = "forbid (principal, action, resource in Host::\"a.example\");";
  const auto ids = [&](const std::vector<PolicySet::Text>& user, const std::vector<PolicySet::Text>& project, std::string_view shipped = "base") {
    return PolicySet::Load(shipped, user, project, directory_)->Ids().back();
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ids({{"one.cedar", text}}, {}), "one.cedar:1");
    EXPECT_EQ(ids({{"two.cedar", text}}, {}), "two.cedar:1");
    EXPECT_EQ(ids({}, {{"one.cedar", text}}), "project:one.cedar:1");
    EXPECT_EQ(ids({{"one.cedar", text}}, {}, "observe"), "one.cedar:1");
    EXPECT_EQ(PolicySet::Load("observe", {{"one.cedar", text}}, {}, directory_)->Ids()[0], "observe");
    EXPECT_EQ(Files().size(), 4u);
  }
}

// Damage is never used: the text is parsed again and the file replaced.
TEST_F(CompiledCacheTest, DamageIsMended) {
  EXPECT_EQ(Ask(kForbid), Verdict::kDeny);
  ASSERT_EQ(Files().size(), 1u);
  const std::string file = Files()[0], good = *ReadFile(file, 1u << 20);
  for (size_t i = 0; i < good.size(); i += 97) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    std::ofstream(file, std::ios::binary) << bad;
    EXPECT_EQ(Ask(kForbid), Verdict::kDeny);
    EXPECT_EQ(*ReadFile(file, 1u << 20), good) << i;
  }
  for (const std::string& bad : {std::string(), good.substr(0, good.size() / 2), good + good}) {
    std::ofstream(file, std::ios::binary) << bad;
    EXPECT_EQ(Ask(kForbid), Verdict::kDeny);
    EXPECT_EQ(*ReadFile(file, 1u << 20), good);
  }
}

TEST_F(CompiledCacheTest, NothingDependsOnIt) {
  std::ofstream(directory_) << "a file where the directory would be";
  EXPECT_EQ(Ask(kPermit), Verdict::kAllow);
  EXPECT_EQ(Ask(kForbid), Verdict::kDeny);
}

TEST_F(CompiledCacheTest, TheOldestGo) {
  for (size_t i = 0; i < kMaxCachedFiles + 5; ++i) EXPECT_EQ(Ask(std::string(kPermit) + "// " + std::to_string(i)), Verdict::kAllow);
  EXPECT_EQ(Files().size(), kMaxCachedFiles);
}

}  // namespace
}  // namespace checkrein::policy
