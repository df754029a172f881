#include "monitor/settings.h"

#include <stdlib.h>

#include <filesystem>

#include "base/fd.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_settings_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(SettingsTest, NothingThereIsTheDefault) {
  const Result<Settings> settings = LoadSettings({dir_ + "/none"});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->policy_set, "base");
  EXPECT_TRUE(settings->texts.empty());
}

TEST_F(SettingsTest, ReadsBothInOrder) {
  ASSERT_TRUE(ReplaceFile(dir_ + "/settings.json", R"({"policy":"strict","registries":["r.example"],"model_hosts":["m.example"]})", 0600));
  ASSERT_TRUE(MakeDirectories(dir_ + "/policy", 0700));
  ASSERT_TRUE(ReplaceFile(dir_ + "/policy/b.cedar", "b", 0600));
  ASSERT_TRUE(ReplaceFile(dir_ + "/policy/a.cedar", "a", 0600));
  ASSERT_TRUE(ReplaceFile(dir_ + "/policy/readme.txt", "no", 0600));
  const Result<Settings> settings = LoadSettings({dir_});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->policy_set, "strict");
  EXPECT_EQ(settings->registries, std::vector<std::string>{"r.example"});
  ASSERT_EQ(settings->texts.size(), 2u);
  EXPECT_EQ(settings->texts[0].text, "a");
}

TEST_F(SettingsTest, WhatCannotBeUnderstoodIsAnError) {
  for (const char* bad : {"", "[]", R"({"polcy":"x"})", R"({"policy":1})", R"({"registries":"x"})", R"({"registries":[1]})", R"({"processor_seconds":-1})", R"({"processor_seconds":"1"})", R"({"processor_seconds":1.5})", R"({"policy":"a","policy":"b"})"}) {
    ASSERT_TRUE(ReplaceFile(dir_ + "/settings.json", bad, 0600));
    EXPECT_FALSE(LoadSettings({dir_})) << bad;
  }
}

}  // namespace
}  // namespace checkrein::monitor
