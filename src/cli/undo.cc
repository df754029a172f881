// `checkrein undo ACTION`: puts back what one action changed, where nobody changed it since.
#include <cstdio>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/places_options.h"
#include "cli/promise.h"
#include "cli/seat.h"
#include "monitor/monitor.h"
#include "report/text.h"
#include "sandbox/keeper.h"

namespace checkrein::cli {
namespace {

struct UndoOptions {
  std::shared_ptr<PlacesOptions> places;
  std::string action;
  bool preview = false;
  std::string of;   // a system installation: whose
};

// Of the actions: what is kept of them is worth what their records are.
report::Modes ModesOf(const std::string& state, const std::vector<std::string>& actions) {
  report::Modes modes;
  const Result<audit::Log> log = audit::Log::Open(state + "/log", audit::Log::Mode::kRead);
  for (const std::string& action : actions) {
    const Result<std::string> bytes = log ? log->Read(std::strtoull(action.c_str(), nullptr, 10)) : Result<std::string>(log.error());
    if (bytes) modes.FeedBytes(*bytes);
    else modes.Add("");
  }
  return modes;
}

int RunList(const std::string& state, const std::string& directory) {
  const Result<sandbox::KeptSummary> kept = sandbox::ListKept(directory);
  if (!kept) return Report(kept.error(), kIncomplete);
  if (kept->actions.empty()) std::puts("Nothing is kept to be undone.");
  for (const sandbox::Kept& one : kept->actions)
    std::printf("%-8s %s  %zu change(s) to %s\n", one.action.c_str(), Rfc3339(one.unix_seconds * 1000).substr(0, 16).c_str(), one.changes, report::Plain(one.workspace).c_str());
  std::printf("%.1f MiB kept of at most %.0f, for %lld days\n", static_cast<double>(kept->bytes) / 1048576, static_cast<double>(sandbox::kKeptBytes) / 1048576,
              static_cast<long long>(sandbox::kKeptDays));
  std::vector<std::string> actions;
  for (const sandbox::Kept& one : kept->actions) actions.push_back(one.action);
  TellPromises(ModesOf(state, actions));
  return kDone;
}

// The log is what says what happened: an undo is recorded before it is done.
Status RecordUndo(Seat& seat, const std::string& action, size_t steps) {
  monitor::Monitor::Options with;
  with.places = seat.places;
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));
  if (!monitor) return monitor.error();
  json::Value record = monitor::StartRecord(monitor->NewEnvelope(), "undo");
  record.Set("action", action).Set("changes", static_cast<int64_t>(steps)).Set("by_uid", static_cast<int64_t>(getuid()));
  return seat.Record(*monitor, std::move(record));
}

int RunUndo(const UndoOptions& options) {
  if (const std::optional<Error> refused = RefusedInside("undo")) return Report(*refused, kFindings);
  const bool only_look = options.action.empty() || options.preview;
  Result<Seat> seat = only_look ? Seat::Look(*options.places) : Seat::Take(*options.places, options.of, "undo");
  if (!seat) return Report(seat.error(), seat.error().kind == Error::Kind::kDenied ? kFindings : kUsage);
  const std::string directory = seat->places.state + "/undo";
  if (options.action.empty()) return RunList(seat->places.state, directory);
  const Result<std::vector<sandbox::UndoStep>> steps = sandbox::PlanUndo(directory, options.action);
  if (!steps) return Report(steps.error(), kUsage);
  bool refused = false;
  for (const sandbox::UndoStep& step : *steps) {
    refused = refused || !step.refused.empty();
    std::printf("  %-10s  %s%s%s\n", step.what.c_str(), report::Plain(step.path).c_str(), step.refused.empty() ? "" : "   ! ", report::Plain(step.refused).c_str());
  }
  TellPromises(ModesOf(seat->places.state, {options.action}));
  if (options.preview) return refused ? kFindings : kDone;
  if (refused) return Report({Error::Kind::kDenied, "nothing was undone"}, kFindings);
  if (const Status recorded = RecordUndo(*seat, options.action, steps->size()); !recorded) return Report(recorded.error(), kIncomplete);
  const Result<size_t> undone = sandbox::Undo(directory, options.action);
  if (!undone) return Report(undone.error(), undone.error().kind == Error::Kind::kDenied ? kFindings : kIncomplete);
  std::printf("%zu change(s) of action %s are undone.\n", *undone, options.action.c_str());
  return kDone;
}

}  // namespace

void AddUndo(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("undo", "Put back what one action changed; without ACTION, list what can be undone");
  const auto options = std::make_shared<UndoOptions>();
  options->places = AddPlacesOptions(*command);
  command->add_option("ACTION", options->action, "The action's number, as `checkrein log show` gives it");
  command->add_option("--of", options->of, "In a system installation: whose changes; root says so");
  command->add_flag("--preview", options->preview, "Only show what would be done");
  command->callback([options, &exit] { exit.code = RunUndo(*options); });
}

}  // namespace checkrein::cli
