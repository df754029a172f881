#include "notation/document.h"

#include <gtest/gtest.h>

namespace checkrein::notation {
namespace {

std::string ErrorOf(std::string_view text, Dialect dialect) {
  const Result<Node> node = Parse(text, "f", dialect);
  return node ? "" : node.error().text;
}

TEST(Notation, KnowsThePlaceOfEverything) {
  const Result<Node> node = Parse("{\n  \"a\": [1, -2.5e1, \"x\\u00e9\\ud83d\\ude00\\n\"],\n  \"b\": {\"c\": true, \"d\": null}\n}\n", "f", Dialect::kJson);
  ASSERT_TRUE(node.ok()) << node.error().text;
  const Node* a = node->Find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->at.line, 2u);
  EXPECT_EQ(a->at.column, 8u);
  ASSERT_EQ(a->items.size(), 3u);
  EXPECT_EQ(a->items[0].integer, 1);
  EXPECT_EQ(a->items[1].real, -25);
  EXPECT_EQ(a->items[2].text, "x\xC3\xA9\xF0\x9F\x98\x80\n");
  EXPECT_TRUE(node->Find("b")->Flag("c"));
  EXPECT_EQ(node->members[1].at.line, 3u);
  EXPECT_EQ(Place("f", node->members[1].at), "f:3:3");
}

TEST(Notation, TakesCommentsOnlyWhereTheyMayStand) {
  constexpr std::string_view kText = "// one\n{ /* two\n */ \"a\": [1, 2,], }\n// end";
  const Result<Node> node = Parse(kText, "f", Dialect::kJsonWithComments);
  ASSERT_TRUE(node.ok()) << node.error().text;
  EXPECT_EQ(node->Find("a")->at.line, 3u);
  EXPECT_EQ(node->Find("a")->items.size(), 2u);
  EXPECT_EQ(ErrorOf(kText, Dialect::kJson), "f:1:1: a value belongs here");
  EXPECT_EQ(ErrorOf("[1,]", Dialect::kJson), "f:1:4: a value belongs here");
  EXPECT_EQ(ErrorOf("[/* x", Dialect::kJsonWithComments), "f:1:2: this comment has no end");
}

TEST(Notation, RefusesWhatIsNotWellFormed) {
  const struct {
    const char* text;
    const char* error;
  } kRows[] = {
      {"", "f:1:1: a value belongs here"},
      {"{\"a\":1,\n\"a\":2}", "f:2:1: the name \"a\" is there twice"},
      {"{\"a\" 1}", "f:1:6: a colon belongs here"},
      {"{a:1}", "f:1:2: a name in quotes belongs here"},
      {"[1 2]", "f:1:4: a comma or ] belongs here"},
      {"1 2", "f:1:3: something follows the value"},
      {"\"\\ud800\"", "f:1:8: half of a surrogate pair"},
      {"\"a\nb\"", "f:1:3: a control character in a string"},
      {"\"\xff\"", "f:1:1: ill-formed UTF-8 in a string"},
      {"\"\\q\"", "f:1:2: no such escape in a string"},
      {"\"abc", "f:1:1: this string has no end"},
      {"9223372036854775808", "f:1:1: number out of range"},
      {"1e999", "f:1:1: number out of range"},
      {"01", "f:1:1: a number with a leading zero"},
      {"1.", "f:1:3: digits belong behind the point"},
      {"nul", "f:1:1: a value belongs here"},
      {"\xEF\xBB\xBF{}", "f:1:1: a value belongs here"},
  };
  for (const auto& row : kRows) EXPECT_EQ(ErrorOf(row.text, Dialect::kJson), row.error) << row.text;
}

TEST(Notation, BoundsDepthAndNumber) {
  const std::string deep(100000, '[');
  EXPECT_EQ(ErrorOf(deep, Dialect::kJson), "f:1:65: nested deeper than 64");
  Limits few;
  few.max_values = 3;
  EXPECT_EQ(Parse("[1,2,3]", "f", Dialect::kJson, few).error().text, "f:1:6: more than 3 values");
  few.max_bytes = 4;
  EXPECT_EQ(Parse("[1,2,3]", "f", Dialect::kJson, few).error().kind, Error::Kind::kLimit);
}

TEST(Notation, ReadsToml) {
  const Result<Node> node = Parse("model = \"x\"\n[mcp_servers.\"a.b\"]\ncommand = 'npx'\nargs = [\"-y\", 1]\nwhen = 2026-01-01\n", "c.toml", Dialect::kToml);
  ASSERT_TRUE(node.ok()) << node.error().text;
  const Node* servers = node->Find("mcp_servers");
  ASSERT_NE(servers, nullptr);
  ASSERT_EQ(servers->members.size(), 1u);
  EXPECT_EQ(servers->members[0].name, "a.b");
  const Node& server = servers->members[0].value;
  EXPECT_EQ(server.Text("command"), "npx");
  EXPECT_EQ(server.Find("command")->at.line, 3u);
  EXPECT_EQ(server.Find("when")->kind, Node::Kind::kOther);
  EXPECT_TRUE(ErrorOf("a = 1\na = 2\n", Dialect::kToml).starts_with("f:2:"));
  EXPECT_EQ(ErrorOf("a = \"\xff\"", Dialect::kToml), "f: ill-formed UTF-8");
}

TEST(Notation, SurvivesTomlThatNestsByItsKeys) {
  std::string key = "a";
  for (int i = 0; i < 1'000'000; ++i) key += ".a";
  EXPECT_EQ(ErrorOf("x = 1\n" + key + " = 1\n", Dialect::kToml), "f:2:128: a key of more than 64 parts");
  EXPECT_NE(ErrorOf("[" + key + "]\n", Dialect::kToml), "");
  // The dots of texts and comments are none of a key's.
  const std::string dots(200, '.');
  EXPECT_EQ(ErrorOf("# " + dots + "\na = \"" + dots + "\"\nb = '''" + dots + "\n" + dots + "'''\nc = \"\"\"\\\"" + dots + "\"\"\"\n", Dialect::kToml), "");
  EXPECT_NE(ErrorOf("a = " + std::string(5000, '['), Dialect::kToml), "");
}

TEST(Notation, KnowsWhoTakesComments) {
  EXPECT_EQ(DialectOf("/w/.vscode/tasks.json"), Dialect::kJsonWithComments);
  EXPECT_EQ(DialectOf("/w/.devcontainer/devcontainer.json"), Dialect::kJsonWithComments);
  EXPECT_EQ(DialectOf("/w/opencode.jsonc"), Dialect::kJsonWithComments);
  EXPECT_EQ(DialectOf("/h/.codex/config.toml"), Dialect::kToml);
  EXPECT_EQ(DialectOf("/w/.mcp.json"), Dialect::kJson);
}

}  // namespace
}  // namespace checkrein::notation
