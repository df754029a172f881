// `checkrein log`: reading the record, and what it proves. The sub-commands are in log_*.cc; the short ones are here.
#include <cstdio>

#include "cli/log_command.h"

namespace checkrein::cli {
namespace {

int RunKey(const LogCommand& command) {
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  std::printf("%s\n", log->Vkey().c_str());
  return kDone;
}

int RunPublish(const LogCommand& command) {
  Result<audit::Log> log = command.Open(audit::Log::Mode::kAppend);
  if (!log) return Report(log.error(), kIncomplete);
  if (const Status published = log->Publish(); !published) return Report(published.error(), kIncomplete);
  std::printf("%s", log->CheckpointNote().c_str());
  return kDone;
}

}  // namespace

void AddLog(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("log", "Show, search, verify and prove the record");
  command->require_subcommand(1);
  const LogCommand log{command, AddPlacesOptions(*command), &exit};
  AddLogShow(log);
  AddLogSearch(log);
  AddLogReport(log);
  AddLogExport(log);
  AddLogBaseline(log);
  AddLogVerify(log);
  AddLogAnchor(log);
  log.Add("key", "Print the log's verifier key (C2SP vkey form)")->callback([log] { log.exit->code = RunKey(log); });
  log.Add("publish", "Write tiles and checkpoint for all records, and print the checkpoint")->callback([log] { log.exit->code = RunPublish(log); });
}

}  // namespace checkrein::cli
