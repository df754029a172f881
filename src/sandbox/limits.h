// How much of the machine a session may take, beside the processor time of a process (Program::max_processor_seconds). Three bounds, of which each holds
// where it can:
//   - processes and threads of a session together: the size of its pid namespace (Linux 6.14), for root too;
//   - memory of a session together: a control group of its own, where one was delegated to the caller (cgroups(7), version 2; systemd delegates
//     to users' sessions and to units with `Delegate=`). Nothing is changed in a group that was not;
//   - otherwise, when the machine runs out of memory the kernel takes a program of a session first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein::sandbox {

inline constexpr uint64_t kFewestProcesses = 1024;  // the kernel asks for at least 8 for each processor
inline constexpr char kOomScoreAdjustment[] = "300";  // thousandths of the machine's memory that a program of a session seems to take more

bool HasPidMax(const std::string& release);  // "6.18.44-x": whether a pid namespace has a size of its own. Older kernels have one for the machine: hands off
bool HasPidMax();                            // this kernel

// Rules of spawner.h: in the pid namespace that is to have this size, with its capabilities. 0 or an errno value.
int LimitProcesses(uint64_t most);

// A control group beneath one that is the caller's. The destructor removes it; what still lives in it keeps it, and the next Make sweeps it up.
class ControlGroup {
 public:
  // `mount` is where version 2 is mounted, `own` the caller's group in it ("/user.slice/.../app.scope"). Nothing when no group above may be
  // divided: not owned by the caller (by root: not marked as delegated), or without memory and pids for its children.
  static std::optional<ControlGroup> Make(const std::string& mount, const std::string& own, uint64_t memory_bytes, uint64_t processes);
  static std::optional<ControlGroup> Make(uint64_t memory_bytes, uint64_t processes);  // of this machine; one look when there is no version 2

  ControlGroup(ControlGroup&& other) noexcept;
  ControlGroup& operator=(ControlGroup&& other) noexcept;
  ~ControlGroup();
  int fd() const { return directory_.get(); }  // for CLONE_INTO_CGROUP
  const std::string& path() const { return path_; }

 private:
  ControlGroup(std::string path, Fd directory) : path_(std::move(path)), directory_(std::move(directory)) {}
  std::string path_;
  Fd directory_;
};

// For `doctor`: which of the bounds hold here.
std::string LimitsInWords();

}  // namespace checkrein::sandbox
