#include "cedar/parser.h"

#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

const std::string kHead = "permit(principal,action,resource) when { ";

std::string ErrorOf(const std::string& text) {
  const auto set = ParsePolicyList(text, "p.cedar");
  return set ? "accepted" : set.error().text;
}
std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// Every row was put to the reference, version 4.10.0, which answers the same.
TEST(CedarParser, AcceptsWhatTheReferenceAccepts) {
  for (const std::string body : {
           "principal.permit", "principal has principal", "principal[\"a b\"]", "ip()", "ip(\"a\",\"b\")", "ip(\"a\").isIpv4(1)",
           "[1].contains(1,)", "[1,].isEmpty()", "{a:1,} == {a:1}", "----1 == 1", "-9223372036854775808 == 1", "--9223372036854775808 == 1",
           "9223372036854775807 == 00012", "-1.isIpv4()", "\"a\nb\" == \"x\"", "\"a\" like \"a\\*b*\"", "\"\\x7f\\u{10ffff}\\0\\'\" == \"\"",
           "\"\\u{1_0}\" == \"\"", "principal is User", "principal == principal::\"a\"", "principal == permit::\"a\"", "principal is User in [User::\"a\"]",
           "principal is User in (User::\"a\")", "if true then true else false || true", "principal .  a . b", "User :: // c\n \"a\" == 1", "(1).a", "\"a\".b",
           "ip(\"a\").b", "principal.contains", "principal.contains.a", "-principal.a == -1", "\"a\" == User::\"\\u{61}\"", "principal is permit",
           "!!!!true", "principal has a.b.c", "principal has \"in\"", "{\"if\": 1} has \"if\"", "1 - -1 == 2", "1 != 2 && 1 >= 2 || 1 > 2"}) {
    EXPECT_EQ(ErrorOf(kHead + body + " };"), "accepted") << body;
  }
  for (const std::string text : {
           "", "// only", "permit(principal,action,resource,);", "permit(principal == ?principal,action,resource);", "permit(principal is User in ?principal,action,resource);",
           "permit(principal,action in [],resource);", "permit(principal,action in [Action::\"a\",],resource);", "permit(principal,action == X::Action::\"a\",resource);",
           "permit(principal == (User::\"a\"),action,resource);", "@a permit(principal,action,resource);", "@if(\"x\") permit(principal,action,resource);",
           "@a(\"\") permit(principal,action,resource);", "@__cedar permit(principal,action,resource);", "permit(principal,action,resource) when { true };\u00a0",
           "permit(principal,action in Action::\"a\",resource) unless { true } when { false } when {false};", "forbid (principal is A::B in A::\"x\", action, resource is C);",
           "permit(principal is User ,action,resource in ?resource);", "permit(principal in ?principal,action,resource is X in ?resource);",
           "permit(principal is principal::X,action,resource);"}) {
    EXPECT_EQ(ErrorOf(text), "accepted") << text;
  }
}

struct Bad {
  std::string text, error;
};

TEST(CedarParser, RefusesWhatTheReferenceRefuses) {
  const std::vector<Bad> bodies = {
      {"principal.in", "`in` is a reserved word; write it as a string where one may stand: [\"in\"]"},
      {"principal.if", "`if` is a reserved word; write it as a string where one may stand: [\"if\"]"},
      {"principal has if", "`if` is a reserved word; write it as a string where one may stand: [\"if\"]"},
      {"principal has true", "`true` is a reserved word; write it as a string where one may stand: [\"true\"]"},
      {"{if: 1}.a", "`if` is a reserved word; write it as a string where one may stand: [\"if\"]"},
      {"principal has a.in", "`in` is a reserved word; write it as a string where one may stand: [\"in\"]"},
      {"principal has \"a\".b", "behind `has` stands one string, or names joined by `.`"},
      {"principal has a.\"b\"", "expected an attribute's name or a string, found `\"b\"`"},
      {"principal has a[\"b\"]", "behind `has` stands one string, or names joined by `.`"},
      {"principal[a]", "expected an attribute's name in quotes, found `a`"},
      {"foo(1)", "there is no function `foo`"},
      {"decimol(\"1.0\")", "there is no function `decimol`; did you mean `decimal`?"},
      {"a::ip(1)", "there is no function `a::ip`"},
      {"principal.foo(1)", "there is no method `foo`"},
      {"principal.containAll(1)", "there is no method `containAll`; did you mean `containsAll`?"},
      {"contains([1],1)", "`contains` is a method: write value.contains(..)"},
      {"isIpv4(ip(\"a\"))", "`isIpv4` is a method: write value.isIpv4(..)"},
      {"\"1.1\".decimal()", "`decimal` is a function: write decimal(..)"},
      {"[1].contains()", "`contains` takes one argument, not 0"},
      {"[1].isEmpty(1)", "`isEmpty` takes no argument, not 1"},
      {"[,] == 1", "expected an expression, found `,`"},
      {"{\"a\":1,a:2} == 1", "`a` is given twice"},
      {"{a 1}", "expected `:`, found `1`"},
      {"{a:1", "expected `}`, found `;`"},
      {"1 == 2 == 3", "comparisons do not chain; use parentheses"},
      {"1 has a has b", "comparisons do not chain; use parentheses"},
      {"\"a\" like \"b\" + 1", "expected `}`, found `+`"},
      {"!-1", "expected an expression, found `-`"},
      {"-----1", "more than four of these in a row"},
      {"9223372036854775808 == 1", "the number does not fit 64 bits"},
      {"-9223372036854775809 == 1", "the number does not fit 64 bits"},
      {"-(9223372036854775808) == 1", "the number does not fit 64 bits"},
      {"-9223372036854775808.a", "the number does not fit 64 bits"},
      {"a = 1", "there is no variable `a`"},
      {"action = 1", "`=` is no operator; compare with `==`"},
      {"1/2 == 1", "there is no division"},
      {"1%2 == 1", "there is no remainder"},
      {"\"a\rb\" == \"x\"", "`a carriage return` is no valid escape"},
      {"\"a\" like \"a\rb\"", "`a carriage return` is no valid escape"},
      {"\"a\\*b\" == \"x\"", "`\\*` is no valid escape"},
      {"\"\\x80\" == \"\"", "`\\x80` is no valid escape"},
      {"\"\\x8\" == \"\"", "`\\x8` is no valid escape"},
      {"\"\\u{110000}\" == \"\"", "`\\u{110000}` is no valid escape"},
      {"\"\\u{1234567}\" == \"\"", "`\\u{1234567}` is no valid escape"},
      {"\"\\u{d800}\" == \"\"", "`\\u{d800}` is no valid escape"},
      {"\"\\u{}\" == \"\"", "`\\u{}` is no valid escape"},
      {"\"\\u{_1}\" == \"\"", "`\\u{_1}` is no valid escape"},
      {"\"\\u61\" == \"\"", "`\\u` is no valid escape"},
      {"\"x\" like \"\\a\"", "`\\a` is no valid escape"},
      {"\"a\\\n   b\" == \"\"", "expected an expression, found a string without its end"},
      {"\"a\\a\" == \"\"", "`\\a` is no valid escape"},
      {"\"a\" like context.x", "expected a pattern in quotes behind `like`, found `context`"},
      {"?principal == 1", "a slot may only stand in the scope"},
      {"principal is __cedar", "`__cedar` is a reserved word; write it as a string where one may stand: [\"__cedar\"]"},
      {"principal is A::__cedar", "`__cedar` is a reserved word; write it as a string where one may stand: [\"__cedar\"]"},
      {"principal is \"User\"", "expected a type name, found `\"User\"`"},
      {"principal is User::\"a\"", "behind `is` stands a type, not an entity; to compare use `==` or `in`"},
      {"User::{a:1}", "expected the entity's id as a string, found `{`"},
      {"true || if true then true else false", "`if` needs parentheses here"},
      {"if true else false", "expected `then`, found `else`"},
      {"if true then false", "expected `else`, found `}`"},
      {"x", "there is no variable `x`"},
      {"princpal.x", "there is no variable `princpal`; did you mean `principal`?"},
      {"ip", "there is no variable `ip`; a function is called: ip(..)"},
      {"principal()", "there is no function `principal`"},
      {"(principal)()", "a call is written name(..) or value.name(..)"},
      {"(1", "expected `)`, found `}`"},
      {"[1", "expected `]`, found `}`"},
      {"", "a condition cannot be empty; write `true` or leave it out"},
      {"1 ~ 2", "expected `}`, found `~`"},
      {"1 \u00e9 2", "expected `}`, found `\u00e9`"},
      {"User::\"\\q\"", "`\\q` is no valid escape"},
      {"{\"\\q\":1}", "`\\q` is no valid escape"},
      {"principal has \"\\q\"", "`\\q` is no valid escape"},
      {"principal[\"\\q\"]", "`\\q` is no valid escape"},
      {"principal is", "expected a type name, found `}`"},
      {"[1].contains(1 2)", "expected `)`, found `2`"},
  };
  for (const Bad& bad : bodies) {
    const std::string error = ErrorOf(kHead + bad.text + " };");
    EXPECT_TRUE(FirstLine(error).ends_with(": " + bad.error)) << bad.text << "\n" << error;
  }
}

TEST(CedarParser, RefusesBadHeads) {
  const std::vector<Bad> texts = {
      {"permit(principal == User::\"a\\*\",action,resource);", "1:27: `\\*` is no valid escape"},
      {"permit(principal == ?resource,action,resource);", "1:21: the only slot that may stand here is `?principal`"},
      {"permit(principal,action == ?action,resource);", "1:28: the action cannot be a slot"},
      {"permit(principal is ?principal,action,resource);", "1:21: expected a type name, found `?principal`"},
      {"permit(principal is User == User::\"a\",action,resource);", "1:26: `is` cannot stand with `==`; the entity's type is known"},
      {"permit(principal,action is Action,resource);", "1:25: `is` cannot be used with the action"},
      {"permit(principal,action == Foo::\"a\",resource);", "1:28: an action is written Action::\"name\", perhaps in a namespace; its type cannot be `Foo`"},
      {"permit(principal,action in [Action::\"b\",Foo::\"a\"],resource);", "1:41: an action is written Action::\"name\", perhaps in a namespace; its type cannot be `Foo`"},
      {"permit(principal,action in [1],resource);", "1:29: expected an entity such as Type::\"id\", found `1`"},
      {"permit(principal,action in [Action::\"b\" 1],resource);", "1:41: expected `]`, found `1`"},
      {"permit(principal in [User::\"a\"],action,resource);", "1:21: a list may only stand behind `action in`"},
      {"permit(principal in User,action,resource);", "1:25: expected `::\"id\"` after the type, found `,`"},
      {"permit(principal in User::,action,resource);", "1:27: expected the entity's id as a string, found `,`"},
      {"permit(principal is User in 1,action,resource);", "1:29: expected an entity such as Type::\"id\", found `1`"},
      {"permit(principal != User::\"a\",action,resource);", "1:18: expected `==`, `in`, `is`, `,` or `)`, found `!=`; other tests belong into `when { .. }`"},
      {"permit(principal : User,action,resource);", "1:18: types are not given with `:`; write `principal is Type`"},
      {"permit(action,principal,resource);", "1:8: expected `principal`, found `action`; a scope is (principal, action, resource)"},
      {"permit(principal,action);", "1:24: expected `,` and the `resource` of the scope, found `)`"},
      {"permit(principal,action,resource,context);", "1:34: a scope has three parts: principal, action, resource; put the rest into `when { .. }`"},
      {"@id(\"a\") @id(\"b\") permit(principal,action,resource);", "1:11: a second annotation @id; each name may stand once"},
      {"@a(\"x\",) permit(principal,action,resource);", "1:7: expected `)`, found `,`"},
      {"@a(x) permit(principal,action,resource);", "1:4: expected a string, found `x`"},
      {"@(x) permit(principal,action,resource);", "1:2: expected the annotation's name, found `(`"},
      {"permt(principal,action,resource);", "1:1: expected `permit` or `forbid`, found `permt`; did you mean `permit`?"},
      {"permit principal", "1:8: expected `(`, found `principal`"},
      {"permit(principal,action,resource) whne {true};", "1:35: expected `when`, `unless` or `;`, found `whne`; did you mean `when`?"},
      {"permit(principal,action,resource) when (true);", "1:40: expected `{`, found `(`"},
      {"permit(principal,action,resource)", "1:34: expected `when`, `unless` or `;`, found the end of the text"},
      {"permit(principal,action,resource) \"abc", "1:35: expected `when`, `unless` or `;`, found a string without its end"},
      {";", "1:1: expected `permit` or `forbid`, found `;`"},
      {"permit(principal,action,resource);\n@a(\"\u00e9\u00e9\") permit(principal,action,resourc);", "2:34: expected `resource`, found `resourc`; a scope is (principal, action, resource)"},
  };
  for (const Bad& bad : texts) EXPECT_EQ(FirstLine(ErrorOf(bad.text)), "p.cedar:" + bad.error) << bad.text;
}

TEST(CedarParser, PointsAtThePlace) {
  EXPECT_EQ(ErrorOf("permit(principal, action, resource)\nwhen { contxt.x };\n"),
            "p.cedar:2:8: there is no variable `contxt`; did you mean `context`?\n  when { contxt.x };\n         ^^^^^^");
}

TEST(CedarParser, KeepsWhatStandsInThePolicy) {
  const auto list = ParsePolicyList("// c\n  @id(\"a\") @note forbid(principal in G::\"g\", action, resource is T) unless { 1 < 2 };  permit(principal,action,resource);", "p.cedar");
  ASSERT_TRUE(list);
  const Policy& p = (*list)[0];
  EXPECT_EQ(p.id, "policy0");
  EXPECT_EQ(p.effect, Effect::kForbid);
  EXPECT_EQ(p.AnnotationValue("id"), "a");
  EXPECT_EQ(p.AnnotationValue("note"), "");
  EXPECT_EQ(p.AnnotationValue("none"), "");
  EXPECT_EQ(p.text, "@id(\"a\") @note forbid(principal in G::\"g\", action, resource is T) unless { 1 < 2 };");
  EXPECT_EQ(p.line, 2u);
  EXPECT_EQ(p.column, 3u);
  EXPECT_EQ(p.resource.type, "T");
  EXPECT_EQ(Where(p.source(), p.ast[p.conditions[0].body].span), "p.cedar:2:78");
  EXPECT_EQ((*list)[1].line, 2u);
  EXPECT_EQ((*list)[1].column, 88u);
  EXPECT_EQ((*list)[1].id, "policy1");
}

TEST(CedarParser, IdsAndTemplates) {
  const std::string two = "@id(\"x\") permit(principal,action,resource); forbid(principal,action,resource);";
  const auto set = ParsePoliciesWithIds(two, "p");
  ASSERT_TRUE(set);
  EXPECT_NE(set->Find("x"), nullptr);
  EXPECT_NE(set->Find("policy1"), nullptr);
  EXPECT_EQ(set->Find("policy0"), nullptr);
  EXPECT_EQ(FirstLine(ParsePoliciesWithIds(two + "@id(\"x\") permit(principal,action,resource);", "p").error().text), "p:1:79: there is already a policy `x`");
  EXPECT_EQ(FirstLine(ParsePolicies("permit(principal==?principal,action,resource);", "p").error().text), "p:1:1: `policy0` is a template; link it to make a policy");
  EXPECT_FALSE(ParsePoliciesWithIds("x", "p"));
  PolicySet merged = *ParsePolicies(two, "a");
  EXPECT_TRUE(merged.Merge(*ParsePoliciesWithIds("@id(\"x\") permit(principal,action,resource);", "b")));
  EXPECT_FALSE(merged.Merge(*ParsePoliciesWithIds("@id(\"x\") permit(principal,action,resource);", "b")));
}

TEST(CedarParser, Caps) {
  const auto nested = [](size_t n) { return kHead + std::string(n, '(') + "true" + std::string(n, ')') + " };"; };
  EXPECT_EQ(ErrorOf(nested(kMaxNesting - 1)), "accepted");
  EXPECT_EQ(FirstLine(ErrorOf(nested(1000000))), "p.cedar:1:242: nested deeper than 200 levels; split the policy");
  std::string chain = kHead + "true";
  for (uint32_t i = 1; i < kMaxHeight; ++i) chain += "&&true";
  EXPECT_EQ(ErrorOf(chain + "};"), "accepted");
  EXPECT_NE(ErrorOf(chain + "&&true};").find("more than 700 operators in a row"), std::string::npos);
  std::string scope = std::string(300, '(') + "User::\"a\"" + std::string(300, ')');
  EXPECT_NE(ErrorOf("permit(principal == " + scope + ",action,resource);").find("nested deeper"), std::string::npos);
  std::string annotated;
  for (size_t i = 0; i <= kMaxAnnotations; ++i) annotated += "@a" + std::to_string(i) + " ";
  EXPECT_NE(ErrorOf(annotated + "permit(principal,action,resource);").find("more than 256 annotations"), std::string::npos);
  EXPECT_EQ(ParsePolicies(std::string(kMaxPolicyTextBytes + 1, ' '), "p").error().kind, Error::Kind::kLimit);
  EXPECT_EQ(ParsePolicies("\xff", "p").error().text, "p: not UTF-8");
  EXPECT_EQ(ParseExpression("\xff", "p").error().text, "p: not UTF-8");
  std::string many;
  for (size_t i = 0; i <= kMaxPolicies; ++i) many += "permit(principal,action,resource);";
  EXPECT_EQ(FirstLine(ErrorOf(many)), "p.cedar:1:3400001: more than 100000 policies");
}

}  // namespace
}  // namespace checkrein::cedar
