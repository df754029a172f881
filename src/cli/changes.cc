// `checkrein changes`: what is held on copies, and what a person does about it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/places_options.h"
#include "monitor/monitor.h"
#include "monitor/settle.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using monitor::HeldCopy;

constexpr size_t kMaxShown = 200;  // paths of one copy; the rest are counted

struct ChangesOptions {
  std::shared_ptr<PlacesOptions> places;
  std::string id;
  std::vector<std::string> paths;
};

Result<std::vector<HeldCopy>> Find(const monitor::Places& places, const std::string& id) {
  Result<std::vector<HeldCopy>> all = monitor::HeldCopies(places.state);
  if (!all || id.empty()) return all;
  std::erase_if(*all, [&](const HeldCopy& copy) { return copy.id != id; });
  if (all->empty()) return Error{Error::Kind::kNotFound, id + ": no such copy; `checkrein changes` lists them"};
  return all;
}

Status Show(const HeldCopy& held) {
  const Result<std::vector<sandbox::Change>> changes = sandbox::Changes(held.copy);
  if (!changes) return changes.error();
  std::printf("%s  %s  %zu change(s) to %s\n", held.id.c_str(), Rfc3339(held.made_ms).substr(0, 16).c_str(), changes->size(), report::Plain(held.copy.workspace).c_str());
  std::printf("  made by: %s\n", report::Plain(held.source).c_str());
  size_t shown = 0;
  for (const sandbox::Change& change : *changes) {
    if (++shown > kMaxShown) {
      std::printf("  ... and %zu more\n", changes->size() - kMaxShown);
      break;
    }
    const std::string& problem = change.refused.empty() ? change.conflict : change.refused;
    std::printf("  %-8s  %s%s%s\n", std::string(sandbox::ChangeKindName(change.kind)).c_str(), report::Plain(change.path).c_str(), problem.empty() ? "" : "   ! ",
                report::Plain(problem).c_str());
  }
  std::printf("  take them: checkrein changes commit %s     drop them: checkrein changes discard %s\n", held.id.c_str(), held.id.c_str());
  return Done{};
}

int RunList(const ChangesOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<std::vector<HeldCopy>> held = Find(*places, options.id);
  if (!held) return Report(held.error(), held.error().kind == Error::Kind::kNotFound ? kUsage : kIncomplete);
  if (held->empty()) std::puts("No changes are held.");
  for (const HeldCopy& copy : *held)
    if (const Status shown = Show(copy); !shown) return Report(shown.error(), kIncomplete);
  return kDone;
}

// What a person did about a copy stands in the log beside what was done on it.
Status RecordDone(monitor::Places places, const HeldCopy& copy, const sandbox::CommitReport* report) {
  monitor::Monitor::Options with;
  with.places = std::move(places);
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));
  if (!monitor) return monitor.error();
  json::Value record = monitor::StartRecord(monitor->NewEnvelope(), report != nullptr ? "commit" : "change");
  record.Set("copy", copy.id).Set("workspace", copy.copy.workspace).Set("by_uid", static_cast<int64_t>(getuid()));
  if (report != nullptr) {
    std::vector<std::string> committed, left;
    for (const sandbox::Change& change : report->committed) committed.push_back(change.path);
    for (const sandbox::Uncommitted& one : report->left) left.push_back(one.path + ": " + one.why);
    monitor::SetList(record, "committed", committed);
    monitor::SetList(record, "left", left);
  } else {
    record.Set("event", "discarded");
  }
  const Result<uint64_t> index = monitor->Record(std::move(record));
  return index ? Status(Done{}) : Status(index.error());
}

int RunCommit(const ChangesOptions& options) {
  if (const std::optional<Error> refused = RefusedInside("changes commit")) return Report(*refused, kFindings);
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<std::vector<HeldCopy>> held = Find(*places, options.id);
  if (!held) return Report(held.error(), kUsage);
  const HeldCopy& copy = held->front();
  const Result<sandbox::CommitReport> report = options.paths.empty() ? sandbox::CommitAll(copy.copy) : sandbox::Commit(copy.copy, options.paths);
  if (!report) return Report(report.error(), report.error().kind == Error::Kind::kDenied ? kFindings : kIncomplete);
  const Status recorded = RecordDone(*places, copy, &*report);  // of what has happened: it cannot be refused any more
  std::printf("%zu change(s) are now in %s\n", report->committed.size(), report::Plain(copy.copy.workspace).c_str());
  for (const sandbox::Uncommitted& left : report->left) std::printf("  left: %s: %s\n", report::Plain(left.path).c_str(), report::Plain(left.why).c_str());
  const Result<std::vector<sandbox::Change>> rest = sandbox::Changes(copy.copy);
  // A copy that was taken whole has not even its own description left.
  const bool none_left = rest ? rest->empty() : rest.error().kind == Error::Kind::kNotFound;
  if (none_left) {
    if (const Status gone = monitor::Forget(places->state, copy); !gone) return Report(gone.error(), kIncomplete);
  }
  if (!recorded) return Report(Error{recorded.error().kind, "THE RECORD IS INCOMPLETE: " + recorded.error().text}, kIncomplete);
  return report->left.empty() ? kDone : kIncomplete;
}

int RunDiscard(const ChangesOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<std::vector<HeldCopy>> held = Find(*places, options.id);
  if (!held) return Report(held.error(), kUsage);
  if (const Status recorded = RecordDone(*places, held->front(), nullptr); !recorded) return Report(recorded.error(), kIncomplete);
  if (const Status gone = monitor::Forget(places->state, held->front()); !gone)
    return Report(gone.error(), gone.error().kind == Error::Kind::kDenied ? kFindings : kIncomplete);
  std::printf("The changes of %s are gone; %s is as it was.\n", options.id.c_str(), report::Plain(held->front().copy.workspace).c_str());
  return kDone;
}

}  // namespace

void AddChanges(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("changes", "Show, take or drop the changes that are held on copies");
  command->require_subcommand(0, 1);
  const auto options = std::make_shared<ChangesOptions>();
  options->places = AddPlacesOptions(*command);
  command->add_option("ID", options->id, "One copy only");
  command->callback([options, command, &exit] {
    if (command->get_subcommands().empty()) exit.code = RunList(*options);
  });
  CLI::App* commit = command->add_subcommand("commit", "Write held changes into the workspace");
  commit->fallthrough();
  commit->add_option("ID", options->id)->required();
  commit->add_option("PATH", options->paths, "These paths only, as `checkrein changes` shows them");
  commit->callback([options, &exit] { exit.code = RunCommit(*options); });
  CLI::App* discard = command->add_subcommand("discard", "Drop a copy with all its changes");
  discard->fallthrough();
  discard->add_option("ID", options->id)->required();
  discard->callback([options, &exit] { exit.code = RunDiscard(*options); });
}

}  // namespace checkrein::cli
