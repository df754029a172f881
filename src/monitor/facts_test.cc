#include "monitor/facts.h"

#include <stdlib.h>

#include <filesystem>

#include "base/fd.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

class FactsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_facts_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string dir_;
};

TEST_F(FactsTest, UpdateThenLoad) {
  const FactStore store(dir_ + "/sessions");
  EXPECT_TRUE(store.Load("s")->labels.empty());
  ASSERT_TRUE(store.Update("s", [](SessionFacts& f) {
    f.goal = "fix the test";
    f.AddLabel("untrusted");
    f.AddLabel("secret");
    f.AddLabel("untrusted");
    f.AddCall({"c1", 7, "allow", true});
  }));
  const Result<SessionFacts> facts = store.Load("s");
  EXPECT_EQ(facts->goal, "fix the test");
  EXPECT_EQ(facts->labels, (std::vector<std::string>{"secret", "untrusted"}));
  EXPECT_EQ(facts->FindCall("c1")->action, 7);
  EXPECT_EQ(facts->FindCall("")->action, 7);
  EXPECT_EQ(facts->FindCall("c2"), nullptr);
  EXPECT_TRUE(store.Load("other")->goal.empty());
}

TEST_F(FactsTest, CallsAreBounded) {
  const FactStore store(dir_);
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(store.Update("s", [i](SessionFacts& f) { f.AddCall({std::to_string(i), i, "", i % 2 == 0}); }));
  EXPECT_EQ(store.Load("s")->calls.size(), SessionFacts::kMaxCalls);
  EXPECT_EQ(store.Load("s")->calls.back().action, 69);
  const Result<SessionFacts> facts = store.Load("s");
  for (const RecentCall& call : facts->calls) {
    EXPECT_EQ(call.reaches_out, call.action % 2 == 0);
  }
}

TEST_F(FactsTest, ADamagedFileCountsAsTheWorst) {
  const FactStore store(dir_);
  ASSERT_TRUE(store.Update("s", [](SessionFacts& f) { f.goal = "x"; }));
  for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
    if (entry.path().filename() == "lock") continue;
    ASSERT_TRUE(ReplaceFile(entry.path(), "garbage", 0600));
  }
  EXPECT_EQ(store.Load("s")->labels, WorstLabels());
}

// Written over in place: a shorter version must not be read with the end of a longer one, and any torn byte must show.
TEST_F(FactsTest, WhatIsWrittenOverIsWhole) {
  const FactStore store(dir_);
  ASSERT_TRUE(store.Update("s", [](SessionFacts& f) { f.goal = std::string(5000, 'x'); }));
  ASSERT_TRUE(store.Update("s", [](SessionFacts& f) { f.goal = "short"; }));
  EXPECT_EQ(store.Load("s")->goal, "short");
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(dir_))
    if (entry.path().filename() != "lock") file = entry.path();
  const std::string good = *ReadFile(file, 1 << 20);
  const size_t used = 32 + 4 + store.Load("s")->Encode().size();
  for (size_t at = 0; at < used; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    ASSERT_TRUE(ReplaceFile(file, bad, 0600));
    EXPECT_EQ(store.Load("s")->labels, WorstLabels()) << at;
  }
}

TEST_F(FactsTest, EveryCutIsNoticed) {
  SessionFacts facts;
  facts.labels = {"secret"};
  facts.AddCall({"c", 1, "deny", false});
  const std::string bytes = facts.Encode();
  ASSERT_TRUE(SessionFacts::Decode(bytes));
  for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(SessionFacts::Decode(bytes.substr(0, cut))) << cut;
  EXPECT_FALSE(SessionFacts::Decode(bytes + "x"));
}

}  // namespace
}  // namespace checkrein::monitor
