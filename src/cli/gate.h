// What the sub-commands of `checkrein gate` share: options, rules, runs, output.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/commands.h"
#include "release/report.h"
#include "release/verdict.h"
#include "release/worker.h"

namespace checkrein::cli {

struct GateOptions {
  std::vector<std::string> paths;
  std::string rules;                 // a TOML file instead of the shipped rules
  std::string format = "table";
  std::string output;                // "" is standard output
  std::string baseline;
  std::string previous;              // the version published before
  std::string state;
  bool strict = false, is_public = false, is_private = false, source = false, raw_only = false, reveal = false, git = false, attest = false, update_baseline = false;
  int64_t budget = 0;
  release::Limits limits;
};
void AddGateOptions(CLI::App& app, GateOptions& options);

std::string_view CompiledGateRules();   // of the shipped rules (tools/gate_rules.cc)

// The rules that the options name, compiled: from the program, from the cache, or anew.
Result<release::Compiled> GateRules(const GateOptions& options);

// Runs over options.paths, prints in options.format, and answers the exit code.
int RunGate(const GateOptions& options);

// A person's view of one report.
std::string GateTable(const release::Report& report, release::Severity stops, int fd);

}  // namespace checkrein::cli
