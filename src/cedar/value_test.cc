#include "cedar/value.h"

#include <string>

#include "cedar/authorize.h"
#include "cedar/entity_json.h"
#include "cedar/evaluate.h"
#include "cedar/parser.h"
#include "cedar/policy_json.h"
#include "cedar/print.h"
#include "cedar/validate.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

std::string Eval(const std::string& text) {
  const auto e = ParseExpression(text, "e");
  if (!e) return e.error().text;
  const auto v = Evaluate(e->ast, e->root, {EntityUid("U", "a"), EntityUid("Action", "a"), EntityUid("D", "d"), Record()}, Entities());
  return v ? v->ToString() : v.error().text;
}

TEST(CedarValue, SetsOfRecordsAreCanonical) {
  EXPECT_EQ(Eval("[{a: 2}, {a: 1}, {a: 1, b: 1}, {a: 1}, {}]"), R"([{}, {"a": 1}, {"a": 1, "b": 1}, {"a": 2}])");
  EXPECT_EQ(Eval("[{b: 1}, {a: 9}]"), R"([{"a": 9}, {"b": 1}])");
  EXPECT_EQ(Eval("[{a: 1}].contains({a: 1}) && [{a: 1}].containsAll([{a: 1}]) && ![{a: 1}].containsAny([{a: 2}])"), "true");
  const Record twice = Record().Put("k", 1).Put("k", 2);
  EXPECT_EQ(Value(twice).ToString(), R"({"k": 2})");
}

TEST(CedarValue, Escapes) {
  EXPECT_EQ(Eval(R"("\u{e9}\u{4e2d}\u{1F600}\r\"")"), "\"\u00e9\u4e2d\U0001F600\\r\\\"\"");
}

TEST(CedarValue, ToJson) {
  for (const Value& v : {Value(Duration{5}), Value(Datetime{-1}), Value(Decimal{-5}), Value(EntityUid("A", "b")), Value(Set({Value(1)}))}) {
    EXPECT_EQ(*ValueFromJson(ValueToJson(v)), v);
  }
}

TEST(CedarTemplates, ASlotInAnExpressionHasNoValueAndNoType) {
  // No parser makes one; the tree can hold it.
  Policy policy = (*ParsePolicyList("permit(principal, action, resource);", "p"))[0];
  const NodeId slot = policy.ast.Add({Op::kSlot, 1, static_cast<uint32_t>(Slot::kResource), 0, 0, {}});
  policy.conditions.push_back({false, slot});
  const auto v = Evaluate(policy.ast, slot, {}, Entities());
  EXPECT_EQ(v.error().text, "a template's slot has no value");
  EXPECT_EQ(PolicyToJson(policy).At("conditions").array()->front().At("body").Text("Slot"), "?resource");
  const Schema schema = ParseSchema("entity U; action a appliesTo { principal: U, resource: U };", "s").take();
  EXPECT_TRUE(ValidatePolicy(schema, policy).warnings.empty());
}

// What the parser lets through in height, everything behind it can walk (under the sanitizers too).
TEST(CedarCaps, TheHighestExpressionIsWalked) {
  std::string chain = "true";
  for (uint32_t i = 1; i < kMaxHeight; ++i) chain += " && true";
  std::string attributes = "context";
  for (uint32_t i = 1; i < kMaxHeight; ++i) attributes += ".a";
  const Schema schema = ParseSchema("entity U; action a appliesTo { principal: U, resource: U };", "s").take();
  for (const std::string& text : {chain, attributes}) {
    const auto policies = ParsePolicies("permit(principal, action, resource) when { " + text + " };", "p");
    ASSERT_TRUE(policies) << policies.error().text;
    const Response r = Authorize(*policies, {EntityUid("U", "u"), EntityUid("Action", "a"), EntityUid("U", "u"), Record()}, Entities());
    EXPECT_EQ(r.decision, text == chain ? Decision::kAllow : Decision::kDeny);
    EXPECT_EQ(ValidatePolicy(schema, policies->policies()[0]).ok(), text == chain);
    const json::Value json = PolicyToJson(policies->policies()[0]);
    const auto again = PolicyFromJson(json, "p");
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(Print(*again), Print(policies->policies()[0]));
  }
  json::Value deep = json::Object{{"Value", true}};
  for (uint32_t i = 0; i <= kMaxHeight; ++i) deep = json::Object{{"!", json::Object{{"arg", std::move(deep)}}}};
  const json::Value policy = json::Object{{"effect", "permit"}, {"principal", json::Object{{"op", "All"}}}, {"action", json::Object{{"op", "All"}}},
                                          {"resource", json::Object{{"op", "All"}}}, {"conditions", json::Array{json::Object{{"kind", "when"}, {"body", std::move(deep)}}}}};
  EXPECT_EQ(PolicyFromJson(policy, "p").error().kind, Error::Kind::kLimit);
}

}  // namespace
}  // namespace checkrein::cedar
