// `checkrein changes`: what is held on copies, and what a person does about it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/clock.h"
#include "cli/changes.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/places_options.h"
#include "cli/promise.h"
#include "cli/seat.h"
#include "monitor/monitor.h"
#include "monitor/settle.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using monitor::HeldCopy;

constexpr size_t kMaxShown = 200;  // paths of one copy; the rest are counted
constexpr size_t kMaxColumn = 40;  // of the paths; longer ones stand out

struct ChangesOptions {
  std::shared_ptr<PlacesOptions> places;
  std::string id;
  std::vector<std::string> paths;
  bool by_policy = false;
  std::string of;   // a system installation: whose
};

Result<std::vector<HeldCopy>> Find(const monitor::Places& places, const std::string& id) {
  Result<std::vector<HeldCopy>> all = monitor::HeldCopies(places.state);
  if (!all || id.empty()) return all;
  std::erase_if(*all, [&](const HeldCopy& copy) { return copy.id != id; });
  if (all->empty()) return Error{Error::Kind::kNotFound, id + ": no such copy; `checkrein changes` lists them"};
  return all;
}

Result<monitor::Monitor> OpenMonitor(monitor::Places places) {
  monitor::Monitor::Options with;
  with.places = std::move(places);
  return monitor::Monitor::Open(std::move(with));
}

// Why each waits, as policy answers now: nothing is known of a session that is over, so of one that has seen secrets and strangers' text. Where policy
// cannot be asked, the changes are shown all the same.
std::map<std::string, std::string> Reasons(const monitor::Places& places, const HeldCopy& held) {
  std::map<std::string, std::string> why;
  Result<monitor::Monitor> monitor = OpenMonitor(places);
  const Result<std::vector<monitor::JudgedChange>> judged = monitor ? monitor::JudgeChanges(*monitor, held, {"secret", "untrusted"}) : Result<std::vector<monitor::JudgedChange>>(monitor.error());
  if (!judged) {
    std::fprintf(stderr, "checkrein: policy could not be asked why they wait: %s\n", report::Plain(judged.error().text).c_str());
    return why;
  }
  for (const monitor::JudgedChange& one : *judged)
    why[one.path] = !one.problem.empty() ? "! " + one.problem : one.verdict == Verdict::kAllow ? "policy permits this; it was held by request (--hold), or goes with another" : one.why;
  return why;
}

Status Show(const monitor::Places& places, const HeldCopy& held) {
  Result<std::vector<sandbox::Change>> changes = sandbox::Changes(held.copy);
  if (!changes) return changes.error();
  std::map<std::string, std::string> why = changes->empty() ? std::map<std::string, std::string>() : Reasons(places, held);
  std::printf("%s  %s  %zu change(s) to %s\n", held.id.c_str(), Rfc3339(held.made_ms).substr(0, 16).c_str(), changes->size(), report::Plain(held.copy.workspace).c_str());
  std::printf("  made by: %s\n", report::Plain(held.source).c_str());
  // What waits for the same reason stands together.
  std::stable_sort(changes->begin(), changes->end(), [&why](const sandbox::Change& a, const sandbox::Change& b) { return why[a.path] < why[b.path]; });
  size_t shown = 0, width = 0;
  for (const sandbox::Change& change : *changes) width = std::clamp(report::Plain(change.path).size(), width, kMaxColumn);
  for (const sandbox::Change& change : *changes) {
    if (shown == kMaxShown) {
      std::printf("  ... and %zu more\n", changes->size() - kMaxShown);
      break;
    }
    std::printf("  %-8s  %-*s  %s\n", std::string(sandbox::ChangeKindName(change.kind)).c_str(), static_cast<int>(width), report::Plain(change.path).c_str(), Details(change).c_str());
    const bool last = ++shown == changes->size() || shown == kMaxShown || why[(*changes)[shown].path] != why[change.path];
    if (last && !why[change.path].empty()) std::printf("      %s\n", report::Plain(why[change.path]).c_str());
  }
  std::printf("  look inside: checkrein changes diff %s [PATH...]\n  take them: checkrein changes commit %s     drop them: checkrein changes discard %s\n", held.id.c_str(), held.id.c_str(), held.id.c_str());
  return Done{};
}

int RunList(const ChangesOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<std::vector<HeldCopy>> held = Find(*places, options.id);
  if (!held) return Report(held.error(), held.error().kind == Error::Kind::kNotFound ? kUsage : kIncomplete);
  if (held->empty()) std::puts("No changes are held.");
  report::Modes modes;
  for (const HeldCopy& copy : *held) {
    if (const Status shown = Show(*places, copy); !shown) return Report(shown.error(), kIncomplete);
    modes.Add(copy.mode);
  }
  TellPromises(modes);
  return kDone;
}

int RunDiff(const ChangesOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<std::vector<HeldCopy>> held = Find(*places, options.id);
  if (!held) return Report(held.error(), held.error().kind == Error::Kind::kNotFound ? kUsage : kIncomplete);
  return DiffChanges(held->front().copy, options.paths);
}

// What a person did about a copy stands in the log beside what was done on it.
json::Value DoneRecord(const monitor::Monitor& monitor, const HeldCopy& copy, std::string_view kind) {
  json::Value record = monitor::StartRecord(monitor.NewEnvelope(), kind);
  record.Set("copy", copy.id).Set("workspace", copy.copy.workspace).Set("by_uid", static_cast<int64_t>(getuid()));
  return record;
}

// With --by-policy: those of which policy says `wanted`, in `paths`; a line for each of the others. The session is over, and its labels are
// not kept with the copy: policy is asked as of one that had them all.
Status ChooseByPolicy(monitor::Monitor& monitor, const HeldCopy& copy, Verdict wanted, std::vector<std::string>& paths) {
  const Result<std::vector<monitor::JudgedChange>> judged = monitor::JudgeChanges(monitor, copy, monitor::WorstLabels());
  if (!judged) return judged.error();
  for (const monitor::JudgedChange& one : *judged) {
    if (one.problem.empty() && one.verdict == wanted) {
      paths.push_back(one.path);
    } else {
      std::printf("  left: %s: %s\n", report::Plain(one.path).c_str(), report::Plain(one.problem.empty() ? one.why : one.problem).c_str());
    }
  }
  if (!paths.empty()) return Done{};
  const bool commit = wanted == Verdict::kAllow;
  return Error{Error::Kind::kDenied, std::string(commit ? "policy permits none of these changes; to take them all the same: checkrein changes commit " : "policy forbids none of these changes; to drop them all the same: checkrein changes discard ") + copy.id};
}

// A copy that was taken or dropped whole has not even its own description left.
Status ForgetIfEmpty(const monitor::Places& places, const HeldCopy& copy) {
  const Result<std::vector<sandbox::Change>> rest = sandbox::Changes(copy.copy);
  const bool none_left = rest ? rest->empty() : rest.error().kind == Error::Kind::kNotFound;
  return none_left ? monitor::Forget(places.state, copy) : Status(Done{});
}

int Failed(const Error& error) {
  return Report(error, error.kind == Error::Kind::kDenied ? kFindings : error.kind == Error::Kind::kNotFound ? kUsage : kIncomplete);
}

using Doing = int (*)(const ChangesOptions&, Seat&, const HeldCopy&, monitor::Monitor&);

// What both have before them. A log that cannot be opened is found out before anything has happened.
int Run(ChangesOptions options, const char* name, Verdict wanted, Doing doing) {
  if (const std::optional<Error> refused = RefusedInside(name)) return Report(*refused, kFindings);
  Result<Seat> seat = Seat::Take(*options.places, options.of, name);
  if (!seat) return Report(seat.error(), seat.error().kind == Error::Kind::kDenied ? kFindings : kUsage);
  const Result<std::vector<HeldCopy>> held = Find(seat->places, options.id);
  if (!held) return Report(held.error(), kUsage);
  Result<monitor::Monitor> monitor = OpenMonitor(seat->places);
  if (!monitor) return Report(monitor.error(), kIncomplete);
  if (options.by_policy)
    if (const Status chosen = ChooseByPolicy(*monitor, held->front(), wanted, options.paths); !chosen) return Failed(chosen.error());
  return doing(options, *seat, held->front(), *monitor);
}

// Of what has happened: it cannot be refused any more.
int EndRecorded(Seat& seat, monitor::Monitor& monitor, json::Value record, int code) {
  const Status recorded = seat.Record(monitor, std::move(record));
  return recorded ? code : Report(Error{recorded.error().kind, "THE RECORD IS INCOMPLETE: " + recorded.error().text}, kIncomplete);
}

int Commit(const ChangesOptions& options, Seat& seat, const HeldCopy& copy, monitor::Monitor& monitor) {
  const Result<sandbox::CommitReport> report = options.paths.empty() ? sandbox::CommitAll(copy.copy) : sandbox::Commit(copy.copy, options.paths);
  if (!report) return Failed(report.error());
  std::vector<std::string> committed, left;
  for (const sandbox::Change& change : report->committed) committed.push_back(change.path);
  for (const sandbox::Uncommitted& one : report->left) left.push_back(one.path + ": " + one.why);
  json::Value record = DoneRecord(monitor, copy, "commit");
  monitor::SetList(record, "committed", committed);
  monitor::SetList(record, "left", left);
  std::printf("%zu change(s) are now in %s\n", report->committed.size(), report::Plain(copy.copy.workspace).c_str());
  for (const std::string& line : left) std::printf("  left: %s\n", report::Plain(line).c_str());
  const int code = EndRecorded(seat, monitor, std::move(record), left.empty() ? kDone : kIncomplete);
  if (const Status gone = ForgetIfEmpty(seat.places, copy); !gone) return Report(gone.error(), kIncomplete);
  return code;
}

int Discard(const ChangesOptions& options, Seat& seat, const HeldCopy& copy, monitor::Monitor& monitor) {
  const bool whole = options.paths.empty();
  if (const Status gone = whole ? monitor::Forget(seat.places.state, copy) : sandbox::Discard(copy.copy, options.paths); !gone) return Failed(gone.error());
  json::Value record = DoneRecord(monitor, copy, "change");
  record.Set("event", "discarded");
  if (!whole) monitor::SetList(record, "paths", options.paths);
  if (whole) std::printf("The changes of %s are gone; %s is as it was.\n", options.id.c_str(), report::Plain(copy.copy.workspace).c_str());
  else std::printf("%zu change(s) are gone.\n", options.paths.size());
  const int code = EndRecorded(seat, monitor, std::move(record), kDone);
  if (whole) return code;
  if (const Status empty = ForgetIfEmpty(seat.places, copy); !empty) return Report(empty.error(), kIncomplete);
  return code;
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
  CLI::App* diff = command->add_subcommand("diff", "Show what is in held changes: a difference to the workspace");
  diff->fallthrough();
  diff->add_option("ID", options->id)->required();
  diff->add_option("PATH", options->paths, "These paths only, as `checkrein changes` shows them");
  diff->callback([options, &exit] { exit.code = RunDiff(*options); });
  CLI::App* commit = command->add_subcommand("commit", "Write held changes into the workspace");
  commit->fallthrough();
  commit->add_option("ID", options->id)->required();
  commit->add_option("--of", options->of, "In a system installation: whose changes; root says so");
  CLI::Option* commit_paths = commit->add_option("PATH", options->paths, "These paths only, as `checkrein changes` shows them");
  commit->add_flag("--by-policy", options->by_policy, "What policy permits now to a session that has read secrets and strangers' text")->excludes(commit_paths);
  commit->callback([options, &exit] { exit.code = Run(*options, "changes commit", Verdict::kAllow, Commit); });
  CLI::App* discard = command->add_subcommand("discard", "Drop held changes: a copy with all of them, or some");
  discard->fallthrough();
  discard->add_option("ID", options->id)->required();
  discard->add_option("--of", options->of, "In a system installation: whose changes; root says so");
  CLI::Option* discard_paths = discard->add_option("PATH", options->paths, "These paths only, a directory with all that changed in it");
  discard->add_flag("--by-policy", options->by_policy, "What policy forbids outright; what it would ask about stays")->excludes(discard_paths);
  discard->callback([options, &exit] { exit.code = Run(*options, "changes discard", Verdict::kDeny, Discard); });
}

}  // namespace checkrein::cli
