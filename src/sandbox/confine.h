// The walls that a process puts around itself: capabilities, Landlock, seccomp. Only system calls; every function returns 0 or an errno value.
// Constants of Landlock are our own (landlock(7), ABI 1 to 7), for the kernel is asked what it has and a header only knows its own year.
#pragma once

#include <cstddef>
#include <cstdint>

namespace checkrein::sandbox {

int LandlockAbi();  // >= 1, or 0 - errno

// A ruleset that handles every file right and every scope the ABI knows: read and execute everywhere the mounts show, everything but making
// device nodes beneath `writable`, use of devices beneath /dev. TCP is not handled: the network namespace holds nothing but the
// session's own loopback, and that must stay usable. Returns a descriptor, or 0 - errno.
int MakeRuleset(int abi, const char* const* writable, size_t count);

int DropBoundingSet();      // and lock the secure bits, so that uid 0 means nothing at exec; needs CAP_SETPCAP
int DropAllCapabilities();  // effective, permitted, inheritable, ambient
int KeepAllCapabilities();  // only for tests: across exec, which takes them from an ordinary user
int Restrict(int ruleset);  // needs no_new_privs
int InstallProgramFilter(); // needs no_new_privs
int InstallWatchedProgramFilter();  // the same without the calls that a listener of InstallExecWatch refuses; without one they fail with ENOSYS
// Every execve, execveat and rename of this process and its children waits at the returned listener until somebody lets it go on; when nobody holds
// the listener any more they fail with ENOSYS. So do calls that only somebody makes who wants out, which whoever listens must refuse. Returns a descriptor, or 0 - errno. Before InstallProgramFilter, which forbids it. Needs no_new_privs.
int InstallExecWatch();

}  // namespace checkrein::sandbox
