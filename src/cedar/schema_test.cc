#include "cedar/schema.h"

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

// Schema texts with the answer of the reference (4.10.0), but for two on which schema.h says that we are stricter.
TEST(CedarSchema, AcceptsAndRefusesAsTheReference) {
  const auto text = ReadFile(CHECKREIN_SOURCE_DIR "/src/cedar/testdata/schemas.json", 1u << 20);
  ASSERT_TRUE(text);
  const auto rows = json::Parse(*text);
  ASSERT_TRUE(rows);
  ASSERT_GT(rows->array()->size(), 80u);
  for (const json::Value& row : *rows->array()) {
    const auto schema = ParseSchema(row.Text("schema"), "s");
    EXPECT_EQ(schema.ok(), row.Flag("ok")) << row.Text("schema") << "\n" << (schema ? "" : schema.error().text);
  }
}

TEST(CedarSchema, ResolvesNames) {
  const auto schema = ParseSchema(R"(
    entity Outer;
    type Name = String;
    namespace A::B {
      type Kind = { name: Name, outer?: Outer };
      entity Inner in [Outer, Group] = { kind: Kind, all: Set<A::B::Inner>, ip: ipaddr, own: __cedar::decimal } tags Kind;
      entity Group in Group;
      entity Colour enum ["red"];
      action "go", stay in [Action::"top", "upper"] appliesTo { principal: Inner, resource: [Outer, Inner], context: Kind };
      action top;
      action upper in top;
    })", "s");
  ASSERT_TRUE(schema) << schema.error().text;
  const EntityType* inner = schema->FindEntityType("A::B::Inner");
  ASSERT_NE(inner, nullptr);
  EXPECT_EQ(inner->attributes->ToString(),
            R"({"all": Set<A::B::Inner>, "ip": ipaddr, "kind": {"name": String, "outer"?: Outer}, "own": decimal})");
  EXPECT_EQ(inner->tags->ToString(), R"({"name": String, "outer"?: Outer})");
  EXPECT_EQ(inner->ancestors, (std::set<std::string>{"A::B::Group", "Outer"}));
  EXPECT_TRUE(schema->FindEntityType("A::B::Group")->ancestors.contains("A::B::Group"));
  EXPECT_EQ(schema->FindEntityType("A::B::Colour")->ids, std::vector<std::string>{"red"});
  const ActionType* go = schema->FindAction(EntityUid("A::B::Action", "go"));
  ASSERT_NE(go, nullptr);
  EXPECT_EQ(go->ancestors.size(), 2u);
  EXPECT_EQ(go->resources, (std::vector<std::string>{"Outer", "A::B::Inner"}));
  EXPECT_TRUE(schema->IsActionType("A::B::Action"));
  EXPECT_FALSE(schema->IsActionType("Action"));
  EXPECT_TRUE(schema->MayBeIn("A::B::Action", "A::B::Action"));
  EXPECT_FALSE(schema->MayBeIn("A::B::Action", "Outer"));
  EXPECT_FALSE(schema->MayBeIn("Nothing", "Outer"));
  EXPECT_EQ(schema->ActionEntities().size(), 4u);
  EXPECT_EQ(schema->FindAction(EntityUid("Action", "go")), nullptr);
}

struct Bad {
  std::string text, error;
};

TEST(CedarSchema, ErrorsPointAndSuggest) {
  const std::vector<Bad> rows = {
      {"entity User; entity B in [Usr];", "s:1:27: there is no entity type `Usr`; did you mean `User`?"},
      {"entity A { x: Strng };", "s:1:15: there is no type `Strng`; did you mean `String`?"},
      {"entty A;", "s:1:1: expected `entity`, `action`, `type` or `namespace`, found `entty`; did you mean `entity`?"},
      {"entity A", "s:1:9: expected `;`, found the end of the text"},
      {"entity A { \"x", "s:1:12: expected an attribute's name, found a string without its end"},
      {"entity A { \"\\q\": Long };", "s:1:12: `\\q` is no valid escape"},
      {"@a(\"\\q\") entity A;", "s:1:4: no valid escape"},
      {"@a(x) entity A;", "s:1:4: expected a string, found `x`"},
      {"@a(\"x\" entity A;", "s:1:8: expected `)`, found `entity`"},
      {"@1 entity A;", "s:1:2: expected the annotation's name, found `1`"},
      {"namespace 1 {}", "s:1:11: expected a name, found `1`"},
      {"namespace A::1 {}", "s:1:14: expected a name, found `1`"},
      {"namespace A entity", "s:1:13: expected `{`, found `entity`"},
      {"namespace A { entity B;", "s:1:24: expected `entity`, `action`, `type` or `namespace`, found the end of the text"},
      {"namespace A { @a @a entity B; }", "s:1:19: a second annotation @a"},
      {"entity A enum [1];", "s:1:16: expected an id in quotes, found `1`"},
      {"entity A enum [\"\\q\"];", "s:1:16: `\\q` is no valid escape"},
      {"entity A enum \"a\";", "s:1:15: expected `[`, found `\"a\"`"},
      {"entity A in [B::1];", "s:1:17: expected a name, found `1`"},
      {"entity A in [1];", "s:1:14: expected a name, found `1`"},
      {"entity A in 1;", "s:1:13: expected a name, found `1`"},
      {"entity A tags 1;", "s:1:15: expected a name, found `1`"},
      {"entity A = 1;", "s:1:12: expected `{`, found `1`"},
      {"entity A { x Long };", "s:1:14: expected `:`, found `Long`"},
      {"entity A { x: Set };", "s:1:19: expected `<`, found `}`"},
      {"entity A { x: Set<1> };", "s:1:19: expected a name, found `1`"},
      {"entity A { x: Set<Long };", "s:1:24: expected `>`, found `}`"},
      {"entity A { x: Long y: Long };", "s:1:20: expected `}`, found `y`"},
      {"entity A { @1 x: Long };", "s:1:13: expected the annotation's name, found `1`"},
      {"action a in 1;", "s:1:13: expected a name, found `1`"},
      {"action a in \"\\q\";", "s:1:13: `\\q` is no valid escape"},
      {"action a in A::B;", "s:1:17: expected `::` and the action's id in quotes, found `;`"},
      {"action a in Action::\"\\q\";", "s:1:21: `\\q` is no valid escape"},
      {"action a in b;", "s:1:13: there is no action Action::\"b\""},
      {"action a in a;", "s: the action Action::\"a\" is its own ancestor"},
      {"action 1;", "s:1:8: expected the action's name, found `1`"},
      {"entity A; action a appliesTo { who: A };", "s:1:32: expected `principal`, `resource` or `context`, found `who`"},
      {"entity A; action a appliesTo { principal A };", "s:1:42: expected `:`, found `A`"},
      {"entity A; action a appliesTo { principal: 1 };", "s:1:43: expected a name, found `1`"},
      {"entity A; action a appliesTo { context: 1 };", "s:1:41: expected a name, found `1`"},
      {"entity A; action a appliesTo { principal: A resource: A };", "s:1:45: expected `}`, found `resource`"},
      {"entity A; action a appliesTo;", "s:1:29: expected `{`, found `;`"},
      {"entity A; action a appliesTo { principal: A, resource: A, context: Long };", "s:1:68: a context must be a record, not Long"},
      {"entity A; action a appliesTo { principal: A, resource: A, context: Nope };", "s:1:68: there is no type `Nope`"},
      {"type 1 = Long;", "s:1:6: expected the type's name, found `1`"},
      {"type A Long;", "s:1:8: expected `=`, found `Long`"},
      {"type A = Long", "s:1:14: expected `;`, found the end of the text"},
      {"type A = 1;", "s:1:10: expected a name, found `1`"},
      {"type A = Set<A>;", "s:1:14: the type `A` contains itself"},
      {"type A = Set<Nope>;", "s:1:14: there is no type `Nope`"},
      {"entity A { x: { y: Nope } };", "s:1:20: there is no type `Nope`"},
      {"entity in;", "s:1:8: `in` is a reserved word"},
      {"action in;", "s:1:8: `in` is a reserved word; write it in quotes"},
      {"\xff", "s: not UTF-8"},
  };
  for (const Bad& bad : rows) {
    const auto schema = ParseSchema(bad.text, "s");
    const std::string error = schema ? "accepted" : schema.error().text;
    EXPECT_EQ(error.substr(0, error.find('\n')), bad.error) << bad.text;
  }
}

TEST(CedarSchema, Caps) {
  EXPECT_EQ(ParseSchema(std::string(kMaxSchemaBytes + 1, ' '), "s").error().kind, Error::Kind::kLimit);
  const auto nested = [](int n) {
    std::string open = "entity A { x: ";
    for (int i = 0; i < n; ++i) open += "Set<";
    return open + "Long" + std::string(static_cast<size_t>(n), '>') + "};";
  };
  EXPECT_TRUE(ParseSchema(nested(kMaxTypeNesting - 2), "s"));
  EXPECT_EQ(ParseSchema(nested(1000000), "s").error().kind, Error::Kind::kLimit);
  std::string records = "type A = ";
  for (int i = 0; i < 1000; ++i) records += "{x:";
  EXPECT_EQ(ParseSchema(records, "s").error().kind, Error::Kind::kLimit);
  // Each type twice the one before: written out, exponential.
  std::string doubling = "type T0 = Long;";
  for (int i = 1; i < 40; ++i) doubling += "type T" + std::to_string(i) + " = {a: T" + std::to_string(i - 1) + ", b: T" + std::to_string(i - 1) + "};";
  EXPECT_EQ(ParseSchema(doubling, "s").error().kind, Error::Kind::kLimit);
  std::string chain = "type T5000 = Long;";
  for (int i = 0; i < 5000; ++i) chain += "type T" + std::to_string(i) + " = T" + std::to_string(i + 1) + ";";
  const auto forward = ParseSchema(chain, "s");
  ASSERT_FALSE(forward);
  EXPECT_EQ(forward.error().kind, Error::Kind::kLimit);
}

TEST(CedarTypes, JoinIsStrict) {
  TypeArena arena;
  const TypeRef yes = PlainType(Type::Kind::kTrue), no = PlainType(Type::Kind::kFalse), number = PlainType(Type::Kind::kLong);
  EXPECT_EQ(arena.Join(yes, no)->kind, Type::Kind::kBool);
  EXPECT_EQ(arena.Join(yes, number), nullptr);
  EXPECT_EQ(arena.Join(arena.SetOf(yes), arena.SetOf(no))->ToString(), "Set<Bool>");
  EXPECT_EQ(arena.Join(arena.SetOf(yes), arena.SetOf(number)), nullptr);
  EXPECT_EQ(arena.Join(arena.EntityOf("A"), arena.EntityOf("B")), nullptr);
  const auto record = [&](TypeRef type, bool required) { return arena.RecordOf({{"k", type, required}}); };
  EXPECT_EQ(arena.Join(record(yes, true), record(no, true))->ToString(), "{\"k\": Bool}");
  EXPECT_EQ(arena.Join(record(yes, true), record(yes, false)), nullptr);
  EXPECT_EQ(arena.Join(record(yes, true), record(number, true)), nullptr);
  EXPECT_EQ(arena.Join(record(yes, true), arena.RecordOf({})), nullptr);
  EXPECT_TRUE(SameType(record(yes, true), record(yes, true)));
  std::vector<TypeAttribute> many;
  for (int i = 0; i < 100; ++i) many.push_back({"attribute" + std::to_string(i), number, true});
  EXPECT_TRUE(arena.RecordOf(many)->ToString().ends_with(", ..}"));
}

}  // namespace
}  // namespace checkrein::cedar
