// `checkrein advisories history`: which sessions ran on a version that an advisory concerns, and whether what it is about occurred, from
// the log. Exit: 0 it did not; 1 it did, or nobody can tell; 2 usage or configuration; 3 a record could not be read.
#include <cstdio>

#include "advisories/history.h"
#include "advisories/live.h"
#include "audit/log.h"
#include "cli/advisories_command.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using advisories::Occurrence;
using advisories::PastExposure;
using json::Array;
using json::Object;
using report::Plain;

struct Options {
  std::string advisory, format = "text";
  bool only_found = false;
};

json::Value ToJson(const PastExposure& e) {
  Array found;
  for (const Occurrence& o : e.occurrences)
    found.push_back(Object{{"record", static_cast<int64_t>(o.record)}, {"effect", o.effect}, {"shield", o.shield}, {"how", advisories::HowName(o.how)}});
  return Object{{"client", e.client}, {"session", e.session}, {"begun", e.begun}, {"advisory", e.advisory}, {"version", e.version}, {"source", e.source},
                {"actions", e.actions}, {"happened", e.happened()}, {"found", std::move(found)}};
}

void Print(const PastExposure& e) {
  std::printf("%s  %s %s  %s  %s: %s, %lld actions\n", Plain(e.begun).c_str(), Plain(e.client).c_str(), e.version.empty() ? "(version unknown)" : Plain(e.version).c_str(), Plain(e.session).c_str(), Plain(e.advisory).c_str(),
              e.occurrences.empty() ? "what it is about did not occur" : e.happened() ? "WHAT IT IS ABOUT OCCURRED" : "tried, and kept from happening", static_cast<long long>(e.actions));
  for (const Occurrence& o : e.occurrences) std::printf("    #%llu  %s: %s (%s)\n", static_cast<unsigned long long>(o.record), std::string(advisories::HowName(o.how)).c_str(), Plain(o.effect).c_str(), Plain(o.shield).c_str());
}

int RunHistory(const AdvisoriesCommand& advisories, const Options& options) {
  const Result<monitor::Places> places = advisories.places->Find();
  if (!places) return Report(places.error(), kUsage);
  Result<advisories::KnownSet> known = advisories::AllKnown(places->state);
  if (!known) return Report(known.error(), kUsage);
  if (!options.advisory.empty()) {
    std::erase_if(known->known, [&](const auto& one) { return one.advisory.id != options.advisory; });
    if (known->known.empty()) return Report({Error::Kind::kNotFound, Plain(options.advisory) + ": no such advisory is known"}, kUsage);
  }
  const Result<audit::Log> log = audit::Log::Open(places->state + "/log", audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  advisories::History history(known->known, places->home);
  if (!history.status()) return Report(history.status().error(), kUsage);
  size_t unreadable = 0;
  for (uint64_t i = 0; i < log->size(); ++i) {
    const Result<std::string> bytes = log->Read(i);
    const Result<json::Value> record = bytes ? json::Parse(*bytes) : Result<json::Value>(bytes.error());
    if (record) history.Feed(i, *record);
    else ++unreadable;
  }
  bool happened = false;
  Array all;
  for (const PastExposure& e : history.Finish()) {
    happened |= e.happened();
    if (options.only_found && e.occurrences.empty()) continue;
    if (options.format == "json") all.push_back(ToJson(e));
    else Print(e);
  }
  if (options.format == "json") std::printf("%s\n", json::Value(Object{{"format", "checkrein-advisory-history-v1"}, {"unreadable", static_cast<int64_t>(unreadable)}, {"sessions", std::move(all)}}).Dump().c_str());
  if (unreadable > 0) std::fprintf(stderr, "checkrein: %zu records could not be read\n", unreadable);
  return happened ? kFindings : unreadable > 0 ? kIncomplete : kDone;
}

}  // namespace

void AddAdvisoriesHistory(const AdvisoriesCommand& advisories) {
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  CLI::App* command = advisories.Add("history", "Show which sessions ran on a vulnerable version, and whether the abused effect occurred");
  command->add_option("--advisory", options->advisory, "only this one");
  command->add_option("--format", options->format, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command->add_flag("--found", options->only_found, "only where what the advisory is about was at least tried");
  command->callback([advisories, options] { advisories.exit->code = RunHistory(advisories, *options); });
}

}  // namespace checkrein::cli
