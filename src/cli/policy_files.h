// `--set`, `--policy` and `--project-policy`: a policy set named on the command line, for sub-commands that read nobody's configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "policy/decide.h"

namespace checkrein::cli {

struct PolicyFiles {
  std::string set = "base";
  std::vector<std::string> user, project;  // paths of *.cedar
};

void AddPolicyOptions(CLI::App& command, PolicyFiles& files);  // `files` must live as long as `command`

Result<std::vector<policy::PolicySet::Text>> ReadPolicyTexts(const std::vector<std::string>& paths);
Result<policy::PolicySet> LoadPolicyFiles(const PolicyFiles& files);
// The same policies as they are written, parsed and validated: for proofs about them. kNotFound for a set that is not shipped.
Result<cedar::PolicySet> ParsePolicyFiles(const PolicyFiles& files);

}  // namespace checkrein::cli
