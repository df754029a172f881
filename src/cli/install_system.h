// `checkrein install --system [CLIENT]`: the service with a user of its own, and clients' managed configuration that asks it.
#pragma once

#include <string>

#include "base/result.h"

namespace checkrein::cli {

struct SystemInstallation {
  std::string client;   // "": the service alone
  std::string hook;     // "": the one beside this program
  bool dry_run = false;
};

// Root's. Each answers an exit code and says what it did. Files that are there and differ are shown and left alone (kUsage).
int InstallSystem(const SystemInstallation& what);
// Takes out the clients' configuration that asks the service, its mark and its unit. Records, keys and users stay.
int UninstallSystem(const SystemInstallation& what);

}  // namespace checkrein::cli
