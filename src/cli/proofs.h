// What `prove`, `policy check` and `policy diff` share: solvers and promises from the command line, findings for people and for programs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cedar/schema.h"
#include "cli/policy_files.h"
#include "proof/properties.h"

namespace checkrein::cli {

struct ProofOptions {
  std::string z3 = "/usr/bin/z3", cvc5 = "/usr/bin/cvc5";   // "" leaves one out
  int query_ms = proof::Limits().query_ms;
  std::string properties;                                   // a file; "": those that Checkrein promises
};
void AddProofOptions(CLI::App& command, ProofOptions& options);  // `options` must live as long as `command`

// The schema of agents with its world and promises, ready to prove. Not copied: findings and provers borrow from it.
struct Promises {
  cedar::Schema schema;
  cedar::PolicySet world;
  proof::PropertyFile properties;
};
Result<Promises> LoadPromises(const ProofOptions& options);
Result<proof::Solvers> StartSolvers(const ProofOptions& options);   // kNotFound when there is none

// Everything that is promised of the set that `files` makes, and that what a project adds only narrows. `set` is what they parse to.
struct SetProof {
  std::vector<proof::Finding> findings;
  size_t questions = 0;
  std::string Summary(const proof::Solvers& solvers) const;   // "15 of 15 promises proved (z3 and cvc5, 52 questions)"
};
Result<SetProof> ProveSet(const PolicyFiles& files, const cedar::PolicySet& set, const Promises& promises, proof::Solvers& solvers);

// The same with the shields of the advisories that are compiled in: that all of them keep the promises that hold of a set whoever adds to it,
// and that each of them only narrows the set. Whether one is in force is no matter: fewer shields permit what the set permits.
Result<SetProof> ProveShields(const PolicyFiles& files, const cedar::PolicySet& set, const Promises& promises, proof::Solvers& solvers);

// ProveSet with Debian's solvers, told in brief on standard output; the exit status.
int CheckPromises(const PolicyFiles& files);

// What stands between findings and the exit status: a refuted promise is a finding, one that is not proved makes the answer incomplete.
int ExitOf(const std::vector<proof::Finding>& findings);

// One line for each promise; refuted ones with their counterexample. kBrief leaves out what is proved.
enum class Detail : uint8_t { kBrief, kAll };
std::string ToText(const std::vector<proof::Finding>& findings, Detail detail);
std::string ToText(const proof::Counterexample& counterexample, std::string_view indent);
json::Value ToJson(const proof::Finding& finding, std::string_view set);

}  // namespace checkrein::cli
