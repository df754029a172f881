// `checkrein log baseline`: what was unusual for this agent in this project, and why.
#include <algorithm>
#include <cstdio>

#include "cli/log_command.h"
#include "cli/promise.h"
#include "report/baseline.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

struct BaselineOptions {
  std::string session;
  int least = 10;
};

int RunBaseline(const LogCommand& command, const BaselineOptions& options) {
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  report::Rows rows;
  report::Modes modes;
  for (uint64_t n = 0; n < log->size(); ++n) {
    const Result<std::string> bytes = log->Read(n);
    if (!bytes) return Report(bytes.error(), kIncomplete);
    if (const Result<json::Value> record = json::Parse(*bytes)) {
      rows.Feed(n, *record);
      modes.Feed(*record);
    }
  }
  report::Baseline usual;
  size_t heard = 0, odd = 0;
  for (const report::Row& row : rows.all()) {
    const report::Anomaly anomaly = usual.Judge(row);
    usual.Learn(row);
    if (!row.is_action()) continue;
    heard += anomaly.heard ? 1 : 0;
    if (anomaly.score < options.least || (!options.session.empty() && row.session != options.session)) continue;
    ++odd;
    std::printf("#%llu  %d points  %s\n", static_cast<unsigned long long>(row.index), anomaly.score, row.did.c_str());
    for (const report::AnomalyReason& reason : anomaly.reasons) std::printf("      +%d  %s not usual here: %s\n", reason.points, reason.what.c_str(), reason.value.c_str());
  }
  if (heard == 0) std::printf("Too little was seen to say what is usual: %lld actions in %zu sessions of one project and client are needed.\n", static_cast<long long>(report::kEnoughActions), report::kEnoughSessions);
  else if (odd == 0) std::puts("Nothing unusual.");
  TellPromises(modes);
  return odd == 0 ? (heard == 0 ? kIncomplete : kDone) : kFindings;
}

}  // namespace

void AddLogBaseline(const LogCommand& log) {
  const auto options = std::make_shared<BaselineOptions>();
  CLI::App* command = log.Add("baseline", "What was unusual for this agent in this project, with reasons that add up; never permits anything");
  command->add_option("--session", options->session, "Only this session");
  command->add_option("--least", options->least, "Only from so many points on (default 10)");
  command->callback([log, options] { log.exit->code = RunBaseline(log, *options); });
}

}  // namespace checkrein::cli
