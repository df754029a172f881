// Every advisory that is compiled in, by its own examples (data/advisories): what it is about is refused or narrowed on an affected version
// and decided as ever on a fixed one, and ordinary work is decided as ever on both.
#include <gtest/gtest.h>

#include "advisories/active.h"
#include "advisories/osv/version.h"
#include "advisories/shield.h"
#include "advisories/shipped.h"
#include "monitor/check_line.h"
#include "policy/shields.h"

namespace checkrein::monitor {
namespace {

using advisories::Advisory;
using advisories::Event;
using advisories::Installed;

constexpr int64_t kNow = 1'795'000'000'000;  // November 2026

Installed Program(const Advisory& advisory, std::string version) {
  const advisories::Affected& affected = advisory.affected.front();
  return {advisory.client, affected.ecosystem, affected.package, std::move(version), "/nowhere/" + advisory.client, "a test"};
}

// The version that the first range names with `kind`.
std::string Named(const Advisory& advisory, Event::Kind kind) {
  for (const Event& event : advisory.affected.front().ranges.front().events)
    if (event.kind == kind) return event.version;
  return {};
}

std::string JustBelow(const std::string& fixed) { return fixed + "-0"; }  // the least of all pre-releases: the greatest version below it that anybody could write

class ShippedAdvisory : public testing::TestWithParam<size_t> {
 protected:
  const std::vector<Advisory> all_ = advisories::ShippedAdvisories();
  const Advisory& advisory_ = all_[GetParam()];
  const policy::PolicySet base_ = policy::PolicySet::Shipped("base").take();

  // The answer where exactly this version is installed, asked of all advisories at once.
  json::Value AnswerOn(const std::string& version, const std::string& line) {
    std::vector<advisories::Known> known;
    for (const Advisory& advisory : all_) known.push_back({advisory, false, false});
    std::vector<Installed> installed = {Program(advisory_, version)};
    for (const char* other : {"claude", "codex", "cursor"})  // the others are up to date
      if (other != advisory_.client) installed.push_back({other, "", "", "99.0.0", "/nowhere", "a test"});
    const Result<advisories::Active> active = advisories::Work(known, installed, "x");
    EXPECT_TRUE(active) << (active ? "" : active.error().text);
    const policy::Shields shields = advisories::ShieldsFor(*active, advisories::ShippedShields(), {advisory_.client}, kNow, advisories::Trial::kLeftOut);
    return Answer(line, &shields);
  }
  json::Value Answer(const std::string& line, const policy::Shields* shields) {
    CheckSetup setup;
    setup.policies = &base_;
    setup.id = CheckSetup::Id::kOptional;
    setup.shields = shields;
    json::Value answer = CheckLine(line, setup);
    EXPECT_EQ(answer.Find("error"), nullptr) << answer.Dump();
    return answer;
  }
  // This advisory's shields alone.
  json::Value AnswerWithOwn(const std::string& line) {
    policy::Shields own;
    own.program = advisories::ShippedShields();
    for (size_t i = 0; i < own.program.size(); ++i) own.on.push_back(advisories::AdvisoryOf(own.program.id(i)) == advisory_.id);
    own.Aim();
    return Answer(line, &own);
  }
};

int Severity(const json::Value& answer) {
  const auto verdict = VerdictFromName(answer.Text("verdict"));
  return 2 * (static_cast<int>(Verdict::kAllow) - static_cast<int>(*verdict)) + (answer.Flag("contained_after_approval") ? 1 : 0);
}

TEST_P(ShippedAdvisory, AbuseIsNarrowedOnAnAffectedVersionAndNotOnAFixedOne) {
  const std::string fixed = Named(advisory_, Event::Kind::kFixed), introduced = Named(advisory_, Event::Kind::kIntroduced);
  ASSERT_FALSE(fixed.empty()) << advisory_.file;
  for (const advisories::Example& example : advisory_.examples) {
    if (!example.abuse) continue;
    const std::string before = Answer(example.line, nullptr).Dump();
    const json::Value own = AnswerWithOwn(example.line);
    EXPECT_EQ(own.Text("verdict"), example.verdict) << advisory_.id << " " << example.line << "\n" << own.Dump();
    EXPECT_NE(own.Text("why").find(advisory_.id + ":"), std::string::npos) << own.Dump();
    EXPECT_NE(own.Text("why").find("https://"), std::string::npos) << own.Dump();
    EXPECT_GT(Severity(own), Severity(Answer(example.line, nullptr))) << example.line;
    for (const std::string& version : {introduced == "0" ? std::string("0.0.1") : introduced, JustBelow(fixed), std::string()}) {
      const json::Value answer = AnswerOn(version, example.line);
      EXPECT_GE(Severity(answer), Severity(own)) << advisory_.id << " on `" << version << "`: " << example.line << "\n" << answer.Dump();
    }
    // Other advisories of the same client may still be open on the version that fixes this one: then their shields stand alone.
    EXPECT_EQ(AnswerOn("99.0.0", example.line).Dump(), before) << advisory_.id << ": " << example.line;
    std::vector<advisories::Known> only = {{advisory_, false, false}};
    for (const std::string& version : {fixed, fixed + "+build.7"}) {
      const Result<advisories::Active> active = advisories::Work(only, {Program(advisory_, version)}, "x");
      ASSERT_TRUE(active);
      EXPECT_TRUE(active->in_force.empty()) << version;
    }
  }
}

TEST_P(ShippedAdvisory, OrdinaryWorkIsDecidedAsEver) {
  for (const advisories::Example& example : advisory_.examples) {
    if (example.abuse) continue;
    EXPECT_EQ(AnswerWithOwn(example.line).Dump(), Answer(example.line, nullptr).Dump()) << advisory_.id << " " << example.line;
  }
}

TEST_P(ShippedAdvisory, BeforeItWasIntroducedNothingIsInForce) {
  const std::string introduced = Named(advisory_, Event::Kind::kIntroduced);
  if (introduced == "0") return;
  const Result<advisories::Active> active = advisories::Work({{advisory_, false, false}}, {Program(advisory_, JustBelow(introduced))}, "x");
  ASSERT_TRUE(active);
  EXPECT_TRUE(active->in_force.empty());
}

TEST_P(ShippedAdvisory, EndsOnItsDayOfExpiry) {
  const Result<advisories::Active> active = advisories::Work({{advisory_, false, false}}, {Program(advisory_, "")}, "x");
  ASSERT_TRUE(active);
  ASSERT_FALSE(active->shields.empty());
  int64_t last = 0;
  for (const advisories::ActiveShield& shield : active->shields) last = std::max(last, shield.expires_ms);
  const auto at = [&](int64_t now) { return advisories::ShieldsFor(*active, advisories::ShippedShields(), {}, now, advisories::Trial::kLeftOut).any(); };
  EXPECT_TRUE(at(kNow));
  EXPECT_TRUE(at(last - 1));
  EXPECT_FALSE(at(last));
}

std::string NameOf(const testing::TestParamInfo<size_t>& info) {
  std::string name = advisories::ShippedAdvisories()[info.param].id;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(All, ShippedAdvisory, testing::Range(size_t{0}, advisories::ShippedAdvisories().size()), NameOf);

}  // namespace
}  // namespace checkrein::monitor
