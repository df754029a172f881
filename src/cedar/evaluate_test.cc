#include "cedar/evaluate.h"

#include <cstring>
#include <string>
#include <vector>

#include "cedar/entity_json.h"
#include "cedar/extension.h"
#include "cedar/parser.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

Entities World() {
  auto entities = ParseEntities(R"([
    {"uid":{"type":"User","id":"ann"},"attrs":{"age":7,"boss":{"__entity":{"type":"User","id":"bob"}},"deep":{"a":{"b":1}}},
     "parents":[{"type":"Group","id":"g"}],"tags":{"t":"x"}},
    {"uid":{"type":"User","id":"bob"},"attrs":{},"parents":[]},
    {"uid":{"type":"Group","id":"g"},"parents":[{"type":"Group","id":"top"}]}])");
  return *entities;
}

std::string Eval(const std::string& text) {
  const auto e = ParseExpression(text, "e");
  if (!e) return "PARSE " + e.error().text;
  Request request{EntityUid("User", "ann"), EntityUid("Action", "a"), EntityUid("Doc", "d"), Record().Put("n", 5).Put("s", "str").Put("deep", Record())};
  const auto v = Evaluate(e->ast, e->root, request, World());
  return v ? v->ToString() : "ERROR " + v.error().text;
}

struct Row {
  std::string text, value;
};

void Check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(Eval(row.text), row.value) << row.text;
}

TEST(CedarEvaluate, LogicIsLazy) {
  Check({{"true && false", "false"},
       {"false && 1", "false"},
       {"true && 1", "ERROR type error: expected bool, got long"},
       {"1 && true", "ERROR type error: expected bool, got long"},
       {"true || 1", "true"},
       {"false || true", "true"},
       {"false || \"\"", "ERROR type error: expected bool, got string"},
       {"if true then 1 else 1 + \"\"", "1"},
       {"if false then 1 else 2", "2"},
       {"if 1 then 1 else 2", "ERROR type error: expected bool, got long"},
       {"!true", "false"},
       {"!1", "ERROR type error: expected bool, got long"}});
}

TEST(CedarEvaluate, NumbersAreChecked) {
  Check({{"1 + 2 * 3 - 4", "3"},
       {"9223372036854775807 + 1", "ERROR integer overflow in 9223372036854775807 + 1"},
       {"-9223372036854775808 - 1", "ERROR integer overflow in -9223372036854775808 - 1"},
       {"4611686018427387904 * 2", "ERROR integer overflow in 4611686018427387904 * 2"},
       {"--9223372036854775808", "ERROR integer overflow in -(-9223372036854775808)"},
       {"-(5)", "-5"},
       {"-\"\"", "ERROR type error: expected long, got string"},
       {"\"\" + 1", "ERROR type error: expected long, got string"},
       {"1 + true", "ERROR type error: expected long, got bool"},
       {"1 < 2", "true"},
       {"2 <= 1", "false"},
       {"2 > 1", "true"},
       {"1 >= 1", "true"},
       {"1 < true", "ERROR type error: expected long, got bool"},
       {"\"a\" < \"b\"", "ERROR type error: expected long, datetime or duration, got string"},
       {"duration(\"1s\") > duration(\"999ms\")", "true"},
       {"datetime(\"2024-01-01\") <= datetime(\"2023-12-31T23:59:59Z\")", "false"},
       {"duration(\"1s\") < datetime(\"2024-01-01\")", "ERROR type error: expected duration, got datetime"},
       {"(1 + \"\") < 2", "ERROR type error: expected long, got string"},
       {"2 < (1 + \"\")", "ERROR type error: expected long, got string"}});
}

TEST(CedarEvaluate, EqualityIsTotal) {
  Check({{"1 == \"1\"", "false"},
       {"1 != \"1\"", "true"},
       {"[1, 2, 1] == [2, 1]", "true"},
       {"{a: 1, \"b\": [true]} == {b: [true], a: 1}", "true"},
       {"{a: 1} == {a: 2}", "false"},
       {"{a: 1} == {b: 1}", "false"},
       {"{a: 1} == {a: 1, b: 1}", "false"},
       {"ip(\"1.2.3.4\") == ip(\"1.2.3.4/32\")", "true"},
       {"ip(\"1.2.3.4\") == ip(\"1.2.3.4/31\")", "false"},
       {"decimal(\"1.0\") == decimal(\"1.00\")", "true"},
       {"true == true", "true"},
       {"\"a\" == \"a\"", "true"},
       {"(1 + \"\") == 2", "ERROR type error: expected long, got string"},
       {"2 == (1 + \"\")", "ERROR type error: expected long, got string"}});
}

TEST(CedarEvaluate, Entities) {
  Check({{"principal == User::\"ann\"", "true"},
       {"principal in Group::\"top\"", "true"},
       {"principal in [Group::\"x\", Group::\"g\"]", "true"},
       {"principal in [User::\"x\", principal.boss]", "false"},
       {"principal in []", "false"},
       {"principal in [1]", "ERROR type error: expected entity, got long"},
       {"principal in [principal, 1]", "ERROR type error: expected entity, got long"},
       {"principal in 1", "ERROR type error: expected entity or set of entities, got long"},
       {"1 in principal", "ERROR type error: expected entity, got long"},
       {"principal in (1 + \"\")", "ERROR type error: expected long, got string"},
       {"User::\"none\" in User::\"none\"", "true"},
       {"User::\"none\" in Group::\"g\"", "false"},
       {"action in Action::\"a\"", "true"},
       {"resource in Doc::\"d\"", "true"},
       {"resource in Doc::\"e\"", "false"},
       {"Group::\"g\" in Group::\"top\" && User::\"ann\" in Group::\"top\"", "true"},
       {"principal is User", "true"},
       {"principal is User in Group::\"top\"", "true"},
       {"principal is Group in 1", "false"},
       {"principal is User in 1", "ERROR type error: expected entity or set of entities, got long"},
       {"principal is User in (1 + \"\")", "ERROR type error: expected long, got string"},
       {"1 is User", "ERROR type error: expected entity, got long"},
       {"principal.age", "7"},
       {"principal.boss.age", "ERROR User::\"bob\" has no attribute \"age\""},
       {"resource.x", "ERROR the entity Doc::\"d\" does not exist"},
       {"resource has x", "false"},
       {"principal has age", "true"},
       {"principal has boss.age", "false"},
       {"principal has deep.a.b", "true"},
       {"principal has deep.x.y.z", "false"},
       {"principal has age.x", "ERROR type error: expected entity or record, got long"},
       {"(1 + \"\") has x", "ERROR type error: expected long, got string"},
       {"1 has x", "ERROR type error: expected entity or record, got long"},
       {"1 .x", "ERROR type error: expected entity or record, got long"},
       {"(1 + \"\").x", "ERROR type error: expected long, got string"},
       {"context.x", "ERROR the record has no attribute \"x\""},
       {"context[\"n\"]", "5"},
       {"{\"a b\": {c: 1}}[\"a b\"].c", "1"},
       {"{a: 1 + \"\"}.b", "ERROR type error: expected long, got string"},
       {"principal.hasTag(\"t\")", "true"},
       {"principal.getTag(\"t\")", "\"x\""},
       {"principal.hasTag(\"u\")", "false"},
       {"principal.getTag(\"u\")", "ERROR User::\"ann\" has no tag \"u\""},
       {"resource.hasTag(\"t\")", "false"},
       {"resource.getTag(\"t\")", "ERROR the entity Doc::\"d\" does not exist"},
       {"resource.hasTag(1)", "ERROR type error: expected string, got long"},
       {"\"\".hasTag(\"a\")", "ERROR type error: expected entity, got string"}});
}

TEST(CedarEvaluate, SetsAndStrings) {
  Check({{"[1, 2].contains(2)", "true"},
       {"[1, context.n].contains(5)", "true"},
       {"[1].contains(\"1\")", "false"},
       {"1 .contains(1)", "ERROR type error: expected set, got long"},
       {"[1].contains(1 + \"\")", "ERROR type error: expected long, got string"},
       {"[1 + \"\"].contains(1)", "ERROR type error: expected long, got string"},
       {"[1, 2, 3].containsAll([1, 3])", "true"},
       {"[1, 2, 3].containsAll([1, 4])", "false"},
       {"[1].containsAll([])", "true"},
       {"[1, 2].containsAny([4, 2])", "true"},
       {"[1].containsAny([])", "false"},
       {"[1].containsAny(1)", "ERROR type error: expected set, got long"},
       {"[].isEmpty()", "true"},
       {"[[]].isEmpty()", "false"},
       {"[[1], [1]] == [[1]]", "true"},
       {"context.s like \"s*r\"", "true"},
       {"context.s like \"s*x*r\"", "false"},
       {"context.s like \"*t*\"", "true"},
       {"context.s like \"x*\"", "false"},
       {"context.s like \"*x\"", "false"},
       {"\"a*b\" like \"a\\*b\"", "true"},
       {"\"aXb\" like \"a\\*b\"", "false"},
       {"\"a\" like \"a*a\"", "false"},
       {"\"aab\" like \"a*a*b\"", "true"},
       {"1 like \"a\"", "ERROR type error: expected string, got long"},
       {"[\"z\", 1, true, User::\"a\", {a: 1}, [2]]", "[true, 1, \"z\", User::\"a\", [2], {\"a\": 1}]"},
       {"[duration(\"1s\"), duration(\"2s\"), decimal(\"1.0\"), decimal(\"2.0\"), ip(\"::1\"), ip(\"1.1.1.1\"), datetime(\"2024-01-01\"), datetime(\"2025-01-01\"), false, true, \"a\", \"b\"] "
        ".contains(duration(\"2s\"))",
        "true"}});
}

TEST(CedarEvaluate, Extensions) {
  Check({{"ip(\"10.1.2.3\").isInRange(ip(\"10.0.0.0/8\"))", "true"},
       {"ip(\"10.0.0.0/7\").isInRange(ip(\"10.0.0.0/8\"))", "false"},
       {"ip(\"10.0.0.0/8\").isInRange(ip(\"::/0\"))", "false"},
       {"ip(\"fe80::1/64\").isInRange(ip(\"fe80::/10\"))", "true"},
       {"ip(\"1.1.1.1\").isIpv4() && ip(\"::\").isIpv6() && !ip(\"::\").isIpv4() && !ip(\"1.1.1.1\").isIpv6()", "true"},
       {"ip(\"127.3.2.1\").isLoopback() && ip(\"::1\").isLoopback() && !ip(\"::2\").isLoopback() && !ip(\"127.0.0.0/7\").isLoopback()", "true"},
       {"ip(\"224.0.0.1\").isMulticast() && ip(\"ff02::1\").isMulticast() && !ip(\"223.0.0.1\").isMulticast()", "true"},
       {"ip(\"x\")", "ERROR ip: not readable: \"x\""},
       {"ip(1)", "ERROR type error: expected string, got long"},
       {"ip()", "ERROR `ip` takes 1 arguments with its receiver, not 0"},
       {"ip(1 + \"\")", "ERROR type error: expected long, got string"},
       {"\"\".isIpv4()", "ERROR type error: expected ipaddr, got string"},
       {"ip(\"::\").isInRange(1)", "ERROR type error: expected ipaddr, got long"},
       {"ip(\"::\").isInRange(1 + \"\")", "ERROR type error: expected long, got string"},
       {"decimal(\"1.2\").lessThan(decimal(\"1.3\")) && decimal(\"1.2\").lessThanOrEqual(decimal(\"1.2\"))", "true"},
       {"decimal(\"1.2\").greaterThan(decimal(\"-1.3\")) && decimal(\"1.2\").greaterThanOrEqual(decimal(\"1.2\"))", "true"},
       {"decimal(\"1\")", "ERROR decimal: not readable: \"1\""},
       {"1 .lessThan(decimal(\"1.2\"))", "ERROR type error: expected decimal, got long"},
       {"decimal(\"1.2\").lessThan(1)", "ERROR type error: expected decimal, got long"},
       {"datetime(\"2024-02-29T12:30:00.123Z\").toDate()", "datetime(\"2024-02-29\")"},
       {"datetime(\"2024-02-29T12:30:00.123Z\").toTime()", "duration(\"45000123ms\")"},
       {"datetime(\"1969-12-31T23:00:00Z\").toDate() == datetime(\"1969-12-31\")", "true"},
       {"datetime(\"1969-12-31T23:00:00Z\").toTime() == duration(\"23h\")", "true"},
       {"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).toDate()", "ERROR overflow in toDate"},
       {"datetime(\"2024-01-01\").offset(duration(\"1d1h\"))", "datetime(\"2024-01-02T01:00:00Z\")"},
       {"datetime(\"2024-01-01\").offset(duration(\"9223372036854775807ms\"))", "ERROR overflow in offset"},
       {"datetime(\"2024-01-01\").offset(1)", "ERROR type error: expected duration, got long"},
       {"datetime(\"2024-01-02\").durationSince(datetime(\"2024-01-01\"))", "duration(\"86400000ms\")"},
       {"datetime(\"2024-01-02\").durationSince(1)", "ERROR type error: expected datetime, got long"},
       {"datetime(\"1970-01-01\").offset(duration(\"-9223372036854775808ms\")).durationSince(datetime(\"1970-01-02\"))", "ERROR overflow in durationSince"},
       {"[duration(\"-1d1ms\").toMilliseconds(), duration(\"1d\").toSeconds(), duration(\"1d\").toMinutes(), duration(\"1d\").toHours(), duration(\"-36h\").toDays()]",
        "[-86400001, -1, 24, 1440, 86400]"},
       {"1 .toDate()", "ERROR type error: expected datetime, got long"},
       {"1 .toDays()", "ERROR type error: expected duration, got long"},
       {"datetime(\"2024-1-1\")", "ERROR datetime: not readable: \"2024-1-1\""},
       {"duration(\"\")", "ERROR duration: not readable: \"\""}});
}

TEST(CedarEvaluate, WhatAnExpressionMayBeWorth) {
  for (const std::string text : {"true", "5", "\"a\"", "User::\"a\"", "[1]", "{\"a\": 1}", "ip(\"1.2.3.4/8\")", "decimal(\"-0.05\")", "duration(\"5ms\")",
                                 "datetime(\"1970-01-01\").offset(duration(\"-62167219200001ms\"))", "datetime(\"9999-12-31T23:59:59.999Z\")"}) {
    EXPECT_EQ(Eval(text), text);
  }
}

TEST(CedarExtension, Texts) {
  // Texts that the reference (4.10.0) accepts and refuses.
  for (const char* good : {"1.2.3.4", "0.0.0.0/0", "255.255.255.255/32", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "a::B/128",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "::/0"}) {
    EXPECT_TRUE(ParseIp(good)) << good;
  }
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/08", "1.2.3.4/-1", "::1::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7",
                          "1:2:3:4::5:6:7:8", ":::", "12345::", "g::", "::ffff:1.2.3.4", "fe80::1%eth0", "::/129", "1:", ":1", "1:2:3:4:5:6:7:8:", "1.2.3.4 ",
                          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/1280"}) {
    EXPECT_FALSE(ParseIp(bad)) << bad;
  }
  for (const char* good : {"0.0", "-0.1", "1.2345", "922337203685477.5807", "-922337203685477.5808", "00.1"}) EXPECT_TRUE(ParseDecimal(good)) << good;
  for (const char* bad : {"", "1", "1.", ".1", "1.23456", "+1.0", "922337203685477.5808", "-922337203685477.5809", "1.0 ", "1e1", "--1.0"}) EXPECT_FALSE(ParseDecimal(bad)) << bad;
  for (const char* good : {"2024-02-29", "0000-01-01", "9999-12-31T23:59:59.999+2359", "2000-02-29T00:00:00Z", "2024-01-01T00:00:00.000-0000"}) EXPECT_TRUE(ParseDatetime(good)) << good;
  for (const char* bad : {"", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "2024-1-01", "20240101", "2024-01-01T", "2024-01-01T24:00:00Z",
                          "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.1234Z", "2024-01-01T00:00:00+24:00",
                          "2024-01-01T00:00:00+2400", "2024-01-01T00:00:00+0060", "2024-01-01T00:00:00+00", "2024-01-01T00:00:00Zx", "2024-01-01 00:00:00Z", "x024-01-01", "2024-01",
                          "2024-01-x1", "2024-01-01Tx0:00:00Z", "2024-01-01T00:x0:00Z", "2024-01-01T00:00:x0Z"}) {
    EXPECT_FALSE(ParseDatetime(bad)) << bad;
  }
  for (const char* good : {"0ms", "1d2h3m4s5ms", "-1d", "9223372036854775807ms", "-9223372036854775808ms", "1m1ms"}) EXPECT_TRUE(ParseDuration(good)) << good;
  for (const char* bad : {"", "-", "1", "d", "1h1d", "1d1d", "1x", "+1d", "9223372036854775808ms", "106751991168d", "1 d", "1ms1s", "-9223372036854775808ms1s", "1d-1h"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

TEST(CedarExtension, TextsReadBack) {
  for (const char* text : {"1.2.3.4", "0.0.0.0/0", "1:2:3:4:5:6:7:8", "a0:0:0:0:0:0:0:b/12"}) EXPECT_EQ(ToText(*ParseIp(text)), text);
  for (const char* text : {"0.0", "-0.0001", "1.05", "922337203685477.5807", "-922337203685477.5808"}) EXPECT_EQ(ToText(*ParseDecimal(text)), text);
  for (const char* text : {"2024-02-29", "0000-01-01", "1969-12-31T23:59:59.999Z", "2023-03-01T00:00:01Z", "2100-12-31"}) {
    EXPECT_EQ(ToSource(*ParseDatetime(text)), "datetime(\"" + std::string(text) + "\")");
  }
  EXPECT_EQ(ParseDatetime("2024-01-01T01:00:00+0130")->unix_ms, ParseDatetime("2023-12-31T23:30:00Z")->unix_ms);
}

TEST(CedarValue, StringsAreQuoted) {
  EXPECT_EQ(QuoteString(std::string("a\"\\\n\r\t\0\x01\x7f\u00e9", 11)), "\"a\\\"\\\\\\n\\r\\t\\0\\u{01}\\u{7f}\u00e9\"");
  EXPECT_EQ(EntityUid("A::B", "x\"").ToString(), "A::B::\"x\\\"\"");
  EXPECT_EQ((Pattern{{"a*", "b\n"}}).ToString(), "\"a\\**b\\n\"");
  EXPECT_LT(EntityUid("A", "b"), EntityUid("B", "a"));
  EXPECT_LT(EntityUid("A", "a"), EntityUid("A", "b"));
  EXPECT_NE(EntityUid("A", "bc"), EntityUid("Ab", "c"));
}

}  // namespace
}  // namespace checkrein::cedar
