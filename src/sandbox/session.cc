#include "sandbox/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "base/clock.h"
#include "sandbox/base_record.h"
#include "sandbox/confine.h"
#include "sandbox/features.h"
#include "sandbox/hooks.h"
#include "sandbox/image.h"
#include "sandbox/limits.h"
#include "sandbox/live_kernel.h"
#include "sandbox/shed.h"
#include "sandbox/spawner.h"
#include "sandbox/standing.h"
#include "sandbox/unowned.h"

namespace checkrein::sandbox {
namespace {

constexpr int64_t kFreezeNanos = 1'000'000'000;

Error FromFeature(FeatureId id, int error_number, std::string_view where) {
  LiveKernel kernel;
  const Feature feature = Diagnose(id, error_number, kernel);
  std::string text = "sandbox: " + std::string(where) + (where.empty() ? "" : ": ") + feature.detail;
  if (!feature.mend.empty()) text += "; " + feature.mend;
  return {Error::Kind::kUnsupported, std::move(text)};
}

std::string StepName(const Step& step) {
  switch (step.what) {
    case Do::kTakeTree: return "mounts of the host";
    case Do::kCloneTree: return "copy of the mounts at " + step.path;
    case Do::kOpenDir: return step.path;
    case Do::kStage: return "private tmpfs";
    case Do::kMakeDir:
    case Do::kMakeFile:
    case Do::kMakeLink: return "making " + step.path;
    case Do::kCloneStaged: return "part " + step.path;
    case Do::kOverlayCopy: return "copy-on-write of " + step.path;
    case Do::kOverlayPlant: return "planted directory " + step.path;
    case Do::kTerminals: return "private /dev/pts";
    case Do::kPivot: return "change of root";
    case Do::kAttach: return "mount on " + step.path;
    case Do::kPin: return "pin of " + step.path;
    case Do::kHideFile: return "hiding " + step.path;
    case Do::kSeal: return "read-only parts";
  }
  return "step";
}

// The spawner's failure in words, with the missing feature where it is one.
Error Explain(const Reply& reply, const Layout& layout) {
  if (reply.failed == Stage::kMaps) return FromFeature(FeatureId::kUserNamespaces, reply.error, "");
  if (reply.failed == Stage::kLandlock) return FromFeature(FeatureId::kLandlock, reply.error, "");
  if (reply.failed == Stage::kStep) {
    const Step& step = layout.steps.at(static_cast<size_t>(reply.step));
    if (step.what == Do::kOverlayCopy) return FromFeature(FeatureId::kOverlay, reply.error, StepName(step));
    if (reply.error == ENOSYS) return FromFeature(FeatureId::kMountApi, reply.error, StepName(step));
    // The first mount of all is refused where user namespaces come without capabilities (Ubuntu's AppArmor restriction).
    const auto first = std::find_if(layout.steps.begin(), layout.steps.end(), [](const Step& one) { return one.what == Do::kCloneTree; });
    if (&step == std::to_address(first) && reply.error == EPERM) return FromFeature(FeatureId::kUserNamespaces, reply.error, "");
    return SystemError("sandbox: " + StepName(step), reply.error);
  }
  if (reply.failed == Stage::kListener && reply.error == EADDRINUSE) return {Error::Kind::kInvalid, "sandbox: two listeners on one port"};
  return SystemError("sandbox: " + std::string(StageName(reply.failed)), reply.error);
}

Status CheckListeners(const Plan& plan) {
  for (const Listener& listener : plan.listeners) {
    if (plan.networks == Networks::kIntercepted || (listener.reach == Reach::kCommandNetwork && plan.networks != Networks::kBothIntercepted)) {
      return Error{Error::Kind::kInvalid, "listener " + listener.address + ": needs the network of an agent"};
    }
  }
  if (plan.listeners.size() > kMaxListeners) return Error{Error::Kind::kLimit, "listeners: more than " + std::to_string(kMaxListeners)};
  for (const Listener& listener : plan.listeners) {
    in_addr address{};
    if (inet_pton(AF_INET, listener.address.c_str(), &address) != 1 || (ntohl(address.s_addr) >> 24) != 127) {
      return Error{Error::Kind::kInvalid, "listener " + listener.address + ": not an address in 127.0.0.0/8"};
    }
  }
  return Done{};
}

// High enough that it is no standard stream, whatever the caller has closed.
Result<Fd> Raise(Fd fd) {
  Fd high(fcntl(fd.get(), F_DUPFD_CLOEXEC, 10));
  if (!high.valid()) return SystemError("sandbox: descriptors", errno);
  return high;
}

struct Channel {
  Fd ours, theirs;
};
Result<Channel> MakeChannel() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return SystemError("sandbox: socket", errno);
  Fd a(pair[0]), b(pair[1]);
  Result<Fd> theirs = Raise(std::move(b));
  if (!theirs) return theirs.error();
  return Channel{std::move(a), std::move(theirs).take()};
}

// An init that gives up before it has read its request leaves an error behind, once, before what it said.
bool TriesAgain(ssize_t n) { return n < 0 && (errno == EINTR || errno == ECONNRESET); }

// Receives a message of at most `size` bytes and the descriptors that come with it; its length, or below 1 when there is none.
ssize_t ReceiveMessage(int channel, void* content, size_t size, std::vector<Fd>& fds) {
  iovec part{content, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxHanded)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = 0;
  do {
    n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  } while (TriesAgain(n));
  const cmsghdr* head = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return n;
}
Result<Reply> ReceiveReply(int channel, std::vector<Fd>& fds) {
  Reply reply{};
  if (ReceiveMessage(channel, &reply, sizeof reply, fds) != sizeof reply) return Error{Error::Kind::kIo, "sandbox: the session has ended"};
  return reply;
}

struct Spawner {
  Fd pidfd;
  int pid = -1;  // only to be noted down: it may be somebody else's once the spawner has been waited for
};
// Runs the spawner in new namespaces, but for two that it has made later (network_ahead.h). All signals are blocked across the clone: no handler of the caller's may run in the child.
Result<Spawner> CloneSpawner(const Image& image, std::optional<ControlGroup>& group) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWCGROUP;
  if (!Without(Wall::kSessionProcesses)) arguments.flags |= CLONE_NEWPID;
  arguments.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  arguments.exit_signal = 0;  // no SIGCHLD, and no wait(-1) of the caller's can take it
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  long pid = -1;
  if (FailedClone() != 0) {
    errno = FailedClone();
  } else {
    const Withheld withheld(image);
    if (group) {
      clone_args into = arguments;
      into.flags |= CLONE_INTO_CGROUP;
      into.cgroup = static_cast<__u64>(group->fd());
      pid = syscall(SYS_clone3, &into, sizeof into);
      if (pid < 0) group.reset();  // not ours to divide after all
    }
    if (pid < 0) pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) RunSpawner(image);
  }
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return FromFeature(FeatureId::kUserNamespaces, error, "");
  return Spawner{Fd(pidfd), static_cast<int>(pid)};
}

// --- requests -----------------------------------------------------------------------------------------------------------------------------

// An open /dev/null of the host would let root's programs change the mode of the device through it; theirs is a better one.
bool IsNull(int fd) {
  struct stat info{};
  return fstat(fd, &info) == 0 && S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
}

Status CheckProgram(const Program& program) {
  if (program.argv.empty()) return Error{Error::Kind::kInvalid, "program: no arguments, not even its name"};
  const std::string& file = program.file.empty() ? program.argv[0] : program.file;
  if (!file.starts_with('/')) return Error{Error::Kind::kInvalid, "program " + file + ": not an absolute path"};
  if (!program.cwd.starts_with('/')) return Error{Error::Kind::kInvalid, "program: cwd " + program.cwd + ": not an absolute path"};
  if (program.terminal == Terminal::kControlling && program.stdin_fd < 0) return Error{Error::Kind::kInvalid, "program: a terminal needs stdin_fd"};
  size_t bytes = file.size() + program.cwd.size();
  const auto has_nul = [&bytes](const std::string& text) {
    bytes += text.size() + 1 + sizeof(char*);
    return text.find('\0') != std::string::npos;
  };
  if (std::any_of(program.argv.begin(), program.argv.end(), has_nul) || std::any_of(program.env.begin(), program.env.end(), has_nul) || has_nul(file) ||
      has_nul(program.cwd)) {
    return Error{Error::Kind::kInvalid, "program: a NUL byte in its arguments, environment or cwd"};
  }
  if (bytes > kMaxProgramBytes) return Error{Error::Kind::kLimit, "program: arguments and environment above " + std::to_string(kMaxProgramBytes) + " bytes"};
  return Done{};
}

Result<Fd> WriteRequest(const Program& program, uint8_t streams) {
  RequestHead head{};
  std::string texts;
  const auto add = [&texts](const std::string& text) {
    const size_t at = sizeof(RequestHead) + texts.size();
    texts.append(text.c_str(), text.size() + 1);
    return static_cast<uint32_t>(at);
  };
  head.file = add(program.file.empty() ? program.argv[0] : program.file);
  head.cwd = add(program.cwd);
  head.arguments = static_cast<uint32_t>(sizeof(RequestHead) + texts.size());
  head.argument_count = static_cast<uint32_t>(program.argv.size());
  for (const std::string& argument : program.argv) add(argument);
  head.variables = static_cast<uint32_t>(sizeof(RequestHead) + texts.size());
  head.variable_count = static_cast<uint32_t>(program.env.size());
  for (const std::string& variable : program.env) add(variable);
  const size_t end = sizeof(RequestHead) + texts.size();
  head.tables = static_cast<uint32_t>((end + alignof(char*) - 1) / alignof(char*) * alignof(char*));
  head.total_bytes = static_cast<uint32_t>(head.tables + (program.argv.size() + program.env.size() + 2) * sizeof(char*));
  head.max_processes = program.max_processes;
  head.max_processor_seconds = program.max_processor_seconds;
  head.reach = program.reach;
  head.terminal = program.terminal;
  head.identity = program.identity;
  head.streams = streams;

  Fd file(memfd_create("checkrein-request", MFD_CLOEXEC));
  if (!file.valid() || ftruncate(file.get(), head.total_bytes) != 0) return SystemError("sandbox: request", errno);
  if (Status s = WriteAll(file.get(), {reinterpret_cast<const char*>(&head), sizeof head}); !s) return s.error();
  if (Status s = WriteAll(file.get(), texts); !s) return s.error();
  return file;
}

Status SendRequest(int channel, char what, const std::vector<int>& fds) {
  iovec part{&what, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxRequestFds)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    memcpy(CMSG_DATA(head), fds.data(), sizeof(int) * fds.size());
  }
  if (sendmsg(channel, &message, MSG_NOSIGNAL) != 1) return SystemError("sandbox: request", errno);
  return Done{};
}

// An init whose execs are watched sends the listener before anything else, or says that there is none; when it could not get ready, its
// report comes in that place.
Result<Fd> ReceiveListener(int report) {
  std::vector<Fd> received;
  Report message{};
  const ssize_t n = ReceiveMessage(report, &message, sizeof message, received);
  if (received.size() == 1) return std::move(received[0]);
  if (n == 1) return Fd();
  if (n == sizeof message) return SystemError("sandbox: " + std::string(StageName(message.stage)), message.code);
  return Error{Error::Kind::kIo, "sandbox: the program's init has ended"};
}

}  // namespace

// --- Session ------------------------------------------------------------------------------------------------------------------------------

struct Session::State {
  std::optional<ControlGroup> group;  // gone last
  Fd channel;
  Fd spawner;  // pidfd
  pid_t spawner_pid = -1;  // its own until `ended`: nobody has waited for it
  Fd root;     // the session's root directory, from the spawner
  std::vector<Fd> listeners;
  NetworkSockets networks[2];  // by Reach
  bool watch_execs = false;
  std::optional<Copy> copy;
  bool set_aside = false;  // what PrepareWork set aside is still there
  bool ended = false;

  Result<Layout> Tell(const Plan& plan, ImageBlock& block);
  Status Keep(const Reply& reply, const Plan& plan, std::vector<Fd>& handed);
  void RemoveSetAside();
  // Asks the spawner and receives its answer.
  Status Ask(char what, const std::vector<int>& fds, std::vector<Fd>& received) const;
};

// Takes in what the spawner handed out, in its order: those of the commands' network come before those of the agent's.
Status Session::State::Keep(const Reply& reply, const Plan& plan, std::vector<Fd>& handed) {
  const auto sockets = static_cast<size_t>(std::popcount(reply.sockets[0]) + std::popcount(reply.sockets[1]));
  if (handed.size() != 1 + plan.listeners.size() + sockets) return Error{Error::Kind::kLimit, "sandbox: too few descriptors free for the listeners"};
  auto next = handed.begin();
  root = std::move(*next++);
  listeners.resize(plan.listeners.size());
  for (const Reach reach : {Reach::kCommandNetwork, Reach::kAgentNetwork}) {
    for (size_t i = 0; i < plan.listeners.size(); ++i) {
      if (plan.listeners[i].reach == reach) listeners[i] = std::move(*next++);
    }
  }
  for (const Reach reach : {Reach::kCommandNetwork, Reach::kAgentNetwork}) {
    NetworkSockets& network = networks[static_cast<size_t>(reach)];
    for (int i = 0; i < kInterceptSockets; ++i) {
      if ((reply.sockets[static_cast<size_t>(reach)] >> i & 1) == 0) continue;
      if (i >= kPlain) network.every_port = false;
      (i == kNames4 || i == kNames6 ? network.names : network.connections).push_back(std::move(*next++));
    }
  }
  return Done{};
}

// On some file systems each directory that goes waits for the disk. What cannot go now, the next start finds, and says so.
void Session::State::RemoveSetAside() {
  if (std::exchange(set_aside, false)) (void)sandbox::RemoveSetAside(*copy);
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&& other) noexcept {
  if (state_) (void)End();
  state_ = std::move(other.state_);
  return *this;
}
Session::~Session() {
  if (state_) (void)End();
}

// The rest of what the spawner needs, while the kernel makes its namespaces and its network.
Result<Layout> Session::State::Tell(const Plan& plan, ImageBlock& block) {
  Image& image = block.image();
  const LiveHost host;
  Caller caller{image.uid};
  std::optional<std::vector<HostTree>> unowned;
  if (caller.uid == 0 && plan.host_files == HostFiles::kNobodys && !Without(Wall::kHiddenSecrets)) unowned = UnownedTrees(AlwaysCovered(host), HostAttributes());
  std::vector<int> fds;
  if (unowned) {
    caller.files = HostFiles::kNobodys;
    for (const HostTree& one : *unowned) {
      caller.trees.push_back(one.path);
      fds.push_back(one.tree.get());
    }
  }
  Result<Layout> layout = MakeLayout(plan, host, std::move(caller));
  if (!layout) return layout.error();
  Fd lock;
  if (plan.copy) {
    Result<Fd> held = HoldCopy(*plan.copy);
    if (!held) return held.error();
    lock = std::move(held).take();
    if (Status s = PrepareWork(*plan.copy); !s) return s.error();
    copy = plan.copy;
    set_aside = true;
  }
  image.arguments = ArgumentsInMemory();
  image.with_lock = lock.valid();
  image.tree_count = fds.size();
  if (Status s = block.Fill(*layout, plan); !s) return s.error();
  if (image.with_lock) fds.push_back(lock.get());
  (void)SendRequest(channel.get(), kBeginRequest, fds);  // one that has died meanwhile has said why
  if (!plan.copy) return layout;
  if (Status s = MarkRunning(*plan.copy, spawner_pid); !s) return s.error();
  if (Status s = RecordBeginning(*plan.copy); !s) return s.error();
  return layout;
}

Result<Session> Session::Start(const Plan& plan) {
  if (Status s = CheckListeners(plan); !s) return s.error();
  const int abi = LandlockAbi();
  if (abi < kMinLandlockAbi) return FromFeature(FeatureId::kLandlock, abi < 0 ? -abi : EOPNOTSUPP, "");
  Result<Channel> channel = MakeChannel();
  if (!channel) return channel.error();
  Result<ImageBlock> block = ImageBlock::Make(plan);
  if (!block) return block.error();
  Image& image = block->image();
  image.uid = geteuid();
  image.gid = getegid();
  image.channel = channel->theirs.get();
  image.landlock_abi = abi;
  image.max_processes = HasPidMax() ? std::max(plan.max_processes, kFewestProcesses) : 0;

  auto state = std::make_unique<State>();
  if (plan.max_memory_bytes > 0) state->group = ControlGroup::Make(plan.max_memory_bytes, plan.max_processes);
  Result<Spawner> spawner = CloneSpawner(image, state->group);
  if (!spawner) return spawner.error();
  state->spawner = std::move(spawner->pidfd);
  state->spawner_pid = spawner->pid;
  state->channel = std::move(channel->ours);
  channel->theirs.Reset(-1);
  Session session(std::move(state));  // from here on a failure ends it
  const Result<Layout> layout = session.state_->Tell(plan, *block);
  if (!layout) return layout.error();
  std::vector<Fd> handed;  // the root, the listeners, the sockets of the networks
  const Result<Reply> reply = ReceiveReply(session.state_->channel.get(), handed);
  if (!reply) return Error{Error::Kind::kInternal, "sandbox: the spawner died while it made the session"};
  if (reply->failed != Stage::kNone) return Explain(*reply, *layout);
  session.state_->watch_execs = plan.watch_execs;
  if (Status s = session.state_->Keep(*reply, plan, handed); !s) return s.error();
  return session;
}

Result<Process> Session::Spawn(const Program& program) {
  if (!state_ || state_->ended) return Error{Error::Kind::kInvalid, "sandbox: the session has ended"};
  if (Status s = CheckProgram(program); !s) return s.error();
  const int streams[] = {program.stdin_fd, program.stdout_fd, program.stderr_fd};
  uint8_t given = 0;
  std::vector<int> fds(1);
  for (int i = 0; i < 3; ++i) {
    if (streams[i] < 0 || (!Without(Wall::kReplaceNull) && IsNull(streams[i]))) continue;
    given = static_cast<uint8_t>(given | (1 << i));
    fds.push_back(streams[i]);
  }
  const Result<Fd> request = WriteRequest(program, given);
  if (!request) return request.error();
  fds[0] = request->get();
  std::vector<Fd> received;
  if (Status s = state_->Ask(kProgramRequest, fds, received); !s) return s.error();
  state_->RemoveSetAside();  // while the program comes up
  if (received.size() != 2) return Error{Error::Kind::kLimit, "sandbox: too few descriptors free for another program"};
  Fd listener;
  if (state_->watch_execs && program.reach == Reach::kCommandNetwork) {
    Result<Fd> sent = ReceiveListener(received[1].get());
    if (!sent) return sent.error();
    listener = std::move(sent).take();
  }
  return Process(std::move(received[0]), std::move(received[1]), std::move(listener));
}

Status Session::State::Ask(char what, const std::vector<int>& fds, std::vector<Fd>& received) const {
  if (ended) return Error{Error::Kind::kInvalid, "sandbox: the session has ended"};
  if (Status s = SendRequest(channel.get(), what, fds); !s) return s;
  const Result<Reply> reply = ReceiveReply(channel.get(), received);
  if (!reply) return reply.error();
  if (reply->failed != Stage::kNone) return SystemError("sandbox: " + std::string(StageName(reply->failed)), reply->error);
  return Done{};
}

NetworkSockets Session::TakeNetwork(Reach which) { return std::exchange(state_->networks[static_cast<size_t>(which)], {}); }

Result<Fd> Session::Socket(Reach which) {
  std::vector<Fd> received;
  if (Status s = state_->Ask(kSocketRequest[static_cast<size_t>(which)], {}, received); !s) return s.error();
  if (received.size() != 1) return Error{Error::Kind::kLimit, "sandbox: no descriptor free for another socket"};
  return std::move(received[0]);
}

// Once is not enough: a process on another processor may still be inside kill(-1, SIGCONT) when it is told to stop. When all of them stand
// still at one look, there is nobody left to set another going.
Status Session::Freeze() {
  const int64_t deadline_ns = MonotonicNanos() + kFreezeNanos;
  do {
    std::vector<Fd> none;
    if (const Status asked = state_->Ask(kFreezeRequest, {}, none); !asked) return asked;
    for (int look = 0; look < 5; ++look) {
      if (DescendantsStandStill(state_->spawner_pid)) return Done{};
      usleep(1'000);
    }
  } while (MonotonicNanos() < deadline_ns);
  return Error{Error::Kind::kIo, "sandbox: freeze: not everything could be stopped within a second"};
}
Status Session::Thaw() {
  std::vector<Fd> none;
  return state_->Ask(kThawRequest, {}, none);
}

std::vector<Fd> Session::TakeListeners() { return std::exchange(state_->listeners, {}); }
bool Session::IsMemoryBounded() const { return state_->group.has_value(); }
int Session::fd() const { return state_->channel.get(); }

Result<Fd> Session::Root() const {
  if (!state_ || state_->ended) return Error{Error::Kind::kInvalid, "sandbox: the session has ended"};
  Fd root(fcntl(state_->root.get(), F_DUPFD_CLOEXEC, 0));
  if (!root.valid()) return SystemError("sandbox: the session's root", errno);
  return root;
}

Status Session::End() {
  if (!state_ || state_->ended) return Done{};
  state_->ended = true;
  state_->channel.Reset(-1);
  state_->listeners.clear();
  state_->root.Reset(-1);
  if (syscall(SYS_pidfd_send_signal, state_->spawner.get(), SIGKILL, nullptr, 0) != 0 && errno != ESRCH) return SystemError("sandbox: end", errno);
  siginfo_t info{};
  int result = 0;
  do {
    result = waitid(P_PIDFD, static_cast<id_t>(state_->spawner.get()), &info, WEXITED | __WALL);
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno != ECHILD) return SystemError("sandbox: end", errno);
  state_->RemoveSetAside();
  if (state_->copy) ClearRunning(*state_->copy);
  state_->group.reset();
  return Done{};
}

// --- Process ------------------------------------------------------------------------------------------------------------------------------

int Outcome::ShellStatus() const {
  if (kind == Kind::kExited) return code;
  if (kind == Kind::kKilled) return 128 + code;
  const bool exec = why.starts_with(StageName(Stage::kExec));
  if (exec && (code == ENOENT || code == ENOTDIR)) return 127;
  return exec ? 126 : 125;
}

Process::~Process() {
  if (pidfd_.valid()) (void)Kill();
}

Outcome Process::Read() {
  Report report{};
  ssize_t n = 0;
  do {
    n = read(report_.get(), &report, sizeof report);
  } while (TriesAgain(n));
  if (n != sizeof report) return {Outcome::Kind::kKilled, SIGKILL, ""};  // its init was killed, and everything with it
  switch (report.kind) {
    case Report::Kind::kExited: return {Outcome::Kind::kExited, report.code, ""};
    case Report::Kind::kKilled: return {Outcome::Kind::kKilled, report.code, ""};
    case Report::Kind::kNotStarted: break;
  }
  return {Outcome::Kind::kNotStarted, report.code, std::string(StageName(report.stage)) + ": " + strerrordesc_np(report.code)};
}

Result<Outcome> Process::Wait() {
  pollfd wait{report_.get(), POLLIN, 0};
  while (!outcome_) {
    const int n = poll(&wait, 1, -1);
    if (n < 0 && errno != EINTR) return SystemError("wait", errno);
    if (n > 0) outcome_ = Read();
  }
  return *outcome_;
}

bool Process::EverythingEnded() const {
  pollfd now{pidfd_.get(), POLLIN, 0};
  return poll(&now, 1, 0) > 0;
}

std::optional<Outcome> Process::Poll() {
  pollfd now{report_.get(), POLLIN, 0};
  if (!outcome_ && poll(&now, 1, 0) > 0) outcome_ = Read();
  return outcome_;
}

Status Process::Signal(int number) {
  if (syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) != 0 && errno != ESRCH) return SystemError("signal", errno);
  return Done{};
}

Status Process::Kill() { return Signal(SIGKILL); }

}  // namespace checkrein::sandbox
