#include "policy/recall.h"

#include <algorithm>
#include <random>

#include "base/json.h"
#include "gtest/gtest.h"
#include "policy/shipped.h"

namespace checkrein::policy {
namespace {

// Names, places and sets in every way in which a policy can tell one path from another.
constexpr std::string_view kTellApart = R"(
@id("equal") forbid (principal, action == Action::"WriteFile", resource == Path::"/home/user/project/equal");
@id("in") forbid (principal, action, resource in Path::"/home/user/project/below") unless { context.approved };
@id("like") forbid (principal, action in Action::"file", resource is Path) when { resource.name like "*.special" };
@id("listed") forbid (principal, action, resource is Path) when { [Path::"/home/user/project/listed", Path::"/tmp/listed"].contains(resource) };
@id("late") forbid (principal, action == Action::"WriteFile", resource is Path) when { resource in PathGroup::"ci" && resource.name like "*/late" };
@id("errs") forbid (principal, action == Action::"DeleteFile", resource is Path) when { resource in PathGroup::"home" && 9223372036854775807 + principal.depth + 1 > 0 };
)";

// `secret`, as some read secrets: in the whole that holds for all.
const std::vector<std::vector<std::string>> kLabels = {{"secret"}, {"untrusted", "secret"}};

std::vector<Effect> ManyEffects() {
  std::vector<Effect> effects;
  const auto add = [&effects](const std::string& text) { effects.push_back(*EffectFromString(text)); };
  const auto rows = json::Parse(ShippedText("base.tests.json"));
  for (const json::Value& row : *rows->array())
    if (row.At("effects").array() != nullptr)
      for (const json::Value& text : *row.At("effects").array()) add(*text.string());
  for (const char* op : {"read:", "write:", "delete:"}) {
    for (const char* root : {"/home/user/project/", "/home/user/", "/tmp/", "/usr/", "/srv/", "/home/user/project/.github/workflows/"})
      for (const char* name : {"a", "b", "equal", "below", "below/x", "belowx", "n.special", "m.special", "listed", "late", ".env", ".ssh/id_rsa", "d/**", "**", "c"}) add(std::string(op) + root + name);
    add(std::string(op) + "?");
  }
  return effects;
}

void ExpectSame(const EffectDecision& a, const EffectDecision& b) {
  EXPECT_EQ(a.verdict, b.verdict);
  EXPECT_EQ(a.unguarded, b.unguarded);
  EXPECT_EQ(a.contained_after_approval, b.contained_after_approval);
  EXPECT_EQ(a.policies, b.policies);
  EXPECT_EQ(a.if_approved, b.if_approved);
  EXPECT_EQ(a.held_back_by, b.held_back_by);
  EXPECT_EQ(a.errors, b.errors);
}

// An effect gets the same answer among hundreds as alone, whatever the policies look at.
TEST(Recall, ChangesNoAnswer) {
  std::vector<Effect> effects = ManyEffects();
  ASSERT_GT(effects.size(), 300u);
  std::mt19937 random(7);
  for (const bool tells_apart : {false, true}) {
    const Result<PolicySet> set = PolicySet::Load("base", {}, tells_apart ? std::vector<PolicySet::Text>{{"p.cedar", std::string(kTellApart)}} : std::vector<PolicySet::Text>{});
    ASSERT_TRUE(set.ok()) << set.error().text;
    for (const std::vector<std::string>& labels : kLabels) {
      Circumstances c;
      c.labels = labels;
      c.coverage = Coverage::kFull;
      std::shuffle(effects.begin(), effects.end(), random);  // others are remembered
      EffectSet all;
      for (const Effect& effect : effects) all.Add(effect);
      const Decision together = set->Decide(all, c);
      ASSERT_EQ(together.effects.size(), all.all().size());
      for (const EffectDecision& decision : together.effects) {
        SCOPED_TRACE(ToString(decision.effect));
        EffectSet one;
        one.Add(decision.effect);
        const Decision alone = set->Decide(one, c);
        ASSERT_EQ(alone.effects.size(), 1u);
        ExpectSame(decision, alone.effects.front());
      }
    }
  }
}

// And it is of use: of files that no policy tells apart one is asked about.
TEST(Recall, KnowsPathsThatNoPolicyTellsApart) {
  const cedar::Program none;
  Recall recall(none);
  Circumstances c;
  const auto subject = [&c](const char* effect) { return Classify(*EffectFromString(effect), c); };
  EXPECT_EQ(recall.Find(subject("write:/home/user/project/a")), nullptr);
  EffectDecision answer;
  answer.verdict = Verdict::kContain;
  recall.Keep(subject("write:/home/user/project/a"), answer);
  ASSERT_NE(recall.Find(subject("write:/home/user/project/b")), nullptr);
  EXPECT_EQ(recall.Find(subject("write:/home/user/project/b"))->verdict, Verdict::kContain);
  EXPECT_EQ(recall.Find(subject("read:/home/user/project/b")), nullptr);
  EXPECT_EQ(recall.Find(subject("write:/home/user/project/.git/hooks/x")), nullptr);
  recall.Keep(subject("connect:h.example:443"), answer);  // never of anything but a path
  EXPECT_EQ(recall.Find(subject("connect:h.example:443")), nullptr);
}

}  // namespace
}  // namespace checkrein::policy
