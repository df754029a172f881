// `checkrein log show`: the record as a story.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/log_command.h"
#include "report/story.h"

namespace checkrein::cli {
namespace {

struct ShowOptions {
  bool json = false;
  int64_t from = 0;
};

report::StoryStyle TerminalStyle() {
  report::StoryStyle style;
  if (isatty(STDOUT_FILENO) != 1) return style;
  if (std::getenv("NO_COLOR") == nullptr) style.colour = report::Colour::kYes;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) style.width = size.ws_col;
  return style;
}

int RunShow(const LogCommand& command, const ShowOptions& options) {
  const Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
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

}  // namespace

void AddLogShow(const LogCommand& log) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* show = log.Add("show", "Tell what happened, one action after the other");
  show->add_flag("--json", options->json, "The records themselves, one a line");
  show->add_option("--from", options->from, "Begin at this record");
  show->callback([log, options] { log.exit->code = RunShow(log, *options); });
}

}  // namespace checkrein::cli
