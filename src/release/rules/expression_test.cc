// What is told of regular expressions, and that what is told sooner is never told too late.
#include "release/rules/expression.h"

#include <gtest/gtest.h>

#include "release/rules/shipped.h"
#include "release/scan/pattern.h"

namespace checkrein::release {
namespace {

TEST(Expression, EndsSoonerAndLiterals) {
  struct Case {
    const char* regex;
    const char* ends;
    const char* literal;   // the first of the best, "" for none
  };
  const Case cases[] = {
      {R"(\b(ghp_[A-Za-z0-9]{36,251}))", R"(\b(ghp_[A-Za-z0-9]{36}))", "ghp_"},
      {R"((?i)[\w.-]{0,50}?acme=([a-z]{6,9}))", R"((?i)acme=([a-z]{6}))", "acme="},
      {R"(key[a-z]+)", "key[a-z]", "key"},
      {R"(key[a-z]*)", "key", "key"},
      {R"(key=(?:a{2,9}|b+)\b)", "key=(?:a{2}|b)", "key="},
      {R"(keys[a-z]{10,90}['"])", "keys[a-z]{10}", "keys"},
      {R"(keys[a-z]{2,90}['"])", R"(keys[a-z]{2,90}['"])", "keys"},
      {R"(sk-ant-[a-z]{3,12}-[a-z]{20,200}xx)", "sk-ant-[a-z]{3,12}-[a-z]{20}", "sk-ant-"},
      {R"(eyJ[a-z]{14,}\.eyJ[a-z]{9})", "eyJ[a-z]{14}", ".eyJ"},
      {R"((?:a_b[0-9]{40}|c)(?:x|$))", "(?:a_b[0-9]{16}|c)", "a_b"},
      {R"((?:a_b[0-9]{40}|c)+z)", "(?:a_b[0-9]{40}|c)+z", "z"},
      {R"(aws.{0,20}secret.{0,20}=)", "aws.{0,20}secret", "secret"},
      {R"(a(?=b)c+)", R"(a(?=b)c+)", ""},   // not understood: nothing is changed
      {R"((?x) a b+)", R"((?x) a b+)", ""},
      {R"(a{2)", R"(a{2)", ""},
  };
  for (const Case& c : cases) {
    const Expression read = ReadExpression(c.regex);
    EXPECT_EQ(read.ends, c.ends) << c.regex;
    EXPECT_EQ(read.literals.empty() ? "" : read.literals[0], c.literal) << c.regex;
  }
}

TEST(Expression, WhereStepsAreCounted) {
  EXPECT_EQ(ReadExpression(R"(eyJ[a-z]{14,}\.x{0,200}?y[0-9]{3})").counted, R"(eyJ[a-z]{14,}(?C1)\.(?C2)x{0,200}?y[0-9]{3})");
  EXPECT_EQ(ReadExpression("a(?=b)c{50,}").counted, "a(?=b)c{50,}");
}

// Every expression that comes with the program is understood, and what it is changed to is an expression, too.
TEST(Expression, ShippedOnesAreUnderstood) {
  const Result<RuleSet> rules = ShippedRules();
  ASSERT_TRUE(rules.ok());
  size_t seen = 0;
  for (const Rule& rule : rules->rules) {
    if (rule.regex.empty()) continue;
    const Expression read = ReadExpression(rule.regex);
    EXPECT_TRUE(read.understood) << rule.id;
    EXPECT_TRUE(Pattern::Compile(read.ends).ok()) << rule.id << ": " << read.ends;
    EXPECT_TRUE(Pattern::Compile(read.counted).ok()) << rule.id << ": " << read.counted;
    ++seen;
  }
  EXPECT_GT(seen, 40u);
}

}  // namespace
}  // namespace checkrein::release
