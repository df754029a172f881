// What was proved of the shipped sets, against random requests. bench/prove --random 1000000 does the same a million times.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "base/fd.h"
#include "cedar/parser.h"
#include "proof/contradictions.h"
#include "proof/properties.h"

namespace checkrein::proof {
namespace {

std::string Shipped(const std::string& file) {
  const Result<std::string> text = ReadFile(std::string(CHECKREIN_SOURCE_DIR) + "/policies/" + file, 1u << 20);
  return text ? *text : std::string();
}

// The texts of all shipped sets, as src/policy puts them together (which this module may not include).
const std::vector<std::pair<std::string, std::vector<std::string>>> kSets = {{"base", {"base.cedar"}}, {"strict", {"base.cedar", "strict.cedar"}}, {"ci", {"base.cedar", "ci.cedar"}}, {"research", {"base.cedar", "research.cedar"}}, {"observe", {"observe.cedar"}}};

TEST(Contradiction, NoRandomRequestBreaksWhatIsProved) {
  const cedar::Schema schema = cedar::ParseSchema(Shipped("checkrein.cedarschema"), "schema").take();
  const cedar::PolicySet world = *ParseWorld(Shipped("world.cedar"), "world", schema);
  const PropertyFile properties = PropertyFile::Parse(Shipped("properties.cedar"), "properties", schema).take();
  Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});
  ASSERT_TRUE(solvers) << "scripts/packages has z3 and cvc5";
  std::vector<std::unique_ptr<cedar::PolicySet>> sets;
  std::vector<Contradictions::Proved> proved;
  for (const auto& [name, files] : kSets) {
    sets.push_back(std::make_unique<cedar::PolicySet>());
    for (const std::string& file : files) ASSERT_TRUE(sets.back()->Merge(*cedar::ParsePoliciesWithIds(Shipped(file), file)));
    proved.push_back({name, sets.back().get(), Prover(schema, &world, &*solvers).Prove(*sets.back(), properties.For(name, PropertyFile::Extent::kAsShipped))});
    for (const Finding& f : proved.back().findings)
      EXPECT_EQ(f.outcome, Outcome::kProved) << name << " " << f.property.id << " " << f.why << (f.counterexamples.empty() ? "" : f.counterexamples[0].example.ToString());
  }
  Contradictions::Counts counts;
  const auto found = Contradictions(schema, world, proved, LikeAnAgents).Run(8'000, 1, &counts);
  EXPECT_FALSE(found) << *found;
  std::printf("%zu requests, %zu of them possible, %zu answers of `allow`, %zu checks of proved promises\n", counts.requests, counts.possible, counts.allowed, counts.checks);
  EXPECT_GT(counts.possible, counts.requests / 3);
  EXPECT_GT(counts.allowed, counts.requests / 100);
}

// The test above must be able to fail.
TEST(Contradiction, ARandomRequestFindsAPlantedFlaw) {
  const cedar::Schema schema = cedar::ParseSchema(Shipped("checkrein.cedarschema"), "schema").take();
  const cedar::PolicySet flawed = *cedar::ParsePolicies("permit (principal, action, resource); forbid (principal, action, resource) when { principal.labels.contains(Label::\"quarantined\") && !context.approved };", "flawed");
  const cedar::PolicySet frozen = *cedar::ParsePolicies("permit (principal, action, resource) when { principal.labels.contains(Label::\"quarantined\") };", "frozen");
  const cedar::PolicySet world;
  Finding wrong;
  wrong.property = {Property::Kind::kMustDeny, "frozen", "", &frozen, nullptr, "", {}};
  wrong.outcome = Outcome::kProved;
  Contradictions::Counts counts;
  EXPECT_TRUE(Contradictions(schema, world, {{"flawed", &flawed, {wrong}}}, LikeAnAgents).Run(1'000, 1, &counts));
}

}  // namespace
}  // namespace checkrein::proof
