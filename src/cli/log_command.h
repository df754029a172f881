// What the parts of `checkrein log` share. One file for each group of sub-commands; src/cli/log.cc puts them together.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "audit/frame.h"
#include "audit/log.h"
#include "cli/commands.h"
#include "cli/places_options.h"

namespace checkrein::cli {

struct LogCommand {
  CLI::App* app = nullptr;                  // `log`
  std::shared_ptr<PlacesOptions> places;
  Exit* exit = nullptr;

  // DIR of docs/format/audit.md, under --state.
  Result<std::string> Directory() const {
    const Result<monitor::Places> found = places->Find();
    if (!found) return found.error();
    return found->state + "/log";
  }
  Result<audit::Log> Open(audit::Log::Mode mode) const {
    const Result<std::string> directory = Directory();
    if (!directory) return directory.error();
    return audit::Log::Open(*directory, mode);
  }
  CLI::App* Add(const char* name, const char* help) const {
    CLI::App* command = app->add_subcommand(name, help);
    command->fallthrough();
    return command;
  }
};

void AddLogShow(const LogCommand& log);
void AddLogVerify(const LogCommand& log);
void AddLogAnchor(const LogCommand& log);
void AddLogSearch(const LogCommand& log);
void AddLogReport(const LogCommand& log);
void AddLogBaseline(const LogCommand& log);
void AddLogExport(const LogCommand& log);  // and divergence

}  // namespace checkrein::cli
