// The sub-commands of `checkrein`, one file each. Each Add function declares its options and sets a callback that leaves the exit code
// in `exit`; the two main files call them in the order of the help text.
//
// Exit codes (docs/format/verdict.md): 0 done, clean, verified; 1 findings, denied, not verified; 2 usage or configuration error;
// 3 incomplete. CLI11 throws; nothing may throw out of main.
#pragma once

#include <CLI/CLI.hpp>
#include <string_view>

#include "base/result.h"

namespace checkrein::cli {

inline constexpr int kDone = 0;
inline constexpr int kFindings = 1;
inline constexpr int kUsage = 2;
inline constexpr int kIncomplete = 3;

struct Exit {
  int code = kDone;
};

// Prints `checkrein: ERROR` to standard error and answers `code`.
int Report(const Error& error, int code);

// What both programs do around their own `run`: nothing thrown leaves main.
int Guarded(int argc, char** argv, int (*run)(int argc, char** argv));
// The exit code of the sub-command that was called; of help and usage errors otherwise.
int Parse(CLI::App& app, int argc, char** argv, const Exit& exit);

// One line for each file of src/cli, in the order of the help text.
void AddRun(CLI::App& app, Exit& exit);  // and exec
void AddPending(CLI::App& app, Exit& exit);
void AddApprove(CLI::App& app, Exit& exit);
void AddChanges(CLI::App& app, Exit& exit);
void AddUndo(CLI::App& app, Exit& exit);
void AddLabels(CLI::App& app, Exit& exit);
void AddFreeze(CLI::App& app, Exit& exit);  // and thaw
void AddLog(CLI::App& app, Exit& exit);
void AddBundle(CLI::App& app, Exit& exit);
void AddWitness(CLI::App& app, Exit& exit);
void AddCheck(CLI::App& app, Exit& exit);
void AddExplain(CLI::App& app, Exit& exit);
void AddPolicy(CLI::App& app, Exit& exit);
void AddPolicyDiff(CLI::App& policy, Exit& exit);  // below `policy`
void AddProve(CLI::App& app, Exit& exit);
void AddPolicySuggest(CLI::App& policy, Exit& exit);  // likewise
void AddCedar(CLI::App& app, Exit& exit);
void AddServe(CLI::App& app, Exit& exit);
void AddInstall(CLI::App& app, Exit& exit);  // and uninstall
void AddGate(CLI::App& app, Exit& exit);
void AddAdvisories(CLI::App& app, Exit& exit);
void AddDoctor(CLI::App& app, Exit& exit);
void AddDemo(CLI::App& app, Exit& exit);

}  // namespace checkrein::cli
