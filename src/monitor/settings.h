// What a person sets for the monitor: `settings.json` and `policy/*.cedar` of the configuration directories.
// A file that is there and cannot be understood is an error, and whoever asked denies: a broken configuration never means none.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "policy/decide.h"

namespace checkrein::monitor {

struct Settings {
  std::string policy_set = "base";            // "policy"
  std::vector<std::string> registries;        // "registries": hosts of package registries
  std::vector<std::string> model_hosts;       // "model_hosts": added to those of the client's profile
  std::vector<policy::PolicySet::Text> texts; // policy/*.cedar, by name, of every configuration directory
};

// `directories` as in Places::config. kInvalid with file and place for an unknown key, a wrong type, or what is not JSON.
Result<Settings> LoadSettings(const std::vector<std::string>& directories);

// The `*.cedar` files of one directory, by name; what starts with a dot is passed over. kNotFound when there is no directory.
Result<std::vector<policy::PolicySet::Text>> ReadPolicyDirectory(const std::string& directory);

}  // namespace checkrein::monitor
