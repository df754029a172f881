#include "monitor/caller.h"

#include <errno.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/fd.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxGroups = 65'536;  // the kernel's own limit

// Of this thread alone; the library's setgroups changes all of them.
bool SetThreadGroups(const std::vector<gid_t>& groups) { return syscall(SYS_setgroups, groups.size(), groups.data()) == 0; }

}  // namespace

bool Caller::IsIn(gid_t group) const { return gid == group || std::find(groups.begin(), groups.end(), group) != groups.end(); }

Result<Caller> CallerOf(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return SystemError("peer", errno);
  Caller caller{peer.pid, peer.uid, peer.gid, {}};
  size = 0;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size) != 0 && errno != ERANGE) return SystemError("peer's groups", errno);
  if (size > kMaxGroups * sizeof(gid_t)) return Error{Error::Kind::kLimit, "peer: too many groups"};
  caller.groups.resize(size / sizeof(gid_t));
  if (size > 0 && getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, caller.groups.data(), &size) != 0) return SystemError("peer's groups", errno);
  return caller;
}

ActingAs::ActingAs(const std::optional<Caller>& caller) {
  if (!caller || caller->uid == geteuid()) return;
  own_groups_.resize(static_cast<size_t>(std::max(getgroups(0, nullptr), 0)));
  if (getgroups(static_cast<int>(own_groups_.size()), own_groups_.data()) < 0) {
    ok_ = false;
    return;
  }
  changed_ = true;
  // Groups first, for root's rights go with its user; each call answers what was before, so the last word is to ask.
  ok_ = SetThreadGroups(caller->groups);
  setfsgid(caller->gid);
  setfsuid(caller->uid);
  ok_ = ok_ && static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))) == caller->uid && static_cast<gid_t>(setfsgid(static_cast<gid_t>(-1))) == caller->gid;
}

ActingAs::~ActingAs() {
  if (!changed_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
  const bool back = SetThreadGroups(own_groups_) && static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))) == geteuid();
  if (ok_ && !back) abort();  // a service that goes on as somebody else would give away what is its own
}

}  // namespace checkrein::monitor
