// `checkrein advisories`: what the installed agent clients are exposed to, and what shields them. The sub-commands are in advisories_*.cc.
#include "cli/advisories_command.h"

namespace checkrein::cli {

void AddAdvisories(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("advisories", "Show what the installed agent clients are exposed to, and what shields them");
  command->require_subcommand(0, 1);
  const AdvisoriesCommand advisories{command, AddPlacesOptions(*command), &exit};
  AddAdvisoriesExposure(advisories);
  AddAdvisoriesImport(advisories);
  AddAdvisoriesHistory(advisories);
  AddAdvisoriesInventory(advisories);
  AddAdvisoriesDoctor(advisories);
  AddAdvisoriesApprove(advisories);
}

}  // namespace checkrein::cli
