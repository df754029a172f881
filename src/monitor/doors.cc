#include "monitor/doors.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "monitor/channel.h"

namespace checkrein::monitor {

Result<Doors> Doors::Open(std::string directory) {
  if (const Status made = MakeDirectories(directory, 0700); !made) return made.error();
  Result<Fd> inside = ListenAt(directory + "/inside");
  if (!inside) return inside.error();
  Result<Fd> person = ListenAt(directory + "/control");
  if (!person) return person.error();
  return Doors(std::move(directory), std::move(inside).take(), std::move(person).take());
}

Doors::~Doors() {
  if (directory_.empty() || !inside_.valid()) return;  // moved from
  for (const char* name : {"/inside", "/control"}) unlink((directory_ + name).c_str());
  rmdir(directory_.c_str());
}

pollfd Doors::Waiting(Side side, size_t conversations) const {
  const bool inside = side == Side::kInside;
  const bool room = conversations < (inside ? kMaxInside : kMaxPerson);
  return {(inside ? inside_ : person_).get(), static_cast<short>(room ? POLLIN : 0), 0};
}

Fd Doors::Accept(Side side) {
  Fd socket(accept4((side == Side::kInside ? inside_ : person_).get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred peer{};
  socklen_t size = sizeof peer;
  // The sandbox maps our own uid and no other: anybody else is not ours to serve.
  if (!socket.valid() || getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != geteuid()) return Fd();
  return socket;
}

void Doors::MakeRoomForDescriptors() {
  constexpr rlim_t kPerConversation = 12, kOwn = 256;  // its socket, its judge's or command's, those of one message and of the next
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, (kMaxInside + kMaxPerson) * kPerConversation + kOwn));
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace checkrein::monitor
