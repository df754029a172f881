// checkrein policy diff OLD NEW: what a change of policy newly permits and newly denies, with a request for each kind of action.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/policy_files.h"
#include "cli/proofs.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

struct Options {
  PolicyFiles files;
  ProofOptions proof;
  std::string before, after;
  bool json = false;
};

// A shipped set by its name; anything else is a file that is added to the set of --set, beside what --policy adds.
Result<cedar::PolicySet> ParseSide(const std::string& side, const PolicyFiles& common) {
  PolicyFiles files = common;
  const std::vector<std::string_view> shipped = policy::PolicySet::ShippedNames();
  if (std::find(shipped.begin(), shipped.end(), side) != shipped.end()) {
    files.set = side;
  } else {
    files.user.push_back(side);
  }
  return ParsePolicyFiles(files);
}

proof::Property Difference(const char* id, const char* claim, const cedar::PolicySet& other) {
  proof::Property p;
  p.kind = proof::Property::Kind::kImplies;
  p.id = id;
  p.claim = claim;
  p.other = &other;
  return p;
}

void PrintSide(const proof::Finding& f, const char* what, const char* none) {
  if (f.outcome == proof::Outcome::kProved) std::printf("%s\n", none);
  if (f.outcome == proof::Outcome::kNotProved) std::printf("%s: not proved: %s\n", what, report::Plain(f.why).c_str());
  for (const proof::Counterexample& c : f.counterexamples) std::printf("%s: %s, for example\n%s", what, report::Plain(c.request_kind).c_str(), ToText(c, "    ").c_str());
}

int RunDiff(const Options& options) {
  const Result<cedar::PolicySet> before = ParseSide(options.before, options.files), after = ParseSide(options.after, options.files);
  for (const auto* side : {&before, &after})
    if (!*side) return Report(side->error(), kUsage);
  const Result<Promises> promises = LoadPromises(options.proof);
  if (!promises) return Report(promises.error(), kUsage);
  Result<proof::Solvers> solvers = StartSolvers(options.proof);
  if (!solvers) return Report({solvers.error().kind, "not compared: " + solvers.error().text}, kIncomplete);
  proof::Prover prover(promises->schema, &promises->world, &*solvers);
  std::vector<proof::Finding> findings = prover.Prove(*after, {Difference("newly-permitted", "nothing is newly permitted", *before)}, proof::Collect::kEachKind);
  const std::vector<proof::Finding> denied = prover.Prove(*before, {Difference("newly-denied", "nothing is newly denied", *after)}, proof::Collect::kEachKind);
  findings.insert(findings.end(), denied.begin(), denied.end());
  if (options.json) {
    for (const proof::Finding& f : findings) std::printf("%s\n", ToJson(f, options.after).Dump().c_str());
  } else {
    PrintSide(findings[0], "newly permitted", "nothing is newly permitted");
    PrintSide(findings[1], "newly denied", "nothing is newly denied");
  }
  return ExitOf(findings);
}

}  // namespace

void AddPolicyDiff(CLI::App& policy, Exit& exit) {
  CLI::App* command = policy.add_subcommand("diff", "What a change of policy newly permits and denies, with a request for each kind of action");
  auto options = std::make_shared<Options>();
  AddPolicyOptions(*command, options->files);
  AddProofOptions(*command, options->proof);
  command->remove_option(command->get_option("--properties"));
  command->add_option("OLD", options->before, "a shipped set by name, or a file of policies that is added to --set")->required();
  command->add_option("NEW", options->after, "the same, as it is to become")->required();
  command->add_flag("--json", options->json, "one JSON object a line for each direction");
  command->callback([options, &exit] { exit.code = RunDiff(*options); });
}

}  // namespace checkrein::cli
