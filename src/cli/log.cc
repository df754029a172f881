// `checkrein log show|verify|key`: reading the record, and what it proves.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "audit/log.h"
#include "audit/verify.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/places_options.h"
#include "report/story.h"

namespace checkrein::cli {
namespace {

struct LogOptions {
  std::shared_ptr<PlacesOptions> places;
  bool json = false;
  int64_t from = 0;
  std::string vkey;
};

std::string LogDirectory(const monitor::Places& places) { return places.state + "/log"; }

report::StoryStyle TerminalStyle() {
  report::StoryStyle style;
  if (isatty(STDOUT_FILENO) != 1) return style;
  if (std::getenv("NO_COLOR") == nullptr) style.colour = report::Colour::kYes;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) style.width = size.ws_col;
  return style;
}

int RunShow(const LogOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<audit::Log> log = audit::Log::Open(LogDirectory(*places), audit::Log::Mode::kRead);
  if (!log) {
    if (log.error().kind == Error::Kind::kNotFound) {
      std::puts("Nothing is recorded yet.");
      return kDone;
    }
    return Report(log.error(), kIncomplete);
  }
  report::Story story(TerminalStyle());
  for (uint64_t i = options.from < 0 ? 0 : static_cast<uint64_t>(options.from); i < log->size(); ++i) {
    const Result<std::string> bytes = log->Read(i);
    if (!bytes) return Report(bytes.error(), kIncomplete);
    if (options.json) {
      std::printf("%s\n", bytes->c_str());
      continue;
    }
    const Result<json::Value> record = json::Parse(*bytes);
    std::fputs(record ? story.Tell(static_cast<int64_t>(i), *record).c_str() : "(a record that cannot be read)\n", stdout);
  }
  return kDone;
}

int RunVerify(const LogOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const std::string directory = LogDirectory(*places);
  const Result<audit::Verification> found = audit::Verify(directory, options.vkey.empty() ? std::nullopt : std::optional(options.vkey));
  if (!found) return Report(found.error(), kIncomplete);
  for (const std::string& problem : found->problems) std::printf("NOT VERIFIED  %s\n", problem.c_str());
  if (!found->problems.empty()) return kFindings;
  std::printf("verified: %llu record(s), every one under a signed head\n", static_cast<unsigned long long>(found->size));
  std::printf("  root    %s\n", Base64Encode(found->root).c_str());
  if (options.vkey.empty()) {
    const Result<audit::Log> log = audit::Log::Open(directory, audit::Log::Mode::kRead);
    if (log) std::printf("  key     %s\n          the log's own key: keep it elsewhere and name it with --vkey, for whoever rewrites the log can rewrite this too\n", log->Vkey().c_str());
  }
  if (found->dropped_tail_bytes > 0)
    std::printf("  note    %llu byte(s) of a write that never ended stand behind the last record\n", static_cast<unsigned long long>(found->dropped_tail_bytes));
  std::puts("  not shown by this: that nothing was cut off at the end, unless you remember a later size or root");
  return kDone;
}

int RunKey(const LogOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<audit::Log> log = audit::Log::Open(LogDirectory(*places), audit::Log::Mode::kRead);
  if (!log) return Report(log.error(), kIncomplete);
  std::printf("%s\n", log->Vkey().c_str());
  return kDone;
}

int RunPublish(const LogOptions& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  Result<audit::Log> log = audit::Log::Open(LogDirectory(*places), audit::Log::Mode::kAppend);
  if (!log) return Report(log.error(), kIncomplete);
  if (const Status published = log->Publish(); !published) return Report(published.error(), kIncomplete);
  std::printf("%s", log->CheckpointNote().c_str());
  return kDone;
}

}  // namespace

void AddLog(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("log", "Show and verify the record");
  command->require_subcommand(1);
  const auto options = std::make_shared<LogOptions>();
  options->places = AddPlacesOptions(*command);
  CLI::App* show = command->add_subcommand("show", "Tell what happened, one action after the other");
  show->fallthrough();
  show->add_flag("--json", options->json, "The records themselves, one a line");
  show->add_option("--from", options->from, "Begin at this record");
  show->callback([options, &exit] { exit.code = RunShow(*options); });
  CLI::App* verify = command->add_subcommand("verify", "Read everything again and check every hash and signature");
  verify->fallthrough();
  verify->add_option("--vkey", options->vkey, "The key to trust, as `checkrein log key` printed it once");
  verify->callback([options, &exit] { exit.code = RunVerify(*options); });
  CLI::App* key = command->add_subcommand("key", "Print the log's verifier key (C2SP vkey form)");
  key->fallthrough();
  key->callback([options, &exit] { exit.code = RunKey(*options); });
  CLI::App* publish = command->add_subcommand("publish", "Write tiles and checkpoint for all records, and print the checkpoint");
  publish->fallthrough();
  publish->callback([options, &exit] { exit.code = RunPublish(*options); });
}

}  // namespace checkrein::cli
