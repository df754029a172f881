// What git's configuration can make git do, for whoever has a configuration file before it.
//
//   std::optional<std::vector<GitSetting>> all = ReadGitConfig("[core]\n\tfsmonitor = ./x\n");   // {{"core.fsmonitor", "./x"}}
//   IsHarmlessGitSetting("core.fsmonitor", "./x")                                                // false: it runs a program
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::analysis {

// One key with its value, as git reads it: section and name in lower case, what stands between them (a sub-section) as it is written.
struct GitSetting {
  std::string key;    // "remote.origin.url"
  std::string value;  // "true" where there is no `=`
  bool operator==(const GitSetting&) const = default;
};

// git-config(1), CONFIGURATION FILE. In the order of the file. Nothing when some of it is not plainly of that grammar: git might read it otherwise
// than we do. What an include names is not followed: the include is a setting like others, and no harmless one.
std::optional<std::vector<GitSetting>> ReadGitConfig(std::string_view text);

// Runs nothing, names no other file, leads to no other host: what `git config` may set without anybody's being asked. Zero doubt: a key that is
// not known is not harmless.
bool IsHarmlessGitSetting(std::string_view key, std::string_view value);

}  // namespace checkrein::analysis
