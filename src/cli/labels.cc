// checkrein labels: which sessions and files carry which labels, and a person's word that one no longer does, or that a session does.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/json.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/seat.h"
#include "monitor/monitor.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using monitor::FactStore;
using monitor::SessionFacts;

constexpr size_t kShownName = 12;  // digits of a session's name
constexpr size_t kShownGoal = 60;  // bytes of the person's last words, by which the session is known again
constexpr std::string_view kAddable[] = {"untrusted", "secret", "pii", "quarantined"};

struct Options {
  std::shared_ptr<PlacesOptions> places;
  std::vector<std::string> what;  // files, or names of sessions
  std::vector<std::string> labels;
  std::string of;
  bool all = false, json = false, every_session = false;
};

// What a label means, for whoever has not read about them.
std::string Words(const std::vector<std::string>& labels) {
  std::string out;
  for (const std::string& label : labels) {
    const char* means = label == "pii" ? " (personal data)" : label == "untrusted" ? " (text from outside)" : label == "secret" ? " (a key or password)" : label == "quarantined" ? " (frozen)" : "";
    out += (out.empty() ? "" : ", ") + report::Plain(label) + means;
  }
  return out;
}

json::Value Listed(const std::vector<std::string>& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

// Every labelled file once: the sessions' own lists and the list of all.
std::vector<analysis::WrittenFile> Files(const std::vector<FactStore::Named>& all) {
  analysis::Past past;
  for (const FactStore::Named& one : all)
    for (const analysis::WrittenFile& file : one.facts.past.files)
      if (!file.labels.empty()) past.AddFile(file, SIZE_MAX);
  return past.files;
}

bool IsSession(const FactStore::Named& one) { return one.name != FactStore::NameOf(monitor::kLabelledFiles); }

enum class Sessions : bool { kLabelled, kEvery };

int List(const std::vector<FactStore::Named>& all, bool as_json, Sessions which) {
  json::Array sessions, files;
  size_t shown = 0;
  for (const FactStore::Named& one : all) {
    if (one.facts.labels.empty() && (which == Sessions::kLabelled || !IsSession(one))) continue;
    const std::string where = IsSession(one) ? one.facts.workspace : "every session (the list of files is damaged)";
    if (as_json) sessions.push_back(json::Value().Set("session", one.name).Set("workspace", one.facts.workspace).Set("labels", Listed(one.facts.labels)));
    else std::printf("%ssession %s  %s%s%s\n    %s\n", shown == 0 ? "" : "\n", one.name.substr(0, kShownName).c_str(), report::Plain(where.empty() ? "(no workspace)" : where).c_str(), one.facts.goal.empty() ? "" : "  ",
                     report::Plain(one.facts.goal.substr(0, kShownGoal)).c_str(), one.facts.labels.empty() ? "no label" : Words(one.facts.labels).c_str());
    ++shown;
  }
  for (const analysis::WrittenFile& file : Files(all)) {
    if (as_json) {
      files.push_back(json::Value().Set("file", file.path).Set("labels", Listed(file.labels)).Set("action", file.action).Set("from", Listed(file.from)));
      continue;
    }
    std::string from;
    for (const std::string& one : file.from) from += (from.empty() ? " from " : ", ") + report::Plain(one);
    std::printf("%sfile %s\n    %s; written by action %lld%s\n", shown == 0 ? "" : "\n", report::Plain(file.path).c_str(), Words(file.labels).c_str(), static_cast<long long>(file.action), from.c_str());
    ++shown;
  }
  if (as_json) std::puts(json::Value().Set("sessions", std::move(sessions)).Set("files", std::move(files)).Dump().c_str());
  else if (shown == 0) std::puts("No session and no file carries a label.");
  else std::puts("\nOnly you take a label away: checkrein labels clear FILE or SESSION (see --help).");
  return kDone;
}

// What is to be cleared, in one place: whether a session or a file is meant, and which labels.
struct Clearing {
  const Options& options;
  bool Is(const std::string& label) const { return options.labels.empty() || std::find(options.labels.begin(), options.labels.end(), label) != options.labels.end(); }
  bool Means(const FactStore::Named& one) const {
    return options.all || std::any_of(options.what.begin(), options.what.end(), [&](const std::string& what) { return what.size() >= kShownName && one.name.starts_with(what); });
  }
  bool Means(const analysis::WrittenFile& file, const std::string& directory) const {
    return options.all || std::any_of(options.what.begin(), options.what.end(), [&](const std::string& what) { return NormalizePath(what, directory) == file.path; });
  }
  // Takes them out; what was there.
  std::vector<std::string> From(std::vector<std::string>& labels) const {
    std::vector<std::string> gone;
    for (const std::string& label : labels)
      if (Is(label)) gone.push_back(label);
    std::erase_if(labels, [this](const std::string& label) { return Is(label); });
    return gone;
  }
};

struct Cleared {
  std::string what;
  std::vector<std::string> labels;
};

// What would be cleared of one store; done to `facts`, which the caller keeps or not.
void ClearIn(const Clearing& clearing, const FactStore::Named& one, const std::string& directory, SessionFacts& facts, std::vector<Cleared>& cleared) {
  if (clearing.Means(one))
    if (std::vector<std::string> gone = clearing.From(facts.labels); !gone.empty()) cleared.push_back({"session " + one.name, std::move(gone)});
  if (clearing.Means(one))
    for (monitor::RecentCall& call : facts.calls) (void)clearing.From(call.labels);  // of what is still running, too
  for (analysis::WrittenFile& file : facts.past.files) {
    if (!clearing.Means(file, directory)) continue;
    std::vector<std::string> gone = clearing.From(file.labels);
    const auto told = std::find_if(cleared.begin(), cleared.end(), [&file](const Cleared& c) { return c.what == file.path; });
    if (!gone.empty() && told == cleared.end()) cleared.push_back({file.path, std::move(gone)});
  }
}

int RunClear(const Options& options) {
  if (const std::optional<Error> refused = RefusedInside("labels clear")) return Report(*refused, kFindings);
  if (options.all == !options.what.empty()) return Report({Error::Kind::kInvalid, "labels clear: name files or sessions, or say --all"}, kUsage);
  Result<Seat> seat = Seat::Take(*options.places, options.of, "labels clear");
  if (!seat) return Report(seat.error(), seat.error().kind == Error::Kind::kDenied ? kFindings : kUsage);
  const FactStore store(seat->places.state + "/sessions");
  const Result<std::vector<FactStore::Named>> all = store.All();
  if (!all) return Report(all.error(), kIncomplete);
  char here[4096];
  const std::string directory = getcwd(here, sizeof here) == nullptr ? "/" : here;
  const Clearing clearing{options};
  std::vector<Cleared> cleared;
  for (FactStore::Named one : *all) ClearIn(clearing, one, directory, one.facts, cleared);
  if (cleared.empty()) return Report({Error::Kind::kNotFound, "labels clear: nothing of that name carries such a label; see them with: checkrein labels"}, kUsage);
  monitor::Monitor::Options with;
  with.places = seat->places;
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));
  if (!monitor) return Report(monitor.error(), kIncomplete);
  // Recorded first: a label that nobody can find out was taken away would be no high-water mark.
  for (const Cleared& one : cleared) {
    json::Value record = monitor::StartRecord(monitor->NewEnvelope(), "labels");
    record.Set("event", "cleared").Set("what", one.what).Set("labels", Listed(one.labels)).Set("by_uid", static_cast<int64_t>(getuid()));
    if (const Status recorded = seat->Record(*monitor, std::move(record)); !recorded) return Report(recorded.error(), kIncomplete);
  }
  for (const FactStore::Named& one : *all) {
    const Result<SessionFacts> done = store.UpdateNamed(one.name, [&](SessionFacts& facts) {
      std::vector<Cleared> again;
      ClearIn(clearing, one, directory, facts, again);
    });
    if (!done) return Report(done.error(), kIncomplete);
  }
  for (const Cleared& one : cleared) std::printf("%s: no longer %s\n", report::Plain(one.what).c_str(), Words(one.labels).c_str());
  return kDone;
}

// A person knows what no sensor does: that personal data was pasted into the conversation, or that a session is not to do anything any more.
int RunAdd(const Options& options) {
  if (const std::optional<Error> refused = RefusedInside("labels add")) return Report(*refused, kFindings);
  for (const std::string& label : options.labels)
    if (std::find(std::begin(kAddable), std::end(kAddable), label) == std::end(kAddable)) return Report({Error::Kind::kInvalid, "labels add: " + json::Quote(label) + " is none of untrusted, secret, pii, quarantined"}, kUsage);
  Result<Seat> seat = Seat::Take(*options.places, options.of, "labels add");
  if (!seat) return Report(seat.error(), seat.error().kind == Error::Kind::kDenied ? kFindings : kUsage);
  const FactStore store(seat->places.state + "/sessions");
  const Result<std::vector<FactStore::Named>> all = store.All();
  if (!all) return Report(all.error(), kIncomplete);
  std::vector<std::string> names;
  for (const FactStore::Named& one : *all)
    if (IsSession(one) && options.what[0].size() >= kShownName && one.name.starts_with(options.what[0])) names.push_back(one.name);
  if (names.size() != 1) return Report({Error::Kind::kNotFound, "labels add: no session of that name; see them with: checkrein labels --sessions"}, kUsage);
  // Added first: if the record then fails, the session carries it none the less.
  const Result<SessionFacts> done = store.UpdateNamed(names[0], [&](SessionFacts& facts) {
    for (const std::string& label : options.labels) facts.AddLabel(label);
  });
  if (!done) return Report(done.error(), kIncomplete);
  monitor::Monitor::Options with;
  with.places = seat->places;
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));
  if (!monitor) return Report(monitor.error(), kIncomplete);
  json::Value record = monitor::StartRecord(monitor->NewEnvelope(), "labels");
  record.Set("event", "added").Set("what", "session " + names[0]).Set("labels", Listed(options.labels)).Set("by_uid", static_cast<int64_t>(getuid()));
  if (const Status recorded = seat->Record(*monitor, std::move(record)); !recorded) return Report(recorded.error(), kIncomplete);
  std::printf("session %s: now %s\n", names[0].c_str(), Words(done->labels).c_str());
  return kDone;
}

int RunLabels(const Options& options) {
  if (const std::optional<Error> refused = RefusedInside("labels")) return Report(*refused, kFindings);
  const Result<Seat> seat = Seat::Look(*options.places);
  if (!seat) return Report(seat.error(), kUsage);
  const Result<std::vector<FactStore::Named>> all = FactStore(seat->places.state + "/sessions").All();
  return all ? List(*all, options.json, options.every_session ? Sessions::kEvery : Sessions::kLabelled) : Report(all.error(), kIncomplete);
}

}  // namespace

void AddLabels(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("labels", "Show which sessions and files carry a label (untrusted, secret, pii), clear or add one");
  const auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  options->places = AddPlacesOptions(*command);
  command->add_flag("--sessions", options->every_session, "every session, labelled or not");
  command->add_flag("--json", options->json, "one line of JSON");
  CLI::App* clear = command->add_subcommand("clear", "Say that a file or session no longer carries its labels; recorded");
  clear->fallthrough();  // --state and --config
  clear->add_option("WHAT", options->what, "files, or sessions by the first 12 digits that `checkrein labels` shows");
  clear->add_flag("--all", options->all, "every session and file");
  clear->add_option("--label", options->labels, "only this label: untrusted, secret, pii (may be given again)")->allow_extra_args(false);
  clear->add_option("--of", options->of, "In a system installation: whose; root says so");
  CLI::App* add = command->add_subcommand("add", "Say that a session carries a label from now on: that you pasted personal data (pii), or want it frozen (quarantined); recorded");
  add->fallthrough();
  add->add_option("SESSION", options->what, "the first 12 digits that `checkrein labels --sessions` shows")->required()->expected(1);
  add->add_option("--label", options->labels, "untrusted, secret, pii or quarantined (may be given again)")->required()->allow_extra_args(false);
  add->add_option("--of", options->of, "In a system installation: whose; root says so");
  command->callback([add, clear, options, &exit] { exit.code = clear->parsed() ? RunClear(*options) : add->parsed() ? RunAdd(*options) : RunLabels(*options); });
}

}  // namespace checkrein::cli
