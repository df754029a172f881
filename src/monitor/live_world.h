// The file system as analysis may see it: links followed, small files read, from a given root.
//
// Under `checkrein run` the root is the session's own (through its first process), so that what is judged is what the command will
// see: files the agent wrote are in the copy, not on the host. All look-ups stay inside the root (openat2, RESOLVE_IN_ROOT) and never
// go through magic links. Answers are facts of one moment; what must not change until it runs is bound by digest in a ticket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "advisories/pins/pins.h"
#include "base/fd.h"
#include "effect/declared.h"
#include "monitor/caller.h"
#include "monitor/surroundings.h"

namespace checkrein::monitor {

class LiveWorld {
 public:
  // `root`: a directory descriptor, "/" or another process's root.
  explicit LiveWorld(Fd root) : root_(std::move(root)) {}
  static LiveWorld OfThisProcess();
  // This process's own root, with no more rights than `caller` has.
  static LiveWorld AsSeenBy(Caller caller);

  std::optional<std::string> Resolve(std::string_view path) const;
  // What one look at the nearest existing directory on the way to `directory` tells: see surroundings.h. Nothing where Resolve
  // would say nothing. Cost: a handful of system calls and a listing of at most kMaxListingBytes.
  std::optional<Surroundings> Around(std::string_view directory) const;
  // Whether some file or link of `places` is there in `directory` or beneath, as far as they may lie there: a link that leads into one is one.
  // Links are not followed further. True where it cannot be told: no such look is allowed, or more than kMaxWalked names.
  bool HoldsDeclared(std::string_view directory, const DeclaredPlaces& places, std::string_view home, std::string_view workspace) const;
  // Regular files only, at most `cap` bytes. Opening never blocks (a fifo is no regular file).
  std::optional<std::string> Read(std::string_view path, size_t cap) const;
  // By what the file is known to be untouched, links followed; nothing when there is none. Cost: 1 us; 3 us in another process's root.
  std::optional<advisories::FileStamp> Stamp(std::string_view path) const;
  // As whom it looks, for looks at the same files that go another way.
  const std::optional<Caller>& caller() const { return caller_; }
  // The root once more, for a child process: not closed by exec. Not valid when there is no descriptor left.
  Fd Root() const;

 private:
  Fd Open(const std::string& path, int flags) const;
  // The longest part of the normalised `path` that exists, opened, and what follows it ("" or "/..."). Not valid: a dangling link
  // or a loop is in the way.
  Fd OpenExisting(std::string& path, std::string& rest) const;
  Fd root_;
  std::optional<Caller> caller_;
  bool is_own_ = false;  // this process's own root: a path means there what it means to any call
};

}  // namespace checkrein::monitor
