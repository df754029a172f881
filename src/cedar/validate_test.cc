#include "cedar/validate.h"

#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "cedar/entity_json.h"
#include "cedar/parser.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

// Policies with the kinds of problem that the reference (4.10.0, strict) reports for them.
TEST(CedarValidate, ReportsTheKindsOfTheReference) {
  const auto text = ReadFile(CHECKREIN_SOURCE_DIR "/src/cedar/testdata/validate.json", 1u << 20);
  ASSERT_TRUE(text);
  const auto golden = json::Parse(*text);
  ASSERT_TRUE(golden);
  const auto schema = ParseSchema(golden->Text("schema"), "s");
  ASSERT_TRUE(schema) << schema.error().text;
  ASSERT_GT(golden->At("cases").array()->size(), 190u);
  for (const json::Value& row : *golden->At("cases").array()) {
    const auto policies = ParsePolicyList(row.Text("policy"), "p");
    ASSERT_TRUE(policies) << policies.error().text;
    const ValidationReport report = ValidatePolicy(*schema, (*policies)[0]);
    std::set<std::string> ours, theirs;
    std::string messages;
    for (const ValidationProblem& p : report.errors) {
      ours.insert(std::string(InfoOf(p.kind).code));
      messages += p.message + "\n";
    }
    for (const json::Value& code : *row.At("problems").array()) theirs.insert(*code.string());
    EXPECT_EQ(ours, theirs) << row.Text("policy") << "\n" << messages;
    EXPECT_EQ(!report.warnings.empty(), row.Flag("impossible")) << row.Text("policy");
  }
}

TEST(CedarValidate, EveryKindHasItsRow) {
  std::set<std::string_view> codes;
  for (int i = 0; i <= static_cast<int>(ProblemKind::kImpossiblePolicy); ++i) {
    const ProblemInfo& info = InfoOf(static_cast<ProblemKind>(i));
    EXPECT_EQ(static_cast<int>(info.kind), i);
    EXPECT_FALSE(info.meaning.empty());
    EXPECT_TRUE(codes.insert(info.code).second);
  }
}

const char* const kSchema = R"(
entity Label enum ["secret", "untrusted"];
entity User in [Group] = { name: String, age?: Long, at: { x: Long }, ip: ipaddr, d: decimal, t: datetime, l: duration, ok: Bool, labels: Set<Label>, boss?: User } tags Long;
entity Group;
entity Doc;
action any;
action read in [any] appliesTo { principal: User, resource: Doc, context: { mfa: Bool, label?: Label } };
)";

std::string UserJson(const std::string& change) {
  std::string attrs = R"("name":"a","at":{"x":1},"ip":"1.2.3.4","d":"1.5","t":"2024-01-01","l":{"fn":"duration","arg":"1h"},"ok":true,"labels":[{"type":"Label","id":"secret"}])";
  return R"([{"uid":{"type":"User","id":"u"},"attrs":{)" + attrs + (change.empty() || change[0] != ',' ? "" : change) + "}" + (change.empty() || change[0] == ',' ? "" : "," + change.substr(1)) + "}]";
}

struct Row {
  std::string change, error;
};

TEST(CedarValidate, Entities) {
  const auto schema = ParseSchema(kSchema, "s");
  ASSERT_TRUE(schema) << schema.error().text;
  const std::vector<Row> rows = {
      {"", ""},
      {R"(,"age":3)", ""},
      {R"(,"age":"3")", "User::\"u\".age: expected `Long`, found string"},
      {R"(,"nme":3)", "User::\"u\": the attribute `nme` is not declared"},
      {R"(,"boss":{"type":"User","id":"b"})", ""},
      {R"(,"boss":{"__entity":{"type":"User","id":"b"}})", ""},
      {R"(,"boss":{"type":"Group","id":"b"})", "User::\"u\".boss: expected an entity of type `User`, found Group::\"b\""},
      {R"(;"tags":{"a":1})", ""},
      {R"(;"tags":{"a":"x"})", "User::\"u\".tags.a: expected `Long`, found string"},
      {R"(;"tags":{"a":null})", "entities[0].tags.a: null is no value"},
      {R"(;"tags":1)", "entities[0].tags: expected an object"},
      {R"(;"parents":[{"type":"Group","id":"g"}])", ""},
      {R"(;"parents":[{"type":"Doc","id":"g"}])", "User::\"u\": an entity of type `User` cannot be in one of type `Doc`"},
      {R"(;"parents":[{"type":"Nope","id":"g"}])", "User::\"u\" in: the entity type `Nope` is not declared"},
      {R"(;"parents":[{"type":"Action","id":"nope"}])", "User::\"u\" in: the action Action::\"nope\" is not declared"},
  };
  for (const Row& row : rows) {
    const auto entities = ParseEntities(UserJson(row.change), *schema);
    EXPECT_EQ(entities ? "" : entities.error().text, row.error) << row.change;
  }
  const std::vector<Row> others = {
      {R"([{"uid":{"type":"User","id":"u"},"attrs":{}}])", "User::\"u\": the attribute `at` is missing"},
      {R"([{"uid":{"type":"Doc","id":"u"},"attrs":{},"tags":{"a":1}}])", "Doc::\"u\": entities of this type have no tags"},
      {R"([{"uid":{"type":"Nope","id":"u"}}])", "Nope::\"u\": the entity type `Nope` is not declared"},
      {R"([{"uid":{"type":"Label","id":"secret"}}])", ""},
      {R"([{"uid":{"type":"Label","id":"secert"}}])", "Label::\"secert\": Label::\"secert\" is none of the entities of this enum; did you mean `secret`?"},
      {R"([{"uid":{"type":"Action","id":"read"},"parents":[{"type":"Action","id":"any"}]}])", ""},
      {R"([{"uid":{"type":"Action","id":"read"},"parents":[]}])", "Action::\"read\": the action differs from its declaration"},
      {R"([{"uid":{"type":"Action","id":"nope"}}])", "Action::\"nope\": the action is not declared"},
      {"[", "line 1, column 2: not valid JSON"},
  };
  for (const Row& row : others) {
    const auto entities = ParseEntities(row.change, *schema);
    EXPECT_EQ(entities ? "" : entities.error().text, row.error) << row.change;
  }
  EXPECT_NE(ParseEntities("[]", *schema)->Find(EntityUid("Action", "read")), nullptr);
}

TEST(CedarValidate, Requests) {
  const auto schema = ParseSchema(kSchema, "s");
  const EntityUid user("User", "u"), doc("Doc", "d"), read("Action", "read");
  const Record mfa = Record().Put("mfa", true);
  const auto ask = [&](const EntityUid& p, const EntityUid& a, const EntityUid& r, const Record& c) {
    const Status s = ValidateRequest(*schema, {p, a, r, c});
    return s ? "" : s.error().text;
  };
  EXPECT_EQ(ask(user, read, doc, mfa), "");
  EXPECT_EQ(ask(user, EntityUid("Action", "x"), doc, mfa), "action: Action::\"x\" is not declared");
  EXPECT_EQ(ask(doc, read, doc, mfa), "principal: Action::\"read\" does not apply to a principal of type `Doc`");
  EXPECT_EQ(ask(user, read, user, mfa), "resource: Action::\"read\" does not apply to a resource of type `User`");
  EXPECT_EQ(ask(EntityUid("Nope", "x"), read, doc, mfa), "principal: the entity type `Nope` is not declared");
  EXPECT_EQ(ask(user, read, doc, Record()), "context: the attribute `mfa` is missing");
  EXPECT_EQ(ask(user, read, doc, Record(mfa).Put("x", 1)), "context: the attribute `x` is not declared");
  EXPECT_EQ(ask(user, read, doc, Record(mfa).Put("label", EntityUid("Label", "x"))), "context.label: Label::\"x\" is none of the entities of this enum");
  const auto context = ContextFromJson(*json::Parse(R"({"mfa":true,"label":{"type":"Label","id":"secret"}})"), *schema, read);
  ASSERT_TRUE(context);
  EXPECT_EQ(ask(user, read, doc, *context), "");
  EXPECT_FALSE(ContextFromJson(json::Value(1), *schema, read));
  EXPECT_FALSE(ContextFromJson(*json::Parse(R"({"mfa":null})"), *schema, read));
  EXPECT_FALSE(ContextFromJson(*json::Parse(R"({"__entity":{"type":"A","id":"b"}})"), *schema, EntityUid("Action", "x")));
  TypeArena arena;
  EXPECT_FALSE(ValidateValue(*schema, Set({Value(1)}), arena.SetOf(PlainType(Type::Kind::kString)), "v"));
  EXPECT_TRUE(ValidateValue(*schema, Set({Value(1)}), arena.SetOf(PlainType(Type::Kind::kLong)), "v"));
  EXPECT_TRUE(ValueFromJson(json::Value("::1"), PlainType(Type::Kind::kIp)));
  EXPECT_FALSE(ValueFromJson(json::Value("x"), PlainType(Type::Kind::kIp)));
}

TEST(CedarValidate, MessagesPointAndHelp) {
  const auto schema = ParseSchema(kSchema, "s");
  const auto policies = ParsePolicies("permit(principal, action == Action::\"read\", resource)\nwhen { principal.nme == \"a\" };", "p.cedar");
  const ValidationReport report = Validate(*schema, *policies);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.errors[0].message,
            "p.cedar:2:8: no attribute `nme` in `User`; did you mean `name`?\n  when { principal.nme == \"a\" };\n         ^^^^^^^^^^^^^");
}

}  // namespace
}  // namespace checkrein::cedar
