// Whether everything that a process has started, and what they have started, stands still: as /proc says.
#pragma once

#include <sys/types.h>

namespace checkrein::sandbox {

// `ancestor` itself does not count. A thread that cannot be looked at, or that is between two states, counts as running. Whoever starts
// others without ever ending must be stopped first, or one may be overlooked: look again.
// Cost: a few system calls for each process of the machine.
bool DescendantsStandStill(pid_t ancestor);

}  // namespace checkrein::sandbox
