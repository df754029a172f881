#include "policy/decide.h"

#include <bit>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>
#include <sstream>

#include "base/json.h"
#include "cedar/parser.h"
#include "cedar/schema.h"
#include "cedar/validate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/examples.h"
#include "policy/request.h"
#include "policy/shipped.h"

namespace checkrein::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

PolicySet Set(std::string_view user = "", std::string_view project = "", std::string_view shipped = "base") {
  std::vector<PolicySet::Text> user_texts, project_texts;
  if (!user.empty()) user_texts.push_back({"user.cedar", std::string(user)});
  if (!project.empty()) project_texts.push_back({"project.cedar", std::string(project)});
  Result<PolicySet> set = PolicySet::Load(shipped, user_texts, project_texts);
  EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().text);
  return std::move(set).take();
}

EffectSet Effects(const std::vector<std::string>& texts) {
  EffectSet set;
  for (const std::string& text : texts) {
    const auto effect = EffectFromString(text);
    EXPECT_TRUE(effect) << text;
    if (effect) set.Add(*effect);
  }
  return set;
}

Circumstances Here(std::vector<std::string> labels = {}, Coverage coverage = Coverage::kFull) {
  Circumstances c;
  c.labels = std::move(labels);
  c.coverage = coverage;
  c.model_hosts = {"model.example"};
  c.registries = {"packages.example"};
  return c;
}

Verdict Ask(const PolicySet& set, const std::string& effect, std::vector<std::string> labels = {}) {
  return set.Decide(Effects({effect}), Here(std::move(labels))).verdict;
}

// The shipped sets fit the schema without a warning, and a set that did not would not be in the program.
TEST(Schema, EveryShippedSetFits) {
  const auto schema = cedar::ParseSchema(PolicySet::Schema(), "checkrein.cedarschema");
  ASSERT_TRUE(schema.ok()) << schema.error().text;
  for (const char* file : {"base.cedar", "strict.cedar", "ci.cedar", "research.cedar", "observe.cedar"}) {
    const auto policies = cedar::ParsePoliciesWithIds(ShippedText(file), file);
    ASSERT_TRUE(policies.ok()) << policies.error().text;
    const cedar::ValidationReport report = cedar::Validate(*schema, *policies);
    for (const auto* problems : {&report.errors, &report.warnings})
      for (const cedar::ValidationProblem& problem : *problems) ADD_FAILURE() << problem.message;
  }
}

// Each shipped policy says which entries of which catalogues it serves, in the edition that data/standards.json has.
TEST(Shipped, EachPolicyNamesItsStandards) {
  std::ifstream in(CHECKREIN_SOURCE_DIR "/data/standards.json", std::ios::binary);
  const auto data = json::Parse(std::string{std::istreambuf_iterator<char>(in), {}});
  ASSERT_TRUE(data.ok());
  std::vector<std::string> editions;
  for (const auto& [name, edition] : *data->At("editions").object()) editions.push_back(*edition.string());
  const std::regex entry("(ASI[0-9]{2}|LLM[0-9]{2}|AML\\.[TM][0-9]{4}(\\.[0-9]{3})?|[A-Z]{2}-[0-9]{1,2}):(.+)");
  size_t policies = 0;
  for (const char* file : {"base.cedar", "strict.cedar", "ci.cedar", "research.cedar", "observe.cedar"}) {
    const auto set = cedar::ParsePoliciesWithIds(ShippedText(file), file);
    ASSERT_TRUE(set.ok()) << set.error().text;
    for (const cedar::Policy& policy : *set) {
      ++policies;
      std::istringstream words{std::string(policy.AnnotationValue("standards"))};
      size_t count = 0;
      for (std::string word; words >> word; ++count) {
        std::smatch parts;
        ASSERT_TRUE(std::regex_match(word, parts, entry)) << policy.id << ": " << word;
        EXPECT_THAT(editions, Contains(parts[3].str())) << policy.id << ": " << word;
      }
      EXPECT_GT(count, 0u) << policy.id;
    }
  }
  EXPECT_GT(policies, 50u);
}

class ShippedSets : public testing::TestWithParam<std::string_view> {};

// policies/NAME.tests.json: each example gets its answer, each policy of the set decides some example and says why.
TEST_P(ShippedSets, Examples) {
  const std::string file = std::string(GetParam()) + ".tests.json";
  const auto report = RunExamples(ShippedText(file), file, GetParam(), {});
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_GT(report->run, 5u);
  EXPECT_THAT(report->failures, IsEmpty());
  for (const std::string& id : report->unused)
    EXPECT_TRUE(GetParam() != "base" && !id.starts_with(GetParam())) << id << " decides no example";
  const PolicySet set = Set("", "", GetParam());
  for (const std::string& id : set.Ids()) {
    EXPECT_FALSE(set.Reason(id).empty()) << id;
    EXPECT_EQ(id.find(".cedar:"), std::string::npos) << "no @id: " << id;
  }
}
INSTANTIATE_TEST_SUITE_P(Sets, ShippedSets, testing::ValuesIn(PolicySet::ShippedNames()));

TEST(PolicySet, CommandsAreCounted) {
  const Result<PolicySet> set = PolicySet::Load("base", {{"c.cedar", R"(@id("long") forbid (principal, action, resource) when { context.commands > 50 } unless { context.approved };)"}}, {});
  ASSERT_TRUE(set.ok()) << set.error().text;
  Circumstances c = Here();
  for (const auto& [commands, verdict] : {std::pair{int64_t{0}, Verdict::kAllow}, {int64_t{50}, Verdict::kAllow}, {int64_t{51}, Verdict::kAsk}, {int64_t{1} << 20, Verdict::kAsk}}) {
    c.commands = commands;
    EXPECT_EQ(set->Decide(Effects({"read:/home/user/project/a"}), c).verdict, verdict) << commands;
  }
}

// What must hold whatever is asked: over every effect of the examples, every set of labels, every coverage.
TEST(Base, Laws) {
  const auto rows = json::Parse(ShippedText("base.tests.json"));
  ASSERT_TRUE(rows.ok());
  std::vector<Effect> effects;
  for (const json::Value& row : *rows->array())
    if (row.At("effects").array() != nullptr)
      for (const json::Value& text : *row.At("effects").array()) effects.push_back(*EffectFromString(*text.string()));
  ASSERT_GT(effects.size(), 100u);
  const std::vector<std::vector<std::string>> labels = {{}, {"untrusted"}, {"secret"}, {"untrusted", "secret"}, {"untrusted", "secret", "quarantined"}, {"pii"}, {"pii", "untrusted"}};
  const PolicySet set = Set();
  for (const Effect& effect : effects) {
    EffectSet one;
    one.Add(effect);
    const auto verdict = [&](size_t with, Coverage coverage) { return set.Decide(one, Here(labels[with], coverage)).verdict; };
    for (size_t with = 0; with < labels.size(); ++with) {
      const std::string shown = ToString(effect) + " with " + std::to_string(with);
      EXPECT_LE(verdict(with, Coverage::kFull), verdict(0, Coverage::kFull)) << "labels widen: " << shown;
      EXPECT_LE(verdict(with, Coverage::kPartial), verdict(with, Coverage::kFull)) << "knowing less widens: " << shown;
      EXPECT_LE(verdict(with, Coverage::kOpaque), verdict(with, Coverage::kPartial)) << "knowing less widens: " << shown;
      EXPECT_NE(verdict(with, Coverage::kPartial), Verdict::kAllow) << shown;
    }
    EXPECT_EQ(verdict(4, Coverage::kFull), Verdict::kDeny) << "frozen: " << ToString(effect);
    const bool sends = effect.op == Op::kConnect || effect.op == Op::kInstall || effect.op == Op::kTool;
    if (sends && !effect.object.starts_with("model.example:")) {
      EXPECT_EQ(verdict(3, Coverage::kFull), Verdict::kDeny) << ToString(effect);
    }
    const std::vector<std::string_view> groups = Classify(effect, Here({}, Coverage::kFull)).groups;
    const bool here = std::find(groups.begin(), groups.end(), "model") != groups.end() || std::find(groups.begin(), groups.end(), "loopback") != groups.end();
    if ((sends || effect.op == Op::kPush) && !here) {
      EXPECT_LE(verdict(6, Coverage::kFull), Verdict::kAsk) << "personal data leaves a steered session: " << ToString(effect);
    }
    if (effect.op == Op::kPush || effect.op == Op::kInstall || effect.op == Op::kTool) {
      EXPECT_NE(verdict(0, Coverage::kFull), Verdict::kAllow) << ToString(effect);
    }
  }
  for (const char* own : {"/home/user/.config/checkrein/policy/x.cedar", "/home/user/.local/state/checkrein/key", "/etc/checkrein/settings.json", "/usr/bin/checkrein-hook"})
    for (const char* op : {"write:", "delete:"})
      for (const auto& with : labels) EXPECT_EQ(Ask(set, std::string(op) + own, with), Verdict::kDeny) << op << own;
}

TEST(Decide, ZeroDenies) {
  EXPECT_EQ(Decision{}.verdict, Verdict::kDeny);
  EXPECT_EQ(EffectDecision{}.verdict, Verdict::kDeny);
}

TEST(Decide, AnUnknownLabelDenies) {
  const Decision d = Set().Decide(Effects({"read:/home/user/project/a"}), Here({"trusted"}));
  EXPECT_EQ(d.verdict, Verdict::kDeny);
  EXPECT_THAT(d.why, HasSubstr("`trusted`"));
}

TEST(Decide, TheStrictestEffectCounts) {
  const PolicySet set = Set();
  const Decision d = set.Decide(Effects({"read:/home/user/project/a", "connect:10.0.0.1:443", "delete:/home/user", "unknown:program"}), Here());
  EXPECT_EQ(d.verdict, Verdict::kDeny);
  EXPECT_THAT(d.policies, ElementsAre("delete-vital"));
  ASSERT_EQ(d.effects.size(), 4u);
  EXPECT_EQ(d.effects[0].verdict, Verdict::kAllow);
  EXPECT_EQ(d.effects[1].verdict, Verdict::kAsk);
  EXPECT_EQ(d.effects[3].verdict, Verdict::kContain);
  EXPECT_FALSE(d.contained_after_approval);
}

TEST(Decide, AForbidThatErrsDeniesAndIsAnIncident) {
  const PolicySet set = Set(R"(@id("broken") forbid (principal, action == Action::"ReadFile", resource) when { principal.depth + 9223372036854775807 > 0 };)");
  Circumstances c = Here();
  c.depth = 1;
  const Decision d = set.Decide(Effects({"read:/home/user/project/a"}), c);
  EXPECT_EQ(d.verdict, Verdict::kDeny);
  EXPECT_TRUE(d.incident);
  EXPECT_THAT(d.policies, ElementsAre("broken"));
  EXPECT_THAT(d.effects[0].errors, ElementsAre("broken"));
  EXPECT_THAT(d.why, HasSubstr("could not be evaluated"));
  EXPECT_FALSE(set.Decide(Effects({"write:/home/user/project/a"}), c).incident);
}

// Both answers are told: the language's own, which skips what errs, and ours.
TEST(Decide, TheLanguagesOwnAnswerIsKeptBesideOurs) {
  const PolicySet set = Set(R"(@id("broken") forbid (principal, action == Action::"ReadFile", resource) when { 9223372036854775807 + 1 > principal.depth };)");
  const Decision d = set.Decide(Effects({"read:/home/user/project/a", "write:/home/user/project/a"}), Here());
  EXPECT_EQ(d.effects[0].verdict, Verdict::kDeny);
  EXPECT_EQ(d.effects[0].unguarded, Verdict::kAllow);
  EXPECT_EQ(d.effects[1].verdict, d.effects[1].unguarded);
}

TEST(Decide, APermitThatErrsOnlyDoesNotPermit) {
  const PolicySet set = Set(R"(@id("broken") permit (principal, action, resource) when { principal.depth + 9223372036854775807 > 0 };)");
  Circumstances c = Here();
  c.depth = 1;
  const Decision d = set.Decide(Effects({"connect:a.example:443"}), c);
  EXPECT_EQ(d.verdict, Verdict::kContain);
  EXPECT_FALSE(d.incident);
  EXPECT_THAT(d.effects[0].errors, ElementsAre("broken"));
}

// A sub-agent may never what one above it may not, whatever its own session looks like.
TEST(Decide, TheStrictestAnswerAlongTheChainCounts) {
  const PolicySet set = Set(R"(
    @id("deep-may") permit (principal, action == Action::"Connect", resource in Host::"deep.example") when { principal.depth > 0 };
    @id("top-may") permit (principal, action == Action::"Connect", resource in Host::"top.example") when { principal.depth == 0 };
    @id("all-may") permit (principal, action == Action::"Connect", resource in Host::"all.example");)");
  Circumstances c = Here();
  const auto ask = [&](const char* host) { return set.Decide(Effects({std::string("connect:") + host + ":443"}), c).verdict; };
  const Verdict other = ask("other.example");
  ASSERT_NE(other, Verdict::kAllow);
  EXPECT_EQ(ask("top.example"), Verdict::kAllow);
  EXPECT_EQ(ask("deep.example"), other);
  c.depth = 2;
  EXPECT_EQ(ask("top.example"), other);
  EXPECT_EQ(ask("deep.example"), other);
  EXPECT_EQ(ask("all.example"), Verdict::kAllow);
  c.above = {{"parent", "claude", 0, {"untrusted", "secret"}}};
  EXPECT_EQ(ask("all.example"), Verdict::kDeny);
  c.above = {{"parent", "claude", 0, {"quarantined"}}};
  EXPECT_EQ(ask("all.example"), Verdict::kDeny);
  c.above = {{"parent", "claude", 0, {"no such label"}}};
  EXPECT_EQ(ask("all.example"), Verdict::kDeny);
}

// With both labels nothing leaves but to the model, whoever permits it and whoever approves.
TEST(Decide, WithSecretsAndUntrustedTextOnlyTheModelIsReached) {
  for (const std::string_view shipped : PolicySet::ShippedNames()) {
    if (shipped == "observe") continue;  // it only records
    const PolicySet set = Set("@id(\"all\") permit (principal, action, resource);", "", shipped);
    for (const char* effect : {"connect:a.example:443", "connect:packages.example:443", "connect:registry:npm", "connect:127.0.0.1:80", "connect:?", "push:origin", "push:?", "install:npm:x", "tool:a/b", "listen:0.0.0.0:80"})
      EXPECT_EQ(Ask(set, effect, {"untrusted", "secret"}), Verdict::kDeny) << shipped << " " << effect;
    EXPECT_NE(Ask(set, "connect:model.example:443", {"untrusted", "secret"}), Verdict::kDeny) << shipped;
    for (const Op op : kAllOps) EXPECT_EQ(Ask(set, std::string(OpName(op)) + ":x", {"quarantined"}), Verdict::kDeny) << shipped;
  }
}

// A name that no request can hold would be a rule that never matches: the whole text is refused, with the right spelling.
TEST(Load, RefusesNamesThatNeverMatch) {
  const auto refusal = [](const std::string& resource) {
    const auto set = PolicySet::Load("base", {{"u.cedar", "forbid (principal, action, resource in " + resource + ");"}}, {});
    return set.ok() ? std::string("loads") : set.error().text;
  };
  EXPECT_THAT(refusal("Host::\"Evil.Example\""), HasSubstr("u.cedar:1:40: Host::\"Evil.Example\" never matches: requests have it as `Host::\"evil.example\"`"));
  EXPECT_THAT(refusal("Host::\"evil.example.\""), HasSubstr("`Host::\"evil.example\"`"));
  EXPECT_THAT(refusal("Path::\"/a/../b/\""), HasSubstr("`Path::\"/b\"`"));
  EXPECT_THAT(refusal("Path::\"/a//**\""), HasSubstr("`Path::\"/a/**\"`"));
  EXPECT_THAT(refusal("Path::\"~/x\""), HasSubstr("an absolute path"));
  for (const char* good : {"Path::\"/a/b\"", "Path::\"/\"", "Path::\"/**\"", "Path::\"/a/**\"", "Path::\"?\"", "Host::\"evil.example\"", "PathGroup::\"home\""}) EXPECT_EQ(refusal(good), "loads") << good;
  EXPECT_FALSE(PolicySet::Load("base", {{"u.cedar", "forbid (principal, action, resource) when { resource == Path::\"a\" };"}}, {}).ok());
}

TEST(Decide, UserPoliciesMayPermitByNameAndBaseForbidsStillWin) {
  const PolicySet set = Set(R"(
    @id("my-host") permit (principal, action == Action::"Connect", resource in Host::"trusted.example");
    @id("my-meta") permit (principal, action == Action::"Connect", resource in Host::"169.254.169.254");
    @id("my-notes") permit (principal, action == Action::"ReadFile", resource in Path::"/home/user/notes");
    @id("my-tool") permit (principal, action == Action::"CallTool", resource in ToolServer::"files");
    @id("my-apt") permit (principal, action == Action::"InstallPackage", resource in Manager::"apt");
    @id("my-make") permit (principal, action == Action::"Exec", resource == Program::"make");
    @id("my-port") permit (principal, action == Action::"Connect", resource) when { resource.name == "db.example" && resource.port == 5432 };
  )");
  EXPECT_EQ(Ask(set, "connect:a.trusted.example:443"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "connect:trusted.example.:443"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "connect:untrusted.example:443"), Verdict::kContain);
  EXPECT_EQ(Ask(set, "connect:trusted.example:443", {"untrusted", "secret"}), Verdict::kDeny);
  EXPECT_EQ(Ask(set, "connect:169.254.169.254"), Verdict::kDeny);
  EXPECT_EQ(Ask(set, "read:/home/user/notes/a/b"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "read:/home/user/notes/**"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "read:/home/user/notes2"), Verdict::kContain);
  EXPECT_EQ(Ask(set, "read:/home/user/notes/../x"), Verdict::kContain);
  EXPECT_EQ(Ask(set, "tool:files/list"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "tool:mail/send"), Verdict::kAsk);
  EXPECT_EQ(Ask(set, "install:apt:jq"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "connect:db.example:5432"), Verdict::kAllow);
  EXPECT_EQ(Ask(set, "connect:db.example:5433"), Verdict::kContain);
  const auto opaque = [&set](const char* effect) { return set.Decide(Effects({effect, "unknown:x"}), Here({}, Coverage::kOpaque)).effects[0].verdict; };
  EXPECT_EQ(opaque("exec:/usr/bin/make"), Verdict::kAllow);
  EXPECT_EQ(opaque("exec:/home/user/project/make"), Verdict::kContain);
}

TEST(Decide, AForbiddenPathCountsForSetsAndUnknownFiles) {
  const PolicySet set = Set("", R"(@id("private") forbid (principal, action, resource in Path::"/home/user/project/private");)");
  EXPECT_EQ(Ask(set, "read:/home/user/project/private/a"), Verdict::kDeny);
  EXPECT_EQ(Ask(set, "read:/home/user/project/**"), Verdict::kDeny);
  EXPECT_EQ(Ask(set, "delete:/home/user/project/**"), Verdict::kDeny);
  EXPECT_EQ(Ask(set, "read:?"), Verdict::kDeny);
  EXPECT_EQ(Ask(set, "write:?"), Verdict::kContain);
  EXPECT_EQ(Ask(set, "read:/home/user/project/src/**"), Verdict::kAllow);
  const Decision d = set.Decide(Effects({"read:/home/user/project/**"}), Here());
  EXPECT_EQ(ToString(d.effects[0].effect), "read:/home/user/project/**");
  EXPECT_THAT(d.policies, ElementsAre("project:private"));
}

TEST(Decide, WhyIsOneSafeLine) {
  const PolicySet set = Set();
  const auto why = [&set](std::vector<std::string> effects, Coverage coverage = Coverage::kFull) { return set.Decide(Effects(effects), Here({}, coverage)).why; };
  EXPECT_EQ(why({"push:gist"}), "needs approval: push:gist: what is sent to others cannot be taken back, so a person decides (push-ask)");
  EXPECT_EQ(why({}), "allowed: it does nothing");
  EXPECT_EQ(why({"read:/etc/hosts", "exec:/usr/bin/cat"}), "allowed: each of its 2 effects is");
  EXPECT_THAT(why({"connect:10.0.0.1:443", "connect:10.0.0.2:443", "unknown:x"}, Coverage::kOpaque),
              StartsWith("needs approval: connect:10.0.0.1:443: nobody has approved this host, and it may be one of a private network or the session holds a secret, so a person decides (connect-ask); and 1 more; once approved it runs on a copy"));
  EXPECT_THAT(why({"write:/home/user/\x1b[2J\n\xe2\x80\xae" "x"}), HasSubstr("/home/user/\\x1b[2J\\n\\u{202e}x"));
  EXPECT_LT(why({"write:/home/user/" + std::string(100'000, 'a')}).size(), 400u);
}

TEST(Decide, SaysWhatWouldChangeTheAnswer) {
  const PolicySet set = Set();
  const auto change = [&set](std::vector<std::string> effects, Circumstances c) {
    const auto found = set.Counterfactual(Effects(effects), c);
    return found ? found->text : "";
  };
  EXPECT_EQ(change({"read:/home/user/project/a", "connect:a.example:443"}, Here()), "without connect:a.example:443 it would be allowed");
  EXPECT_EQ(change({"connect:packages.example:443"}, Here({"untrusted", "secret"})), "in a session that is not `untrusted` it would be allowed");
  EXPECT_EQ(change({"exec:/usr/bin/ls", "unknown:a", "unknown:b"}, Here({}, Coverage::kOpaque)), "if all of it could be understood it would be allowed");
  EXPECT_EQ(change({"read:/etc/hosts"}, Here()), "");
  EXPECT_EQ(change({"delete:/home", "delete:/usr"}, Here()), "");
  EXPECT_EQ(change({"read:/home/user/project/a", "delete:/home", "delete:/usr"}, Here()), "without delete:/home and delete:/usr it would be allowed");
  EXPECT_EQ(change({"read:/home/user/project/.env", "connect:a.example:443"}, Here()), "without connect:a.example:443 it would be run on a copy");
  EXPECT_EQ(change({"exec:sh", "unknown:stdin-script", "push:https://a.example/x"}, Here({}, Coverage::kOpaque)), "without push:https://a.example/x it would be run on a copy");
  EXPECT_EQ(change({"exec:/usr/bin/ls", "connect:packages.example:443", "delete:/home"}, Here({"untrusted", "secret"})),
            "in a session that is not `untrusted` and without delete:/home it would be allowed");
  Circumstances sub_agent = Here();
  sub_agent.above = {{"parent", "claude", 0, {"untrusted", "secret"}}};
  EXPECT_EQ(change({"connect:packages.example:443"}, sub_agent), "in a session that is not `untrusted` it would be allowed");
}

TEST(Decide, SaysWhereItDidNotLookForAChange) {
  std::vector<std::string> many = {"delete:/home"};
  for (size_t i = 0; i < PolicySet::kMaxChangedEffects; ++i) many.push_back("read:/home/user/project/" + std::to_string(i));
  const auto change = Set().Counterfactual(Effects(many), Here());
  ASSERT_TRUE(change);
  EXPECT_EQ(change->size, 0u);
  EXPECT_THAT(change->text, HasSubstr("was not looked for: more than 2000 effects"));
}

// Every change there is, tried one by one: none is smaller than the one that is told, and none of its size has a milder answer.
TEST(Decide, NoSmallerChangeWouldDo) {
  const PolicySet set = Set(R"(@id("odd") permit (principal, action == Action::"Connect", resource == Host::"odd.example") when { principal.labels.contains(Label::"secret") };
    @id("full") forbid (principal, action == Action::"Exec", resource == Program::"dd") unless { context.coverage == Coverage::"full" };)");
  const std::vector<std::string> pool = {"read:/home/user/project/.env", "read:/home/user/.ssh/id_rsa", "connect:odd.example:443", "connect:a.example:443", "connect:model.example:443", "exec:/usr/bin/dd", "exec:sh",
                                         "delete:/home", "write:/home/user/project/.git/config", "unknown:remote-shell", "unknown:x", "push:origin", "read:/etc/hosts", "write:?",
                                         "read:/home/user/project/data/a.csv"};
  DeclaredPlaces personal;
  ASSERT_TRUE(personal.Add("data", DeclaredPlaces::From::kPerson));
  std::mt19937 random(7);
  size_t found = 0;
  for (int round = 0; round < 400; ++round) {
    EffectSet effects;
    for (size_t n = 1 + random() % 4; n > 0; --n) effects.Add(*EffectFromString(pool[random() % pool.size()]));
    Circumstances c = Here({}, random() % 2 == 0 ? Coverage::kFull : Coverage::kOpaque);
    for (const char* label : {"untrusted", "secret", "pii"})
      if (random() % 2 == 0) c.labels.push_back(label);
    c.personal = &personal;
    const Verdict now = set.Decide(effects, c).verdict;
    std::pair<size_t, int> best{99, 0};  // size, and how strict
    const size_t n = effects.size(), labels = c.labels.size();
    for (size_t choice = 1; choice < size_t{1} << (n + labels + 1); ++choice) {
      const bool understood = (choice >> (n + labels)) != 0;
      if (understood && c.coverage == Coverage::kFull) continue;
      Circumstances other = c;
      for (size_t i = 0; i < labels; ++i)
        if ((choice >> (n + i) & 1) != 0) std::erase(other.labels, c.labels[i]);
      if (understood) other.coverage = Coverage::kFull;
      EffectSet left;
      bool had_unknown = false, has_unknown = false, redundant = false;
      for (size_t i = 0; i < n; ++i) {
        const bool dropped = (choice >> i & 1) != 0, unknown = effects.all()[i].op == Op::kUnknown;
        had_unknown |= unknown;
        redundant |= dropped && unknown && understood;
        if (dropped || (unknown && understood)) continue;
        left.Add(effects.all()[i]);
        has_unknown |= unknown;
      }
      const bool drops = (choice & ((size_t{1} << n) - 1)) != 0;
      if (redundant || (drops && left.empty() && n > 1)) continue;
      if (had_unknown && !has_unknown && other.coverage != Coverage::kFull) continue;  // it would be `unknown:?` then
      const Verdict then = set.Decide(left, other).verdict;
      if (then > now) best = std::min(best, {static_cast<size_t>(std::popcount(choice)), -static_cast<int>(then)});
    }
    const auto change = set.Counterfactual(effects, c);
    std::string shown = std::string(CoverageName(c.coverage));
    for (const std::string& label : c.labels) shown += " " + label;
    for (const Effect& e : effects.all()) shown += " " + ToString(e);
    ASSERT_EQ(change.has_value(), best.first < 99) << shown;
    if (!change) continue;
    ++found;
    EXPECT_EQ(std::pair(change->size, -static_cast<int>(change->verdict)), best) << shown << ": " << change->text;
  }
  EXPECT_GT(found, 200u);
}

TEST(Load, ProjectsMayOnlyForbid) {
  const auto load = [](const char* text) { return PolicySet::Load("base", {}, {{"p.cedar", text}}); };
  EXPECT_TRUE(load(R"(forbid (principal, action == Action::"Exec", resource);)").ok());
  const auto permit = load("// x\n\n  permit (principal, action, resource);");
  ASSERT_FALSE(permit.ok());
  EXPECT_EQ(permit.error().kind, Error::Kind::kDenied);
  EXPECT_THAT(permit.error().text, StartsWith("p.cedar:3:3: a project may only forbid"));
}

TEST(Load, AProjectCannotTakeAnothersName) {
  const PolicySet set = Set("", R"(@id("trifecta") forbid (principal, action == Action::"Exec", resource);)");
  EXPECT_THAT(set.Ids(), Contains("project:trifecta"));
  EXPECT_THAT(set.Reason("trifecta"), HasSubstr("text from outside"));
}

TEST(Load, RefusesWhatIsBroken) {
  const auto user = [](const char* text) { return PolicySet::Load("base", {{"u.cedar", text}}, {}); };
  EXPECT_EQ(PolicySet::Shipped("nonesuch").error().kind, Error::Kind::kNotFound);
  for (const char* bad : {"permit (principal, action, resource)", "nonsense", R"(@id("trifecta") permit (principal, action, resource);)",
                          "permit (principal == ?principal, action, resource);"}) {
    const auto set = user(bad);
    ASSERT_FALSE(set.ok()) << bad;
    EXPECT_EQ(set.error().kind, Error::Kind::kInvalid) << bad;
    EXPECT_THAT(set.error().text, StartsWith("u.cedar:1:")) << bad;
  }
}

TEST(Load, RefusesWhatDoesNotFitTheSchema) {
  const auto text = [](const char* policy) {
    const auto set = PolicySet::Load("base", {{"u.cedar", policy}}, {});
    return set.ok() ? std::string() : set.error().text;
  };
  EXPECT_THAT(text(R"(forbid (principal, action == Action::"Connect", resource) when { principal.labels.contains(Label::"secert") };)"), HasSubstr("secert"));
  EXPECT_THAT(text(R"(forbid (principal, action == Action::"Conect", resource);)"), HasSubstr("Conect"));
  EXPECT_THAT(text(R"(forbid (principal, action == Action::"Connect", resource in PathGroup::"workspace");)"), StartsWith("u.cedar:1:"));
  EXPECT_THAT(text(R"(permit (principal, action == Action::"Exec", resource) when { context.purpose == "build" };)"), HasSubstr("purpose"));
  EXPECT_THAT(text(R"(permit (principal, action == Action::"Connect", resource) when { resource.ip.isLoopback() };)"), HasSubstr("ip"));
  EXPECT_EQ(text(R"(permit (principal, action == Action::"Connect", resource) when { resource has ip && resource.ip.isLoopback() };)"), "");
  EXPECT_THAT(text("forbid (principal, action, resource) when { context.a };\nforbid (principal, action, resource) when { context.b };"), HasSubstr("u.cedar:2:"));
  const auto project = PolicySet::Load("base", {}, {{"p.cedar", R"(forbid (principal, action, resource in PathGroup::"worksapce");)"}});
  ASSERT_FALSE(project.ok());
  EXPECT_THAT(project.error().text, HasSubstr("worksapce"));
}

TEST(Load, TheDigestIsOfAllTexts) {
  const std::string base = Set().digest();
  EXPECT_EQ(base.size(), 64u);
  EXPECT_EQ(base, Set().digest());
  const char* forbid = R"(forbid (principal, action == Action::"Exec", resource);)";
  EXPECT_NE(base, Set(forbid).digest());
  EXPECT_NE(Set(forbid).digest(), Set("", forbid).digest());
}

TEST(Load, PoliciesWithoutAnIdGoByTheirPlace) {
  const PolicySet set = Set("\nforbid (principal, action == Action::\"Exec\", resource);");
  EXPECT_THAT(set.Ids(), Contains("user.cedar:2"));
  EXPECT_THAT(set.Source("user.cedar:2"), StartsWith("forbid"));
  EXPECT_EQ(set.Source("nonesuch"), "");
}

TEST(Examples, FindWhatIsWrong) {
  const auto run = [](const char* text) { return RunExamples(text, "t.json", "base", {}); };
  const auto wrong = run(R"([{"section":"x"}, {"effects":["read:/etc/hosts"],"verdict":"deny","policies":["x"],"contained_after_approval":true}])");
  ASSERT_TRUE(wrong.ok());
  ASSERT_EQ(wrong->failures.size(), 1u);
  EXPECT_THAT(wrong->failures[0], HasSubstr("verdict: expected deny, got allow; contained after approval: expected yes, got no; policies: expected [x], got [read-system]"));
  EXPECT_THAT(wrong->unused, Contains("trifecta"));
  for (const char* bad : {"", "{}", "[1]", R"([{"effects":["x"],"verdict":"deny"}])", R"([{"effects":[],"verdict":"no"}])", R"([{"effects":[],"verdict":"deny","lables":[]}])",
                          R"([{"effects":"x","verdict":"deny"}])", R"([{"effects":[1],"verdict":"deny"}])", R"([{"effects":[],"coverage":"x","verdict":"deny"}])",
                          R"([{"effects":[],"user":"permit","verdict":"deny"}])"})
    EXPECT_FALSE(run(bad).ok()) << bad;
}

}  // namespace
}  // namespace checkrein::policy
