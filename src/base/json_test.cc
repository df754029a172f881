#include "base/json.h"

#include "gtest/gtest.h"

namespace checkrein::json {
namespace {

std::string ErrorOf(std::string_view text) {
  const Result<Value> value = Parse(text);
  return value ? "accepted: " + value->Dump() : value.error().text;
}

TEST(Json, RoundTrip) {
  const std::string text = R"({"a":[1,-9223372036854775808,9223372036854775807,1.5,true,null,"x\n\"\\"],"b":{}})";
  EXPECT_EQ(Parse(text)->Dump(), text);
  EXPECT_EQ(*Parse(text), *Parse(Parse(text)->Dump()));
}

TEST(Json, Lookup) {
  const Value v = *Parse(R"({"s":"x","n":7,"f":true,"o":{"p":1}})");
  EXPECT_EQ(v.Text("s"), "x");
  EXPECT_EQ(v.Text("n"), "");
  EXPECT_EQ(v.Text("none"), "");
  EXPECT_EQ(v.Integer("n", 0), 7);
  EXPECT_EQ(v.Integer("s", -1), -1);
  EXPECT_TRUE(v.Flag("f"));
  EXPECT_FALSE(v.Flag("n"));
  EXPECT_EQ(v.At("o").Integer("p", 0), 1);
  EXPECT_TRUE(v.At("none").is_null());
}

TEST(Json, RefusesWhatAttackersSend) {
  EXPECT_EQ(ErrorOf(R"({"a":1,"a":2})"), "duplicate key \"a\"");
  EXPECT_EQ(ErrorOf("18446744073709551616"), "integer out of range (64 bits, signed)");
  EXPECT_EQ(ErrorOf("9223372036854775808"), "integer out of range (64 bits, signed)");
  EXPECT_EQ(ErrorOf("[1e999]"), "line 1, column 6: not valid JSON");
  EXPECT_EQ(ErrorOf("[\n 1,]"), "line 2, column 4: not valid JSON");
  EXPECT_EQ(ErrorOf(""), "line 1, column 1: not valid JSON");
  EXPECT_EQ(ErrorOf("\xEF\xBB\xBF{}"), "line 1, column 1: a byte order mark is not JSON");
  for (const char* bad : {"{} x", "[NaN]", "{'a':1}", "\"\\ud800\"", "\"\xFF\"", "[01]", "// c\n1", "{\"a\"}", "\"\t\"", "nul"})
    EXPECT_FALSE(Parse(bad)) << bad;
}

TEST(Json, NulInsideAStringIsKept) { EXPECT_EQ(Parse(R"(["a\u0000b"])")->array()->at(0).string()->size(), 3u); }

TEST(Json, LimitsHold) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(Parse(deep).error().text, "nested deeper than 128");
  Limits small;
  small.max_bytes = 4;
  EXPECT_EQ(Parse("[1,2]", small).error().kind, Error::Kind::kLimit);
  small = {};
  small.max_values = 3;
  EXPECT_EQ(Parse("[1,2,3]", small).error().text, "more than 3 values");
}

TEST(Json, WritesOnlyValidUtf8AndNoControlCharacters) {
  EXPECT_EQ(Quote("a\x01\x7F\xFF"), "\"a\\u0001\\u007f\xEF\xBF\xBD\"");
  EXPECT_EQ(Quote("\xE2\x80\xA8"), "\"\\u2028\"");
}

TEST(Json, SetReplaces) {
  Value v;
  v.Set("a", 1).Set("b", "x").Set("a", 2);
  EXPECT_EQ(v.Dump(), R"({"a":2,"b":"x"})");
}

}  // namespace
}  // namespace checkrein::json
