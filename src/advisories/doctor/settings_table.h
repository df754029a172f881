// Which members of which settings files matter, and how they are read. Data: a row is a pattern of names and a reader.
//
// A pattern's names are parted by spaces; `*` is any name, `[]` every item of a list, `**` any number of names (only in front).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "advisories/doctor/finding.h"

namespace checkrein::advisories {

// Which table a file is read by.
enum class Family : uint8_t { kNone, kClaude, kCodex, kHooks, kGemini, kCopilot, kOpenCode, kCursorPermissions, kCursorCloud, kEditor, kTasks, kDevContainer };
Family FamilyOf(std::string_view path);  // by its name and directory

enum class Reading : uint8_t {
  kCommand,    // a text, a list of words, or an object of either: what runs
  kRule,       // a permission rule of any client: "Bash(git:*)"
  kAllowed,    // OpenCode's: "allow" under the name of a tool
  kTrue,       // a finding when true
  kFalse,      // a finding when false
  kOneOf,      // a finding when the text is among `words`
  kAny,        // a finding when it is there and not empty
  kAddress,    // a host
  kDirectory,  // a directory
  kVariables,  // names and values of the environment
  kTask,       // an editor's task that runs on opening the folder
};

struct SettingRow {
  Family family;
  std::string_view pattern;
  Code code;
  Reading reading;
  std::string_view what;   // begins the finding's line
  std::string_view words;  // kOneOf: parted by spaces
};
std::span<const SettingRow> SettingRows();

// Of a variable of the environment: what setting it does; nullptr for others.
struct VariableRow {
  std::string_view name;   // `*` in front: every name that ends so
  Code code;               // kRedirect, kEnvironment or kTrust
  std::string_view what;
};
const VariableRow* VariableRowOf(std::string_view name);

}  // namespace checkrein::advisories
