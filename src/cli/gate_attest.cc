// A record of a gate run in the signed log: what was looked at (by digest), with which rules (by digest), and the verdict. A release without
// such a record is one that nobody looked at.
#include "audit/log.h"
#include "base/clock.h"
#include "cli/gate.h"
#include "monitor/places.h"
#include "monitor/record.h"

namespace checkrein::cli {

Status AttestGate(const GateOptions& options, const std::vector<release::Report>& reports, release::Severity stops) {
  const Result<monitor::Places> places = monitor::FindPlaces(options.state, "");
  if (!places) return places.error();
  if (const Status prepared = monitor::PrepareState(*places); !prepared) return prepared;
  Result<audit::Log> log = audit::Log::Open(places->state + "/log", audit::Log::Mode::kAppend);
  if (!log) return log.error();
  for (const release::Report& report : reports) {
    json::Value record;
    record.Set("v", 1).Set("k", "gate").Set("t", Rfc3339(UnixMillis())).Set("mono", MonotonicNanos());
    record.Set("artifact", ToValidUtf8(std::string_view(report.artifact).substr(0, 1024))).Set("sha256", report.digest).Set("rules_sha256", report.rules_digest);
    record.Set("verdict", release::GateVerdictName(report.Verdict(stops))).Set("name", std::string_view(report.name).substr(0, 256)).Set("version", std::string_view(report.version).substr(0, 256));
    record.Set("own_lines", report.OwnLines()).Set("findings", static_cast<int64_t>(report.findings.size())).Set("incomplete", static_cast<int64_t>(report.problems.size()));
    if (const Result<uint64_t> index = log->Append(record.Dump()); !index) return index.error();
  }
  return log->Publish();
}

}  // namespace checkrein::cli
