// `checkrein freeze` and `thaw`: stops every session at once, and refuses new actions until a person thaws.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/places_options.h"
#include "monitor/channel.h"
#include "monitor/monitor.h"
#include "monitor/service.h"

namespace checkrein::cli {
namespace {

constexpr int64_t kAnswerWithinNs = 30'000'000'000;  // a supervisor may be in the middle of a judgement

std::vector<std::string> Sessions(const std::string& state) {
  std::vector<std::string> out;
  const std::string root = state + "/run";
  DIR* opened = opendir(root.c_str());
  if (opened == nullptr) return out;
  while (const dirent* entry = readdir(opened))
    if (entry->d_name[0] != '.') out.push_back(root + "/" + entry->d_name + "/control");
  closedir(opened);
  return out;
}

Status Tell(const std::string& socket, const std::string& message) {
  const Result<Fd> supervisor = monitor::ConnectTo(socket);
  if (!supervisor) return Done{};  // a session that has ended
  if (Status sent = monitor::SendMessage(supervisor->get(), message, {}); !sent) return sent;
  const Result<monitor::Message> answer = monitor::ReceiveMessage(supervisor->get(), MonotonicNanos() + kAnswerWithinNs);
  if (!answer) return answer.error();
  const std::optional<monitor::Ended> ended = monitor::DecodeEnded(answer->bytes);
  if (!ended || ended->exit_code != 0) return Error{Error::Kind::kIo, ended ? ended->error : "an answer that is none"};
  return Done{};
}

// An incident of its own: with hooks only there is no session that could note it.
Status RecordFrozen(const monitor::Places& places, bool freeze) {
  monitor::Monitor::Options with;
  with.places = places;
  Result<monitor::Monitor> monitor = monitor::Monitor::Open(std::move(with));
  if (!monitor) return monitor.error();
  const Result<uint64_t> index = monitor->Record(
      monitor::FrozenIncident(monitor->NewEnvelope(), freeze ? monitor::Freezing::kBegins : monitor::Freezing::kEnds, static_cast<int64_t>(getuid()), freeze ? "a person stopped everything" : "a person lets everything go on"));
  if (!index) return index.error();
  return Done{};
}

int RunFreeze(const PlacesOptions& options, bool freeze) {
  if (const std::optional<Error> refused = RefusedInside(freeze ? "freeze" : "thaw")) return Report(*refused, kFindings);
  const Result<monitor::Places> places = options.Find();
  if (!places) return Report(places.error(), kUsage);
  const std::string mark = places->state + "/frozen";
  // The mark first: what asks from now on is refused, whether a session can be reached or not; and what goes on finds it gone.
  if (freeze) {
    if (const Status prepared = monitor::PrepareState(*places); !prepared) return Report(prepared.error(), kIncomplete);
    const Fd file(open(mark.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) return Report(SystemError(mark, errno), kIncomplete);
  } else if (unlink(mark.c_str()) != 0 && errno != ENOENT) {
    return Report(SystemError(mark, errno), kIncomplete);
  }
  int told = 0;
  bool all = true;
  for (const std::string& session : Sessions(places->state)) {
    const Status done = Tell(session, freeze ? monitor::EncodeFreeze() : monitor::EncodeThaw());
    if (!done) std::fprintf(stderr, "checkrein: %s: %s\n", session.c_str(), done.error().text.c_str());
    all = all && done.ok();
    ++told;
  }
  const Result<std::optional<std::string>> service = monitor::InstalledService();
  if (options.state.empty() && service && *service) {
    const Status done = Tell(**service, freeze ? monitor::EncodeFreeze() : monitor::EncodeThaw());
    if (!done) std::fprintf(stderr, "checkrein: the system service: %s\n", done.error().text.c_str());
    all = all && done.ok();
  } else if (const Status recorded = RecordFrozen(*places, freeze); !recorded) {  // the service records it in its own log
    std::fprintf(stderr, "checkrein: not recorded: %s\n", recorded.error().text.c_str());
    all = false;
  }
  std::printf(freeze ? "Frozen: %d session(s) stopped, new actions are refused. Go on with: checkrein thaw\n" : "Thawed: %d session(s) go on.\n", told);
  return all ? kDone : kIncomplete;
}

}  // namespace

void AddFreeze(CLI::App& app, Exit& exit) {
  for (const bool freeze : {true, false}) {
    CLI::App* command = app.add_subcommand(freeze ? "freeze" : "thaw", freeze ? "Stop every session at once and refuse new actions" : "Let frozen sessions go on");
    const auto places = AddPlacesOptions(*command);
    command->callback([places, freeze, &exit] { exit.code = RunFreeze(*places, freeze); });
  }
}

}  // namespace checkrein::cli
