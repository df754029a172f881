// Flaws that somebody could write into the shipped sets, each of which must be refuted by the promise that it breaks, with a request that
// the evaluator agrees on.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/fd.h"
#include "cedar/parser.h"
#include "proof/properties.h"

namespace checkrein::proof {
namespace {

std::string Shipped(const std::string& file) {
  const Result<std::string> text = ReadFile(std::string(CHECKREIN_SOURCE_DIR) + "/policies/" + file, 1u << 20);
  return text ? *text : std::string();
}

struct Flaw {
  const char* name;
  const char* from;      // in base.cedar; "" to append
  const char* to;
  const char* broken;    // the promise
  const char* culprit;   // a policy that the counterexample names; "" for none
};

constexpr Flaw kFlaws[] = {
    {"trifecta_lifted_by_approval", "unless { resource in HostGroup::\"model\" || (", "unless { context.approved || resource in HostGroup::\"model\" || (", "trifecta", ""},
    {"trifecta_exempts_registries", "unless { resource in HostGroup::\"model\" || (", "unless { resource in HostGroup::\"registry\" || resource in HostGroup::\"model\" || (", "trifecta", "connect-registry"},
    {"trifecta_only_at_depth_zero", "when { principal.labels.containsAll([Label::\"untrusted\", Label::\"secret\"]) }", "when { principal.depth == 0 && principal.labels.containsAll([Label::\"untrusted\", Label::\"secret\"]) }", "trifecta", ""},
    {"trifecta_exempts_a_name_by_pattern", "unless { resource in HostGroup::\"model\" || (", "unless { (resource is Host && resource.name like \"*model.example\") || resource in HostGroup::\"model\" || (", "trifecta", ""},
    {"trifecta_forgets_pushes", "forbid (principal, action in Action::\"send\", resource)\nwhen { principal.labels.containsAll", "forbid (principal, action in [Action::\"Connect\", Action::\"Listen\", Action::\"InstallPackage\", Action::\"CallTool\"], resource)\nwhen { principal.labels.containsAll", "trifecta", "push-ask"},
    {"trifecta_exempts_ports_below_1024", "|| (action == Action::\"Listen\" && resource in HostGroup::\"loopback\")", "|| (action == Action::\"Listen\" && resource.port < 1024)", "trifecta-listen", "listen-ask"},
    {"own_files_by_approval", "when { resource.includes.contains(PathGroup::\"checkrein\") };", "when { resource.includes.contains(PathGroup::\"checkrein\") && !context.approved };", "own-state", "change-elsewhere-ask"},
    {"own_files_without_sets", "when { resource.includes.contains(PathGroup::\"checkrein\") };", "when { resource in PathGroup::\"checkrein\" };", "own-state", ""},
    {"own_settings_without_the_rest", "forbid (principal, action == Action::\"Configure\", resource in Setting::\"checkrein\");", "forbid (principal, action == Action::\"Configure\", resource == Setting::\"checkrein\");", "own-settings", ""},
    {"quarantine_lifted_by_approval", "when { principal.labels.contains(Label::\"quarantined\") };", "when { principal.labels.contains(Label::\"quarantined\") } unless { context.approved };", "frozen", ""},
    {"quarantine_only_if_untrusted", "when { principal.labels.contains(Label::\"quarantined\") };", "when { principal.labels.containsAll([Label::\"quarantined\", Label::\"untrusted\"]) };", "frozen", ""},
    {"approval_forbids", "", "@id(\"x\") forbid (principal, action == Action::\"Exec\", resource in ProgramGroup::\"shell\") when { context.approved };", "approval-never-costs", "x"},
    {"containment_forbids", "", "@id(\"x\") forbid (principal, action == Action::\"Listen\", resource) when { context.sandboxed };", "containment-never-costs", "x"},
    {"a_session_by_name", "", "@id(\"x\") permit (principal == Session::\"trusted\", action == Action::\"Exec\", resource);", "nothing-declared", "x"},
    {"an_overflow", "", "@id(\"x\") permit (principal, action == Action::\"Exec\", resource) when { principal.depth * 4611686018427387904 > 0 };", "never-errs", "x"},
    {"an_entity_that_may_be_missing", "", "@id(\"x\") forbid (principal, action == Action::\"Connect\", resource) when { Host::\"a.example\".port == 443 };", "never-errs", "x"},
    {"a_policy_that_never_applies", "", "@id(\"x\") permit (principal, action == Action::\"ReadFile\", resource) when { resource.exact && resource.includes != resource.mayInclude };", "nothing-dead", ""},
    {"keys_for_sub_agents", "forbid (principal, action == Action::\"ReadFile\", resource in PathGroup::\"credentials\")\nwhen { principal.labels.contains(Label::\"untrusted\") };", "forbid (principal, action == Action::\"ReadFile\", resource in PathGroup::\"credentials\")\nwhen { principal.labels.contains(Label::\"untrusted\") && principal.depth < 2 };", "keys", "credentials-ask"},
    {"a_host_without_asking", "", "@id(\"x\") permit (principal, action == Action::\"Connect\", resource in Host::\"cdn.example\");", "watched-or-asked", "x"},
};

class Planted : public testing::TestWithParam<Flaw> {};

// Proves one of the promises of `base` about `policies`.
Finding ProveOne(const cedar::Schema& schema, const cedar::PolicySet& world, const PropertyFile& properties, const cedar::PolicySet& policies, std::string_view id) {
  Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});
  EXPECT_TRUE(solvers) << solvers.error().text;
  EXPECT_EQ(solvers->Names(), "z3 and cvc5") << "both Debian packages are in scripts/packages";
  std::vector<Property> wanted = properties.For("base", PropertyFile::Extent::kAsShipped);
  std::erase_if(wanted, [id](const Property& p) { return p.id != id; });
  EXPECT_EQ(wanted.size(), 1u) << id;
  return Prover(schema, &world, &*solvers).Prove(policies, wanted)[0];
}

TEST_P(Planted, IsFoundWithARequest) {
  const Flaw& flaw = GetParam();
  const Result<cedar::Schema> schema = cedar::ParseSchema(Shipped("checkrein.cedarschema"), "checkrein.cedarschema");
  const Result<cedar::PolicySet> world = ParseWorld(Shipped("world.cedar"), "world.cedar", *schema);
  ASSERT_TRUE(world) << world.error().text;
  const Result<PropertyFile> properties = PropertyFile::Parse(Shipped("properties.cedar"), "properties.cedar", *schema);
  ASSERT_TRUE(properties) << properties.error().text;
  std::string text = Shipped("base.cedar");
  if (*flaw.from == '\0') {
    text += flaw.to;
  } else {
    const size_t at = text.find(flaw.from);
    ASSERT_NE(at, std::string::npos) << "base.cedar has changed; plant this flaw anew";
    text.replace(at, std::string(flaw.from).size(), flaw.to);
  }
  const Result<cedar::PolicySet> policies = cedar::ParsePoliciesWithIds(text, "base.cedar");
  ASSERT_TRUE(policies) << policies.error().text;
  const Finding f = ProveOne(*schema, *world, *properties, *policies, flaw.broken);
  ASSERT_EQ(f.outcome, Outcome::kRefuted) << f.why;
  if (f.property.kind == Property::Kind::kNothingDead) {
    EXPECT_EQ(f.dead, std::vector<std::string>{"x"});
    return;
  }
  ASSERT_EQ(f.counterexamples.size(), 1u);
  const Counterexample& c = f.counterexamples[0];
  EXPECT_TRUE(Breaks(f.property, *policies, &*world, c.example)) << c.example.ToString();
  std::vector<std::string> named = c.permitted_by;
  named.insert(named.end(), c.refused_by.begin(), c.refused_by.end());
  named.insert(named.end(), c.erring.begin(), c.erring.end());
  EXPECT_FALSE(named.empty());
  if (*flaw.culprit != '\0') {
    EXPECT_NE(std::find(named.begin(), named.end(), flaw.culprit), named.end()) << c.example.ToString();
  }
}

INSTANTIATE_TEST_SUITE_P(Flaws, Planted, testing::ValuesIn(kFlaws), [](const auto& flaw) { return std::string(flaw.param.name); });

}  // namespace
}  // namespace checkrein::proof
