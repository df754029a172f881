// The AppArmor profile that gives our programs what they need where ordinary user namespaces come without capabilities (Ubuntu 23.10 and later,
// kernel.apparmor_restrict_unprivileged_userns): the right to make them, and nothing taken away. It widens nothing that the system's owner does
// not install: `doctor` writes it only when asked to, as root.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace checkrein::cli {

// For programs at these absolute paths. kInvalid: a path that AppArmor would read as a pattern.
Result<std::string> AppArmorProfile(const std::vector<std::string>& programs);

// Writes it to `directory`/checkrein and has the kernel load it with apparmor_parser. kNotFound: there is no apparmor_parser; the file is written then.
Status InstallAppArmorProfile(const std::string& directory, const std::string& profile);

}  // namespace checkrein::cli
