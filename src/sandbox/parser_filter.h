// The cell in which hostile bytes are parsed: after this call the process can compute, read and write the descriptors it has, and end.
//
//   if (Status locked = InstallParserFilter(); !locked) _exit(1);
//   Parse(bytes);
//
// Allowed: read, write, exit, exit_group, brk, mmap/mremap/munmap/mprotect/madvise without PROT_EXEC, futex, clock_gettime, gettimeofday,
// rt_sigreturn, sigaltstack, close, getrandom, poll, ppoll, lseek, fstat. Anything else kills the process (SIGSYS), on foreign system call
// tables too. Sets no_new_privs. It cannot be taken back. The filter is compiled with the program (no libseccomp at run time).
#pragma once

#include <cstdint>

#include "base/result.h"

namespace checkrein::sandbox {

// Whether the process may make new code. kAnonymous is for a parser with a just-in-time compiler (the release gate's regular expressions):
// mmap may then give fresh executable pages. What the code can ask of the kernel stays the same.
enum class NewCode : uint8_t { kForbidden, kAnonymous };

Status InstallParserFilter(NewCode code = NewCode::kForbidden);  // kUnsupported when the kernel has no seccomp filters

}  // namespace checkrein::sandbox
