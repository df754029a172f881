#include "sandbox/network_ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/hooks.h"
#include "sandbox/limits.h"

namespace checkrein::sandbox {
namespace {

NetworkMade Failed(Stage stage, int error) { return {stage, error, -1, -1, {}}; }

int OpenNamespace(int directory, const char* path) {
  const int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

NetworkMade Make(const Image& image, int proc) {
  NetworkMade made{Stage::kNone, 0, -1, -1, {}};
  std::fill_n(made.sockets, static_cast<int>(kInterceptSockets), -1);
  if (image.max_processes > 0 && !Without(Wall::kSessionSize) && !Without(Wall::kSessionProcesses)) {  // without that one it would be the machine's
    if (const int error = LimitProcesses(image.max_processes); error != 0) return Failed(Stage::kLimits, error);
  }
  const int flags = (Without(Wall::kNetwork) ? 0 : CLONE_NEWNET) | (Without(Wall::kIpc) ? 0 : CLONE_NEWIPC);
  if (unshare(flags) != 0) return Failed(Stage::kNetwork, errno);
  made.ipc = OpenNamespace(proc, "self/ns/ipc");
  if (made.ipc < 0) return Failed(Stage::kNetwork, -made.ipc);
  if (Without(Wall::kNetwork)) return made;
  if (const int error = MakeNetwork(image.networks != Networks::kBare, made.sockets); error != 0) return Failed(Stage::kLoopback, error);
  made.network = OpenNamespace(proc, "self/ns/net");
  return made.network < 0 ? Failed(Stage::kNetwork, -made.network) : made;
}

}  // namespace

int OpenNetwork() { return OpenNamespace(AT_FDCWD, "/proc/self/ns/net"); }

int MakeNetwork(bool intercepted, int* sockets) {
  if (const int error = LoopbackUp(); error != 0) return error;
  return intercepted ? Intercept(sockets) : 0;
}

int BeginNetwork(NetworkAhead& ahead, const Image& image) {
  if (pipe2(ahead.answer, O_CLOEXEC | O_NONBLOCK) != 0 || pipe2(ahead.go, O_CLOEXEC) != 0) return errno;
  ahead.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (ahead.proc < 0) return errno;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD | CLONE_FILES;  // its memory is its own, its descriptors are ours: what it opens is in our table
  arguments.pidfd = reinterpret_cast<uintptr_t>(&ahead.helper);
  arguments.exit_signal = SIGCHLD;
  const long helper = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (helper < 0) return errno;
  if (helper != 0) return 0;
  NetworkMade made = Make(image, ahead.proc);
  if (made.failed == Stage::kNone) {
    char byte = 0;
    ssize_t told = 0;
    do told = read(ahead.go[0], &byte, 1);
    while (told < 0 && errno == EINTR);
    // An old root that nobody took away is no session: it would be beneath the new one.
    if (told != 1) made = Failed(Stage::kStep, EPIPE);
    else if (umount2("/", MNT_DETACH) != 0) made = Failed(Stage::kStep, errno);
  }
  [[maybe_unused]] const ssize_t n = write(ahead.answer[1], &made, sizeof made);
  _exit(0);
}

void LeaveOldRoot(const NetworkAhead& ahead) {
  [[maybe_unused]] const ssize_t n = write(ahead.go[1], "", 1);
}

NetworkMade FinishNetwork(NetworkAhead& ahead) {
  // Its answer, not its end, which takes as long again as many a mount; but when it dies without an answer, nobody else would say so.
  pollfd either[] = {{ahead.answer[0], POLLIN, 0}, {ahead.helper, POLLIN, 0}};
  while (poll(either, 2, -1) < 0 && errno == EINTR) {
  }
  NetworkMade made;
  if (read(ahead.answer[0], &made, sizeof made) != sizeof made) made = Failed(Stage::kClone, ECHILD);
  for (const int fd : {ahead.answer[0], ahead.answer[1], ahead.go[0], ahead.go[1], ahead.helper, ahead.proc}) close(fd);
  if (made.failed != Stage::kNone) return made;
  if (made.network >= 0 && setns(made.network, CLONE_NEWNET) != 0) return Failed(Stage::kNetwork, errno);
  if (!Without(Wall::kIpc) && setns(made.ipc, CLONE_NEWIPC) != 0) return Failed(Stage::kNetwork, errno);
  close(made.ipc);
  return made;
}

}  // namespace checkrein::sandbox
