// What the parts of `checkrein advisories` share. One file for each sub-command (advisories_*.cc); src/cli/advisories.cc puts them together.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/places_options.h"

namespace checkrein::cli {

struct AdvisoriesCommand {
  CLI::App* app = nullptr;  // `advisories`
  std::shared_ptr<PlacesOptions> places;
  Exit* exit = nullptr;

  CLI::App* Add(const char* name, const char* help) const {
    CLI::App* command = app->add_subcommand(name, help);
    command->fallthrough();
    return command;
  }
};

void AddAdvisoriesExposure(const AdvisoriesCommand& advisories);  // no sub-command
void AddAdvisoriesImport(const AdvisoriesCommand& advisories);    // import, forget, sign
void AddAdvisoriesHistory(const AdvisoriesCommand& advisories);
void AddAdvisoriesInventory(const AdvisoriesCommand& advisories);
void AddAdvisoriesDoctor(const AdvisoriesCommand& advisories);
void AddAdvisoriesApprove(const AdvisoriesCommand& advisories);

}  // namespace checkrein::cli
