// What `checkrein changes` says of one change, and of what is in it.
#pragma once

#include <string>
#include <vector>

#include "sandbox/changes.h"

namespace checkrein::cli {

std::string Details(const sandbox::Change& change);  // "file, mode 755, 12 bytes"; for a terminal
// Prints these changes of a copy, all when none is named; an exit code.
int DiffChanges(const sandbox::Copy& copy, const std::vector<std::string>& paths);

}  // namespace checkrein::cli
