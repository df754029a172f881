#include "report/baseline.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

using testing::IsEmpty;

Row Action(int n, const std::vector<std::string>& effects = {"exec:/usr/bin/npm", "write:/w/src/a.ts"}) {
  Row row;
  row.kind = "action";
  row.client = "claude";
  row.workspace = "/w";
  row.tool = "Bash";
  row.session = "s" + std::to_string(n % 5);
  const int minute = n / 4;
  row.time = "2026-11-27T" + std::string(minute / 60 < 10 ? "0" : "") + std::to_string(minute / 60) + ":" + (minute % 60 < 10 ? "0" : "") + std::to_string(minute % 60) + ":00.000Z";
  row.predicted = effects;
  return row;
}

Baseline After(int actions) {
  Baseline usual;
  for (int n = 0; n < actions; ++n) usual.Learn(Action(n));
  return usual;
}

const std::vector<std::string> kOdd = {"exec:/usr/bin/nmap", "connect:a.example:443", "read:/etc/shadow", "write:/w/src/b.ts"};

TEST(Baseline, SilentUntilItHasSeenEnough) {
  EXPECT_FALSE(After(99).Judge(Action(99, kOdd)).heard);
  EXPECT_TRUE(After(100).Judge(Action(100, kOdd)).heard);
  Baseline one_session;
  for (int n = 0; n < 500; ++n) {
    Row row = Action(n);
    row.session = "only";
    one_session.Learn(row);
  }
  EXPECT_FALSE(one_session.Judge(Action(500, kOdd)).heard);
  EXPECT_FALSE(Baseline().Judge(Action(0)).heard);
}

TEST(Baseline, ReasonsAddUpToTheScore) {
  const Anomaly odd = After(400).Judge(Action(400, kOdd));
  ASSERT_EQ(odd.reasons.size(), 3u);
  EXPECT_EQ(odd.reasons[0].what + " " + odd.reasons[0].value, "host a.example");
  EXPECT_EQ(odd.reasons[1].what + " " + odd.reasons[1].value, "program nmap");
  EXPECT_EQ(odd.reasons[2].what + " " + odd.reasons[2].value, "place read /etc") << "another file in a known place is usual";
  EXPECT_EQ(odd.score, 20 + 10 + 5);
  EXPECT_THAT(After(400).Judge(Action(400)).reasons, IsEmpty());
}

TEST(Baseline, WhatIsRareCountsHalfAndOtherProjectsNot) {
  Baseline usual = After(400);
  usual.Learn(Action(401, {"exec:/usr/bin/nmap"}));
  EXPECT_EQ(usual.Judge(Action(402, {"exec:/usr/bin/nmap"})).score, 5);
  Row elsewhere = Action(403, kOdd);
  elsewhere.workspace = "/other";
  EXPECT_FALSE(usual.Judge(elsewhere).heard);
}

TEST(Baseline, AFloodIsUnusual) {
  Baseline usual = After(400);
  for (int n = 0; n < 12; ++n) {
    Row row = Action(0);
    row.time = "2026-11-28T00:00:00.000Z";
    EXPECT_EQ(usual.Judge(row).score, 0) << n;
    usual.Learn(row);
  }
  Row row = Action(0);
  row.time = "2026-11-28T00:00:59.000Z";
  EXPECT_EQ(usual.Judge(row).score, 10);
}

}  // namespace
}  // namespace checkrein::report
