// Every wall is tried by a hostile program (hostile/*.cc), and every row is run three ways:
//   with all walls                       the program must be stopped;
//   without the walls it names           it must succeed: so the test can fail, and these walls are all that stops it;
//   with each one of those walls alone   it must be stopped again: each is enough by itself.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <map>

#include "sandbox/confine.h"
#include "sandbox/hooks.h"
#include "sandbox/limits.h"
#include "sandbox/shed.h"
#include "sandbox/test_support.h"

namespace checkrein::sandbox {
namespace {

constexpr uint32_t Bit(Wall wall) { return static_cast<uint32_t>(wall); }
constexpr uint32_t operator|(Wall a, Wall b) { return Bit(a) | Bit(b); }
constexpr uint32_t operator|(uint32_t a, Wall b) { return a | Bit(b); }

enum class Who { kAll, kRoot, kUser };
enum class If { kAlways, kKernelHasIt };  // kKernelHasIt: may fail here without our walls too
enum class Input { kNone, kTerminal, kHostNull };

struct Row {
  const char* name;      // of the case
  const char* argument;  // with {names} of the fixture
  uint32_t walls;        // 0: what stops it cannot be taken away from here, and `because` says what it is
  const char* because = "";
  Who who = Who::kAll;
  Input input = Input::kNone;
  int min_abi = 0;       // of Landlock, for what it alone can stop
  If when = If::kAlways;
  bool needs_pid_max = false;
};

constexpr const char* kKernelItself = "the kernel, for a process without privileges over the host";

const Row kRows[] = {
    // files
    {"read", "{scratch}/outside/secret", Bit(Wall::kHiddenTrees)},
    {"read", "{scratch}/home/secret", Bit(Wall::kHiddenTrees)},
    {"read", "/etc/shadow", Bit(Wall::kHiddenSecrets), "", Who::kRoot},
    {"read", "/etc/shadow", 0, kKernelItself, Who::kUser},
    {"read", "/proc/1/root{scratch}/outside/secret", 0, "the program's own root, as above"},
    {"create", "/run/checkrein/bound/new", Wall::kReadOnlyRoot | Wall::kLandlock},
    {"open-for-writing", "/run/checkrein/bound/file", Wall::kReadOnlyRoot | Wall::kLandlock},
    {"chmod", "/run/checkrein/bound/file", Bit(Wall::kReadOnlyRoot)},
    {"touch-old", "/run/checkrein/bound/file", Bit(Wall::kReadOnlyRoot)},
    {"chmod", "/dev/null", Bit(Wall::kReadOnlyDevices), "", Who::kRoot},
    {"chmod-input", "", Bit(Wall::kReplaceNull), "", Who::kRoot, Input::kHostNull},
    {"open-device", "/dev/fuse", Wall::kPrivateDevices | Wall::kNoSetId, "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},
    {"exists", "/sys/kernel", Bit(Wall::kHiddenTrees)},
    {"exists", "/sys/class", Bit(Wall::kHiddenTrees)},
    {"exists", "/sys/fs/cgroup", Bit(Wall::kHiddenTrees), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},
    {"open-for-writing", "/proc/sys/kernel/core_pattern", Wall::kReadOnlyProc | Wall::kLandlock, "", Who::kRoot},
    {"open-for-writing", "/proc/sysrq-trigger", Wall::kReadOnlyProc | Wall::kLandlock, "", Who::kRoot, Input::kNone, 0, If::kKernelHasIt},
    {"open-for-writing", "/proc/self/oom_score_adj", Wall::kReadOnlyProc | Wall::kLandlock},
    {"mount", "/tmp", Wall::kSeccomp | Wall::kNoCapabilities | Wall::kLandlock},
    {"mount-new-api", "", Wall::kSeccomp | Wall::kNoCapabilities},
    {"clone-mount", "/etc", Wall::kSeccomp | Wall::kNoCapabilities},
    {"unmount", "/tmp", Wall::kSeccomp | Wall::kNoCapabilities | Wall::kLandlock},
    {"remount", "/run/checkrein/bound", Wall::kSeccomp | Wall::kNoCapabilities | Wall::kLandlock},
    {"chroot", "/tmp", Wall::kSeccomp | Wall::kNoCapabilities},
    {"make-device", "{scratch}/ws", 0, kKernelItself},
    {"make-whiteout", "{scratch}/ws", 0, "overlayfs itself"},
    {"make-whiteout", "/tmp", Bit(Wall::kLandlock)},
    {"file-handle", "/etc/passwd", Bit(Wall::kSeccomp)},
    {"leaked-directory", "{leaked} secret", Bit(Wall::kCloseDescriptors)},
    {"any-leaked-descriptor", "", Bit(Wall::kCloseDescriptors)},
    {"swap-parent", "{scratch}/home/.config {scratch}/home/.config/planted", Bit(Wall::kPins)},
    {"unlink", "{scratch}/home/.config/planted", 0, "a file that is mounted on cannot be removed"},
    {"read", "{scratch}/home/.agent/key", Bit(Wall::kAudience)},
    {"forge-mark", "{scratch}/ws/forged trusted.overlay.redirect", 0, kKernelItself},
    {"file-capability", "{scratch}/ws/capable", Bit(Wall::kNoCapabilities), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},
    {"file-capability", "/tmp/capable", Bit(Wall::kNoCapabilities)},
    {"immutable", "{scratch}/ws/forever", 0, kKernelItself},
    {"open-by-handle", "/etc/passwd", Bit(Wall::kSeccomp)},
    {"watch-file-system", "", Bit(Wall::kSeccomp)},
    {"open-through-proc", "{scratch}/outside/secret", Bit(Wall::kHiddenTrees)},
    {"pivot-root", "/tmp", 0, kKernelItself},
    {"quota-control", "", Bit(Wall::kSeccomp)},
    {"hard-link-out", "/run/checkrein/bound/file {scratch}/ws/linked", 0, "another mount"},
    {"hard-link-out", "{scratch}/ws/seen /run/checkrein/bound/linked", 0, "another mount"},
    // processes
    {"see-program", "hostile", Bit(Wall::kProcesses)},
    {"read-environment", "agent-secret-canary", Wall::kProcesses | Wall::kLandlock},
    {"signal-process", "{victim}", Wall::kProcesses | Wall::kSessionProcesses | Wall::kOwnProc | Wall::kLandlock, "no /proc of its own without a pid namespace", Who::kAll, Input::kNone, 6},
    {"signal-init", "", Bit(Wall::kLandlock), "", Who::kAll, Input::kNone, 6},
    {"read-init-memory", "", Wall::kUndumpable | Wall::kLandlock},
    {"write-init-memory", "", Wall::kUndumpable | Wall::kLandlock | Wall::kReadOnlyProc},
    {"init-remembers", "{backwards}", Wall::kUndumpable | Wall::kLandlock | Wall::kShedMemory},
    {"init-arguments", "", Bit(Wall::kShedMemory)},
    {"init-root", "", Wall::kUndumpable | Wall::kLandlock},
    {"init-descriptors", "", Wall::kUndumpable | Wall::kLandlock},
    {"steal-descriptor", "", Wall::kSeccomp | Wall::kUndumpable | Wall::kLandlock},
    {"trace-child", "", Bit(Wall::kSeccomp)},
    {"trace-init", "", Wall::kSeccomp | Wall::kUndumpable | Wall::kLandlock},
    {"read-child-memory", "", Bit(Wall::kSeccomp)},
    {"write-child-memory", "", Bit(Wall::kSeccomp)},
    {"trace-volunteer", "", Bit(Wall::kSeccomp)},
    {"init-links", "", Wall::kUndumpable | Wall::kLandlock},
    {"hold-process", "{victim}", Wall::kProcesses | Wall::kSessionProcesses | Wall::kOwnProc, "no /proc of its own without a pid namespace"},
    {"take-processor", "", 0, kKernelItself},
    {"lock-memory", "", 0, kKernelItself},
    {"attach-shared", "{shared}", Bit(Wall::kIpc)},
    {"core-allowed", "", Bit(Wall::kLimits)},
    {"many-processes", "200", Bit(Wall::kLimits), "", Who::kUser},
    {"many-processes", "1100", Bit(Wall::kSessionSize), "", Who::kRoot, Input::kNone, 0, If::kAlways, true},
    {"many-processes", "1100", Wall::kSessionSize | Wall::kLimits, "", Who::kUser, Input::kNone, 0, If::kAlways, true},
    {"taken-last", "", Bit(Wall::kLimits)},
    // kernel
    {"unshare-user", "", Bit(Wall::kSeccomp)},
    {"unshare-time", "", Bit(Wall::kSeccomp)},
    {"clone-user", "", Bit(Wall::kSeccomp)},
    {"clone3-user", "", Bit(Wall::kSeccomp)},
    {"enter-namespace", "net", Wall::kSeccomp | Wall::kNoCapabilities},
    {"enter-namespace", "mnt", Wall::kSeccomp | Wall::kNoCapabilities},
    {"enter-namespace", "ipc", Wall::kSeccomp | Wall::kNoCapabilities},
    {"enter-namespace", "uts", Wall::kSeccomp | Wall::kNoCapabilities},
    {"enter-namespace", "cgroup", Wall::kSeccomp | Wall::kNoCapabilities},
    {"enter-namespace", "pid", Wall::kSeccomp | Wall::kNoCapabilities},
    {"has-capability", "", Bit(Wall::kNoCapabilities)},
    {"has-bounding-set", "", Bit(Wall::kNoCapabilities)},
    {"may-gain-privileges", "", Wall::kNoNewPrivileges | Wall::kSeccomp | Wall::kLandlock, "needed by the others: they refuse to go on without it"},
    {"io-uring", "", Bit(Wall::kSeccomp)},
    {"add-key", "", Bit(Wall::kSeccomp)},
    {"find-key", "checkrein-canary", Wall::kSeccomp | Wall::kKeyring},
    {"userfaultfd", "", Bit(Wall::kSeccomp)},
    {"bpf", "", Bit(Wall::kSeccomp)},
    {"perf-events", "", Bit(Wall::kSeccomp)},
    {"no-randomization", "", Bit(Wall::kSeccomp)},
    {"odd-personality", "", Bit(Wall::kSeccomp)},
    {"listmount", "", Bit(Wall::kSeccomp)},
    {"unknown-call", "", Bit(Wall::kSeccomp)},
    {"notify-listener", "", Bit(Wall::kSeccomp)},
    {"int80", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},
    {"x32", "", 0, "the kernel here is built without that table"},
    {"type-into-terminal", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kTerminal, 0, If::kKernelHasIt},
    {"type-into-terminal", "high", Bit(Wall::kSeccomp), "", Who::kAll, Input::kTerminal, 0, If::kKernelHasIt},
    {"line-discipline", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kTerminal},
    {"console-request", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kTerminal},
    {"take-terminal", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kTerminal, 0, If::kKernelHasIt},
    {"kernel-log", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},
    {"set-host-name", "", Bit(Wall::kNoCapabilities)},
    {"set-clock", "", Bit(Wall::kSeccomp)},
    {"compare-processes", "", Bit(Wall::kSeccomp)},
    {"local-table", "", Bit(Wall::kSeccomp)},
    {"load-module", "", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},
    {"ring-by-another-door", "", Bit(Wall::kSeccomp)},
    {"filter-over-filter", "", Bit(Wall::kSeccomp)},
    {"other-system", "", Bit(Wall::kSeccomp)},
    // network
    {"connect-loopback", "{port}", Bit(Wall::kNetwork)},
    {"fast-open", "{port}", Bit(Wall::kNetwork)},
    {"udp-out", "", 0, "a network without interfaces; whether the host has a route is not ours to say"},
    {"connect-abstract", "{abstract}", Wall::kNetwork | Wall::kLandlock, "", Who::kAll, Input::kNone, 6},
    {"connect-path", "{scratch}/outside/socket", Bit(Wall::kHiddenTrees)},
    {"connect-path", "{scratch}/ws/socket", 0, "overlayfs: a socket of the lower layer has no listener"},
    {"make-socket", "40 1 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // vsock
    {"make-socket", "16 3 16", Bit(Wall::kSeccomp)},   // netlink generic
    {"make-socket", "16 3 9", Bit(Wall::kSeccomp)},    // netlink audit
    {"make-socket", "17 3 3", Wall::kSeccomp | Wall::kNoCapabilities},  // packet
    {"make-socket", "2 3 1", Bit(Wall::kNoCapabilities)},               // raw icmp
    {"make-socket", "38 5 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // alg
    {"make-socket", "2 1 262", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},   // mptcp
    {"make-socket", "16 3 4", Bit(Wall::kSeccomp)},    // netlink: other sockets' state
    {"make-socket", "16 3 6", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // netlink: ipsec
    {"make-socket", "16 3 12", Bit(Wall::kSeccomp)},   // netlink: netfilter
    {"make-socket", "16 3 15", Bit(Wall::kSeccomp)},   // netlink: devices
    {"make-socket", "16 3 10", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},   // netlink: routing lookups
    {"make-socket", "2 5 132", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},   // sctp
    {"make-socket", "2 1 132", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},   // sctp, one to one
    {"make-socket", "2 6 33", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // dccp
    {"make-socket", "2 2 136", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},   // udp-lite
    {"make-socket", "10 2 136", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},  // udp-lite, IPv6
    {"make-socket", "3 5 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},     // ax25
    {"make-socket", "9 5 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},     // x25
    {"make-socket", "15 3 2", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // key
    {"make-socket", "21 5 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // rds
    {"make-socket", "29 3 1", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // can
    {"make-socket", "30 5 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // tipc
    {"make-socket", "31 3 1", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // bluetooth
    {"make-socket", "33 2 2", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // rxrpc
    {"make-socket", "39 5 1", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // nfc
    {"make-socket", "41 2 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // kcm
    {"make-socket", "42 2 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // qipcrtr
    {"make-socket", "43 1 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // smc
    {"make-socket", "44 3 0", Bit(Wall::kSeccomp), "", Who::kAll, Input::kNone, 0, If::kKernelHasIt},    // xdp
};

// Things of the host that a program may try to reach.
class World {
 public:
  World() {
    scratch_.MakeDir("outside");
    scratch_.Write("outside/secret", "s");
    scratch_.Write("home/secret", "s");
    scratch_.MakeDir("bound");
    scratch_.Write("bound/file", "f");
    scratch_.MakeDir("agent");
    scratch_.Write("agent/key", "k");
    ListenTcp();
    const std::string abstract = std::string(1, '\0') + "checkrein-" + std::to_string(getpid()) + "-" + std::to_string(MonotonicTag());
    ListenUnix(abstract);
    ListenUnix(scratch_.path("outside/socket"));
    ListenUnix(scratch_.path("ws/socket"));
    leaked_ = open(scratch_.path("outside").c_str(), O_RDONLY | O_DIRECTORY);  // on purpose without O_CLOEXEC
    shared_ = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    victim_ = fork();
    if (victim_ == 0) {
      pause();
      _exit(0);
    }
    names_ = {{"scratch", scratch_.path()}, {"abstract", abstract.substr(1)}, {"leaked", std::to_string(leaked_)}, {"shared", std::to_string(shared_)},
              {"backwards", std::string(kept_secret_.rbegin(), kept_secret_.rend())}, {"victim", std::to_string(victim_)}, {"port", std::to_string(port_)}};
  }
  ~World() {
    kill(victim_, SIGKILL);
    waitpid(victim_, nullptr, 0);
    shmctl(shared_, IPC_RMID, nullptr);
    close(leaked_);
  }
  std::string Fill(std::string text) const {
    for (const auto& [name, value] : names_) {
      const std::string hole = "{" + name + "}";
      for (size_t at = 0; (at = text.find(hole)) != std::string::npos;) text.replace(at, hole.size(), value);
    }
    return text;
  }
  Plan MakePlan() const {
    Plan plan = PlanFor(scratch_);
    plan.max_processes = kFewestProcesses;
    plan.binds = {{CHECKREIN_HOSTILE, "/run/checkrein/hostile"}, {scratch_.path("bound"), "/run/checkrein/bound"}};
    if ((g_hooks.without & Bit(Wall::kHiddenTrees)) != 0) return plan;  // these need the private home
    plan.binds.push_back({scratch_.path("agent"), scratch_.path("home/.agent"), Access::kReadOnly, Audience::kAgentOnly});
    plan.planted = {{scratch_.path("home/.config/planted"), "ours"}};
    return plan;
  }

 private:
  static unsigned MonotonicTag() {
    static unsigned tag = 0;
    return ++tag;
  }
  void ListenTcp() {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(fd.get(), 16), 0);
    EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    listeners_.push_back(std::move(fd));
  }
  void ListenUnix(const std::string& name) {
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0) << name;
    EXPECT_EQ(listen(fd.get(), 16), 0);
    listeners_.push_back(std::move(fd));
  }

  Scratch scratch_;
  std::string kept_secret_ = "heap secret of process " + std::to_string(getpid());  // too long to lie anywhere but on the heap
  std::vector<Fd> listeners_;
  std::map<std::string, std::string> names_;
  int leaked_ = -1, shared_ = -1, port_ = 0;
  pid_t victim_ = -1;
};

enum class Answer { kSucceeded, kStopped, kNotTried, kBroken };
struct Tried {
  Answer answer;
  std::string said;
};

class HostileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    g_hooks = {};
    abi_ = LandlockAbi();
    // A key that a program must not find.
    constexpr int kJoin = 1, kSessionKeyring = -3;
    ASSERT_GE(syscall(SYS_keyctl, kJoin, nullptr), 0);
    ASSERT_GE(syscall(SYS_add_key, "user", "checkrein-canary", "x", 1, kSessionKeyring), 0);
    master_ = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_EQ(grantpt(master_.get()) + unlockpt(master_.get()), 0);
  }
  void TearDown() override {
    g_hooks = {};
    struct stat null{};
    ASSERT_EQ(stat("/dev/null", &null), 0);
    ASSERT_TRUE(S_ISCHR(null.st_mode) && (null.st_mode & 07777) == 0666) << "the host's /dev/null was damaged";
  }

  Tried Try(Session& session, const Row& row) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    Fd input;
    Program program;
    program.argv = {"/run/checkrein/hostile", row.name, world_.Fill(row.argument)};
    program.stdout_fd = program.stderr_fd = writer.get();
    program.max_processes = 100;
    if (row.input == Input::kTerminal) {
      input = Fd(open(ptsname(master_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
      program.terminal = Terminal::kControlling;
    }
    if (row.input == Input::kHostNull) input = Fd(open("/dev/null", O_RDWR | O_CLOEXEC));
    program.stdin_fd = input.get();
    Result<Process> process = session.Spawn(program);
    if (!process) return {Answer::kBroken, process.error().text};
    writer.Reset(-1);
    const Result<Outcome> outcome = process->Wait();
    EXPECT_TRUE(process->Kill().ok());  // what it left in the background has its output open
    const Result<std::string> out = ReadAll(reader.get(), 1 << 16);
    if (outcome->kind == Outcome::Kind::kKilled) return {Answer::kStopped, "killed by signal " + std::to_string(outcome->code)};
    if (outcome->kind == Outcome::Kind::kNotStarted || outcome->code > 2) return {Answer::kBroken, outcome->why + *out};
    return {static_cast<Answer>(outcome->code), *out};
  }

  // The other program of the session, with a secret in its environment; waits until it is there to be found.
  static Result<Process> StartAgent(Session& session) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    Program agent;
    agent.argv = {"/run/checkrein/hostile", "live"};
    agent.env = {"KEY=agent-secret-canary"};
    agent.reach = Reach::kAgentNetwork;
    agent.stdout_fd = writer.get();
    Result<Process> running = session.Spawn(agent);
    writer.Reset(-1);
    char up[3];
    if (running && read(reader.get(), up, 3) != 3) return Error{Error::Kind::kInternal, "the agent did not come up"};
    return running;
  }

  // In a session of its own, without `walls`.
  Tried TryWithout(const Row& row, uint32_t walls) {
    g_hooks.without = walls;
    Tried tried{Answer::kBroken, ""};
    {
      Result<Session> session = Session::Start(world_.MakePlan());
      if (!session) {
        tried.said = session.error().text;
      } else {
        const Result<Process> agent = StartAgent(*session);
        tried = agent ? Try(*session, row) : Tried{Answer::kBroken, agent.error().text};
      }
    }
    g_hooks.without = 0;
    return tried;
  }

  static bool IsShedUnderSanitizer(const Row& row) { return !kShedsMemory && (row.walls & Bit(Wall::kShedMemory)) != 0; }
  bool IsNotFor(const Row& row) const { return abi_ < row.min_abi || IsShedUnderSanitizer(row) || (row.needs_pid_max && !HasPidMax()); }
  static bool IsFor(const Row& row) { return row.who == Who::kAll || (row.who == Who::kRoot) == (geteuid() == 0); }

  World world_;
  Fd master_;
  int abi_ = 0;
};

TEST_F(HostileTest, AllAreStopped) {
  Result<Session> session = Session::Start(world_.MakePlan());
  ASSERT_TRUE(session.ok()) << session.error().text;
  const Result<Process> agent = StartAgent(*session);
  ASSERT_TRUE(agent.ok());
  size_t tried = 0;
  for (const Row& row : kRows) {
    if (!IsFor(row) || IsNotFor(row)) continue;
    const Tried result = Try(*session, row);
    EXPECT_EQ(result.answer, Answer::kStopped) << row.name << " " << row.argument << ": " << result.said;
    ++tried;
  }
  EXPECT_GE(tried, 100u);
  RecordProperty("tried", static_cast<int>(tried));
}

// The other way to show the host's root (Plan::host_files).
TEST_F(HostileTest, AllAreStoppedWhereOwnersAreShown) {
  Plan plan = world_.MakePlan();
  plan.host_files = HostFiles::kTheirOwners;
  Result<Session> session = Session::Start(plan);
  ASSERT_TRUE(session.ok()) << session.error().text;
  const Result<Process> agent = StartAgent(*session);
  ASSERT_TRUE(agent.ok());
  for (const Row& row : kRows) {
    if (!IsFor(row) || IsNotFor(row)) continue;
    const Tried result = Try(*session, row);
    EXPECT_EQ(result.answer, Answer::kStopped) << row.name << " " << row.argument << ": " << result.said;
  }
}

TEST_F(HostileTest, EachWallIsWhatStopsThem) {
  for (const Row& row : kRows) {
    if (!IsFor(row) || row.walls == 0 || IsNotFor(row)) continue;
    const std::string what = std::string(row.name) + " " + row.argument;
    const Tried open = TryWithout(row, row.walls);
    if (open.answer != Answer::kSucceeded) {
      EXPECT_TRUE(open.answer == Answer::kStopped && row.when == If::kKernelHasIt) << what << ": fails without our walls too; " << open.said;
      std::cout << "[ not proved ] " << what << ": fails on this kernel without our walls too\n";
      continue;
    }
    if (*row.because != '\0') continue;  // walls that lean on each other
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
      if ((row.walls & bit) == 0 || row.walls == bit) continue;
      const Tried one = TryWithout(row, row.walls & ~bit);
      EXPECT_EQ(one.answer, Answer::kStopped) << what << ": wall " << std::hex << bit << " alone does not stop it; " << one.said;
    }
  }
}

}  // namespace
}  // namespace checkrein::sandbox
