// `checkrein serve`: the monitor of a system installation, in the foreground, until it is told to end.
#include <cstdio>

#include "cli/commands.h"
#include "cli/launch.h"
#include "monitor/service.h"

namespace checkrein::cli {
namespace {

int RunServe(monitor::ServiceOptions options) {
  if (options.hook.empty()) {
    Result<std::string> hook = ProgramBeside("checkrein-hook");
    if (!hook) return Report(hook.error(), kUsage);
    options.hook = std::move(hook).take();
  }
  const Status served = monitor::Serve(options);
  return served ? kDone : Report(served.error(), kIncomplete);
}

}  // namespace

void AddServe(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("serve", "The service of a system installation: decides and records for every user of this machine");
  const auto options = std::make_shared<monitor::ServiceOptions>();
  options->hook.clear();
  const auto config = std::make_shared<std::string>(options->config[0]);
  command->add_option("--state", options->state, "Where log, keys and facts are kept")->capture_default_str();
  command->add_option("--config", *config, "Where policies are read")->capture_default_str();
  command->add_option("--socket", options->socket, "Where hooks ask")->capture_default_str();
  command->add_option("--user", options->user, "Whom to become when started by root")->capture_default_str();
  command->add_option("--hook", options->hook, "The hook that a rewritten command starts (default: the one beside this program)");
  command->callback([options, config, &exit] {
    options->config = {*config};
    exit.code = RunServe(*options);
  });
}

}  // namespace checkrein::cli
