// What a person sets for the monitor: `settings.json` and `policy/*.cedar` of the configuration directories.
// A file that is there and cannot be understood is an error, and whoever asked denies: a broken configuration never means none.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "effect/declared.h"
#include "policy/decide.h"

namespace checkrein::monitor {

struct Settings {
  std::string policy_set = "base";            // "policy"
  std::vector<std::string> registries;        // "registries": hosts of package registries
  std::vector<std::string> model_hosts;       // "model_hosts": added to those of the client's profile
  std::vector<policy::PolicySet::Text> texts; // policy/*.cedar, by name, of every configuration directory
  std::string shadow_set;                     // "shadow": a set that is asked beside and only recorded; "" for that of "policy"
  std::vector<policy::PolicySet::Text> shadow_texts;  // shadow/*.cedar: on trial, asked beside `texts`
  std::vector<std::string> advisory_keys;     // "advisory_keys": verifier keys (audit/note.h) whose feeds of advisories are taken
  DeclaredPlaces personal;                    // "personal_data": patterns of files that hold personal data
  uint64_t processor_seconds = 4 * 3600;      // "processor_seconds": of each process of a command; 0: no bound
  enum class Gate { kPublish, kOff } gate = Gate::kPublish;  // "release_gate": what an agent publishes is looked at first, or not
  bool accept_unsigned_advisories = false;    // "unsigned_advisories": "accept"
  bool decides_as(const Settings& other) const { return policy_set == other.policy_set && texts == other.texts; }
  bool has_shadow() const { return !shadow_set.empty() || !shadow_texts.empty(); }
};

// `directories` as in Places::config. kInvalid with file and place for an unknown key, a wrong type, or what is not JSON.
Result<Settings> LoadSettings(const std::vector<std::string>& directories);

inline constexpr std::string_view kProjectFolder = ".checkrein";

// What a project says of itself, as read, not parsed: WORKSPACE/.checkrein/*.cedar and settings.json. Nothing when there is no such directory.
struct ProjectTexts {
  std::vector<policy::PolicySet::Text> policies;
  std::string settings;  // "" when there is no such file
};
Result<ProjectTexts> ReadProject(const std::string& workspace);

// Adds what the project's settings.json declares to `personal`. It knows that one member, and can take nothing away. kInvalid with file and
// place for anything else, so that whoever asked denies.
Status AddProjectSettings(std::string_view text, const std::string& workspace, DeclaredPlaces& personal);

// The `*.cedar` files of one directory, by name; what starts with a dot is passed over. kNotFound when there is no directory.
Result<std::vector<policy::PolicySet::Text>> ReadPolicyDirectory(const std::string& directory);

}  // namespace checkrein::monitor
