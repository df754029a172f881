// Runs programs in a set of namespaces that shows them a read-only system, a private home and /tmp, a copy of the workspace, and no
// network but loopback and, when asked for, sockets of ours that every connection to anywhere leads to (network.h).
//
//   Plan plan;
//   plan.copy = Copy{"/home/u/project", state + "/upper", state + "/work"};
//   plan.home = "/home/u";
//   Result<Session> session = Session::Start(plan);
//   Program program;
//   program.argv = {"/bin/sh", "-c", "make"};
//   program.env = {"PATH=/usr/bin:/bin", "HOME=/home/u"};
//   program.cwd = "/home/u/project";
//   program.stdout_fd = 1;
//   Result<Process> process = session->Spawn(program);
//   Result<Outcome> outcome = process->Wait();      // or poll process->fd()
//   Status ended = session->End();
//
// How it is built. The session's first process, the spawner, is pid 1 of a pid namespace and the only one with capabilities (over the
// session's own user namespace). It starts programs on its parent's word, over a socket that no program has, and dies with the parent.
// Every program gets a pid namespace, a mount namespace and a /proc of its own: it sees neither the spawner nor any other program. A tiny
// init in that namespace reaps, forwards signals and reports the end. Between clone and exec nothing allocates, so Start may be called from
// a process with threads; but the kernel ends the session when the *thread* that called Start ends, so call it from one that stays.
//
// What a program sees: the host's root, read-only, without set-id programs and device nodes; empty in place of /home, /root, /run, /tmp,
// /var/tmp, /mnt, /media, /srv, /var/spool, /boot and all of `hidden`; for root only what other users may read (unowned.h; where that cannot
// be had, without the files that hold its secrets, by the list in layout.cc); private /dev, /proc (read-only) and /sys (the list of processors
// only); a writable empty `home`, /tmp, /var/tmp and /dev/shm, shared by the programs of a session; then `binds`, `planted` and the workspace.
//
// A program's background processes live on in its process namespace until they end, its Process is destroyed, or the session ends.
//
// Not covered yet: memory is bounded only where a control group is delegated to the caller, processes of root only since Linux 6.14 (limits.h);
// processors are shared as the kernel likes; supplementary groups stay with an ordinary user's programs (the kernel does not let them go);
// pathname sockets outside the hidden trees can be connected to until Landlock ABI 9; /dev/stdout cannot be *opened* when it is a file or
// terminal of the host (writing to descriptor 1 works).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/changes.h"

namespace checkrein::sandbox {

// Which of the session's two networks a program runs in, and which binds it sees. Neither has any interface but its own loopback.
enum class Reach : uint8_t {
  kCommandNetwork,  // shared by all commands of the session
  kAgentNetwork,    // where `Plan::listeners` listen
};

// What a program finds when it connects to anywhere but loopback.
enum class Networks : uint8_t {
  kBare,         // nothing
  kIntercepted,  // the sockets of network.h, in the commands' network ...
  kBothIntercepted,  // ... and in the agent's
};

// As whom a program sees itself and the files of its user. Rights are the same either way: none over anything but what the user has.
enum class Identity : uint8_t {
  kSelf,
  kAppearsRoot,  // uid 0 of a user namespace of its own, in which the user's files, planted ones included, appear as root's: for clients
                 // that obey a configuration only when root owns it
};

enum class Access : uint8_t { kReadOnly, kReadWrite };
enum class Audience : uint8_t { kEveryone, kAgentOnly, kCommandsOnly };  // agent: programs with Reach::kAgentNetwork

// A file, directory or socket of the host that the session sees at `target`. Both absolute. What lies under `source` is shown with it. Parents of
// `target` are made where they are missing. A read-write bind is written through to the host at once: it is no copy.
struct Bind {
  std::string source;
  std::string target;
  Access access = Access::kReadOnly;
  Audience audience = Audience::kEveryone;
};

// A read-only file of ours at any absolute path of the session, in place of what the host has there. Parents are made where they are missing.
struct PlantedFile {
  std::string path;
  std::string content;   // <= kMaxPlantedBytes
  uint32_t mode = 0444;  // 0444 or 0555
};

// A TCP listener that exists when the session starts; the listening descriptor is handed out by TakeListeners.
struct Listener {
  std::string address = "127.0.0.1";  // IPv4, 127.0.0.0/8
  uint16_t port = 0;                  // 0: any free one (ask getsockname)
  Reach reach = Reach::kAgentNetwork; // where it stands; in the commands' only with Networks::kBothIntercepted
};

inline constexpr const char* kInsideMark = "/run/checkrein/sandbox";  // an empty directory that is there in every session, and nowhere else
inline constexpr size_t kMaxBinds = 200;         // each costs a descriptor while the session is made
inline constexpr size_t kMaxListeners = 32;      // pass out in one message
inline constexpr size_t kMaxPlantedBytes = 4 << 20;
inline constexpr size_t kMaxProgramBytes = 8 << 20;  // argv and env together; the kernel's own limit is about 6 MiB

// Whose the host's files are in a session of root's; in anybody else's root owns none of them.
enum class HostFiles : uint8_t {
  kTheirOwners,  // root's programs may read all that is root's: what others may not read is hidden file by file, where secrets are kept. For
                 // clients that obey a configuration only when root owns all directories above it
  kNobodys,      // where it can be had (unowned.h), else as above: the kernel shows programs what others may read
};

struct Plan {
  std::optional<Copy> copy;         // the workspace, copy-on-write, at its own path
  std::string home;                 // "" for none; becomes an empty writable directory at the same path
  std::vector<Bind> binds;          // made outermost first, after everything is hidden
  std::vector<PlantedFile> planted;
  std::vector<std::string> hidden;  // further files and directories to hide, e.g. the state directory; missing ones are skipped
  std::vector<Listener> listeners;
  uint64_t max_processes = 8192;    // processes and threads of the session together; at least kFewestProcesses
  uint64_t max_memory_bytes = 0;    // of the session together; 0: no bound. Holds where Session::IsMemoryBounded says so
  HostFiles host_files = HostFiles::kNobodys;
  uint64_t scratch_bytes = uint64_t{1} << 30;  // cap of home, /tmp, /var/tmp and /dev/shm together
  Networks networks = Networks::kBare;
  bool watch_execs = false;         // commands come with a listener for what they execute (exec_listener.h), which somebody must serve
};

// The sockets that everything in one network ends at: non-blocking, made inside, to be accepted from outside.
struct NetworkSockets {
  std::vector<Fd> connections;  // TCP listeners; SO_ORIGINAL_DST, or getsockname where that fails, is where the connection was meant to go
  std::vector<Fd> names;        // UDP, DNS queries
  bool every_port = true;       // false: the kernel has no nftables; only kPlainPorts are heard, others are refused by the kernel
};

enum class Terminal : uint8_t {
  kNone,         // a session of its own, no controlling terminal
  kControlling,  // a session of its own whose controlling terminal is stdin_fd: give it the slave of a pty made for this program
};

struct Program {
  std::vector<std::string> argv;      // argv[0] is the path that is executed (absolute) unless `file` is given
  std::string file;                   // absolute; "" for argv[0]
  std::vector<std::string> env;       // "NAME=value"; this and nothing else
  std::string cwd = "/";              // absolute, in the session
  int stdin_fd = -1;                  // borrowed for the call; -1 is /dev/null
  int stdout_fd = -1;
  int stderr_fd = -1;
  Reach reach = Reach::kCommandNetwork;
  Terminal terminal = Terminal::kNone;
  Identity identity = Identity::kSelf;
  uint64_t max_processes = 4096;      // of this user in the session; not enforced by the kernel for root
  uint64_t max_processor_seconds = 0; // of each process, its threads together; then SIGXCPU, and two seconds later SIGKILL. 0: no bound
};

// How a program ended.
struct Outcome {
  enum class Kind : uint8_t { kNotStarted, kExited, kKilled };
  Kind kind = Kind::kNotStarted;
  int code = 0;      // exit status, signal number, or errno
  std::string why;   // for kNotStarted: `cwd: No such file or directory`
  int ShellStatus() const;  // 0..255 as a shell gives it: 128 + signal; not started: 127 no such file, 126 not executable, else 125
};

// A running or ended program. Destroying it kills what still runs: the program, and whatever it left in the background.
class Process {
 public:
  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) noexcept = default;
  ~Process();

  int fd() const { return report_.get(); }  // readable (POLLIN or POLLHUP) once the program has ended; what it started may live on
  bool EverythingEnded() const;            // also what it left in the background
  int everything_fd() const { return pidfd_.get(); }  // readable once EverythingEnded
  Fd TakeExecListener() { return std::move(listener_); }  // Plan::watch_execs; invalid the second time, and where the kernel grants none
  Result<Outcome> Wait();                  // blocks; may be called again
  std::optional<Outcome> Poll();           // nothing while it runs
  Status Signal(int number);               // to the program's main process
  Status Kill();                           // the program and everything it started, at once; success when it has ended already

 private:
  friend class Session;
  Process(Fd pidfd, Fd report, Fd listener) : pidfd_(std::move(pidfd)), report_(std::move(report)), listener_(std::move(listener)) {}
  Outcome Read();
  Fd pidfd_;
  Fd report_;
  Fd listener_;
  std::optional<Outcome> outcome_;
};

// Thread-compatible: one call at a time. Destroying it ends it.
class Session {
 public:
  // kInvalid: the plan names something that cannot be; kUnsupported: the kernel or file system lacks a part, with the mending command;
  // kDenied: the copy is in use by another session. Never a session with less than all of its walls.
  static Result<Session> Start(const Plan& plan);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // What cannot be known here (no such program or directory in the session) is told by the process's outcome.
  Result<Process> Spawn(const Program& program);
  std::vector<Fd> TakeListeners();  // in the order of Plan::listeners; empty the second time
  NetworkSockets TakeNetwork(Reach which);  // empty where Plan::networks says so, and the second time
  Result<Fd> Socket(Reach which);   // a new TCP socket in that network, for connecting to what listens inside: a published port
  Status Freeze();                  // stops every program, whatever it does; nothing inside can undo it. kIo: not all within a second
  Status Thaw();
  bool IsMemoryBounded() const;     // by Plan::max_memory_bytes
  // The session's root directory as its programs see it (with all binds), for looking at files that are only in the copy. Let it go when the session ends.
  Result<Fd> Root() const;
  int fd() const;                   // hangs up (POLLHUP) when the spawner has died: the session is over
  // Kills everything in it and waits until it is gone and the copy is no longer mounted. Safe to call again.
  Status End();

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace checkrein::sandbox
