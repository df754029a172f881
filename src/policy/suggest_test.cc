#include "policy/suggest.h"

#include <map>
#include <tuple>


#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/compare.h"
#include "policy/request.h"

namespace checkrein::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Circumstances Here(std::vector<std::string> labels = {}) {
  Circumstances c;
  c.labels = std::move(labels);
  c.coverage = Coverage::kFull;
  c.model_hosts = {"model.example"};
  return c;
}

EffectSet Effects(const std::vector<std::string>& texts) {
  EffectSet set;
  for (const std::string& text : texts) set.Add(*EffectFromString(text));
  return set;
}

// What is suggested permits what was asked for, exactly that, and the whole action is allowed by it.
TEST(Suggest, PermitsExactlyWhatWasAskedFor) {
  for (const char* effect : {"connect:a.example:4443", "read:/home/user/.ssh/id_rsa", "write:/home/user/notes", "delete:/mnt/x/y", "privilege:root", "install:npm:left-pad", "tool:files/list",
                             "configure:tool:x", "write:/home/user/a \"quoted\"\\name", "listen:0.0.0.0:8080"}) {
    const auto s = Suggest("base", {}, Effects({effect}), Here());
    ASSERT_TRUE(s.ok()) << effect << ": " << s.error().text;
    ASSERT_NE(s->before, Verdict::kAllow) << effect;
    EXPECT_THAT(s->impossible, IsEmpty()) << effect;
    EXPECT_EQ(s->after, Verdict::kAllow) << effect << "\n" << s->text;
    EXPECT_FALSE(s->comparison.looser.empty()) << effect;
    for (const Difference& d : s->comparison.looser) EXPECT_EQ(ToString(d.effect), effect) << Describe(d, s->comparison);
    EXPECT_THAT(s->comparison.stricter, IsEmpty()) << effect;
    // Whatever it permits, a forbid still stands.
    const auto loaded = PolicySet::Load("base", {{"s.cedar", s->text}}, {});
    ASSERT_TRUE(loaded.ok());
    Circumstances frozen = Here({"quarantined"});
    EXPECT_EQ(loaded->Decide(Effects({effect}), frozen).verdict, Verdict::kDeny) << effect;
  }
}

TEST(Suggest, SeveralEffectsAtOnce) {
  const auto s = Suggest("base", {}, Effects({"connect:a.example:443", "connect:a.example:80", "read:/home/user/project/x"}), Here());
  ASSERT_TRUE(s.ok());
  EXPECT_EQ(s->asked_for.size(), 2u);
  EXPECT_EQ(s->after, Verdict::kAllow);
}

// Of a session each action is asked about with what had been seen by then.
TEST(Suggest, LearnsFromOccasions) {
  const std::vector<Occasion> session = {{Effects({"read:/home/user/project/a.c"}), {}, Coverage::kFull},
                                         {Effects({"connect:a.example:443"}), {}, Coverage::kFull},
                                         {Effects({"connect:a.example:443", "read:/home/user/project/.env"}), {"secret"}, Coverage::kFull},
                                         {Effects({"read:/home/user/project/.env"}), {"untrusted"}, Coverage::kFull},
                                         {Effects({"connect:a.example:443"}), {"untrusted", "secret"}, Coverage::kFull}};
  const auto all = Suggest("base", {}, session, Here());
  ASSERT_TRUE(all.ok()) << all.error().text;
  std::vector<std::string> asked_for;
  for (const Effect& effect : all->asked_for) asked_for.push_back(ToString(effect));
  EXPECT_EQ(asked_for, (std::vector<std::string>{"connect:a.example:443", "read:/home/user/project/.env"}));
  EXPECT_EQ(all->before, Verdict::kDeny);
  EXPECT_EQ(all->after, Verdict::kDeny) << "a forbid stands";
  const auto some = Suggest("base", {}, std::vector<Occasion>(session.begin(), session.begin() + 2), Here());
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(some->asked_for.size(), 1u) << "what was allowed needs no permit";
  EXPECT_EQ(some->after, Verdict::kAllow);
}

TEST(Suggest, SaysWhatNoPermitCanPermit) {
  const auto forbidden = Suggest("base", {}, Effects({"connect:169.254.169.254:80"}), Here());
  ASSERT_TRUE(forbidden.ok());
  EXPECT_EQ(forbidden->text, "");
  ASSERT_EQ(forbidden->impossible.size(), 1u);
  EXPECT_THAT(forbidden->impossible[0], HasSubstr("forbidden by connect-metadata"));
  const auto unknown = Suggest("base", {}, Effects({"connect:?", "unknown:stdin-script"}), Here());
  EXPECT_EQ(unknown->text, "");
  EXPECT_EQ(unknown->impossible.size(), 2u);
  const auto both = Suggest("base", {}, Effects({"connect:a.example:443"}), Here({"untrusted", "secret"}));
  EXPECT_EQ(both->text, "");
  EXPECT_FALSE(Suggest("nope", {}, Effects({"connect:a.example:443"}), Here()).ok());
}

// What one set answers differently from another is found in both directions.
TEST(Compare, FindsWhatChanged) {
  const auto base = PolicySet::Shipped("base");
  const auto wider = PolicySet::Load("base", {{"u.cedar", "@id(\"w\") permit (principal, action == Action::\"Connect\", resource in Host::\"example.org\") when { resource.port == 8443 };"}}, {});
  ASSERT_TRUE(base.ok() && wider.ok());
  const Comparison c = Compare(*base, *wider, Here());
  ASSERT_FALSE(c.looser.empty());
  EXPECT_TRUE(c.stricter.empty());
  for (const Difference& d : c.looser) {
    EXPECT_THAT(ToString(d.effect), HasSubstr("example.org:8443"));
    EXPECT_EQ(d.policies, std::vector<std::string>{"w"});
  }
  EXPECT_THAT(Describe(c.looser[0], c), HasSubstr("-> allow"));
  const Comparison back = Compare(*wider, *base, Here());
  EXPECT_TRUE(back.looser.empty());
  EXPECT_EQ(back.stricter.size(), c.looser.size());
  const Comparison same = Compare(*base, *base, Here());
  EXPECT_TRUE(same.looser.empty() && same.stricter.empty());
  EXPECT_GT(same.effects, 50u);
}

// What Compare says of one effect, and what asking under every set of labels and each coverage says.
using Counts = std::map<std::pair<Verdict, Verdict>, std::tuple<size_t, std::vector<std::string>, Coverage>>;  // how many, and the first

Counts Told(const Comparison& c, const Effect& effect) {
  Counts counts;
  for (const auto* list : {&c.looser, &c.stricter})
    for (const Difference& d : *list)
      if (d.effect == effect) counts[{d.before, d.after}] = {d.circumstances, d.labels, d.coverage};
  return counts;
}

Counts Found(const PolicySet& before, const PolicySet& after, const Effect& effect) {
  Counts counts;
  for (size_t labels = 0; labels < size_t{1} << kLabelCount; ++labels)
    for (const Coverage coverage : {Coverage::kFull, Coverage::kPartial, Coverage::kOpaque}) {
      Circumstances c = Here();
      c.coverage = coverage;
      c.labels.clear();
      for (size_t i = 0; i < kLabelCount; ++i)
        if ((labels >> i & 1) != 0) c.labels.emplace_back(LabelName(i));
      EffectSet one;
      one.Add(effect);
      const Verdict old = before.Decide(one, c).effects.front().verdict, now = after.Decide(one, c).effects.front().verdict;
      if (old != now && !counts.emplace(std::pair(old, now), std::tuple(1, c.labels, coverage)).second) ++std::get<0>(counts[{old, now}]);
    }
  return counts;
}

// Compare leaves out circumstances that must be answered like others. These policies look at labels in every way that there is.
TEST(Compare, LeavesOutNothingThatMatters) {
  constexpr const char* kLookers[] = {
      "permit (principal, action == Action::\"Connect\", resource);",
      "permit (principal, action == Action::\"Connect\", resource) when { principal.labels.contains(Label::\"pii\") };",
      "permit (principal, action == Action::\"Exec\", resource) when { principal.labels.isEmpty() };",
      "permit (principal, action == Action::\"Exec\", resource) when { principal.labels == [Label::\"secret\"] };",
      "permit (principal, action == Action::\"Exec\", resource) when { [Label::\"secret\", Label::\"untrusted\"].containsAll(principal.labels) };",
      "forbid (principal, action, resource) when { !principal.labels.containsAll([Label::\"pii\", Label::\"unapproved\"]) && context.coverage == Coverage::\"opaque\" };",
      "forbid (principal, action == Action::\"PushData\", resource) when { (if principal.depth == 0 then principal.labels else [Label::\"secret\"]).containsAny([Label::\"untrusted\"]) };",
      "forbid (principal, action in Action::\"change\", resource in PathGroup::\"workspace\") when { [principal.labels].contains([Label::\"pii\", Label::\"secret\"]) };",
      "forbid (principal, action == Action::\"ReadFile\", resource == Path::\"/home/user/project/x/y\") when { principal.labels.contains(Label::\"secret\") };",
      "forbid (principal, action == Action::\"Listen\", resource) when { {c: context.coverage, l: principal.labels} == {c: Coverage::\"partial\", l: [Label::\"pii\"]} };",
  };
  const PolicySet base = PolicySet::Shipped("base").take();
  size_t differences = 0;
  for (const char* looker : kLookers) {
    const auto other = PolicySet::Load("base", {{"u.cedar", looker}}, {});
    ASSERT_TRUE(other.ok()) << other.error().text;
    std::vector<Effect> effects;
    for (const char* text : {"connect:other.example:443", "exec:/usr/bin/make", "push:origin", "write:/home/user/project/a.c", "read:/home/user/project/**", "read:/home/user/project/x/y", "read:/home/user/project/.env", "listen:0.0.0.0:80", "unknown:?"})
      effects.push_back(*EffectFromString(text));
    const Comparison c = Compare(base, *other, Here(), effects);
    EXPECT_EQ(c.circumstances, (size_t{1} << kLabelCount) * 3);
    for (const Effect& effect : effects) {
      const Counts told = Told(c, effect);
      EXPECT_EQ(told, Found(base, *other, effect)) << looker << ": " << ToString(effect);
      differences += told.size();
    }
  }
  EXPECT_GT(differences, 20u);
}

// A project's set, a stricter set and a frozen session only ever take away.
TEST(Compare, AProjectOnlyNarrows) {
  const auto base = PolicySet::Shipped("base");
  const auto narrowed = PolicySet::Load("base", {}, {{"p.cedar", "forbid (principal, action, resource in Path::\"/home/user/project/vendor\");\nforbid (principal, action == Action::\"PushData\", resource);"}});
  ASSERT_TRUE(base.ok() && narrowed.ok());
  const Comparison c = Compare(*base, *narrowed, Here());
  EXPECT_TRUE(c.looser.empty());
  EXPECT_FALSE(c.stricter.empty());
}

}  // namespace
}  // namespace checkrein::policy
