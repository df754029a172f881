#include "monitor/schema.h"

#include "gtest/gtest.h"
#include "monitor/fit.h"
#include "monitor/record.h"

namespace checkrein::monitor {
namespace {

json::Value Commit() {
  json::Value record = StartRecord({}, "commit");
  record.Set("copy", "9f2c41d07ab3").Set("workspace", "/w").Set("by_uid", 1000);
  SetList(record, "committed", {"a", "b"});
  SetList(record, "left", {});
  return record;
}

TEST(Schema, EveryMemberThatAKindAlwaysHasIsAskedFor) {
  ASSERT_TRUE(CheckRecord(Commit())) << CheckRecord(Commit()).error().text;
  const json::Value whole = Commit();
  for (const auto& [name, value] : *whole.object()) {
    json::Value without;
    for (const auto& [other, kept] : *whole.object())
      if (other != name) without.Set(other, kept);
    const Status checked = CheckRecord(without);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().kind, Error::Kind::kInternal);
    json::Value changed = whole;
    changed.Set(name, json::Value(value.string() != nullptr ? json::Value(7) : json::Value("text")));
    EXPECT_FALSE(CheckRecord(changed)) << name << " of another type";
  }
}

TEST(Schema, NothingOfAnUnknownKindIsWritten) {
  EXPECT_FALSE(CheckRecord(StartRecord({}, "gossip")));
  EXPECT_FALSE(CheckRecord(json::Value()));
  EXPECT_FALSE(CheckRecord(*json::Parse("[1]")));
}

TEST(Schema, WhatWasCutToFitStillKeepsToIt) {
  json::Value record = Commit();
  json::Array many;
  for (int i = 0; i < 5000; ++i) many.emplace_back(std::string(300, 'p'));
  record.Set("committed", std::move(many));
  FitRecord(record);
  EXPECT_TRUE(CheckRecord(record));
  EXPECT_LE(record.Dump().size(), kMaxRecordBytes);
  EXPECT_NE(record.Dump().find(" items]"), std::string::npos) << "what was cut says so";
}

}  // namespace
}  // namespace checkrein::monitor
