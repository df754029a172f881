// Flaws that somebody could write into the shipped policies, each of which must be refuted by the promise that it breaks, with a request
// that the evaluator agrees on.
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

// The policy `instead_of` of base ("" for none) is left out and `policy` put in its place, under the id "flawed".
struct Flaw {
  const char* name;
  const char* instead_of;
  const char* policy;
  const char* broken;    // the promise
  bool named;            // whether the counterexample must name the flawed policy
};

#define SEND "forbid (principal, action in Action::\"send\", resource) "
#define BOTH_LABELS "principal.labels.containsAll([Label::\"untrusted\", Label::\"secret\"])"
#define MODEL_OR_LOOPBACK "resource in HostGroup::\"model\" || (action == Action::\"Listen\" && resource in HostGroup::\"loopback\")"
#define CHANGE "forbid (principal, action in Action::\"change\", resource) "
#define OWN "resource.includes.contains(PathGroup::\"checkrein\")"

constexpr Flaw kFlaws[] = {
    {"trifecta_lifted_by_approval", "trifecta", SEND "when { " BOTH_LABELS " } unless { context.approved || " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_exempts_registries", "trifecta", SEND "when { " BOTH_LABELS " } unless { resource in HostGroup::\"registry\" || " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_only_at_depth_zero", "trifecta", SEND "when { principal.depth == 0 && " BOTH_LABELS " } unless { " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_only_when_understood", "trifecta", SEND "when { context.coverage != Coverage::\"opaque\" && " BOTH_LABELS " } unless { " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_exempts_a_name_by_pattern", "trifecta", SEND "when { " BOTH_LABELS " } unless { (resource is Host && resource.name like \"*model.example\") || " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_exempts_an_address_range", "trifecta", SEND "when { " BOTH_LABELS " } unless { (resource is Host && resource has ip && resource.ip.isInRange(ip(\"10.0.0.0/8\"))) || " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_forgets_pushes", "trifecta", "forbid (principal, action in [Action::\"Connect\", Action::\"Listen\", Action::\"InstallPackage\", Action::\"CallTool\"], resource) when { " BOTH_LABELS " } unless { " MODEL_OR_LOOPBACK " };", "trifecta", false},
    {"trifecta_that_fails_and_is_skipped_by_cedar", "trifecta", SEND "when { " BOTH_LABELS " && principal.depth * 4611686018427387904 >= 0 } unless { " MODEL_OR_LOOPBACK " };", "never-errs", true},
    {"trifecta_exempts_low_ports", "trifecta", SEND "when { " BOTH_LABELS " } unless { resource in HostGroup::\"model\" || (action == Action::\"Listen\" && resource.port < 1024) };", "trifecta-listen", false},
    {"own_files_by_approval", "own-files", CHANGE "when { " OWN " && !context.approved };", "own-state", false},
    {"own_files_without_sets_of_files", "own-files", CHANGE "when { resource in PathGroup::\"checkrein\" };", "own-state", false},
    {"own_files_perhaps_by_approval", "own-files-perhaps", CHANGE "when { resource.mayInclude.contains(PathGroup::\"checkrein\") } unless { context.sandboxed || context.approved };", "own-state-perhaps", false},
    {"own_settings_without_those_below", "own-settings", "forbid (principal, action == Action::\"Configure\", resource == Setting::\"checkrein\");", "own-settings", false},
    {"quarantine_lifted_by_approval", "quarantine", "forbid (principal, action, resource) when { principal.labels.contains(Label::\"quarantined\") } unless { context.approved };", "frozen", false},
    {"quarantine_only_if_untrusted", "quarantine", "forbid (principal, action, resource) when { principal.labels.containsAll([Label::\"quarantined\", Label::\"untrusted\"]) };", "frozen", false},
    {"quarantine_lets_a_listed_action_pass", "quarantine", "forbid (principal, action in [Action::\"file\", Action::\"send\", Action::\"Exec\", Action::\"UsePrivilege\", Action::\"Configure\"], resource) when { principal.labels.contains(Label::\"quarantined\") };", "frozen", false},
    {"unapproved_lifted_by_approval", "unapproved-change", "forbid (principal, action, resource) when { principal.labels.contains(Label::\"unapproved\") && !context.approved } unless { action == Action::\"ReadFile\" || (action == Action::\"Connect\" && resource in HostGroup::\"model\") };", "unapproved", false},
    {"unapproved_may_use_tools", "unapproved-change", "forbid (principal, action in [Action::\"file\", Action::\"Exec\", Action::\"DoUnknown\"], resource) when { principal.labels.contains(Label::\"unapproved\") } unless { action == Action::\"ReadFile\" };", "unapproved", false},
    {"approval_forbids", "", "forbid (principal, action == Action::\"Exec\", resource in ProgramGroup::\"shell\") when { context.approved };", "approval-never-costs", true},
    {"containment_forbids", "", "forbid (principal, action == Action::\"Listen\", resource) when { context.sandboxed };", "containment-never-costs", true},
    {"a_session_by_its_name", "", "permit (principal == Session::\"trusted\", action == Action::\"Exec\", resource);", "nothing-declared", true},
    {"an_overflow", "", "permit (principal, action == Action::\"Exec\", resource) when { principal.depth * 4611686018427387904 > 0 };", "never-errs", true},
    {"an_entity_that_may_be_missing", "", "forbid (principal, action == Action::\"Connect\", resource) when { Host::\"a.example\".port == 443 };", "never-errs", true},
    {"a_policy_that_never_applies", "", "permit (principal, action == Action::\"ReadFile\", resource) when { resource.exact && resource.includes != resource.mayInclude };", "nothing-dead", true},
    {"keys_for_sub_agents", "credentials-untrusted", "forbid (principal, action == Action::\"ReadFile\", resource in PathGroup::\"credentials\") when { principal.labels.contains(Label::\"untrusted\") && principal.depth < 2 };", "keys", false},
    {"metadata_but_for_one_address", "connect-metadata", "forbid (principal, action == Action::\"Connect\", resource in HostGroup::\"metadata\") unless { resource has ip && resource.ip.isInRange(ip(\"169.254.170.0/24\")) };", "metadata", false},
    {"personal_data_without_asking", "connect-contained", "permit (principal, action == Action::\"Connect\", resource) when { context.sandboxed && !principal.labels.contains(Label::\"secret\") };", "personal-asks-first", true},
    {"personal_data_to_known_remotes", "push-known-contained", "permit (principal, action == Action::\"PushData\", resource in HostGroup::\"remote\") when { context.sandboxed };", "personal-asks-first", true},
    {"personal_data_to_registries_when_steered", "personal-untrusted", SEND "when { principal.labels.containsAll([Label::\"untrusted\", Label::\"pii\"]) } unless { context.approved || resource in HostGroup::\"registry\" || resource in HostGroup::\"model\" || resource in HostGroup::\"loopback\" };", "personal-untrusted", false},
    {"personal_data_out_of_the_sandbox_when_steered", "personal-untrusted", SEND "when { principal.labels.containsAll([Label::\"untrusted\", Label::\"pii\"]) } unless { context.approved || context.sandboxed || resource in HostGroup::\"model\" || resource in HostGroup::\"loopback\" };", "personal-untrusted", false},
    {"a_host_without_asking", "", "permit (principal, action == Action::\"Connect\", resource in Host::\"cdn.example\");", "watched-or-asked", true},
};

struct Shelf {
  cedar::Schema schema = cedar::ParseSchema(Shipped("checkrein.cedarschema"), "checkrein.cedarschema").take();
  cedar::PolicySet world = ParseWorld(Shipped("world.cedar"), "world.cedar", schema).take();
  PropertyFile properties = PropertyFile::Parse(Shipped("properties.cedar"), "properties.cedar", schema).take();
  Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});

  // One of the promises of `base`, about `policies`.
  Finding Prove(const cedar::PolicySet& policies, std::string_view id) {
    EXPECT_TRUE(solvers) << solvers.error().text;
    EXPECT_EQ(solvers->Names(), "z3 and cvc5") << "both Debian packages are in scripts/packages";
    std::vector<Property> wanted = properties.For("base", PropertyFile::Extent::kAsShipped);
    std::erase_if(wanted, [id](const Property& p) { return p.id != id; });
    EXPECT_EQ(wanted.size(), 1u) << id;
    return Prover(schema, &world, &*solvers).Prove(policies, wanted)[0];
  }
};

cedar::PolicySet BaseWith(const char* instead_of, const char* policy) {
  const cedar::PolicySet base = cedar::ParsePoliciesWithIds(Shipped("base.cedar"), "base.cedar").take();
  EXPECT_TRUE(*instead_of == '\0' || base.Find(instead_of) != nullptr) << "base.cedar has no policy " << instead_of << " any more; plant this flaw anew";
  cedar::PolicySet out;
  for (const cedar::Policy& p : base) {
    if (p.id == instead_of) continue;
    EXPECT_TRUE(out.Add(p));
  }
  if (*policy == '\0') return out;
  EXPECT_TRUE(out.Merge(cedar::ParsePoliciesWithIds("@id(\"flawed\") " + std::string(policy), "flawed.cedar").take()));
  return out;
}

class Planted : public testing::TestWithParam<Flaw> {};

TEST_P(Planted, IsFoundWithARequest) {
  const Flaw& flaw = GetParam();
  Shelf shelf;
  const cedar::PolicySet policies = BaseWith(flaw.instead_of, flaw.policy);
  const Finding f = shelf.Prove(policies, flaw.broken);
  ASSERT_EQ(f.outcome, Outcome::kRefuted) << f.why;
  if (f.property.kind == Property::Kind::kNothingDead) {
    EXPECT_EQ(f.dead, std::vector<std::string>{"flawed"});
    return;
  }
  ASSERT_EQ(f.counterexamples.size(), 1u);
  const Counterexample& c = f.counterexamples[0];
  EXPECT_TRUE(Breaks(f.property, policies, &shelf.world, c.example)) << c.example.ToString();
  std::vector<std::string> named = c.permitted_by;
  named.insert(named.end(), c.refused_by.begin(), c.refused_by.end());
  named.insert(named.end(), c.erring.begin(), c.erring.end());
  EXPECT_FALSE(named.empty());
  if (flaw.named) {
    EXPECT_NE(std::find(named.begin(), named.end(), "flawed"), named.end()) << c.example.ToString();
  }
}

INSTANTIATE_TEST_SUITE_P(Flaws, Planted, testing::ValuesIn(kFlaws), [](const auto& flaw) { return std::string(flaw.param.name); });

TEST(PlantedInAProject, APolicyLeftOutWidens) {
  Shelf shelf;
  ASSERT_TRUE(shelf.solvers);
  Prover prover(shelf.schema, &shelf.world, &*shelf.solvers);
  const cedar::PolicySet base = BaseWith("", ""), without = BaseWith("trifecta", ""), with = BaseWith("", "forbid (principal, action == Action::\"Exec\", resource in ProgramGroup::\"shell\");");
  EXPECT_EQ(prover.OnlyNarrows(base, with).outcome, Outcome::kProved);
  const Finding f = prover.OnlyNarrows(base, without);
  ASSERT_EQ(f.outcome, Outcome::kRefuted) << f.why;
  EXPECT_NE(std::find(f.counterexamples[0].refused_by.begin(), f.counterexamples[0].refused_by.end(), "trifecta"), f.counterexamples[0].refused_by.end());
}

// A schema in which a client says why it acts, and a policy that believes it.
TEST(PlantedInTheSchema, ADeclaredPurposeThatPermits) {
  std::string text = Shipped("checkrein.cedarschema");
  const size_t at = text.find("type Circumstances = {");
  ASSERT_NE(at, std::string::npos);
  text.insert(at + std::string("type Circumstances = {").size(), "\n  purpose?: Purpose,");
  text += "\nentity Purpose enum [\"edit\", \"deploy\"];\n";
  const cedar::Schema schema = cedar::ParseSchema(text, "flawed.cedarschema").take();
  const cedar::PolicySet world = ParseWorld(Shipped("world.cedar"), "world.cedar", schema).take();
  const PropertyFile properties = PropertyFile::Parse(Shipped("properties.cedar"), "properties.cedar", schema).take();
  Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});
  ASSERT_TRUE(solvers);
  for (const auto& [policy, outcome] : {std::pair{"permit (principal, action == Action::\"PushData\", resource) when { context has purpose && context.purpose == Purpose::\"deploy\" };", Outcome::kRefuted},
                                        std::pair{"forbid (principal, action == Action::\"PushData\", resource) when { context has purpose && context.purpose == Purpose::\"edit\" };", Outcome::kProved}}) {
    const cedar::PolicySet policies = BaseWith("", policy);
    for (const Finding& f : Prover(schema, &world, &*solvers).Prove(policies, properties.For("base", PropertyFile::Extent::kAsShipped))) {
      if (f.property.id != "nothing-declared") continue;
      ASSERT_EQ(f.outcome, outcome) << f.why;
      if (outcome == Outcome::kRefuted) {
        EXPECT_EQ(f.counterexamples[0].permitted_by, std::vector<std::string>{"flawed"});
      }
    }
  }
}

}  // namespace
}  // namespace checkrein::proof
