// `checkrein log show`: what happened, one line for each action, or the whole story; and as it happens.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "cli/log_command.h"
#include "cli/pager.h"
#include "cli/promise.h"
#include "report/lanes.h"
#include "report/story.h"

namespace checkrein::cli {
namespace {

constexpr int kLookEveryMs = 200;  // --follow; each look is a few system calls

struct ShowOptions {
  bool json = false, story = false, follow = false, no_pager = false;
  int64_t from = 0;
  std::string session;
};

class Shower {
 public:
  Shower(const ShowOptions& options, const report::Terminal& terminal, report::Shape shape)
      : options_(options), lanes_(terminal, shape), story_({terminal.colour, shape == report::Shape::kPlain ? 100 : terminal.columns}) {
    if (!options.json && !options.story && !options.follow) head_ = lanes_.Head();
  }

  // What can be told of the records [from, log.size()).
  Status Tell(const audit::Log& log, uint64_t from) {
    for (uint64_t i = from; i < log.size(); ++i) {
      const Result<std::string> bytes = log.Read(i);
      if (!bytes) return bytes.error();
      One(i, *bytes);
    }
    return Done{};
  }

  void End() {
    for (const report::Row& row : rows_.all()) {
      const std::string line = lanes_.Line(row);
      if (line.empty()) continue;
      std::fputs(std::exchange(head_, "").c_str(), stdout);
      std::fputs(line.c_str(), stdout);
    }
  }

  const report::Modes& modes() const { return modes_; }

 private:
  void One(uint64_t index, const std::string& bytes) {
    const Result<json::Value> record = json::Parse(bytes);
    const bool other = !options_.session.empty() && (!record || (record->Text("session") != options_.session && rows_.Find(static_cast<uint64_t>(record->Integer("ref", -1))) == nullptr));
    if (other) return;
    modes_.FeedBytes(bytes);
    if (options_.json) {
      std::printf("%s\n", bytes.c_str());
      return;
    }
    if (record) rows_.Feed(index, *record);
    else rows_.FeedUnreadable(index);
    if (!options_.story && !options_.follow) return;  // lines need the outcome, which comes later
    std::fputs(record ? story_.Tell(static_cast<int64_t>(index), *record).c_str() : "(a record that cannot be read)\n", stdout);
  }

  const ShowOptions& options_;
  report::Lanes lanes_;
  report::Story story_;
  report::Rows rows_;
  report::Modes modes_;
  std::string head_;
};

int Follow(audit::Log& log, Shower& shower) {
  uint64_t told = log.size();
  for (;;) {
    std::fflush(stdout);
    // Ends with the reader: a pipe that nobody reads any more.
    pollfd out{STDOUT_FILENO, 0, 0};
    if (poll(&out, 1, kLookEveryMs) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0) return kDone;
    if (const Status seen = log.Refresh(); !seen) return Report(seen.error(), kIncomplete);
    if (const Status done = shower.Tell(log, told); !done) return Report(done.error(), kIncomplete);
    told = log.size();
  }
}

int RunShow(const LogCommand& command, const ShowOptions& options) {
  Result<audit::Log> log = command.Open(audit::Log::Mode::kRead);
  if (!log) {
    if (log.error().kind == Error::Kind::kNotFound) {
      std::puts("Nothing is recorded yet.");
      return kDone;
    }
    return Report(log.error(), kIncomplete);
  }
  const report::Terminal terminal = report::TerminalOf(STDOUT_FILENO);
  const bool columns = isatty(STDOUT_FILENO) == 1;
  std::optional<Pager> pager;
  if (!options.follow && !options.no_pager) pager.emplace();
  Shower shower(options, terminal, columns ? report::Shape::kColumns : report::Shape::kPlain);
  if (const Status done = shower.Tell(*log, options.from < 0 ? 0 : static_cast<uint64_t>(options.from)); !done) return Report(done.error(), kIncomplete);
  if (!options.json && !options.story && !options.follow) shower.End();
  TellPromises(shower.modes(), columns && !options.json ? Screen::kWords : Screen::kRows);
  return options.follow ? Follow(*log, shower) : kDone;
}

}  // namespace

void AddLogShow(const LogCommand& log) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* show = log.Add("show", "What happened: one line for each action, in three lanes: said, did, happened");
  show->add_flag("--story", options->story, "In full: goal, intent, prediction, decision with its policies, outcome");
  show->add_flag("--json", options->json, "The records themselves, one a line");
  show->add_flag("--follow,-f", options->follow, "Go on with the story as it happens");
  show->add_option("--from", options->from, "Begin at this record");
  show->add_option("--session", options->session, "Only this session");
  show->add_flag("--no-pager", options->no_pager, "Do not use $PAGER");
  show->callback([log, options] { log.exit->code = RunShow(log, *options); });
}

}  // namespace checkrein::cli
