// `--state` and `--config`, the same for every sub-command that touches state.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "monitor/places.h"

namespace checkrein::cli {

struct PlacesOptions {
  std::string state, config;
  Result<monitor::Places> Find() const { return monitor::FindPlaces(state, config); }
};

inline std::shared_ptr<PlacesOptions> AddPlacesOptions(CLI::App& command) {
  auto options = std::make_shared<PlacesOptions>();  // CLI11 keeps references into it for as long as its callbacks live
  command.add_option("--state", options->state, "Where state is kept (default: ~/.local/state/checkrein)");
  command.add_option("--config", options->config, "Where configuration is read (default: /etc/checkrein, then ~/.config/checkrein)");
  return options;
}

}  // namespace checkrein::cli
