// checkrein prove: what Checkrein promises of its policy sets, proved for every request, or a request for which it does not hold.
#include <cstdio>
#include <memory>

#include "base/fd.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "cli/proofs.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

struct Options {
  PolicyFiles files;
  ProofOptions proof;
  bool all_sets = true;
  bool json = false;
  std::string script;   // a file for the questions; "" for none
};

int Tell(const SetProof& proof, const std::string& set, const std::string& what, const proof::Solvers& solvers, const Options& options) {
  if (options.json) {
    for (const proof::Finding& f : proof.findings) std::printf("%s\n", ToJson(f, set).Dump().c_str());
  } else {
    std::printf("%s, %s: %s\n%s", report::Plain(set).c_str(), what.c_str(), proof.Summary(solvers).c_str(), ToText(proof.findings, Detail::kAll).c_str());
  }
  return ExitOf(proof.findings);
}

int ProveOne(const PolicyFiles& files, const Promises& promises, proof::Solvers& solvers, const Options& options) {
  const Result<cedar::PolicySet> set = ParsePolicyFiles(files);
  if (!set) return Report(set.error(), kUsage);
  const Result<SetProof> proof = ProveSet(files, *set, promises, solvers);
  if (!proof) return Report(proof.error(), kUsage);
  const int own = Tell(*proof, files.set, std::to_string(set->size()) + " policies", solvers, options);
  const Result<SetProof> shields = ProveShields(files, *set, promises, solvers);
  if (!shields) return Report(shields.error(), kUsage);
  const int shielded = Tell(*shields, files.set + " with shields", "those of all advisories", solvers, options);
  return own == kFindings || shielded == kDone ? own : shielded;
}

// A promise about requests that cannot be would be kept by any set.
int CheckEnvelopes(const Promises& promises, proof::Solvers& solvers) {
  proof::Property alive;
  alive.kind = proof::Property::Kind::kNothingDead;
  alive.id = "no-empty-promise";
  alive.claim = "each promise is about some request";
  const std::vector<proof::Finding> findings = proof::Prover(promises.schema, &promises.world, &solvers).Prove(promises.properties.Envelopes(), {alive});
  std::fputs(ToText(findings, Detail::kBrief).c_str(), stdout);
  return ExitOf(findings);
}

int RunProve(const Options& options) {
  const Result<Promises> promises = LoadPromises(options.proof);
  if (!promises) return Report(promises.error(), kUsage);
  std::vector<std::string> names{options.files.set};
  if (options.all_sets) {
    names.clear();
    for (const std::string_view name : policy::PolicySet::ShippedNames()) names.emplace_back(name);
  }
  Result<proof::Solvers> solvers = StartSolvers(options.proof);
  if (!solvers) return Report({solvers.error().kind, "not proved: " + solvers.error().text}, kIncomplete);
  if (!options.script.empty()) solvers->KeepScript();
  int exit = CheckEnvelopes(*promises, *solvers);
  for (const std::string& name : names) {
    PolicyFiles files = options.files;
    files.set = name;
    const int one = ProveOne(files, *promises, *solvers, options);
    if (one == kUsage) return one;
    if (exit != kFindings && one != kDone) exit = one;
  }
  if (!options.script.empty()) {
    if (const Status written = ReplaceFile(options.script, "(set-logic ALL)\n" + solvers->script(), 0644); !written) return Report(written.error(), kIncomplete);
  }
  return exit;
}

}  // namespace

void AddProve(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("prove", "Prove what is promised of policy sets, or show a request for which it does not hold");
  auto options = std::make_shared<Options>();
  AddPolicyOptions(*command, options->files);
  AddProofOptions(*command, options->proof);
  command->get_option("--set")->description("prove this set, with the policies given; without it and them, every shipped set");
  command->add_option("--script", options->script, "write every question to this file, for another solver (SMT-LIB 2)");
  command->add_flag("--json", options->json, "one JSON object a line for each promise");
  command->callback([options, command, &exit] {
    options->all_sets = command->count("--set") == 0 && options->files.user.empty() && options->files.project.empty();
    exit.code = RunProve(*options);
  });
}

}  // namespace checkrein::cli
