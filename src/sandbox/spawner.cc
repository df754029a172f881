#include "sandbox/spawner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/confine.h"
#include "sandbox/hooks.h"
#include "sandbox/shed.h"

namespace checkrein::sandbox {
namespace {

constexpr char kStagePoint[] = "/tmp";
constexpr size_t kMaxMessageFds = 1 + 3;

// Decimal without printf. `buffer` holds at least 12 bytes.
char* Decimal(char* buffer, unsigned value) {
  char digits[12];
  int n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (n > 0) *buffer++ = digits[--n];
  *buffer = '\0';
  return buffer;
}

int WriteText(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const ssize_t n = write(fd, text, strlen(text));
  const int error = n < 0 ? errno : 0;
  close(fd);
  return error;
}

int WriteMap(const char* path, unsigned id) {
  char text[40];
  char* end = Decimal(text, id);
  *end++ = ' ';
  end = Decimal(end, id);
  strcpy(end, " 1\n");
  return WriteText(path, text);
}

// Own ids only, the same inside as outside. setgroups must go first: the kernel's condition for an unprivileged gid map.
int WriteMaps(const Image& image) {
  if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return errno;  // or the map files belong to somebody else
  int error = WriteText("/proc/self/setgroups", "deny");
  if (error == 0) error = WriteMap("/proc/self/uid_map", image.uid);
  if (error == 0) error = WriteMap("/proc/self/gid_map", image.gid);
  return error;
}

// --- steps --------------------------------------------------------------------------------------------------------------------------------

int CloneTree(const char* path, uint32_t attributes, unsigned recursive) {
  const int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
  if (tree < 0) return -errno;
  mount_attr change{};
  change.attr_set = attributes;
  change.propagation = MS_PRIVATE;  // nothing that the host mounts later may appear inside
  if (mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &change, sizeof change) == 0) return tree;
  const int error = errno;
  close(tree);
  return -error;
}

int AttachTree(int tree, const char* path) {
  const int error = move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0 ? 0 : errno;
  close(tree);
  return error;
}

int CloneOnto(const char* from, const char* onto, unsigned recursive) {
  const int tree = CloneTree(from, 0, recursive);
  return tree < 0 ? -tree : AttachTree(tree, onto);
}

struct Option {
  const char* name;
  const char* value;  // null: a flag
};

// A new file system as a detached mount; its descriptor or 0 - errno.
int NewMount(const char* type, const Option* options, size_t count, uint32_t attributes) {
  const int context = fsopen(type, FSOPEN_CLOEXEC);
  if (context < 0) return -errno;
  int error = 0;
  for (size_t i = 0; i < count && error == 0; ++i) {
    const fsconfig_command command = options[i].value == nullptr ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
    if (fsconfig(context, command, options[i].name, options[i].value, 0) != 0) error = errno;
  }
  if (error == 0 && fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) error = errno;
  int mounted = -1;
  if (error == 0) {
    mounted = fsmount(context, FSMOUNT_CLOEXEC, attributes);
    if (mounted < 0) error = errno;
  }
  close(context);
  return error == 0 ? mounted : -error;
}

void DescriptorPath(char* out, int fd) { Decimal(static_cast<char*>(mempcpy(out, "/proc/self/fd/", 14)), static_cast<unsigned>(fd)); }

// The layers are named by descriptor: a path may hold the colon that separates layers, and may be hidden by the stage already.
int OverlayCopy(const RawStep& step, const int* slots) {
  char lower[32], upper[32], work[32];
  DescriptorPath(lower, slots[step.from]);
  DescriptorPath(upper, slots[step.from + 1]);
  DescriptorPath(work, slots[step.from + 2]);
  const Option options[] = {{"lowerdir", lower}, {"upperdir", upper}, {"workdir", work}, {"userxattr", nullptr}, {"volatile", nullptr}};
  return NewMount("overlay", options, 5, step.attributes);
}

int OverlayPlant(const RawStep& step, const int* slots) {
  char layers[512];
  const size_t length = strlen(step.path);
  if (length > sizeof layers - 64) return -ENAMETOOLONG;
  char* end = static_cast<char*>(mempcpy(layers, kStagePoint, sizeof kStagePoint - 1));
  *end++ = '/';
  end = static_cast<char*>(mempcpy(end, step.path, length));
  *end++ = ':';
  DescriptorPath(end, slots[step.from]);
  const Option options[] = {{"lowerdir", layers}, {"userxattr", nullptr}};
  return NewMount("overlay", options, 2, step.attributes);
}

int MakeFile(const RawStep& step) {
  const int fd = open(step.path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, static_cast<mode_t>(step.mode));
  if (fd < 0) return errno;
  int error = 0;
  for (uint64_t done = 0; done < step.text_bytes && error == 0;) {
    const ssize_t n = write(fd, step.text + done, step.text_bytes - done);
    if (n < 0) error = errno;
    if (n > 0) done += static_cast<uint64_t>(n);
  }
  close(fd);
  return error;
}

int Stage(const RawStep& step) {
  if (mount("tmpfs", kStagePoint, "tmpfs", MS_NOSUID | MS_NODEV, step.text) != 0) return errno;
  return chdir(kStagePoint) == 0 ? 0 : errno;
}

int Pivot(int root) {
  if (move_mount(root, "", AT_FDCWD, kStagePoint, MOVE_MOUNT_F_EMPTY_PATH) != 0) return errno;
  close(root);
  // Both arguments the same: the old root is stacked on the new one and comes off at once (pivot_root(2), notes).
  if (chdir(kStagePoint) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0) return errno;
  return chdir("/") == 0 ? 0 : errno;
}

int Keep(int fd, int* slot) {
  if (fd < 0) return -fd;
  *slot = fd;
  return 0;
}

int RunStep(const RawStep& step, int* slots) {
  if (FailedStep(static_cast<int>(step.what)) != 0) return FailedStep(static_cast<int>(step.what));
  int* slot = step.slot >= 0 ? slots + step.slot : nullptr;
  switch (step.what) {
    case Do::kCloneTree: return Keep(CloneTree(step.path, step.attributes, AT_RECURSIVE), slot);
    case Do::kOpenDir: {
      const int fd = open(step.path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      return Keep(fd < 0 ? -errno : fd, slot);
    }
    case Do::kStage: return Stage(step);
    case Do::kMakeDir: return mkdir(step.path, static_cast<mode_t>(step.mode)) == 0 ? 0 : errno;
    case Do::kMakeFile: return MakeFile(step);
    case Do::kMakeLink: return symlink(step.text, step.path) == 0 ? 0 : errno;
    case Do::kCloneStaged: return Keep(CloneTree(step.path, step.attributes, 0), slot);
    case Do::kOverlayCopy: return Keep(OverlayCopy(step, slots), slot);
    case Do::kOverlayPlant: return Keep(OverlayPlant(step, slots), slot);
    case Do::kTerminals: {
      const Option options[] = {{"ptmxmode", "0666"}, {"mode", "0620"}};
      return Keep(NewMount("devpts", options, 2, step.attributes), slot);
    }
    case Do::kPivot: return Pivot(*slot);
    case Do::kAttach: return AttachTree(*slot, step.path);
    case Do::kPin: return CloneOnto(step.path, step.path, AT_RECURSIVE);
    case Do::kHideFile: return CloneOnto("/dev/null", step.path, 0);
  }
  return EINVAL;
}

// --- network ------------------------------------------------------------------------------------------------------------------------------

int LoopbackUp() {
  const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) return errno;
  ifreq request{};
  memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const int error = ioctl(control, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
  close(control);
  return error;
}

int OpenNetwork() {
  const int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

// The network that the session was born in goes to whoever needs one first; the other is made when it is needed.
int UseNetwork(SpawnerState& state, Network which) {
  if (Without(Wall::kNetwork) || state.networks[which] >= 0) return 0;
  if (state.here < 0) {
    const int fd = OpenNetwork();
    if (fd < 0) return -fd;
    state.networks[which] = state.here = fd;
    return 0;
  }
  if (unshare(CLONE_NEWNET) != 0) return errno;
  int error = LoopbackUp();
  const int fd = error == 0 ? OpenNetwork() : -error;
  if (setns(state.here, CLONE_NEWNET) != 0) _exit(1);  // in the wrong network, nothing may be started any more
  if (fd < 0) return -fd;
  state.networks[which] = fd;
  return 0;
}

int Listen(const RawListener& wanted) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = wanted.address;
  address.sin_port = htons(wanted.port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  close(fd);
  return -error;
}

// --- messages -----------------------------------------------------------------------------------------------------------------------------

void Send(int channel, const Reply& reply, const int* fds, size_t count) {
  iovec part{const_cast<Reply*>(&reply), sizeof reply};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * (1 + kMaxListeners))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(head), fds, sizeof(int) * count);
  }
  if (sendmsg(channel, &message, MSG_NOSIGNAL) < 0) _exit(1);  // the parent is gone
}

[[noreturn]] void Fail(int channel, enum Stage stage, int error, int step) {
  Send(channel, {stage, error, step}, nullptr, 0);
  _exit(1);
}

// Receives one request; returns the number of descriptors in `fds`. Ends the session when the parent has gone.
size_t Receive(int channel, int* fds) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxMessageFds)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = 0;
  do {
    n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n != 1 || byte != kRequestByte) _exit(0);
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) return 0;
  const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  memcpy(fds, CMSG_DATA(head), count * sizeof(int));
  return count;
}

// --- programs -----------------------------------------------------------------------------------------------------------------------------

RequestHead* MapRequest(int file) {
  struct stat info{};
  if (fstat(file, &info) != 0 || info.st_size < static_cast<off_t>(sizeof(RequestHead))) return nullptr;
  void* memory = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<RequestHead*>(memory);
}

void StartProgram(SpawnerState& state, RequestHead* head, const int* streams) {
  const Network which = head->reach == Reach::kAgentNetwork ? kAgentNet : kCommandNet;
  if (const int error = UseNetwork(state, which); error != 0) return Send(state.image.channel, {Stage::kNetwork, error, 0}, nullptr, 0);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return Send(state.image.channel, {Stage::kClone, errno, 0}, nullptr, 0);
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD | CLONE_NEWNS | (Without(Wall::kProcesses) ? 0 : CLONE_NEWPID);
  arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) {
    ProgramStart start{head, {streams[0], streams[1], streams[2]}, state.networks[which] == state.here ? -1 : state.networks[which], report[1]};
    RunInit(state, start);
  }
  const int error = errno;
  if (pid < 0) {
    Send(state.image.channel, {Stage::kClone, error, 0}, nullptr, 0);
  } else {
    const int fds[] = {pidfd, report[0]};
    Send(state.image.channel, {}, fds, 2);
    close(pidfd);
  }
  close(report[0]);
  close(report[1]);
}

[[noreturn]] void Serve(SpawnerState& state) {
  for (;;) {
    int fds[kMaxMessageFds] = {-1, -1, -1, -1};
    const size_t count = Receive(state.image.channel, fds);
    RequestHead* head = count > 0 ? MapRequest(fds[0]) : nullptr;
    if (head == nullptr) {
      Send(state.image.channel, {Stage::kRequest, EINVAL, 0}, nullptr, 0);
    } else {
      int streams[3];
      size_t next = 1;
      for (int i = 0; i < 3; ++i) streams[i] = (head->streams & (1 << i)) != 0 && next < count ? fds[next++] : -1;
      StartProgram(state, head, streams);
      munmap(head, head->total_bytes);
    }
    for (size_t i = 0; i < count; ++i) close(fds[i]);
  }
}

void MakePrivileges(const Image& image) {
  int error = Without(Wall::kNoCapabilities) ? 0 : DropBoundingSet();
  if (error == 0 && !Without(Wall::kNoNewPrivileges) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) error = errno;
  if (error != 0) Fail(image.channel, Stage::kPrivileges, error, 0);
}

}  // namespace

int CloseAllBut(int a, int b) {
  const unsigned low = static_cast<unsigned>(std::min(a, b) < 0 ? std::max(a, b) : std::min(a, b));
  const unsigned high = static_cast<unsigned>(std::max(a, b));
  if (low > 0 && close_range(0, low - 1, 0) != 0) return errno;
  if (high > low + 1 && close_range(low + 1, high - 1, 0) != 0) return errno;
  return close_range(high + 1, ~0u, 0) == 0 ? 0 : errno;
}

int MountProc() {
  const uint32_t attributes = kNoSetIdMount | kNoDeviceMount | kNoExecMount | (Without(Wall::kReadOnlyProc) ? 0 : kReadOnlyMount);
  const int proc = NewMount("proc", nullptr, 0, attributes);
  return proc < 0 ? -proc : AttachTree(proc, "/proc");
}

void RunSpawner(const Image& image) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "checkrein-spawn", 0, 0, 0);
  signal(SIGCHLD, SIG_IGN);  // the kernel reaps the inits
  SpawnerState state{image};
  state.umask = umask(0);
  if (!Without(Wall::kCloseDescriptors)) CloseAllBut(image.channel, image.lock);
  for (int fd = 0; fd >= 0 && fd <= 2;) fd = open("/dev/null", O_RDWR | O_CLOEXEC);  // so that no descriptor of ours is a standard stream

  if (const int error = WriteMaps(image); error != 0) Fail(image.channel, Stage::kMaps, error, 0);
  if (!Without(Wall::kShedMemory)) ShedMemory(image);
  int slots[kMaxSlots];
  std::fill_n(slots, kMaxSlots, -1);
  for (size_t i = 0; i < image.step_count; ++i) {
    if (const int error = RunStep(image.steps[i], slots); error != 0) Fail(image.channel, Stage::kStep, error, static_cast<int>(i));
  }
  for (const int fd : slots) {
    if (fd >= 0) close(fd);  // some are closed already: nothing else was opened in between
  }

  if (!Without(Wall::kNetwork)) {
    if (const int error = LoopbackUp(); error != 0) Fail(image.channel, Stage::kLoopback, error, 0);
  }
  int handed[1 + kMaxListeners];  // the session's root, then the listeners
  int* const listeners = handed + 1;
  for (size_t i = 0; i < image.listener_count; ++i) {
    listeners[i] = Listen(image.listeners[i]);
    if (listeners[i] < 0) Fail(image.channel, Stage::kListener, -listeners[i], static_cast<int>(i));
  }
  if (image.listener_count > 0) {
    if (const int error = UseNetwork(state, kAgentNet); error != 0) Fail(image.channel, Stage::kNetwork, error, 0);
  }
  MakePrivileges(image);
  state.ruleset = MakeRuleset(image.landlock_abi, image.writable, image.writable_count);
  if (state.ruleset < 0) Fail(image.channel, Stage::kLandlock, -state.ruleset, 0);
  if (!Without(Wall::kUndumpable)) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  handed[0] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (handed[0] < 0) Fail(image.channel, Stage::kDirectory, errno, 0);
  Send(image.channel, {}, handed, 1 + image.listener_count);
  close(handed[0]);
  for (size_t i = 0; i < image.listener_count; ++i) close(listeners[i]);
  Serve(state);
}

}  // namespace checkrein::sandbox
