#include "cedar/policy_json.h"

#include <string>
#include <vector>

#include "cedar/authorize.h"
#include "cedar/parser.h"
#include "cedar/print.h"
#include "cedar/template.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

Policy Parse(const std::string& text) { return (*ParsePolicyList(text, "p"))[0]; }

TEST(CedarTemplate, Links) {
  const Policy t = Parse("permit(principal in ?principal, action, resource is Doc in ?resource);");
  const SlotValues both{EntityUid("Group", "g"), EntityUid("Folder", "f")};
  const auto policy = Link(t, "x", both);
  ASSERT_TRUE(policy);
  EXPECT_EQ(Print(*policy), "permit (principal in Group::\"g\", action, resource is Doc in Folder::\"f\");");
  EXPECT_EQ(policy->id, "x");
  PolicySet set;
  EXPECT_TRUE(set.Add(*policy));
  EXPECT_FALSE(set.Add(t));
  EXPECT_EQ(Link(t, "x", {EntityUid("Group", "g"), std::nullopt}).error().text, "the slot ?resource of the template `policy0` is given no entity");
  EXPECT_EQ(Link(t, "x", {std::nullopt, EntityUid("Group", "g")}).error().text, "the slot ?principal of the template `policy0` is given no entity");
  EXPECT_EQ(Link(*policy, "y", both).error().text, "`x` is no template: it has no slot");
  EXPECT_EQ(Link(Parse("permit(principal == ?principal, action, resource);"), "y", both).error().text, "the template `policy0` has no slot ?resource");
}

TEST(CedarPrint, IsCanonical) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"(1+2)*3 == 4 && (true || false)", "(1 + 2) * 3 == 4 && (true || false)"},
      {"((1 + 2) + 3) == 1 + (2 + 3)", "1 + 2 + 3 == 1 + (2 + 3)"},
      {"!(!true) && -(1) == -1 && -(-1) == - 1", "!(!true) && -(1) == -1 && -(-1) == -1"},
      {"(if true then 1 else 2) == 1", "(if true then 1 else 2) == 1"},
      {"(1 == 2) == (3 in 4)", "(1 == 2) == (3 in 4)"},
      {"(-5).toDays() == (-(principal)).x", "(-5).toDays() == (-principal).x"},
      {"principal[\"in\"].a[\"b c\"] has \"if\"", "principal[\"in\"].a[\"b c\"] has \"if\""},
      {"principal has a.b.c", "principal has a.b.c"},
      {"{\"a\": 1, \"b c\": [], d: [if true then 1 else 2]}", "{a: 1, \"b c\": [], d: [if true then 1 else 2]}"},
      {"(principal is A in B::\"x\") || (1 - 2 like \"*\\*\")", "principal is A in B::\"x\" || 1 - 2 like \"*\\*\""},
      {"[1].contains(if true then 1 else 2) && principal.hasTag(\"a\") && principal.getTag(\"a\") != [] && [].isEmpty()",
       "[1].contains(if true then 1 else 2) && principal.hasTag(\"a\") && principal.getTag(\"a\") != [] && [].isEmpty()"},
      {"[1].containsAll([1]) || [1].containsAny([2]) || 1 < 2 || 1 <= 2 || 1 > 2 || 1 >= 2", "[1].containsAll([1]) || [1].containsAny([2]) || 1 < 2 || 1 <= 2 || 1 > 2 || 1 >= 2"},
      {"ip(\"::\").isInRange(ip(\"::\"), 1)", "ip(\"::\").isInRange(ip(\"::\"), 1)"},
  };
  for (const auto& [in, out] : rows) {
    const auto e = ParseExpression(in, "e");
    ASSERT_TRUE(e) << e.error().text;
    EXPECT_EQ(PrintExpression(e->ast, e->root), out);
  }
  Ast ast;
  EXPECT_EQ(PrintExpression(ast, ast.Add({Op::kSlot, 1, 1, 0, 0, {}})), "?principal");
}

TEST(CedarPrint, FormatsAndKeepsComments) {
  const std::string text =
      "// first\n@id(\"a\") @note permit(principal, action in [Action::\"a\",Action::\"b\"], resource)when{1==1};\n\n// second\n"
      "forbid(principal, // why\n action, resource);  // end\n";
  EXPECT_EQ(*Format(text, "p"),
            "// first\n@id(\"a\")\n@note\npermit (principal, action in [Action::\"a\", Action::\"b\"], resource)\nwhen { 1 == 1 };\n\n// second\n"
            "forbid(principal, // why\n action, resource);  // end\n");
  EXPECT_FALSE(Format("x", "p"));
  const std::string longer = "permit(principal, action, resource) unless { principal.aaaaaaaaaaaaaaaaaaaa == \"bbbbbbbbbbbbbbbbbbbbbbbb\" && (resource.cccccccccccccc || true) && false };";
  EXPECT_EQ(*Format(longer, "p"),
            "permit (principal, action, resource)\nunless {\n  principal.aaaaaaaaaaaaaaaaaaaa == \"bbbbbbbbbbbbbbbbbbbbbbbb\" &&\n  (resource.cccccccccccccc || true) &&\n  false\n};");
  const std::string or_chain = "permit(principal, action, resource) when { principal.aaaaaaaaaaaaaaaaaaaa == \"bbbbbbbbbbbbbbbbbbbbbbbb\" || resource.cccccccccccccc && true || false };";
  EXPECT_EQ(*Format(or_chain, "p"),
            "permit (principal, action, resource)\nwhen {\n  principal.aaaaaaaaaaaaaaaaaaaa == \"bbbbbbbbbbbbbbbbbbbbbbbb\" ||\n  resource.cccccccccccccc && true ||\n  false\n};");
  const std::string wide = "permit(principal == Aaaaaaaaaaaaaaaaaaaa::\"bbbbbbbbbbbbbbbbbbbbbbb\", action, resource == Aaaaaaaaaaaaaaaaaaaa::\"bbbbbbbbbbbbbbbbbbbbbbb\");";
  EXPECT_EQ(*Format(wide, "p"),
            "permit (\n  principal == Aaaaaaaaaaaaaaaaaaaa::\"bbbbbbbbbbbbbbbbbbbbbbb\",\n  action,\n  resource == Aaaaaaaaaaaaaaaaaaaa::\"bbbbbbbbbbbbbbbbbbbbbbb\"\n);");
}

const std::string kAll = R"("principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"})";
std::string Body(const std::string& body) { return R"({"effect":"permit",)" + kAll + R"(,"conditions":[{"kind":"when","body":)" + body + "}]}"; }
std::string Head(const std::string& principal, const std::string& action) {
  return R"({"effect":"forbid","principal":)" + principal + R"(,"action":)" + action + R"(,"resource":{"op":"All"},"conditions":[]})";
}

// What the reference (4.10.0) makes of the same JSON.
TEST(CedarPolicyJson, Reads) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {Body(R"({"Value":[1,{"a":2},{"__extn":{"fn":"ip","arg":"1.1.1.1"}}]})"), "when { [1, {a: 2}, ip(\"1.1.1.1\")] };"},
      {Body(R"({"Value":{"__entity":{"type":"A","id":"b"}}})"), "when { A::\"b\" };"},
      {Body(R"({"Value":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"x"}},1]}}})"), "when { datetime(\"x\").offset(1) };"},
      {Body(R"({"like":{"left":{"Var":"principal"},"pattern":["Wildcard",{"Literal":"a*"},"Wildcard"]}})"), "when { principal like \"*a\\**\" };"},
      {Body(R"({"like":{"left":{"Value":""},"pattern":[{"Literal":"a"},{"Literal":"b"}]}})"), "when { \"\" like \"ab\" };"},
      {Body(R"({"ip":[]})"), "when { ip() };"},
      {Body(R"({"Record":{"a":{"Value":1},"b c":{"Value":2}}})"), "when { {a: 1, \"b c\": 2} };"},
      {Body(R"({"has":{"left":{"Var":"context"},"attr":"a b"}})"), "when { context has \"a b\" };"},
      {Body(R"({"has":{"left":{"Var":"context"},"attr":["a","b"]}})"), "when { context has a.b };"},
      {Body(R"({"neg":{"arg":{"Value":-5}}})"), "when { -(-5) };"},
      {Body(R"({".":{"left":{"Var":"context"},"attr":"if"}})"), "when { context[\"if\"] };"},
      {Body(R"({"is":{"left":{"Var":"principal"},"entity_type":"A","in":{"Set":[]}}})"), "when { principal is A in [] };"},
      {Body(R"({"if-then-else":{"if":{"Value":true},"then":{"Value":1},"else":{"Value":2}}})"), "when { if true then 1 else 2 };"},
      {Head(R"({"op":"==","entity":{"__entity":{"type":"Foo","id":"x"}}})", R"({"op":"in","entities":[]})"), "forbid (principal == Foo::\"x\", action in [], resource);"},
      {Head(R"({"op":"is","entity_type":"A::B","in":{"slot":"?principal"}})", R"({"op":"==","entity":{"type":"N::Action","id":"x"}})"),
       "forbid (principal is A::B in ?principal, action == N::Action::\"x\", resource);"},
      {Head(R"({"op":"in","slot":"?principal"})", R"({"op":"in","entities":[{"type":"Action","id":"x"}]})"), "forbid (principal in ?principal, action in [Action::\"x\"], resource);"},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[{"kind":"unless","body":{"Value":1}}],"annotations":{"a":null,"b":"x"}})", "@a\n@b(\"x\")\npermit (principal, action, resource)\nunless { 1 };"},
  };
  for (const auto& [in, out] : rows) {
    const auto policy = PolicyFromJson(*json::Parse(in), "p");
    ASSERT_TRUE(policy) << in << "\n" << policy.error().text;
    EXPECT_TRUE(Print(*policy).ends_with(out)) << Print(*policy);
    EXPECT_EQ(Print(*PolicyFromJson(PolicyToJson(*policy), "p")), Print(*policy));
  }
}

TEST(CedarPolicyJson, RefusesWithThePlace) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"1", "policy: expected an object"},
      {R"({"effect":"permit"})", "policy: the key `principal` is missing"},
      {R"({"effect":"allow",)" + kAll + R"(,"conditions":[]})", "policy.effect: expected \"permit\" or \"forbid\""},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[],"x":1})", "policy: unknown key `x`"},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":1})", "policy.conditions: expected an array"},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[{"kind":"if","body":{"Value":1}}]})", "policy.conditions[0].kind: expected \"when\" or \"unless\""},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[{}]})", "policy.conditions[0]: the key `kind` is missing"},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[],"annotations":1})", "policy.annotations: expected an object"},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[],"annotations":{"a b":"x"}})", "policy.annotations: `a b` is no name of an annotation"},
      {R"({"effect":"permit",)" + kAll + R"(,"conditions":[],"annotations":{"a":1}})", "policy.annotations.a: expected a string or null"},
      {Head(R"({"op":"!="})", R"({"op":"All"})"), "policy.principal.op: `!=` cannot stand here"},
      {Head(R"({"op":"All","x":1})", R"({"op":"All"})"), "policy.principal: unknown key `x`"},
      {Head(R"({"op":"in","x":1})", R"({"op":"All"})"), "policy.principal: unknown key `x`"},
      {Head(R"({"op":"is","x":1})", R"({"op":"All"})"), "policy.principal: unknown key `x`"},
      {Head(R"({"op":"in"})", R"({"op":"All"})"), "policy.principal: expected one of `entity`, `entities`, `slot`"},
      {Head(R"({"op":"in","slot":"?resource"})", R"({"op":"All"})"), "policy.principal.slot: no such slot may stand here"},
      {Head(R"({"op":"in","entities":[]})", R"({"op":"All"})"), "policy.principal.entities: a list may only stand behind `action in`"},
      {Head(R"({"op":"==","entity":1})", R"({"op":"All"})"), "policy.principal.entity: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {Head(R"({"op":"is","entity_type":"in"})", R"({"op":"All"})"), "policy.principal.entity_type: `in` is no type name"},
      {Head(R"({"op":"All"})", R"({"op":"==","entity":{"type":"Foo","id":"x"}})"), "policy.action.entity: an action's type is `Action`, perhaps in a namespace, not `Foo`"},
      {Head(R"({"op":"All"})", R"({"op":"in","entities":[1]})"), "policy.action.entities: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {Head(R"({"op":"All"})", R"({"op":"is","entity_type":"A"})"), "policy.action.op: `is` cannot stand here"},
      {Body("1"), "policy.conditions[0].body: expected an object with one key, the operator"},
      {Body(R"({"Value":1,"Var":"principal"})"), "policy.conditions[0].body: expected an object with one key, the operator"},
      {Body(R"({"foo":1})"), "policy.conditions[0].body.foo: there is no operator or function `foo`"},
      {Body(R"({"Var":"princpal"})"), "policy.conditions[0].body.Var: there is no variable `princpal`; did you mean `principal`?"},
      {Body(R"({"Slot":"?principal"})"), "policy.conditions[0].body.Slot: a slot may only stand in the scope"},
      {Body(R"({"==":{"left":{"Value":1}}})"), "policy.conditions[0].body.==: the key `right` is missing"},
      {Body(R"({"==":{"left":{"Value":1},"right":{"x":1}}})"), "policy.conditions[0].body.==.x: there is no operator or function `x`"},
      {Body(R"({"!":1})"), "policy.conditions[0].body.!: expected an object"},
      {Body(R"({"!":{"arg":1}})"), "policy.conditions[0].body.!: expected an object with one key, the operator"},
      {Body(R"({".":1})"), "policy.conditions[0].body..: expected an object"},
      {Body(R"({".":{"left":{"Value":1},"attr":1}})"), "policy.conditions[0].body..: `attr` must be a string"},
      {Body(R"({"has":1})"), "policy.conditions[0].body.has: expected an object"},
      {Body(R"({"has":{"left":{"Value":1},"attr":[]}})"), "policy.conditions[0].body.has: `attr` must be a string or a list of names"},
      {Body(R"({"has":{"left":{"Value":1},"attr":["a","b c"]}})"), "policy.conditions[0].body.has: the names of a path must be identifiers"},
      {Body(R"({"has":{"left":1,"attr":"a"}})"), "policy.conditions[0].body.has: expected an object with one key, the operator"},
      {Body(R"({"like":1})"), "policy.conditions[0].body.like: expected an object"},
      {Body(R"({"like":{"left":{"Value":1},"pattern":"a"}})"), "policy.conditions[0].body.like: `pattern` must be a list"},
      {Body(R"({"like":{"left":{"Value":1},"pattern":["a"]}})"), "policy.conditions[0].body.like: a pattern holds \"Wildcard\" and {\"Literal\": \"..\"}"},
      {Body(R"({"like":{"left":1,"pattern":[]}})"), "policy.conditions[0].body.like: expected an object with one key, the operator"},
      {Body(R"({"is":1})"), "policy.conditions[0].body.is: expected an object"},
      {Body(R"({"is":{"left":{"Value":1},"entity_type":"1"}})"), "policy.conditions[0].body.is: `1` is no type name"},
      {Body(R"({"is":{"left":1,"entity_type":"A"}})"), "policy.conditions[0].body.is: expected an object with one key, the operator"},
      {Body(R"({"if-then-else":1})"), "policy.conditions[0].body.if-then-else: expected an object"},
      {Body(R"({"Set":1})"), "policy.conditions[0].body.Set: expected an array"},
      {Body(R"({"Record":1})"), "policy.conditions[0].body.Record: expected an object"},
      {Body(R"({"ip":1})"), "policy.conditions[0].body.ip: expected an array of arguments"},
      {Body(R"({"isIpv4":[]})"), "policy.conditions[0].body.isIpv4: a method needs its receiver"},
      {Body(R"({"Value":null})"), "policy.conditions[0].body.Value: value: null is no value"},
      {Body(R"({"Value":[null]})"), "policy.conditions[0].body.Value: value: null is no value"},
      {Body(R"({"Value":{"a":null}})"), "policy.conditions[0].body.Value: value: null is no value"},
      {Body(R"({"Value":{"__extn":{"fn":"x","arg":"y"}}})"), "policy.conditions[0].body.Value: there is no function `x`"},
      {Body(R"({"Value":{"__extn":{"fn":"ip"}}})"), "policy.conditions[0].body.Value: expected `arg` or `args`"},
  };
  for (const auto& [in, error] : rows) {
    const auto policy = PolicyFromJson(*json::Parse(in), "p");
    EXPECT_EQ(policy ? "accepted" : policy.error().text, error) << in;
  }
  // Not an entity: a record that happens to have the key.
  EXPECT_TRUE(PolicyFromJson(*json::Parse(Body(R"({"Value":{"__entity":1,"x":2}})")), "p"));
}

TEST(CedarPolicyJson, Sets) {
  const std::string permit = Body(R"({"Value":true})");
  const std::string tmpl = Head(R"({"op":"==","slot":"?principal"})", R"({"op":"All"})");
  const auto read = [](const std::string& text) { return PolicySetFromJson(*json::Parse(text)); };
  const auto set = read(R"({"staticPolicies":{"a":)" + permit + R"(},"templates":{"t":)" + tmpl +
                        R"(},"templateLinks":[{"templateId":"t","newId":"l","values":{"?principal":{"type":"U","id":"x"}}}]})");
  ASSERT_TRUE(set) << set.error().text;
  ASSERT_EQ(set->size(), 2u);
  EXPECT_EQ(Print(*set->Find("l")), "forbid (principal == U::\"x\", action, resource);");
  EXPECT_EQ(PolicySetFromJson(PolicySetToJson(*set))->size(), 2u);
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"1", "policies: expected an object"},
      {R"({"x":1})", "policies: unknown key `x`"},
      {R"({"staticPolicies":1})", "staticPolicies: expected an object"},
      {R"({"staticPolicies":{"a":1}})", "a: policy: expected an object"},
      {R"({"staticPolicies":{"a":)" + tmpl + "}}", "json:1:1: `a` is a template; link it to make a policy\n  \n  ^"},
      {R"({"templateLinks":[{"templateId":"t"}]})", "templateLinks[0]: there is no template `t`"},
      {R"({"templates":{"t":)" + tmpl + R"(},"templateLinks":[{"templateId":"t","values":{"?principal":1}}]})", "templateLinks[0]: expected an entity: {\"type\": \"..\", \"id\": \"..\"}"},
      {R"({"templates":{"t":)" + tmpl + R"(},"templateLinks":[{"templateId":"t","values":{"?x":{"type":"A","id":"b"}}}]})", "templateLinks[0]: there is no slot `?x`"},
      {R"({"templates":{"t":)" + tmpl + R"(},"templateLinks":[{"templateId":"t","newId":"a"}]})", "templateLinks[0]: the slot ?principal of the template `t` is given no entity"},
      {R"({"staticPolicies":{"a":)" + permit + R"(},"templates":{"t":)" + tmpl + R"(},"templateLinks":[{"templateId":"t","newId":"a","values":{"?principal":{"type":"U","id":"x"}}}]})",
       "json:1:1: there is already a policy `a`\n  \n  ^"},
  };
  for (const auto& [in, error] : rows) {
    const auto bad = read(in);
    EXPECT_EQ(bad ? "accepted" : bad.error().text, error) << in;
  }
}

}  // namespace
}  // namespace checkrein::cedar
