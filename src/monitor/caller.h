// Who is at the other end of a local socket, as the kernel tells it, and looking at files with no more rights than that user has.
//
//   Result<Caller> caller = CallerOf(socket);
//   { const ActingAs user(*caller);  open("/home/u/x", ...); }     // as far as u may
//
// ActingAs changes the file system's user and groups of this thread alone (setfsuid(2)): what it may signal or trace stays as it was, and
// nobody may trace it as that user. It needs CAP_SETUID and CAP_SETGID unless the caller is the process's own user.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "base/result.h"

namespace checkrein::monitor {

struct Caller {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary

  bool IsIn(gid_t group) const;
};

// SO_PEERCRED and SO_PEERGROUPS: of the process that connected, at that time. kIo.
Result<Caller> CallerOf(int socket);

class ActingAs {
 public:
  explicit ActingAs(const std::optional<Caller>& caller);  // nothing: as this process itself
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  // Whether it worked: when not, nothing may be looked at.
  bool ok() const { return ok_; }

 private:
  bool changed_ = false;
  bool ok_ = true;
  std::vector<gid_t> own_groups_;
};

}  // namespace checkrein::monitor
