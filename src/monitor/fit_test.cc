#include "monitor/fit.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

TEST(Fit, WhatFitsIsNotTouched) {
  json::Value record = *json::Parse(R"({"a":"x","b":[1,2]})");
  const json::Value before = record;
  FitRecord(record, 100);
  EXPECT_EQ(record, before);
}

TEST(Fit, TheLongestIsCutAndSaysSo) {
  json::Value record;
  record.Set("short", "kept whole").Set("long", std::string(100'000, 'x'));
  FitRecord(record, 4'000);
  EXPECT_LE(record.Dump().size(), 4'000u);
  EXPECT_EQ(record.Text("short"), "kept whole");
  EXPECT_NE(record.Text("long").find("bytes]"), std::string_view::npos);
}

TEST(Fit, ControlCharactersThatGrowSixfoldFitToo) {
  json::Value record;
  json::Array items;
  for (int i = 0; i < 64; ++i) items.emplace_back(std::string(512, '\x01'));
  record.Set("effects", items).Set("notes", items).Set("text", std::string(2048, '\x02'));
  FitRecord(record);
  EXPECT_LE(record.Dump().size(), kMaxRecordBytes);
  EXPECT_TRUE(json::Parse(record.Dump()));
}

}  // namespace
}  // namespace checkrein::monitor
