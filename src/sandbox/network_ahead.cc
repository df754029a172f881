#include "sandbox/network_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/network.h"

namespace checkrein::sandbox {

int OpenNetwork() {
  const int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int BeginNetwork(NetworkAhead& ahead) {
  if (pipe2(ahead.answer, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  // Its memory is its own, its descriptors are ours: what it opens is in our table.
  const long helper = syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (helper < 0) return errno;
  ahead.helper = static_cast<int>(helper);
  if (helper != 0) return 0;
  int made = unshare(CLONE_NEWNET) == 0 ? -LoopbackUp() : -errno;
  if (made == 0) made = OpenNetwork();
  [[maybe_unused]] const ssize_t n = write(ahead.answer[1], &made, sizeof made);
  _exit(0);
}

int FinishNetwork(NetworkAhead& ahead) {
  // Children are reaped by the kernel: this returns, with an error, once the helper is gone.
  while (waitpid(ahead.helper, nullptr, __WALL) >= 0 || errno == EINTR) {
  }
  int made = -ECHILD;
  if (read(ahead.answer[0], &made, sizeof made) != sizeof made) made = -ECHILD;
  close(ahead.answer[0]);
  close(ahead.answer[1]);
  if (made < 0) return made;
  return setns(made, CLONE_NEWNET) == 0 ? made : -errno;
}

}  // namespace checkrein::sandbox
