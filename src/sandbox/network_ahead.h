// A bare network namespace that a second process makes while the spawner mounts: making one takes the kernel as long as all mounts together.
// Rules of spawner.h.
#pragma once

namespace checkrein::sandbox {

struct NetworkAhead {
  int helper = -1;
  int answer[2] = {-1, -1};
};
int BeginNetwork(NetworkAhead& ahead);   // 0 or an errno value
int FinishNetwork(NetworkAhead& ahead);  // waits for it, and enters it; its descriptor, or 0 - errno

int OpenNetwork();  // the caller's own; a descriptor, or 0 - errno

}  // namespace checkrein::sandbox
