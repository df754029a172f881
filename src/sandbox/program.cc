// A program and its init: what happens between the spawner's clone and the program's exec. Rules of spawner.h.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/confine.h"
#include "sandbox/hooks.h"
#include "sandbox/shed.h"
#include "sandbox/spawner.h"
#include "sandbox/steps.h"

namespace checkrein::sandbox {
namespace {

[[noreturn]] void NotStarted(int report, Stage stage, int error, int status) {
  const Report message{Report::Kind::kNotStarted, stage, error};
  [[maybe_unused]] const ssize_t n = write(report, &message, sizeof message);
  _exit(status);
}

// Binds of the other audience come off, the last one first. A program's mount namespace is its own.
int RemoveOthers(const Image& image, Reach reach) {
  const Audience other = reach == Reach::kAgentNetwork ? Audience::kCommandsOnly : Audience::kAgentOnly;
  for (size_t i = image.audience_count; i > 0; --i) {
    if (image.audiences[i - 1].audience == other && umount2(image.audiences[i - 1].target, MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return errno;
  }
  return 0;
}

// Lowers what is there, and never raises it.
int Lower(decltype(RLIMIT_CPU) what, uint64_t soft, uint64_t hard) {
  rlimit now{};
  if (getrlimit(what, &now) != 0) return errno;
  now.rlim_max = std::min<rlim_t>(now.rlim_max, hard);
  now.rlim_cur = std::min<rlim_t>(now.rlim_max, soft);
  return setrlimit(what, &now) == 0 ? 0 : errno;
}

constexpr uint64_t kSecondsToTidyUp = 2;  // of the processor, between the signal that can be caught and the one that cannot

int SetLimits(const RequestHead& head) {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return errno;  // a core file of hostile memory is of no use, and a core pipe runs outside
  if (head.max_processor_seconds > 0) {
    if (const int error = Lower(RLIMIT_CPU, head.max_processor_seconds, head.max_processor_seconds + kSecondsToTidyUp); error != 0) return error;
  }
  return Lower(RLIMIT_NPROC, head.max_processes, head.max_processes);
}

void UnblockSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

int SetStreams(const int* streams) {
  int null = -1;
  for (int i = 0; i < 3; ++i) {
    int from = streams[i];
    // Opened here and not inherited: this one lies on a read-only mount, so that root's programs cannot change the mode of the host's.
    if (from < 0 && null < 0) null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (from < 0) from = null;
    if (from < 0 || dup2(from, i) < 0) return errno;
  }
  return 0;
}

char** Table(RequestHead* head, uint32_t first, uint32_t count, char** table) {
  char* text = reinterpret_cast<char*>(head) + first;
  for (uint32_t i = 0; i < count; ++i) {
    table[i] = text;
    while (*text != '\0') ++text;
    ++text;
  }
  table[count] = nullptr;
  return table;
}

[[noreturn]] void RunProgram(const SpawnerState& state, const ProgramStart& start, int report) {
  RequestHead* head = start.head;
  char* base = reinterpret_cast<char*>(head);
  if (const int error = SetStreams(start.streams); error != 0) NotStarted(report, Stage::kStreams, error, 125);
  if (!Without(Wall::kOwnSession)) {
    if (setsid() < 0) NotStarted(report, Stage::kTerminal, errno, 125);
    if (head->terminal == Terminal::kControlling && ioctl(0, TIOCSCTTY, 0) != 0) NotStarted(report, Stage::kTerminal, errno, 125);
  }
  if (!Without(Wall::kLimits)) {
    if (const int error = SetLimits(*head); error != 0) NotStarted(report, Stage::kLimits, error, 125);
  }
  if (!Without(Wall::kLandlock)) {
    if (const int error = Restrict(start.ruleset); error != 0) NotStarted(report, Stage::kLandlock, error, 125);
  }
  if (chdir(base + head->cwd) != 0) NotStarted(report, Stage::kDirectory, errno, 125);
  // The report closes by its own flag at exec; this catches whatever else there should be.
  if (!Without(Wall::kCloseDescriptors) && close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) != 0) NotStarted(report, Stage::kStreams, errno, 125);
  char** tables = reinterpret_cast<char**>(base + head->tables);
  char** arguments = Table(head, head->arguments, head->argument_count, tables);
  char** variables = Table(head, head->variables, head->variable_count, tables + head->argument_count + 1);
  umask(static_cast<mode_t>(state.umask));
  UnblockSignals();
  execve(base + head->file, arguments, variables);
  NotStarted(report, Stage::kExec, errno, 127);
}

// Reaps everything that ends in this pid namespace, passes signals on to the program and reports its end; then stays for what the program left
// in the background, and ends with the last of it.
[[noreturn]] void Watch(pid_t program, int report) {
  sigset_t all;
  sigfillset(&all);
  for (bool running = true;;) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
      if (ended != program) continue;
      const bool exited = WIFEXITED(status);
      const Report message{exited ? Report::Kind::kExited : Report::Kind::kKilled, Stage::kNone, exited ? WEXITSTATUS(status) : WTERMSIG(status)};
      [[maybe_unused]] const ssize_t n = write(report, &message, sizeof message);
      running = false;
    }
    if (ended < 0 && errno == ECHILD) _exit(0);
    const int number = sigwaitinfo(&all, nullptr);
    if (number > 0 && number != SIGCHLD && running) kill(program, number);
  }
}

// A user namespace in which the caller's own id is called 0. Its maps are written through a /proc that is attached nowhere, for the one that
// programs see is read-only.
int AppearRoot(const Image& image) {
  const int proc = DetachedProc(0);  // while the session's capabilities are still there
  if (proc < 0) return -proc;
  const int self = openat(proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int error = unshare(CLONE_NEWUSER) == 0 ? WriteMaps(self, 0, 0, image) : errno;
  close(self);
  close(proc);
  // The new namespace came with all capabilities over itself, and with a full bounding set.
  if (error == 0 && !Without(Wall::kNoCapabilities)) error = DropBoundingSet();
  return error;
}

// What a program needs until its exec, when it shares the init's memory. The init is suspended for that long, so nothing can be out of step, and
// no page table is copied for an exec that throws it away.
struct Launch {
  const SpawnerState& state;
  const ProgramStart& start;
  int report;
};
constexpr size_t kLaunchStack = 64u << 10;
alignas(64) char g_launch_stack[kLaunchStack];

int LaunchOnStack(void* launch) {
  const auto* with = static_cast<const Launch*>(launch);
  RunProgram(with->state, with->start, with->report);
}

pid_t StartProgram(Launch launch) {
  if (kShedsMemory) return clone(LaunchOnStack, g_launch_stack + kLaunchStack, CLONE_VM | CLONE_VFORK | SIGCHLD, &launch);
  const auto program = static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));  // the sanitizer knows no foreign stacks
  if (program == 0) LaunchOnStack(&launch);
  return program;
}

// Everything about a program that does not depend on what it is to run. Returns the listener for what it executes; -1 when nobody wants one, or
// when there can be none: a process may have one only, and somebody around us may hold it (EBUSY). Seeing is no wall; whoever asked is told.
int GetReady(const SpawnerState& state, const InitStart& start) {
  const int report = start.report;
  const auto fail = [report](Stage stage, int error) { NotStarted(report, stage, error, 125); };
  if (start.network >= 0 && setns(start.network, CLONE_NEWNET) != 0) fail(Stage::kNetwork, errno);
  if (!Without(Wall::kCloseDescriptors)) {  // 0 to 2 stay taken, so that nothing that is received becomes a standard stream
    if (const int error = CloseAllBut({0, 1, 2, start.report}); error != 0) fail(Stage::kStreams, error);
  }
  if (!Without(Wall::kAudience)) {
    if (const int error = RemoveOthers(state.image, start.reach); error != 0) fail(Stage::kAudience, error);
  }
  if (!Without(Wall::kOwnProc)) {
    if (const int error = MountProc(); error != 0) fail(Stage::kProc, error);
  }
  // A new, empty session keyring; a kernel without keys has nothing to leak.
  constexpr int kJoinSessionKeyring = 1;
  if (!Without(Wall::kKeyring) && syscall(SYS_keyctl, kJoinSessionKeyring, nullptr) < 0 && errno != ENOSYS) fail(Stage::kKeyring, errno);
  if (start.identity == Identity::kAppearsRoot) {
    if (const int error = AppearRoot(state.image); error != 0) fail(Stage::kIdentity, error);
  }
  if (!Without(Wall::kNoCapabilities)) {
    if (const int error = DropAllCapabilities(); error != 0) fail(Stage::kPrivileges, error);
  }
#ifdef CHECKREIN_SANDBOX_HOOKS
  if (Without(Wall::kNoCapabilities)) KeepAllCapabilities();
#endif
  int listener = -1;
  if (state.image.watch_execs && start.reach == Reach::kCommandNetwork) {
    listener = InstallExecWatch();  // before the filter that forbids listeners
    if (listener < 0 && listener != -EBUSY) fail(Stage::kWatch, -listener);
  }
  if (!Without(Wall::kSeccomp)) {
    if (const int error = listener >= 0 ? InstallWatchedProgramFilter() : InstallProgramFilter(); error != 0) fail(Stage::kSeccomp, error);
  }
  return listener;
}

}  // namespace

void RunInit(const SpawnerState& state, const InitStart& start) {
  const int report = start.report;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prctl(PR_SET_NAME, "checkrein-init", 0, 0, 0);
  signal(SIGCHLD, SIG_DFL);
  const int listener = GetReady(state, start);
  if (state.image.watch_execs && start.reach == Reach::kCommandNetwork) {
    const char byte = kListenerNotice;
    if (!SendDescriptors(report, &byte, 1, &listener, listener >= 0 ? 1 : 0)) _exit(125);
    if (listener >= 0) close(listener);
  }
  int fds[kMaxRequestFds];
  size_t count = 0;
  if (ReceiveRequest(report, fds, &count) != kProgramRequest || count < 2) _exit(0);
  ProgramStart program_start{MapRequest(fds[0]), {-1, -1, -1}, fds[--count]};
  if (program_start.head == nullptr) NotStarted(report, Stage::kRequest, EINVAL, 125);
  size_t next = 1;
  for (int i = 0; i < 3; ++i) program_start.streams[i] = (program_start.head->streams & (1 << i)) != 0 && next < count ? fds[next++] : -1;
  // The init stays outside the program's Landlock domain: a process of a domain can neither trace nor signal one outside of it.
  const pid_t program = StartProgram({state, program_start, report});
  if (program < 0) NotStarted(report, Stage::kClone, errno, 125);
  CloseAllBut({report});  // above all the streams: whoever reads them must see their end
  Watch(program, report);
}

}  // namespace checkrein::sandbox
