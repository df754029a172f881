// A copy's lock and the time it began, both kept in its work directory, which no program of a session can see.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/changes.h"

namespace checkrein::sandbox {

// Locks the copy for as long as the descriptor, or any duplicate of it, is open; kDenied when somebody else holds it. Also checks that the layers
// are the caller's own, directories, mode 0700.
Result<Fd> HoldCopy(const Copy& copy);

struct Moment {
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
};
// Notes the time by the clock that stamps files, once: a copy that is used again keeps its first time.
Status RecordBeginning(const Copy& copy);
Result<Moment> Beginning(const Copy& copy);  // kNotFound when no session was ever started on it

inline constexpr char kBeginningFile[] = "checkrein-began";

}  // namespace checkrein::sandbox
