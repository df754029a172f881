// A copy's lock and the time it began, both kept in its work directory, which no program of a session can see.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/changes.h"

namespace checkrein::sandbox {

// Locks the copy for as long as the descriptor, or any duplicate of it, is open; kDenied when somebody else holds it. Also checks that the layers
// are the caller's own, directories, mode 0700, and finishes what a commit that was killed left in the workspace (putting.h).
Result<Fd> HoldCopy(const Copy& copy);

struct Moment {
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
};
// Notes the time by the clock that stamps files, once: a copy that is used again keeps its first time.
Status RecordBeginning(const Copy& copy);
Result<Moment> Beginning(const Copy& copy);  // kNotFound when no session was ever started on it

// The overlay is mounted `volatile`: nothing is flushed to disk while a session runs or when it ends (an unmount would wait for the whole file
// system, 8 to 130 ms here). After a crash of the machine the copy may thus be damaged, and that is known by a mark: not empty while a session
// runs, naming the boot. A killed supervisor leaves the mark too, but of the same boot, and has lost nothing.
// Before the overlay is mounted: kIo when the copy was torn. Sets aside what the kernel left in the work directory.
Status PrepareWork(const Copy& copy);
// Before anything can write to the overlay: who runs. A dying process closes its files, and so gives up the lock, before the processes below it are
// dead: where a session was not ended properly, HoldCopy also waits for its spawner to be gone, and with it everything (kDenied until then).
Status MarkRunning(const Copy& copy, int spawner);
Status RemoveSetAside(const Copy& copy);  // at any time after PrepareWork
void ClearRunning(const Copy& copy);
Result<bool> WasTorn(const Copy& copy);

inline constexpr char kBeginningFile[] = "checkrein-began";
inline constexpr char kRunningFile[] = "checkrein-running";
inline constexpr char kTorn[] = "the machine went down while a session ran on this copy: what it wrote last may be lost or damaged";

}  // namespace checkrein::sandbox
