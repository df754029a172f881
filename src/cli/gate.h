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
  std::string sarif;                 // SARIF is written there, besides
  std::string baseline;
  std::string previous;              // the version published before
  std::string state;
  bool strict = false, is_public = false, is_private = false, source = false, raw_only = false, reveal = false, git = false, attest = false, unreachable = false;
  int64_t budget = 0;
  release::Limits limits;
};
void AddGateOptions(CLI::App& app, GateOptions& options);

std::string_view CompiledGateRules();   // of the shipped rules (tools/gate_rules.cc)

// The rules that the options name, compiled: from the program, from the cache, or anew.
Result<release::Compiled> GateRules(const GateOptions& options);

// A report for each of options.paths, with budget, baseline and difference applied.
Result<std::vector<release::Report>> GateReports(const GateOptions& options);

// Every blob of a repository's history, once, as `COMMIT-LESS PATH@BLOB` (gate_git.cc). Runs git with nothing of the repository's that could run.
// With `kAll` those, too, that nothing leads to.
enum class Objects : uint8_t { kReachable, kAll };
Status FeedHistory(const std::string& repository, Objects objects, const release::Limits& limits, const release::Gate::FeedFile& feed);

// Appends one record of the run: digests of artifact and rules, verdict (gate_attest.cc).
Status AttestGate(const GateOptions& options, const std::vector<release::Report>& reports, release::Severity stops);

// `gate npm|pypi|oci [DIR]`: runs the packer and gates what it made (gate_pack.cc).
void AddGatePackers(CLI::App& gate, const std::shared_ptr<GateOptions>& options, Exit& exit);
// `gate bucket FILE...` (gate_bucket.cc).
void AddGateBucket(CLI::App& gate, Exit& exit);
// `gate audit|init|respond` (gate_habits.cc).
void AddGateHabits(CLI::App& gate, const std::shared_ptr<GateOptions>& options, Exit& exit);

// Runs over options.paths, prints in options.format, and answers the exit code.
int RunGate(const GateOptions& options);

// A person's view of one report.
std::string GateTable(const release::Report& report, release::Severity stops, int fd);

}  // namespace checkrein::cli
