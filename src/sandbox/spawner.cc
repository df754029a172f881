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
#include <utility>

#include "sandbox/network_ahead.h"
#include "sandbox/confine.h"
#include "sandbox/hooks.h"
#include "sandbox/limits.h"
#include "sandbox/shed.h"
#include "sandbox/steps.h"

namespace checkrein::sandbox {
namespace {

int WriteText(int directory, const char* path, const char* text) {
  const int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const ssize_t n = write(fd, text, strlen(text));
  const int error = n < 0 ? errno : 0;
  close(fd);
  return error;
}

int WriteMap(int proc, const char* path, unsigned inside, unsigned outside) {
  char text[40];
  char* end = Decimal(text, inside);
  *end++ = ' ';
  end = Decimal(end, outside);
  strcpy(end, " 1\n");
  return WriteText(proc, path, text);
}

// --- network ------------------------------------------------------------------------------------------------------------------------------

// Both but the first are made when they are needed.
int UseNetwork(SpawnerState& state, Network which) {
  if (Without(Wall::kNetwork) || state.networks[which] >= 0) return 0;
  if (unshare(CLONE_NEWNET) != 0) return errno;
  const int error = MakeNetwork(false, nullptr);
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
  if (!SendDescriptors(channel, &reply, sizeof reply, fds, count)) _exit(1);  // the parent is gone
}

[[noreturn]] void Fail(int channel, enum Stage stage, int error, int step) {
  Send(channel, {stage, error, step, {}}, nullptr, 0);
  _exit(1);
}

// --- programs -----------------------------------------------------------------------------------------------------------------------------

void ReplyError(const SpawnerState& state, enum Stage stage, int error) { Send(state.image.channel, {stage, error, 0, {}}, nullptr, 0); }

// An init that gets ready and waits. Its end of the sockets is its own.
int MakeInit(SpawnerState& state, Reach reach, Identity identity, SpawnerState::Spare& out) {
  const Network which = reach == Reach::kAgentNetwork ? kAgentNet : kCommandNet;
  int report[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) != 0) return errno;
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD | CLONE_NEWNS | (Without(Wall::kProcesses) ? 0 : CLONE_NEWPID);
  arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) RunInit(state, {reach, identity, state.networks[which] == state.here ? -1 : state.networks[which], report[1]});
  const int error = pid < 0 ? errno : 0;
  close(report[1]);
  if (error == 0) {
    out = {pidfd, report[0]};
  } else {
    close(report[0]);
  }
  return error;
}

void CloseInit(SpawnerState::Spare& init) {
  for (const int fd : {init.pidfd, init.report}) {
    if (fd >= 0) close(fd);
  }
  init = {};
}

bool GiveTo(const SpawnerState& state, const SpawnerState::Spare& init, const int* fds, size_t count) {
  int given[kMaxRequestFds];
  int* end = std::copy_n(fds, std::min(count, kMaxRequestFds - 1), given);
  *end++ = state.ruleset;
  const char byte = kProgramRequest;
  return SendDescriptors(init.report, &byte, 1, given, static_cast<size_t>(end - given));
}
void HandOver(const SpawnerState& state, const SpawnerState::Spare& init) {
  const int handed[] = {init.pidfd, init.report};
  Send(state.image.channel, {}, handed, 2);
}

// An init stands ready for the first command; the second is not the last, and from then on one stands ready for the next.
constexpr unsigned kServedBeforeSpare = 2;

void PrepareSpare(SpawnerState& state) {
  if (UseNetwork(state, kCommandNet) != 0 || MakeInit(state, Reach::kCommandNetwork, Identity::kSelf, state.spare) != 0) state.spare = {};  // the next one does without
}

void StartProgram(SpawnerState& state, const int* fds, size_t count) {
  RequestHead* head = count > 0 ? MapRequest(fds[0]) : nullptr;
  if (head == nullptr) return ReplyError(state, Stage::kRequest, EINVAL);
  const Reach reach = head->reach;
  const Identity identity = head->identity;
  munmap(head, head->total_bytes);
  const bool common = reach == Reach::kCommandNetwork && identity == Identity::kSelf;
  if (const int error = UseNetwork(state, reach == Reach::kAgentNetwork ? kAgentNet : kCommandNet); error != 0) return ReplyError(state, Stage::kNetwork, error);
  const bool had_spare = common && state.spare.report >= 0 && GiveTo(state, state.spare, fds, count);
  if (had_spare) HandOver(state, state.spare);
  if (common) CloseInit(state.spare);
  if (!had_spare) {
    SpawnerState::Spare init;
    if (const int error = MakeInit(state, reach, identity, init); error != 0) return ReplyError(state, Stage::kClone, error);
    (void)GiveTo(state, init, fds, count);  // when it did not get ready, its report says why
    HandOver(state, init);
    CloseInit(init);
  }
  if (common && ++state.served >= kServedBeforeSpare) PrepareSpare(state);
}

void MakeSocket(SpawnerState& state, Network which) {
  if (const int error = UseNetwork(state, which); error != 0) return ReplyError(state, Stage::kNetwork, error);
  if (state.networks[which] != state.here && setns(state.networks[which], CLONE_NEWNET) != 0) return ReplyError(state, Stage::kNetwork, errno);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int error = errno;
  if (state.networks[which] != state.here && setns(state.here, CLONE_NEWNET) != 0) _exit(1);
  if (fd < 0) return ReplyError(state, Stage::kNetwork, error);
  Send(state.image.channel, {}, &fd, 1);
  close(fd);
}

// All of this pid namespace and those below it, but for the spawner itself. One that is running at that moment stops when it leaves the
// kernel, and may until then set others going again: Session::Freeze looks, and asks again. Only an ancestor namespace can stop or continue an init.
void SignalAll(const SpawnerState& state, int number) {
  const bool safe = getpid() == 1;  // anywhere else -1 would be the machine
  if (safe && kill(-1, number) != 0 && errno != ESRCH) return ReplyError(state, Stage::kRequest, errno);
  Send(state.image.channel, {safe ? Stage::kNone : Stage::kRequest, safe ? 0 : EPERM, 0, {}}, nullptr, 0);
}

[[noreturn]] void Serve(SpawnerState& state) {
  for (;;) {
    int fds[kMaxRequestFds];
    size_t count = 0;
    switch (ReceiveRequest(state.image.channel, fds, &count)) {
      case kProgramRequest: StartProgram(state, fds, count); break;
      case kSocketRequest[kCommandNet]: MakeSocket(state, kCommandNet); break;
      case kSocketRequest[kAgentNet]: MakeSocket(state, kAgentNet); break;
      case kFreezeRequest: SignalAll(state, SIGSTOP); break;
      case kThawRequest: SignalAll(state, SIGCONT); break;
      default: _exit(0);  // the parent is gone
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

bool SendDescriptors(int channel, const void* bytes, size_t size, const int* fds, size_t count) {
  iovec part{const_cast<void*>(bytes), size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxHanded)] = {};
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
  return sendmsg(channel, &message, MSG_NOSIGNAL) >= 0;
}

char ReceiveRequest(int channel, int* fds, size_t* count) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxRequestFds)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = 0;
  do {
    n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  const cmsghdr* head = n == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    *count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(head), *count * sizeof(int));
  }
  return n == 1 ? byte : '\0';
}

RequestHead* MapRequest(int file) {
  struct stat info{};
  if (fstat(file, &info) != 0 || info.st_size < static_cast<off_t>(sizeof(RequestHead))) return nullptr;
  void* memory = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<RequestHead*>(memory);
}

int CloseAllBut(std::initializer_list<int> kept) {
  unsigned from = 0;
  for (;;) {  // few are kept: look for the next one each time
    unsigned next = ~0u;
    for (const int fd : kept) {
      if (fd >= 0 && static_cast<unsigned>(fd) >= from) next = std::min(next, static_cast<unsigned>(fd));
    }
    if (next > from && close_range(from, next == ~0u ? next : next - 1, 0) != 0) return errno;
    if (next == ~0u) return 0;
    from = next + 1;
  }
}

// Own ids only. setgroups must go first: the kernel's condition for an unprivileged gid map.
int WriteMaps(int proc, unsigned uid, unsigned gid, const Image& image) {
  if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return errno;  // or the map files belong to somebody else
  int error = WriteText(proc, "setgroups", "deny");
  if (error == 0) error = WriteMap(proc, "uid_map", uid, image.uid);
  if (error == 0) error = WriteMap(proc, "gid_map", gid, image.gid);
  return error;
}

namespace {

int ListenAll(const Image& image, Reach reach, int* handed, size_t* count) {
  for (size_t i = 0; i < image.listener_count; ++i) {
    if (image.listeners[i].reach != reach) continue;
    const int fd = Listen(image.listeners[i]);
    if (fd < 0) return -fd;
    handed[(*count)++] = fd;
  }
  return 0;
}

// The second network, with the listeners in it; the spawner comes back to the first.
int MakeAgentNetwork(SpawnerState& state, int* handed, size_t* count, int* sockets) {
  if (Without(Wall::kNetwork)) return ListenAll(state.image, Reach::kAgentNetwork, handed, count);
  if (unshare(CLONE_NEWNET) != 0) return errno;
  int error = MakeNetwork(true, sockets);
  if (error == 0) error = ListenAll(state.image, Reach::kAgentNetwork, handed, count);
  const int fd = error == 0 ? OpenNetwork() : -error;
  if (setns(state.here, CLONE_NEWNET) != 0) return errno;
  if (fd < 0) return -fd;
  state.networks[kAgentNet] = fd;
  return 0;
}

uint32_t HandOut(const int* sockets, int* handed, size_t* count) {
  uint32_t present = 0;
  for (int i = 0; i < kInterceptSockets; ++i) {
    if (sockets[i] < 0) continue;
    present |= 1u << i;
    handed[(*count)++] = sockets[i];
  }
  return present;
}

// Descriptors of its own: as little as must be before other processes can be made.
void Begin(const Image& image) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "checkrein-spawn", 0, 0, 0);
  signal(SIGCHLD, SIG_IGN);  // the kernel reaps the inits
  if (!Without(Wall::kCloseDescriptors)) CloseAllBut({image.channel});
  for (int fd = 0; fd >= 0 && fd <= 2;) fd = open("/dev/null", O_RDWR | O_CLOEXEC);  // so that no descriptor of ours is a standard stream
}

void MakeIds(const Image& image) {
  // Handlers went with the clone; what the caller ignored its programs must not.
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGCHLD) signal(number, SIG_DFL);
  }
  const int host_proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (const int error = WriteMaps(host_proc, image.uid, image.gid, image); error != 0) Fail(image.channel, Stage::kMaps, error, 0);
  if (!Without(Wall::kLimits)) (void)WriteText(host_proc, "oom_score_adj", kOomScoreAdjustment);  // a kernel that will not has another order
  close(host_proc);
}

// Until the image is complete, and the trees are there. The descriptor of the lock stays open for as long as the spawner lives.
void WaitForImage(const Image& image, int* fds) {
  size_t count = 0;
  if (ReceiveRequest(image.channel, fds, &count) != kBeginRequest) _exit(0);  // the parent is gone, or has thought better of it
  if (count != image.tree_count + size_t{image.with_lock}) Fail(image.channel, Stage::kRequest, EBADF, 0);
  // From now on it is nobody's to change. The parent lets go of its side.
  if (mprotect(const_cast<Image*>(&image), image.block_bytes, PROT_READ) != 0) Fail(image.channel, Stage::kRequest, errno, 0);
}

// The view of the file system.
void MakeView(const Image& image, const int* trees, const NetworkAhead& ahead) {
  int slots[kMaxSlots];
  std::fill_n(slots, kMaxSlots, -1);
  for (size_t i = 0; i < image.step_count; ++i) {
    if (const int error = RunStep(image.steps[i], trees, slots); error != 0) Fail(image.channel, Stage::kStep, error, static_cast<int>(i));
    if (image.steps[i].what == Do::kPivot) LeaveOldRoot(ahead);
  }
  for (const int fd : slots) {
    if (fd >= 0) close(fd);
  }
}

// Where nothing is intercepted, the listeners stand in the network that the session begins in, which is then the agent's.
void MakeNetworks(SpawnerState& state, const NetworkMade& made, Reply& ready, int* handed, size_t* count) {
  const Image& image = state.image;
  const bool both = image.networks == Networks::kBothIntercepted;
  const bool agents = !both && image.listener_count > 0;
  state.here = state.networks[agents ? kAgentNet : kCommandNet] = made.network;
  if (const int error = ListenAll(image, both ? Reach::kCommandNetwork : Reach::kAgentNetwork, handed, count); error != 0) Fail(image.channel, Stage::kListener, error, 0);
  int second[kInterceptSockets];
  std::fill_n(second, static_cast<int>(kInterceptSockets), -1);
  if (both) {
    if (const int error = MakeAgentNetwork(state, handed, count, second); error != 0) Fail(image.channel, Stage::kNetwork, error, 0);
  }
  ready.sockets[kCommandNet] = HandOut(made.sockets, handed, count);
  ready.sockets[kAgentNet] = HandOut(second, handed, count);
}

}  // namespace

void RunSpawner(const Image& image) {
  Begin(image);
  SpawnerState state{.image = image};
  state.umask = umask(0);
  if (!Without(Wall::kShedMemory)) ShedMemory(image);  // before there are others that would have it, too
  NetworkAhead ahead;
  if (const int error = BeginNetwork(ahead, image); error != 0) Fail(image.channel, Stage::kClone, error, 0);
  MakeIds(image);
  MakePrivileges(image);  // takes nothing from what is done here, only from what is executed later
  int trees[kMaxRequestFds];
  WaitForImage(image, trees);
  if (!Without(Wall::kShedMemory)) WipeArguments(image.arguments);  // before there is an init
  MakeView(image, trees, ahead);
  const NetworkMade made = FinishNetwork(ahead);
  if (made.failed != Stage::kNone) Fail(image.channel, made.failed, made.error, 0);
  int handed[kMaxHanded];  // the session's root, the listeners, the commands' sockets, the agent's
  size_t count = 1;
  Reply ready{};
  MakeNetworks(state, made, ready, handed, &count);
  if (!Without(Wall::kUndumpable)) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  PrepareSpare(state);  // it gets ready while the rest is done, and the first command is on its way
  state.ruleset = MakeRuleset(image.landlock_abi, image.writable, image.writable_count);
  if (state.ruleset < 0) Fail(image.channel, Stage::kLandlock, -state.ruleset, 0);
  handed[0] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (handed[0] < 0) Fail(image.channel, Stage::kDirectory, errno, 0);
  Send(image.channel, ready, handed, count);
  for (size_t i = 0; i < count; ++i) close(handed[i]);
  Serve(state);
}

}  // namespace checkrein::sandbox
