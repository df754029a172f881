// What a program and everything it starts executes, one attempt at a time: the reading end of Plan::watch_execs.
//
//   ExecListener listener(process.TakeExecListener(), session root);
//   ... poll listener.fd() ...
//   while (std::optional<ExecAttempt> attempt = listener.Next()) ...   // the program goes on by itself
//
// Each execve, execveat and rename waits until Next() has looked at it; nobody may hold a listener and not call Next() when it is readable. Nothing is
// decided here: the kernel says itself that a decision taken from such a look would be a race (seccomp_unotify(2)).
//
// What is worth what. `path` and `arguments` are CLAIMED: they were read from the program's memory, and another of its threads may have
// changed them before the kernel read them again. `caller` and `target` are the kernel's word about the moment of the look, and LookAgain() about
// what really became of it. That it was this very process is checked again after reading (SECCOMP_IOCTL_NOTIF_ID_VALID), and a later look is
// bound to the process, not to its number.
// Not seen: code that a program maps without executing it (ld.so given a file is seen as ld.so, with its arguments; dlopen, an interpreter's
// script and a JIT are not seen at all); processes that only fork.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace checkrein::sandbox {

inline constexpr size_t kMaxExecArguments = 32;        // looked at; further ones are counted
inline constexpr size_t kMaxExecArgumentBytes = 1024;  // of all of them together

// A file as the kernel knows it.
struct ImageId {
  uint64_t device = 0;
  uint64_t inode = 0;  // 0: unknown
  bool operator==(const ImageId&) const = default;
};

struct ExecAttempt {
  // Renames of directories are looked at beside executions, for one reason: an overlay refuses them for directories that the workspace had
  // (EXDEV), and a program's own words for that help nobody. Of those, `look`, `path` and `exists` are set. Other renames are not told.
  // Refused by the listener, and told, is what only somebody calls who wants out or into another process (`refused` says which): decided by the
  // number of the call and its first argument, which nobody can change any more. No look is needed for that.
  enum class Call : uint8_t { kExec, kRenameDirectory, kRefused } call = Call::kExec;
  std::string_view refused = {};  // "ptrace", "signal to init", ...
  enum class Look : uint8_t {
    kWithdrawn,   // the process was gone before the look was over: nothing was executed
    kUnreadable,  // the process was there and could not be read: something was executed, and nothing is known of it
    kRead,
  };
  Look look = Look::kWithdrawn;
  std::string path;                    // claimed; absolute, as seen in the session
  std::vector<std::string> arguments;  // claimed; clipped
  size_t arguments_left_out = 0;
  std::string caller;  // the image that made the call, by its real path in the session
  ImageId caller_id, target_id;
  std::string interpreter;  // the first word after "#!" when the file begins so, as it was at the look
  ImageId interpreter_id;
  bool exists = false;  // `path` leads to an executable file: without one the call fails, as those of a shell that tries its PATH do

  // What runs in that process a little later. Bound to the process, however numbers are used again.
  struct After {
    enum class What : uint8_t {
      kGone,       // too late
      kSame,       // the caller's image still: the call is not over, or has failed
      kAsClaimed,  // the file that `path` led to, or its interpreter
      kOther,
    } what = What::kGone;
    std::string image;  // for the last two
  };
  After LookAgain() const;

  Fd process;  // its directory in /proc
};

class ExecListener {
 public:
  // `root`: the session's root directory, borrowed for as long as this lives.
  ExecListener(Fd listener, int root) : listener_(std::move(listener)), root_(root) {}
  int fd() const { return listener_.get(); }  // readable when an attempt waits; invalid once everything that could execute has ended
  bool over() const { return !listener_.valid(); }
  // The next attempt, if one waits; never blocks, and lets the process go on before it returns. The first of all is our own exec
  // of the program, which is known: it is let go unread and not returned.
  std::optional<ExecAttempt> Next();

 private:
  Fd listener_;
  int root_;
  bool started_ = false;
};

}  // namespace checkrein::sandbox
