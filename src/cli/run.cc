// `checkrein run -- CMD`: an agent in the sandbox, under the supervisor. `checkrein exec -- CMD`: one command, without an agent.
#include <unistd.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/launch.h"
#include "cli/places_options.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr int kNotStarted = 125;
constexpr size_t kMaxShown = 12;

struct RunFlags {
  std::shared_ptr<PlacesOptions> places;
  LaunchRequest request;
  bool hold = false;
  monitor::RunOptions::Role role = monitor::RunOptions::Role::kAgent;
};

void TellEnd(const monitor::RunSummary& summary, monitor::RunOptions::Role role) {
  if (role == monitor::RunOptions::Role::kAgent) std::fprintf(stderr, "\ncheckrein: %llu action(s): %llu denied, %llu contained. Session %s.\n", static_cast<unsigned long long>(summary.actions),
               static_cast<unsigned long long>(summary.denied), static_cast<unsigned long long>(summary.contained), summary.session.c_str());
  if (!summary.settled.committed.empty()) std::fprintf(stderr, "checkrein: %zu change(s) are now in your workspace.\n", summary.settled.committed.size());
  if (!summary.settled.held.empty()) {
    std::fprintf(stderr, "checkrein: %zu change(s) are held for you, not yet in your workspace:\n", summary.settled.held.size());
    size_t shown = 0;
    for (const monitor::HeldPath& held : summary.settled.held) {
      if (++shown > kMaxShown) {
        std::fprintf(stderr, "  ... and %zu more\n", summary.settled.held.size() - kMaxShown);
        break;
      }
      std::fprintf(stderr, "  %s: %s\n", report::Plain(held.path).c_str(), report::Plain(held.why).c_str());
    }
    const char* id = summary.copy.id.c_str();
    std::fprintf(stderr, "  look: checkrein changes diff %s\n  take: checkrein changes commit %s\n  drop: checkrein changes discard %s\n", id, id, id);
  }
  for (const std::string& line : summary.refused) std::fprintf(stderr, "checkrein: %s\n", report::Plain(line).c_str());
  for (const std::string& finding : summary.findings) std::fprintf(stderr, "checkrein: finding: %s\n", report::Plain(finding).c_str());
  if (!summary.policy_fault.empty()) std::fprintf(stderr, "checkrein: policy files that were changed meanwhile do not load, so the last good ones decided: %s\n", report::Plain(summary.policy_fault).c_str());
  if (!summary.log_error.empty()) std::fprintf(stderr, "checkrein: THE RECORD IS INCOMPLETE: %s\n", summary.log_error.c_str());
  std::fprintf(stderr, "checkrein: what happened: checkrein log show\n");
}

int RunRun(RunFlags& flags) {
  Result<monitor::Places> places = flags.places->Find();
  if (!places) return Report(places.error(), kNotStarted);
  flags.request.places = std::move(places).take();
  flags.request.hold = flags.hold ? monitor::Hold::kEverything : monitor::Hold::kByPolicy;
  Result<monitor::RunOptions> options = PlanLaunch(flags.request);
  if (!options) return Report(options.error(), kNotStarted);
  options->role = flags.role;
  const Result<monitor::RunSummary> summary = monitor::Supervise(std::move(options).take());
  if (!summary) return Report(summary.error(), kNotStarted);
  TellEnd(*summary, flags.role);
  return summary->exit_code;
}

}  // namespace

namespace {

// What both take.
std::shared_ptr<RunFlags> AddCommon(CLI::App& command) {
  const auto flags = std::make_shared<RunFlags>();
  flags->places = AddPlacesOptions(command);
  LaunchRequest& request = flags->request;
  command.add_option("--workspace", request.workspace, "The project to work on, as a copy (default: the current directory)");
  command.add_flag("--hold", flags->hold, "Hold every change for a person, not only those that policy holds");
  command.add_option("--reach", request.reach, "HOST:PORT that may be reached; may be repeated")->allow_extra_args(false);
  command.add_option("--publish", request.published, "Lead this port of your loopback to the same port inside; may be repeated")->allow_extra_args(false);
  command.add_option("--show", request.show, "A directory of the home that everything inside may read; may be repeated")->allow_extra_args(false);
  command.add_option("--home", request.home, "The home directory inside (default: yours)");
  command.positionals_at_end();
  return flags;
}

void AddExec(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("exec", "Run one command on a copy, watched: checkrein exec -- make");
  const auto flags = AddCommon(*command);
  flags->role = monitor::RunOptions::Role::kCommand;
  command->add_option("CMD", flags->request.argv, "The command and its arguments, after --")->required();
  command->callback([flags, &exit] { exit.code = RunRun(*flags); });
}

}  // namespace

void AddRun(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("run", "Run an agent in the sandbox: checkrein run -- claude");
  const auto flags = AddCommon(*command);
  LaunchRequest& request = flags->request;
  command->add_option("--keep", request.variables, "An environment variable that the agent keeps; may be repeated")->allow_extra_args(false);
  command->add_option("--client", request.client, "claude, codex, gemini, copilot or opencode, when the program's name does not tell");
  command->add_option("--hook", request.hook, "Another checkrein-hook than the one beside this program");
  command->add_option("CMD", request.argv, "The agent and its arguments, after --")->required();
  command->callback([flags, &exit] { exit.code = RunRun(*flags); });
  AddExec(app, exit);
}

}  // namespace checkrein::cli
