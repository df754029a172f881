#include "effect/reconcile.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EffectSet Effects(const std::vector<std::string>& texts) {
  EffectSet out;
  for (const std::string& text : texts) out.Add(*EffectFromString(text));
  return out;
}

// One line for each reason: "id=points[evidence]".
std::vector<std::string> Told(const Reconciled& r) {
  std::vector<std::string> out;
  for (const Reason& reason : r.reasons) {
    std::string line = std::string(reason.rule->id) + "=" + std::to_string(reason.points) + "[";
    for (const std::string& evidence : reason.evidence) line += (line.back() == '[' ? "" : ",") + evidence;
    out.push_back(line + "]");
  }
  return out;
}

Accounts Seen(std::vector<std::string> predicted, std::vector<std::string> observed, Coverage coverage = Coverage::kFull) {
  Accounts a;
  a.predicted = Effects(predicted);
  a.observed = Effects(observed);
  a.coverage = coverage;
  a.permitted = true;
  a.seen = {Op::kWrite, Op::kDelete};
  return a;
}

TEST(Reconcile, NothingDiffers) {
  const Reconciled r = Reconcile(Seen({"write:/w/a", "exec:make"}, {"write:/w/a"}));
  EXPECT_EQ(r.score, 0);
  EXPECT_EQ(r.differs(), Differs::kNothing);
  EXPECT_THAT(r.reasons, IsEmpty());
  // Said all the same: nothing watched these.
  EXPECT_THAT(r.unseen, ElementsAre(Op::kRead, Op::kExec, Op::kConnect, Op::kListen, Op::kPrivilege));
}

TEST(Reconcile, TheScoreIsTheSumOfItsReasons) {
  Accounts a = Seen({"write:/w/a"}, {"write:/w/b", "write:/w/c", "delete:/w/d"});
  a.unpermitted = {*EffectFromString("write:/w/b")};
  a.denied = {*EffectFromString("connect:a.example:443")};
  const Reconciled r = Reconcile(a);
  EXPECT_THAT(Told(r), ElementsAre("unpermitted=40[write:/w/b]", "denied-attempt=20[connect:a.example:443]", "unpredicted-write=20[write:/w/b,write:/w/c]",
                                   "unpredicted-delete=15[delete:/w/d]", "predicted-absent=3[write:/w/a]"));
  EXPECT_EQ(r.score, 40 + 20 + 20 + 15 + 3);
  EXPECT_EQ(r.differs(), Differs::kHigh);
}

TEST(Reconcile, AnOpenPredictionIsSurprisedByLess) {
  EXPECT_EQ(Reconcile(Seen({"unknown:script"}, {"write:/w/b"}, Coverage::kOpaque)).score, 2);
  EXPECT_EQ(Reconcile(Seen({}, {"write:/w/b"}, Coverage::kFull)).score, 10);
  // However many: what counts is bounded, what is shown is not.
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("write:/w/" + std::to_string(i));
  const Reconciled r = Reconcile(Seen({}, many));
  EXPECT_EQ(r.score, 40);
  EXPECT_EQ(r.reasons[0].evidence.size(), 100u);
}

TEST(Reconcile, WhatTheModelSaid) {
  Accounts a = Seen({"delete:/w/src/**", "connect:a.example:443"}, {"delete:/w/src/x"});
  a.claim = "Run the unit tests";
  EXPECT_THAT(Told(Reconcile(a)), ElementsAre("beyond-claim=20[delete,connect]"));
  a.claim = "Remove the old sources and upload the rest";
  EXPECT_THAT(Told(Reconcile(a)), IsEmpty());
  a = Seen({}, {});
  a.claim = "I will write the new module";
  EXPECT_THAT(Told(Reconcile(a)), ElementsAre("claimed-absent=5[write]"));
  a.ran = false;
  EXPECT_THAT(Told(Reconcile(a)), IsEmpty()) << "what did not run cannot be absent";
}

TEST(Reconcile, ASensorThatSawNothingProvesNothing) {
  Accounts a = Seen({"write:/w/a"}, {});
  a.claim = "write it";
  a.seen.clear();
  EXPECT_EQ(Reconcile(a).score, 0);
  EXPECT_EQ(Reconcile(a).unseen.size(), 7u);
  a.seen = {Op::kWrite};
  EXPECT_GT(Reconcile(a).score, 0);
  a.lost = 3;
  EXPECT_EQ(Reconcile(a).score, 0) << "what was lost may have been it";
  EXPECT_TRUE(Reconcile(a).lossy);
}

TEST(Reconcile, DeniedAndRanAllTheSame) {
  Accounts a = Seen({}, {});
  a.permitted = false;
  EXPECT_THAT(Told(Reconcile(a)), ElementsAre("ran-denied=60[denied, and it ran]"));
  a.ran = false;
  EXPECT_EQ(Reconcile(a).score, 0);
}

TEST(Reconcile, Words) {
  EXPECT_THAT(ClaimedOps("Running the tests, then deleting build/ and PUSHED to origin."), ElementsAre(Op::kDelete, Op::kExec, Op::kPush));
  EXPECT_THAT(ClaimedOps("Moved files; copies; saves; modified"), ElementsAre(Op::kWrite));
  EXPECT_THAT(ClaimedOps("reading runtime testament published-ness"), ElementsAre(Op::kRead, Op::kPush));
  EXPECT_THAT(ClaimedOps(""), IsEmpty());
  EXPECT_THAT(ClaimedOps("\xff\x00 42"), IsEmpty());
}

TEST(Reconcile, RulesAreRows) {
  std::set<std::string_view> ids;
  for (const ReasonRule& rule : ReasonRules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.text.empty());
    EXPECT_GT(rule.points, 0);
    EXPECT_LE(rule.points_open, rule.points) << "an open prediction is never the greater surprise";
    EXPECT_GT(rule.most, 0);
  }
}

}  // namespace
}  // namespace checkrein
