// The flat form gives the answers of the interpreter and of the plain evaluator (see also differential_test.cc and conform_test.cc, which
// ask it everything that they ask the authorizer), and no bytes given as a program can break it.
#include "cedar/program.h"

#include <string>
#include <vector>

#include "cedar/ask_anything.h"
#include "cedar/authorize.h"
#include "cedar/parser.h"
#include "cedar/program_asked.h"
#include "cedar/program_image.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {
namespace {

PolicySet Parse(std::string_view text) {
  auto set = ParsePolicies(text, "t");
  if (!set) ADD_FAILURE() << set.error().text;
  return std::move(set).take();
}

// The text of every expression here is asked of both engines.
TEST(Program, EveryOperatorAnswersAsTheInterpreterDoes) {
  const char* const kExpressions[] = {
      "true", "principal == User::\"ann\"", "principal != User::\"bob\"", "principal in Group::\"staff\"", "principal in Group::\"all\"", "principal in Group::\"none\"",
      "principal in [Group::\"none\", Group::\"all\"]", "principal in [Group::\"none\", 1]", "principal in 1", "1 in principal", "principal.friend in Group::\"all\"",
      "principal.friend in principal.groups", "principal.ghost in Group::\"all\"", "principal.ghost.age == 1", "principal.age < 42", "principal.age <= 41", "principal.age > 41",
      "principal.age >= 41", "principal.age + 1 == 42", "principal.age - 1 == 40", "principal.age * 2 == 82", "-principal.age == -41", "9223372036854775807 + principal.age > 0",
      "-(-9223372036854775807 - 1) == 0", "9223372036854775807 * 2 == 1", "principal.nope == 1", "principal has age", "principal has nope", "principal has home.city",
      "principal has home.street.x", "principal has age.x", "principal.home.city == \"x\"", "principal.name like \"a*\"", "principal.name like \"a*n\"", "principal.name like \"*n*n*n\"",
      "principal.name like \"ann\"", "1 like \"x\"", "principal is User", "principal is Group", "principal is User in Group::\"all\"", "principal is Group in Group::\"all\"",
      "principal.tags.contains(\"x\")", "principal.tags.contains(\"q\")", "principal.tags.containsAll([\"x\", \"y\"])", "principal.tags.containsAny([\"q\", \"y\"])",
      "principal.tags.isEmpty()", "[].isEmpty()", "[1, principal.age, 41].contains(41)", "[[1, 2], [2, 1]] == [[2, 1]]", "[{\"a\": [1, 2]}].contains({\"a\": [2, 1]})",
      "[ip(\"10.0.0.1\")].contains(ip(\"10.0.0.1\"))", "{\"a\": principal.age, \"b\": {\"c\": 1}} == {\"b\": {\"c\": 1}, \"a\": 41}", "{\"a\": principal.nope} == {}",
      "[principal.nope, 1] == []", "principal.hasTag(\"t\")", "principal.hasTag(\"u\")", "principal.getTag(\"t\") == 1", "principal.getTag(\"u\") == 1", "principal.ghost.hasTag(\"t\")",
      "principal.ghost.getTag(\"t\") == 1", "resource.hasTag(\"t\")", "if principal.age == 41 then true else 1 == principal.nope", "if 1 then true else false",
      "principal.age == 1 && principal.nope", "principal.age == 41 || principal.nope", "principal.age == 41 && principal.nope == 1", "!(principal.age == 1)", "!principal.age",
      "ip(\"10.0.0.1\").isInRange(principal.net)", "ip(\"10.0.0.1\").isIpv4()", "ip(\"::1\").isIpv6()", "ip(\"::1\").isLoopback()", "ip(\"224.0.0.1\").isMulticast()",
      "ip(principal.name).isIpv4()", "ip(1).isIpv4()", "principal.name.isIpv4()", "principal.net.isInRange(principal)", "decimal(\"1.5\").lessThan(decimal(\"1.6\"))",
      "decimal(\"1.5\").lessThanOrEqual(decimal(\"1.5\"))", "decimal(\"1.5\").greaterThan(decimal(\"1.6\"))", "decimal(\"1.5\").greaterThanOrEqual(decimal(\"1.5\"))",
      "decimal(\"x\").lessThan(decimal(\"1.0\"))", "decimal(\"1.0\").lessThan(1)", "datetime(\"2024-01-02\") < datetime(\"2024-01-03\")", "datetime(\"2024-01-02\") < duration(\"1d\")",
      "datetime(\"2024-01-02\").offset(duration(\"1d\")) == datetime(\"2024-01-03\")", "datetime(\"2024-01-02\").offset(1) == datetime(\"2024-01-03\")",
      "datetime(\"2024-01-02\").durationSince(datetime(\"2024-01-01\")) == duration(\"24h\")", "datetime(\"2024-01-02\").durationSince(1) == duration(\"24h\")",
      "datetime(\"2024-01-02T03:04:05Z\").toDate() == datetime(\"2024-01-02\")", "datetime(\"2024-01-02T03:04:05Z\").toTime() == duration(\"3h4m5s\")", "datetime(\"x\").toDate() == 1",
      "duration(\"1d\").toHours() == 24", "duration(\"1d\").toDays() == 1", "duration(\"1d\").toMinutes() == 1440", "duration(\"1m\").toSeconds() == 60", "duration(\"1s\").toMilliseconds() == 1000",
      "duration(\"x\").toDays() == 1", "principal.age.toDays() == 1", "context.flag", "context.count == 3", "context has nope", "context.nope", "action == Action::\"read\"", "action in Action::\"any\"",
      "resource == principal", "resource.wide.k9 == 9", "resource.wide has k0 && resource.wide has k11", "resource.wide has k12", "principal.groups.contains(Group::\"staff\")", "true == 1", "\"a\" == \"a\"",
      "ip()", "ip(\"1.2.3.4\", 1).isIpv4()", "principal.name", "1"};
  Entities entities;
  Record home, wide;
  home.Put("city", "x");
  for (int i = 0; i < 12; ++i) wide.Put("k" + std::to_string(i), i);
  Record ann;
  ann.Put("age", 41).Put("name", "ann").Put("home", home).Put("tags", Set({"x", "y"})).Put("net", Ip{{10}, 8, false}).Put("friend", EntityUid("User", "bob"));
  ann.Put("ghost", EntityUid("User", "ghost")).Put("groups", Set({EntityUid("Group", "staff"), EntityUid("Group", "more")}));
  ASSERT_TRUE(entities.Add({EntityUid("User", "ann"), ann, Record().Put("t", 1), {EntityUid("Group", "staff")}}));
  ASSERT_TRUE(entities.Add({EntityUid("User", "bob"), {}, {}, {EntityUid("Group", "more")}}));
  ASSERT_TRUE(entities.Add({EntityUid("Group", "staff"), {}, {}, {EntityUid("Group", "all")}}));
  ASSERT_TRUE(entities.Add({EntityUid("Group", "more"), {}, {}, {EntityUid("Group", "all"), EntityUid("Group", "more")}}));
  ASSERT_TRUE(entities.Add({EntityUid("Doc", "d"), Record().Put("wide", wide), {}, {}}));
  ASSERT_TRUE(entities.Add({EntityUid("Action", "read"), {}, {}, {EntityUid("Action", "any")}}));
  const Request request{EntityUid("User", "ann"), EntityUid("Action", "read"), EntityUid("Doc", "d"), Record().Put("flag", true).Put("count", 3)};
  size_t satisfied = 0, failed = 0;
  for (const char* expression : kExpressions) {
    const PolicySet set = Parse("permit (principal, action, resource) when { " + std::string(expression) + " };");
    const Response expected = Authorize(set, request, entities);
    const Asked got = AskProgram(set, request, entities);
    EXPECT_EQ(got.allowed, expected.decision == Decision::kAllow) << expression;
    EXPECT_EQ(got.errors.size(), expected.errors.size()) << expression;
    satisfied += got.allowed;
    failed += got.errors.size();
  }
  EXPECT_GT(satisfied, 50u);
  EXPECT_GT(failed, 25u);
}

TEST(Program, KeepsWhatPeopleRead) {
  const PolicySet set = Parse("// head\n@id(\"a\") @reason(\"why\")\nforbid (principal, action, resource);\npermit (principal, action, resource);");
  const std::string image = *Compile(set);
  const auto program = Program::Open(image);
  ASSERT_TRUE(program) << program.error().text;
  ASSERT_EQ(program->size(), 2u);
  EXPECT_EQ(program->id(0), "policy0");
  EXPECT_EQ(program->annotation(0, "reason"), "why");
  EXPECT_EQ(program->annotation(1, "reason"), "");
  EXPECT_EQ(program->source(1), "permit (principal, action, resource);");
  EXPECT_EQ(program->file(1), "t");
  EXPECT_EQ(program->line(0), 2u);
  EXPECT_EQ(program->effect(0), Effect::kForbid);
  EXPECT_EQ(program->Find("policy1"), 1u);
  EXPECT_EQ(program->Find("policy2"), std::nullopt);
}

// Above the limit the index is used, below it every head is read: for each size both must agree with the authorizer.
TEST(Program, TheIndexFindsWhatTheScanFinds) {
  for (const int count : {0, 1, 40, 255, 256, 257, 1000}) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const std::string n = std::to_string(i % 50);
      switch (i % 7) {
        case 0: text += "permit (principal == User::\"u" + n + "\", action, resource in Dir::\"d" + n + "\");"; break;
        case 1: text += "permit (principal, action == Action::\"a" + n + "\", resource);"; break;
        case 2: text += "forbid (principal in Group::\"g" + n + "\", action, resource) when { context.n == " + n + " };"; break;
        case 3: text += "permit (principal, action in [Action::\"a1\", Action::\"a" + n + "\"], resource is Doc in Dir::\"d" + n + "\");"; break;
        case 4: text += "permit (principal is User, action, resource is Doc) when { context.n > " + n + " };"; break;
        case 5: text += "permit (principal, action in Action::\"all\", resource == Doc::\"" + n + "\") unless { context.nope };"; break;
        default: text += "permit (principal is User in Group::\"g" + n + "\", action, resource);"; break;
      }
    }
    const PolicySet set = Parse(text);
    for (int i = 0; i < 60; ++i) {
      const std::string n = std::to_string(i);
      Entities entities;
      ASSERT_TRUE(entities.Add({EntityUid("User", "u" + n), {}, {}, {EntityUid("Group", "g" + n), EntityUid("Group", "other")}}));
      ASSERT_TRUE(entities.Add({EntityUid("Group", "other"), {}, {}, {EntityUid("Group", "g2")}}));
      ASSERT_TRUE(entities.Add({EntityUid("Doc", n), {}, {}, {EntityUid("Dir", "d" + n), EntityUid("Dir", "d7")}}));
      ASSERT_TRUE(entities.Add({EntityUid("Action", "a" + n), {}, {}, {EntityUid("Action", "all")}}));
      ExpectSameAnswer(set, {EntityUid("User", "u" + n), EntityUid("Action", "a" + n), EntityUid("Doc", n), Record().Put("n", i % 9)}, entities);
      ExpectSameAnswer(set, {EntityUid("User", "u" + n), EntityUid("Action", "a1"), EntityUid("User", "u" + n), Record().Put("n", 2)}, entities);
    }
  }
}

TEST(Program, ManyFactsOutgrowNothing) {
  const PolicySet set = Parse("permit (principal, action, resource) when { context.all.contains(\"t500\") && principal in Group::\"g500\" };");
  Entities entities;
  std::vector<EntityUid> groups;
  std::vector<Value> texts;
  for (int i = 0; i < 1000; ++i) {
    groups.emplace_back("Group", "g" + std::to_string(i));
    texts.emplace_back("t" + std::to_string(i));
    ASSERT_TRUE(entities.Add({groups.back(), {}, {}, {}}));
  }
  ASSERT_TRUE(entities.Add({EntityUid("User", "u"), {}, {}, groups}));
  const Request request{EntityUid("User", "u"), EntityUid("Action", "a"), EntityUid("Doc", "d"), Record().Put("all", Set(texts))};
  EXPECT_TRUE(AskProgram(set, request, entities).allowed);
  ExpectSameAnswer(set, request, entities);
}

// What facts borrow must outlive them: texts of the store and of the request, wherever these lie.
TEST(Program, FactsBorrowFromTheStoreAndNotFromCopies) {
  const PolicySet set = Parse("permit (principal in Group::\"g\", action, resource) when { principal.name == \"a rather long name that lies outside the string\" && context.word like \"*of the request\" };");
  const std::string image = *Compile(set);
  const Program program = *Program::Open(image);
  Question question(program);
  Entities entities;
  ASSERT_TRUE(entities.Add({EntityUid("User", "u"), Record().Put("name", "a rather long name that lies outside the string"), Record().Put("t", "tag"), {EntityUid("Group", "g")}}));
  const Record context = Record().Put("word", "another long text, of the request");
  Facts& facts = question.Start();
  facts.AddAll(entities);
  const Term asked = facts.Of(context);
  question.Pose(facts.Uid("User", "u"), facts.Uid("Action", "a"), facts.Uid("Doc", "d"));
  EXPECT_TRUE(question.Ask(asked).allowed);
}

// One question asked again and again keeps nothing of what it was asked before.
TEST(Program, AQuestionForgets) {
  const PolicySet set = Parse("permit (principal in Group::\"g\", action, resource) when { resource in Dir::\"x\" || context.other in Dir::\"x\" };");
  const std::string image = *Compile(set);
  const Program program = *Program::Open(image);
  Question question(program);
  for (int i = 0; i < 400; ++i) {
    Facts& facts = question.Start();
    const UidNumber user = facts.Uid("User", "u"), action = facts.Uid("Action", "a"), doc = facts.Uid("Doc", "d"), other = facts.Uid("Doc", "o");
    facts.Begin(user);
    if (i % 2 == 0) facts.Parent(facts.Uid("Group", "g"));
    facts.Begin(doc);
    if (i % 3 == 0) facts.Parent(facts.Uid("Dir", "x"));
    facts.Begin(other);
    if (i % 5 == 0) facts.Parent(facts.Uid("Dir", "x"));
    Facts::Field fields[] = {{facts.Text("other"), Facts::Entity(other)}};
    question.Pose(user, action, doc);
    EXPECT_EQ(question.matched(), i % 2 == 0 ? 1u : 0u);
    EXPECT_EQ(question.Ask(facts.Record(fields)).allowed, i % 2 == 0 && (i % 3 == 0 || i % 5 == 0)) << i;
  }
}

// What a policy said without looking at the context is kept for the next context; what depends on it, or fails in it, is asked anew.
TEST(Program, EachContextIsAskedAbout) {
  const PolicySet set = Parse(
      "permit (principal, action, resource) when { principal.n == 1 && context.ok };"
      "permit (principal, action, resource) when { principal.n == 2 || (principal.n == 1 && context.late) };"
      "forbid (principal, action, resource) when { principal.n == 3 };"
      "forbid (principal, action, resource) when { principal.m == 3 };"
      "permit (principal, action, resource) unless { if principal.n == 4 then true else context == {ok: false, late: false} };");
  const std::string image = *Compile(set);
  const Program program = *Program::Open(image);
  Question question(program);
  for (const int64_t n : {0, 1, 2, 3, 4}) {
    Entities entities;
    ASSERT_TRUE(entities.Add({EntityUid("User", "u"), Record().Put("n", n), {}, {}}));
    Facts& facts = question.Start();
    facts.AddAll(entities);
    question.Pose(facts.Uid("User", "u"), facts.Uid("Action", "a"), facts.Uid("Doc", "d"));
    std::vector<Record> contexts = {Record().Put("ok", false).Put("late", false), Record().Put("ok", true).Put("late", false), Record().Put("ok", false).Put("late", true), Record().Put("ok", 7).Put("late", true), Record()};
    contexts.insert(contexts.end(), contexts.begin(), contexts.end() - 1);
    for (const Record& context : contexts) {
      const Response expected = Authorize(set, {EntityUid("User", "u"), EntityUid("Action", "a"), EntityUid("Doc", "d"), context}, entities);
      const Answer& answer = question.Ask(facts.Of(context));
      EXPECT_EQ(answer.allowed, expected.decision == Decision::kAllow) << n << " " << Value(context).ToString();
      ASSERT_EQ(answer.reasons.size(), expected.reasons.size()) << n << " " << Value(context).ToString();
      for (size_t i = 0; i < answer.reasons.size(); ++i) EXPECT_EQ(program.id(answer.reasons[i]), expected.reasons[i]->id);
      ASSERT_EQ(answer.errors.size(), expected.errors.size()) << n << " " << Value(context).ToString();
      for (size_t i = 0; i < answer.errors.size(); ++i) EXPECT_EQ(program.id(answer.errors[i]), expected.errors[i].policy->id);
    }
  }
}

std::string Reseal(std::string image) {
  ImageHeader header;
  std::memcpy(&header, image.data(), sizeof header);
  header.checksum = ChecksumOf(image);
  std::memcpy(image.data(), &header, sizeof header);
  return image;
}

// Every byte of an image is changed in turn, with and without a checksum that fits: it is refused, or it can be asked.
TEST(Program, NoBytesAreTrusted) {
  const PolicySet set = Parse(
      "@id(\"x\") permit (principal is User in Group::\"g\", action in [Action::\"a\"], resource == Doc::\"d\") when { [1, [2]].contains(context.n) && {\"a\": 1} == {\"a\": 2} };"
      "forbid (principal, action == Action::\"a\", resource) unless { principal has a.b && principal.n like \"x*\" && resource is Doc in Dir::\"q\" && ip(\"1.2.3.4\").isIpv4() };");
  const std::string image = *Compile(set);
  size_t refused = 0, opened = 0;
  for (size_t i = 0; i < image.size(); ++i) {
    for (const int change : {1, 2, 0x7f, 0xff}) {
      std::string bad = image;
      bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ static_cast<unsigned>(change));
      EXPECT_FALSE(Program::Open(bad).ok()) << i;
      if (i < offsetof(ImageHeader, size)) continue;
      bad = Reseal(bad);
      const auto program = Program::Open(bad);
      if (!program) {
        ++refused;
        continue;
      }
      ++opened;
      EXPECT_TRUE(AskAnything(*program));
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(opened, 100u);
  EXPECT_FALSE(Program::Open("").ok());
  EXPECT_FALSE(Program::Open(std::string_view(image).substr(0, image.size() - 8)).ok());
  EXPECT_FALSE(Program::Open(std::string_view(image).substr(1)).ok());
  for (size_t section = 0; section < kSections; ++section) {
    for (const uint32_t value : {0u, 8u, 0x7ffffff8u, 0xfffffff8u, 0xffffffffu}) {
      for (const bool first : {false, true}) {
        std::string bad = image;
        const size_t at = offsetof(ImageHeader, sections) + section * sizeof(flat::Range) + (first ? 0 : 4);
        std::memcpy(bad.data() + at, &value, sizeof value);
        const std::string sealed = Reseal(bad);  // the program borrows of it
        const auto program = Program::Open(sealed);
        EXPECT_TRUE(!program || AskAnything(*program));
      }
    }
  }
}

}  // namespace
}  // namespace checkrein::cedar
