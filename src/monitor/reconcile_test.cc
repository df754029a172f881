#include "monitor/reconcile.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

json::Value Action(const char* coverage, const char* description) {
  json::Value action;
  action.Set("k", "action").Set("workspace", "/w").Set("course", "contained").Set("intent", json::Value().Set("description", description));
  action.Set("predicted", json::Value().Set("coverage", coverage));
  return action;
}

Outcome Ran(const std::vector<std::string>& predicted, const std::vector<std::string>& observed) {
  Outcome outcome;
  outcome.blind_to = {"read", "exec", "connect"};
  for (const std::string& text : predicted) outcome.predicted.Add(*EffectFromString(text));
  for (const std::string& text : observed) outcome.observed.Add(*EffectFromString(text));
  return outcome;
}

TEST(ReconcileOutcome, EachReasonsShareIsExactInTheRecord) {
  Outcome outcome = Ran({"exec:make", "write:/w/a", "write:/tmp/x"}, {"write:/w/a", "delete:/w/src", "write:/w/.git/hooks/x"});
  outcome.held = {".git/hooks/x"};
  const Reconciled r = ReconcileOutcome(Action("full", "Build it"), outcome);
  json::Value record;
  SetDivergence(record, r);
  const json::Value& divergence = record.At("divergence");
  int64_t sum = 0;
  for (const json::Value& reason : *divergence.At("reasons").array()) sum += reason.Integer("points", 0);
  EXPECT_EQ(sum, divergence.Integer("score", -1));
  EXPECT_EQ(r.score, 40 + 15 + 10 + 10) << record.Dump();  // held, deleted, written, and deleting is more than building
  EXPECT_EQ(divergence.Text("differs"), "high");
}

TEST(ReconcileOutcome, WhatWasPredictedOutsideTheCopyIsNotAbsent) {
  EXPECT_EQ(ReconcileOutcome(Action("full", "Build it"), Ran({"write:/tmp/x"}, {})).score, 0);
  EXPECT_EQ(ReconcileOutcome(Action("full", "Build it"), Ran({"write:/w/x"}, {})).score, 3);
}

TEST(ReconcileOutcome, AnUnreadableActionClaimsNothing) {
  EXPECT_EQ(ReconcileOutcome(json::Value(), Ran({}, {})).score, 0);
  EXPECT_EQ(ReconcileOutcome(json::Value(), Ran({}, {"write:/w/x"})).score, 2) << "as after an opaque prediction";
}

}  // namespace
}  // namespace checkrein::monitor
