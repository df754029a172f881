// What a second process makes while the spawner mounts: the network that a session begins in, which takes the kernel as long as all mounts
// together, the namespace for System V and POSIX IPC, both for the spawner to enter, and the bound of the session's processes; and then it takes the old
// root away, for which the kernel waits until no processor looks at it any more, while the spawner puts its mounts in place. Rules of spawner.h.
#pragma once

#include "sandbox/image.h"
#include "sandbox/network.h"

namespace checkrein::sandbox {

struct NetworkMade {
  Stage failed;  // kNone: done
  int error;
  int network;   // the caller has entered it
  int ipc;       // during FinishNetwork
  int sockets[kInterceptSockets];  // of network.h, -1 for none
};
struct NetworkAhead {
  int helper = -1;  // pidfd
  int answer[2] = {-1, -1};
  int go[2] = {-1, -1};
  int proc = -1;  // the host's, however far the spawner has come with its mounts
};

// Expects that the kernel reaps children. Returns 0 or an errno value.
int BeginNetwork(NetworkAhead& ahead, const Image& image);
void LeaveOldRoot(const NetworkAhead& ahead);    // once the root is changed
NetworkMade FinishNetwork(NetworkAhead& ahead);  // waits until all is done

int OpenNetwork();  // the caller's own; a descriptor, or 0 - errno
int MakeNetwork(bool intercepted, int* sockets);  // loopback, and when asked for the sockets that everything else leads to; 0 or an errno value

}  // namespace checkrein::sandbox
