// `checkrein pending` and `checkrein approve ID`: a person's answers to actions that wait, given through the supervisor's own channel.
#include <dirent.h>

#include <cstdio>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/places_options.h"
#include "cli/promise.h"
#include "monitor/channel.h"
#include "monitor/protocol.h"
#include "monitor/service.h"
#include "monitor/supervisor.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using monitor::Message;

constexpr int64_t kAnswerWithinNs = 10'000'000'000;

std::vector<std::string> ControlSockets(const std::string& state) {
  std::vector<std::string> out;
  const std::string root = monitor::ControlDirectory(state);
  DIR* opened = opendir(root.c_str());
  if (opened == nullptr) return out;
  while (const dirent* entry = readdir(opened))
    if (entry->d_name[0] != '.') out.push_back(root + "/" + entry->d_name + "/control");
  closedir(opened);
  return out;
}

// The sessions' sockets, and the service's where there is one and no other state was named.
std::vector<std::string> Sockets(const PlacesOptions& options, const std::string& state) {
  std::vector<std::string> out = ControlSockets(state);
  const Result<std::optional<std::string>> service = monitor::InstalledService();
  if (options.state.empty() && service && *service) out.push_back(**service);
  return out;
}

Result<std::string> AskSupervisor(const std::string& socket, const std::string& request) {
  const Result<Fd> connection = monitor::ConnectTo(socket);
  if (!connection) return connection.error();
  if (const Status sent = monitor::SendMessage(connection->get(), request, {}); !sent) return sent.error();
  Result<Message> answer = monitor::ReceiveMessage(connection->get(), MonotonicNanos() + kAnswerWithinNs);
  if (!answer) return answer.error();
  return std::move(answer->bytes);
}

int RunPending(const PlacesOptions& options) {
  const Result<monitor::Places> places = options.Find();
  if (!places) return Report(places.error(), kUsage);
  bool any = false;
  report::Modes modes;
  const Result<std::optional<std::string>> service = monitor::InstalledService();
  const std::vector<std::string> sockets = Sockets(options, places->state);
  for (const std::string& socket : sockets) {
    const Result<std::string> answer = AskSupervisor(socket, monitor::EncodePendingRequest());
    if (!answer) continue;  // a session that has just ended, or a socket that a killed one left
    const auto pending = monitor::DecodePending(*answer);
    if (!pending) return Report(Error{Error::Kind::kInternal, socket + ": an answer that is none"}, kIncomplete);
    for (const monitor::PendingAction& action : *pending) {
      any = true;
      modes.Add(service && *service && **service == socket ? "system" : "run");
      std::printf("%s  %s\n        %s\n        permit exactly this, once, within %lld s: checkrein approve %s\n", action.id.c_str(), report::Plain(action.shown).c_str(),
                  report::Plain(action.why).c_str(), static_cast<long long>(action.seconds_left), action.id.c_str());
    }
  }
  if (!any) std::puts("No action is waiting.");
  if (sockets.empty()) std::puts("Nothing can wait here: that is for `checkrein run` and a system installation. With hooks only the client's own prompt asks; that is no boundary.");
  TellPromises(modes);
  return kDone;
}

int RunApprove(const PlacesOptions& options, const std::string& id) {
  if (const std::optional<Error> refused = RefusedInside("approve")) return Report(*refused, kFindings);
  const Result<monitor::Places> places = options.Find();
  if (!places) return Report(places.error(), kUsage);
  std::string why = "no session is running";
  for (const std::string& socket : Sockets(options, places->state)) {
    const Result<std::string> answer = AskSupervisor(socket, monitor::EncodeApprove(id));
    const auto ended = answer ? monitor::DecodeEnded(*answer) : std::nullopt;
    if (!ended) continue;
    if (ended->exit_code == 0) {
      std::printf("Approved %s: tell the agent to try it again. It counts once, and for ten minutes.\n", id.c_str());
      return kDone;
    }
    why = ended->error;
  }
  return Report(Error{Error::Kind::kNotFound, why}, kFindings);
}

}  // namespace

void AddPending(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("pending", "List the actions that wait for a person");
  const auto options = AddPlacesOptions(*command);
  command->callback([options, &exit] { exit.code = RunPending(*options); });
}

void AddApprove(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("approve", "Permit one waiting action, once");
  const auto options = AddPlacesOptions(*command);
  const auto id = std::make_shared<std::string>();
  command->add_option("ID", *id, "The action's id, as `checkrein pending` shows it")->required();
  command->callback([options, id, &exit] { exit.code = RunApprove(*options, *id); });
}

}  // namespace checkrein::cli
