// Agent clients that are running, from /proc.
#pragma once

#include <string>
#include <vector>

#include "advisories/inventory/identify.h"

namespace checkrein::advisories {

struct RunningProgram {
  int pid = 0;
  Identity identity;
  std::string path;                // as the kernel names it
  std::vector<std::string> notes;
};

struct ProcessScan {
  std::vector<RunningProgram> running;  // those that are clients
  size_t unreadable = 0;                // of other users: what they run cannot be seen
};

// `proc`: where procfs is. A process may end while it is looked at: then it is not there. Cost: some 30 us for each process.
ProcessScan ScanProcesses(const std::string& proc);

}  // namespace checkrein::advisories
