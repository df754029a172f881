// Other processes: seeing them, reading them, signalling them, tracing them; and our own init, whose memory was once the supervisor's.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "sandbox/hostile/hostile.h"

namespace hostile {
namespace {

std::string Slurp(const std::string& path) {
  std::string out;
  char buffer[4096];
  const int fd = open(path.c_str(), O_RDONLY);
  for (ssize_t n = 0; fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<size_t>(n));
  if (fd >= 0) close(fd);
  return out;
}

// Whether any process but ourselves holds `text` in `file` of its /proc directory.
Result SearchProc(const char* file, const std::string& text) {
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    const int pid = atoi(entry->d_name);
    if (pid > 0 && pid != getpid() && Slurp("/proc/" + std::to_string(pid) + "/" + file).find(text) != std::string::npos) return Result::kSucceeded;
  }
  return Result::kStopped;
}
Result SeeProgram(const std::string& name) { return SearchProc("comm", name); }
Result ReadEnvironment(const std::string& text) { return SearchProc("environ", text); }

Result SignalProcess(const std::string& pid) { return Verdict(kill(atoi(pid.c_str()), 0) == 0); }
Result SignalInit(const std::string&) { return Verdict(kill(1, 0) == 0); }

Result ReadInitMemory(const std::string&) {
  const std::string maps = Slurp("/proc/1/maps");
  const int memory = open("/proc/1/mem", O_RDONLY);
  char byte;
  return Verdict(!maps.empty() && memory >= 0 && pread(memory, &byte, 1, strtol(maps.c_str(), nullptr, 16)) == 1);
}
// Looks in the init's memory for a text of the launcher's, given backwards, so that it does not find itself.
Result InitRemembers(const std::string& backwards) {
  const std::string text(backwards.rbegin(), backwards.rend());
  const int memory = open("/proc/1/mem", O_RDONLY);
  if (memory < 0) return Verdict(false);
  const std::string maps = Slurp("/proc/1/maps");
  for (size_t line = 0; line < maps.size(); line = maps.find('\n', line) + 1) {
    char* rest = nullptr;
    const unsigned long begin = strtoul(maps.c_str() + line, &rest, 16), end = strtoul(rest + 1, &rest, 16);
    if (rest[2] != 'w') continue;
    std::string content(end - begin, '\0');
    const ssize_t n = pread(memory, content.data(), content.size(), static_cast<off_t>(begin));
    if (n > 0 && content.find(text) != std::string::npos) return Result::kSucceeded;
  }
  return Result::kStopped;
}
// The command line is for everybody to read, but was the launcher's.
Result InitArguments(const std::string&) {
  for (const char c : Slurp("/proc/1/cmdline")) {
    if (c != '\0') return Result::kSucceeded;
  }
  return Result::kStopped;
}
Result WriteInitMemory(const std::string&) { return Verdict(open("/proc/1/mem", O_RDWR) >= 0); }
Result InitRoot(const std::string&) { return Verdict(open("/proc/1/root", O_RDONLY | O_DIRECTORY) >= 0); }
Result InitDescriptors(const std::string&) {
  for (int fd = 0; fd < 64; ++fd) {
    char target[256];
    if (readlink(("/proc/1/fd/" + std::to_string(fd)).c_str(), target, sizeof target) >= 0) return Result::kSucceeded;
  }
  return Verdict(false);
}
Result StealDescriptor(const std::string&) {
  const long pidfd = syscall(SYS_pidfd_open, 1, 0);
  if (pidfd < 0) return Verdict(false);
  for (int fd = 0; fd < 64; ++fd) {
    if (syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0) return Result::kSucceeded;
  }
  return Verdict(false);
}

pid_t Sleeper() {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  return child;
}
Result TraceChild(const std::string&) {
  const pid_t child = Sleeper();
  const bool traced = ptrace(PTRACE_SEIZE, child, 0, 0) == 0;
  const Result result = Verdict(traced);
  kill(child, SIGKILL);
  return result;
}
Result TraceInit(const std::string&) { return Verdict(ptrace(PTRACE_SEIZE, 1, 0, 0) == 0); }
Result ReadChildMemory(const std::string&) {
  static char there = 'x';
  char here = 0;
  const pid_t child = Sleeper();
  iovec local{&here, 1}, remote{&there, 1};
  const Result result = Verdict(process_vm_readv(child, &local, 1, &remote, 1, 0) == 1);
  kill(child, SIGKILL);
  return result;
}

Result WriteChildMemory(const std::string&) {
  static char there = 'x';
  char here = 'y';
  const pid_t child = Sleeper();
  iovec local{&here, 1}, remote{&there, 1};
  const Result result = Verdict(process_vm_writev(child, &local, 1, &remote, 1, 0) == 1);
  kill(child, SIGKILL);
  return result;
}
// The child asks to be traced, by an exception that some kernels make (Yama).
Result TraceVolunteer(const std::string&) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return Unless(!(WIFEXITED(status) && WEXITSTATUS(status) == 0) && !WIFSTOPPED(status));
}
// What the kernel would tell of the init's mappings, files and directory.
Result InitLinks(const std::string&) {
  char target[256];
  for (const char* link : {"/proc/1/cwd", "/proc/1/exe", "/proc/1/ns/user", "/proc/1/map_files/0-1000"}) {
    if (readlink(link, target, sizeof target) >= 0) return Result::kSucceeded;
  }
  return Verdict(false);
}
// A process number of the host's that a pidfd would turn into something to hold.
Result HoldProcess(const std::string& pid) { return Verdict(syscall(SYS_pidfd_open, atoi(pid.c_str()), 0) >= 0); }
// Before all others when processors are short: at a negative nice value, or in a real-time class.
Result TakeProcessor(const std::string&) {
  const sched_param first{1};
  if (setpriority(PRIO_PROCESS, 0, -5) == 0 || sched_setscheduler(0, SCHED_FIFO, &first) == 0) return Result::kSucceeded;
  return Verdict(false);
}
Result LockMemory(const std::string&) {
  void* memory = mmap(nullptr, 256u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return Verdict(memory != MAP_FAILED && mlock(memory, 256u << 20) == 0);
}

Result AttachShared(const std::string& id) { return Verdict(shmat(atoi(id.c_str()), nullptr, SHM_RDONLY) != reinterpret_cast<void*>(-1)); }

Result CoreAllowed(const std::string&) {
  rlimit limit{};
  getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = 1;
  return Verdict(limit.rlim_max > 0 && setrlimit(RLIMIT_CORE, &limit) == 0);
}
// `count` children at once.
Result ManyProcesses(const std::string& count) {
  const int wanted = atoi(count.c_str());
  int made = 0;
  while (made < wanted && Sleeper() > 0) ++made;
  const Result result = Verdict(made == wanted);
  return result;  // they end with us
}
// The kernel, short of memory, would take the person's programs before this one.
Result TakenLast(const std::string&) {
  int adjustment = 0;
  FILE* file = fopen("/proc/self/oom_score_adj", "r");
  if (file == nullptr || fscanf(file, "%d", &adjustment) != 1) return Result::kNotTried;
  fclose(file);
  printf("%d\n", adjustment);
  return Verdict(adjustment < 100);
}
// Executes DIR/a/x or DIR/b/x, and changes which while whoever watches reads it: another thread rewrites the path ("memory DIR"), or changes the directory
// from which it is looked up ("directory DIR"). For each round a line with what really ran.
constexpr int kRaces = 20;
void Flip(volatile char* which) {
  for (;;) *which = *which == 'a' ? 'b' : 'a';
}
void Wander(const std::string& directory) {
  for (;;) {
    for (const char* to : {"/a", "/b"}) {
      if (chdir((directory + to).c_str()) != 0) _exit(8);
    }
  }
}
[[noreturn]] void ExecWhileItChanges(const std::string& directory, bool memory) {
  static char path[256], seconds[] = "0.02";
  snprintf(path, sizeof path, memory ? "%s/a/x" : "x", directory.c_str());
  if (chdir((directory + "/a").c_str()) != 0) _exit(8);
  std::thread([&] { memory ? Flip(path + directory.size() + 1) : Wander(directory); }).detach();
  usleep(500);
  char* arguments[] = {path, seconds, nullptr};
  execv(path, arguments);
  _exit(9);
}
Result RaceExec(const std::string& argument) {
  const bool memory = argument.starts_with("memory ");
  const std::string directory = argument.substr(argument.find(' ') + 1);
  for (int round = 0; round < kRaces; ++round) {
    const pid_t child = fork();
    if (child == 0) ExecWhileItChanges(directory, memory);
    char ran[256] = {};
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
      char now[256] = {};
      if (readlink(("/proc/" + std::to_string(child) + "/exe").c_str(), now, sizeof now - 1) > 0 && std::string(now).starts_with(directory + "/")) memcpy(ran, now, sizeof now);
      usleep(200);
    }
    printf("%s\n", ran);
  }
  return Result::kSucceeded;
}
// Lives until it is killed: what others look for.
Result Live(const std::string&) {
  alarm(120);  // where the wall is removed that would end it, nothing else does
  printf("up\n");
  fflush(stdout);
  pause();
  return Result::kStopped;
}

}  // namespace

const Case kProcessCases[] = {{"see-program", SeeProgram},
                              {"read-environment", ReadEnvironment},
                              {"signal-process", SignalProcess},
                              {"signal-init", SignalInit},
                              {"read-init-memory", ReadInitMemory},
                              {"write-init-memory", WriteInitMemory},
                              {"init-remembers", InitRemembers},
                              {"init-arguments", InitArguments},
                              {"init-root", InitRoot},
                              {"init-descriptors", InitDescriptors},
                              {"steal-descriptor", StealDescriptor},
                              {"trace-child", TraceChild},
                              {"trace-init", TraceInit},
                              {"read-child-memory", ReadChildMemory},
                              {"write-child-memory", WriteChildMemory},
                              {"trace-volunteer", TraceVolunteer},
                              {"init-links", InitLinks},
                              {"hold-process", HoldProcess},
                              {"take-processor", TakeProcessor},
                              {"lock-memory", LockMemory},
                              {"attach-shared", AttachShared},
                              {"core-allowed", CoreAllowed},
                              {"many-processes", ManyProcesses},
                              {"taken-last", TakenLast},
                              {"race-exec", RaceExec},
                              {"live", Live},
                              {nullptr, nullptr}};

}  // namespace hostile
