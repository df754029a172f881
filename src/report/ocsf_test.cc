#include "report/ocsf.h"

#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

json::Value Event(const std::string& text) {
  const Result<json::Value> record = json::Parse(text);
  EXPECT_TRUE(record);
  return OcsfEvent(*record, text, {7, "checkrein.local/log/x", "0.1.0"});
}

TEST(Ocsf, AnActionIsACallWithItsDecision) {
  const json::Value event = Event(R"({"k":"action","t":"2026-11-27T02:00:00.123Z","session":"s","client":"claude","call":{"tool":"Bash","kind":"shell","shown":"rm -rf /"},"decision":{"verdict":"deny","policies":["p1"],"set":"ab"},"course":"denied"})");
  EXPECT_EQ(event.Integer("class_uid", 0), 6003);
  EXPECT_EQ(event.Integer("type_uid", 0), 600399);
  EXPECT_EQ(event.Integer("time", 0), 1795744800123);
  EXPECT_EQ(event.Integer("action_id", 0), 2);
  EXPECT_EQ(event.Integer("disposition_id", 0), 2);
  EXPECT_EQ(event.At("metadata").Text("uid"), "checkrein.local/log/x/7");
  EXPECT_EQ(event.At("api").Text("operation"), "Bash");
  EXPECT_NE(event.Text("raw_data").find("rm -rf"), std::string_view::npos);
  EXPECT_EQ(event.At("unmapped").Text("leaf").size(), 64u);
  EXPECT_TRUE(event.At("unmapped").Text("not_promised").starts_with("hooks only")) << "no mode promises nothing";
  EXPECT_EQ(Event(R"({"k":"action","mode":"run"})").At("unmapped").Find("not_promised"), nullptr);
}

TEST(Ocsf, ADivergenceIsAFinding) {
  const json::Value event = Event(R"({"k":"outcome","ref":1,"divergence":{"score":60,"unpredicted":["connect:a:1"]}})");
  EXPECT_EQ(event.Integer("class_uid", 0), 2004);
  EXPECT_EQ(event.Integer("severity_id", 0), 4);
  EXPECT_FALSE(event.At("finding_info").Text("title").empty());
}

TEST(Ocsf, AFindingAndAnIncidentSayWhatAndHowGraveAndOfWhichRecord) {
  const json::Value finding = Event(R"({"k":"finding","code":"publication","severity":"high","ref":3,"what":"x.tgz: a key that works"})");
  EXPECT_EQ(finding.Integer("class_uid", 0), 2004);
  EXPECT_EQ(finding.Integer("severity_id", 0), 4);
  EXPECT_EQ(finding.At("finding_info").Text("title"), "x.tgz: a key that works");
  EXPECT_EQ(finding.At("finding_info").At("types").Dump(), R"(["publication"])");
  EXPECT_EQ(finding.At("finding_info").At("related_events").Dump(), R"([{"uid":"checkrein.local/log/x/3"}])");
  EXPECT_NE(finding.At("metadata").At("labels").Dump().find("AML.T0057:5.6.1"), std::string::npos) << "the ids of its code";
  const json::Value incident = Event(R"({"k":"incident","code":"frozen","severity":"critical","event":"begins","what":"a person stopped everything"})");
  EXPECT_EQ(incident.Integer("class_uid", 0), 2005);
  EXPECT_EQ(incident.Integer("severity_id", 0), 5);
}

TEST(Ocsf, EveryKindHasAnEvent) {
  for (const char* kind : {"session", "turn", "message", "note", "run", "run_end", "approval", "connection", "refused", "log", "finding", "incident", "freeze", "thaw", "gate", "pin", "labels", "x"}) {
    const json::Value event = Event(std::string(R"({"k":")") + kind + R"("})");
    EXPECT_GT(event.Integer("class_uid", 0), 1000) << kind;
    EXPECT_EQ(event.Integer("category_uid", 0), event.Integer("class_uid", 0) / 1000);
    EXPECT_EQ(event.Integer("type_uid", 0) / 100, event.Integer("class_uid", 0));
  }
}

}  // namespace
}  // namespace checkrein::report
