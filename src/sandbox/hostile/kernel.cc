// The kernel's surface: namespaces, privileges, keys, calls that have no business in a build, foreign system call tables, the terminal.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/hostile/hostile.h"

namespace hostile {
namespace {

Result UnshareUser(const std::string&) { return Verdict(unshare(CLONE_NEWUSER) == 0); }
Result UnshareTime(const std::string&) { return Verdict(unshare(CLONE_NEWUSER | CLONE_NEWTIME) == 0); }
Result CloneUser(const std::string&) {
  const long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  return Verdict(child > 0);
}
Result Clone3User(const std::string&) {
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER;
  arguments.exit_signal = SIGCHLD;
  const long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) _exit(0);
  return Verdict(child > 0);
}
Result EnterNamespace(const std::string& which) {
  const int fd = open(("/proc/self/ns/" + which).c_str(), O_RDONLY);
  return Verdict(fd >= 0 && setns(fd, 0) == 0);
}

Result HasCapability(const std::string&) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capget, &header, data);
  return Unless((data[0].effective | data[0].permitted | data[0].inheritable | data[1].effective | data[1].permitted) == 0);
}
Result HasBoundingSet(const std::string&) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_READ, capability) == 1) return Result::kSucceeded;
  }
  return Result::kStopped;
}
Result MayGainPrivileges(const std::string&) { return Unless(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1); }

Result IoUring(const std::string&) {
  char parameters[256] = {};
  return Verdict(syscall(SYS_io_uring_setup, 1, parameters) >= 0);
}
Result AddKey(const std::string&) { return Verdict(syscall(SYS_add_key, "user", "checkrein-hostile", "x", 1, -3) >= 0); }  // -3: session keyring
Result FindKey(const std::string& name) { return Verdict(syscall(SYS_keyctl, 10, -3, "user", name.c_str(), 0) >= 0); }       // 10: search
Result Userfaultfd(const std::string&) { return Verdict(syscall(SYS_userfaultfd, 1) >= 0); }  // 1: user mode only, which needs no privilege
Result Bpf(const std::string&) { return Unless(syscall(SYS_bpf, 99, nullptr, 0) < 0 && errno == EPERM); }  // EINVAL would mean that it is reachable
Result PerfEvents(const std::string&) { return Unless(syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0) < 0 && errno == EPERM); }
Result NoRandomization(const std::string&) { return Verdict(personality(ADDR_NO_RANDOMIZE) >= 0); }
Result OddPersonality(const std::string&) { return Verdict(personality(0x00ff) >= 0 && personality(PER_LINUX) == 0x00ff); }
Result Listmount(const std::string&) { return Unless(syscall(458, nullptr, nullptr, 0, 0) < 0 && errno == ENOSYS); }
Result UnknownCall(const std::string&) { return Unless(syscall(468, -1, "", nullptr, 0, 0) < 0 && errno == ENOSYS); }

Result NotifyListener(const std::string&) {
  sock_filter allow{0x06, 0, 0, SECCOMP_RET_ALLOW};
  sock_fprog program{1, &allow};
  return Verdict(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) >= 0);
}

#if defined(__x86_64__)
Result Int80(const std::string&) {
  long result = 20;  // getpid in the i386 table
  asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return Unless(result < 0);
}
Result X32(const std::string&) { return Verdict(syscall(0x40000000 | 39) >= 0); }
#else
Result Int80(const std::string&) { return Result::kNotTried; }
Result X32(const std::string&) { return Result::kNotTried; }
#endif

// The request is an unsigned int to the kernel: whatever stands in the upper half is not looked at, and must not confuse the filter.
Result TypeIntoTerminal(const std::string& high) {
  char c = 'x';
  const uint64_t request = TIOCSTI | (high.empty() ? 0 : uint64_t{1} << 32);
  return Verdict(syscall(SYS_ioctl, 0, request, &c) == 0);
}
Result LineDiscipline(const std::string&) {
  int discipline = 0;  // N_TTY: the one it has
  return Verdict(ioctl(0, TIOCSETD, &discipline) == 0);
}

// Of the console: what it shows, and typing into it.
Result ConsoleRequest(const std::string&) {
  char selection[16] = {2};
  return Unless(ioctl(0, TIOCLINUX, selection) < 0 && errno == EPERM);
}
Result TakeTerminal(const std::string&) { return Unless(ioctl(0, TIOCCONS, nullptr) < 0 && errno == EPERM); }
Result KernelLog(const std::string&) {
  char text[64];
  return Verdict(klogctl(3, text, sizeof text) >= 0);
}
Result SetHostName(const std::string&) { return Verdict(sethostname("checkrein-hostile", 17) == 0); }
Result SetClock(const std::string&) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += 0;
  return Unless(syscall(SYS_clock_settime, 999, &now) < 0 && errno == EPERM);  // an impossible clock: EINVAL would mean that it is reachable
}
Result CompareProcesses(const std::string&) { return Unless(syscall(SYS_kcmp, getpid(), getpid(), 99, 0, 0) < 0 && errno == EPERM); }
Result LocalTable(const std::string&) {
#ifdef SYS_modify_ldt
  char entry[16] = {};
  return Unless(syscall(SYS_modify_ldt, 0, entry, sizeof entry) < 0 && errno == EPERM);
#else
  return Result::kNotTried;
#endif
}
Result LoadModule(const std::string&) { return Unless(syscall(SYS_finit_module, -1, "", 0) < 0 && errno == EPERM); }
Result RingByAnotherDoor(const std::string&) { return Unless(syscall(SYS_io_uring_enter, -1, 0, 0, 0, nullptr, 0) < 0 && errno == ENOSYS); }
// A filter that answers a call by a signal, to hide from whoever watches what is executed; allowed, and must not shorten the walls.
Result FilterOverFilter(const std::string&) {
  sock_filter allow{0x06, 0, 0, SECCOMP_RET_ALLOW};
  sock_fprog program{1, &allow};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return Result::kNotTried;
  return Verdict(unshare(CLONE_NEWUSER) == 0);
}
// Without address randomisation or with an executable stack for the next program, by the personality of another system.
Result OtherSystem(const std::string&) { return Verdict(personality(PER_LINUX32) >= 0 && personality(0xffffffff) == PER_LINUX32); }

}  // namespace

const Case kKernelCases[] = {{"unshare-user", UnshareUser},
                             {"unshare-time", UnshareTime},
                             {"clone-user", CloneUser},
                             {"clone3-user", Clone3User},
                             {"enter-namespace", EnterNamespace},
                             {"has-capability", HasCapability},
                             {"has-bounding-set", HasBoundingSet},
                             {"may-gain-privileges", MayGainPrivileges},
                             {"io-uring", IoUring},
                             {"add-key", AddKey},
                             {"find-key", FindKey},
                             {"userfaultfd", Userfaultfd},
                             {"bpf", Bpf},
                             {"perf-events", PerfEvents},
                             {"no-randomization", NoRandomization},
                             {"odd-personality", OddPersonality},
                             {"listmount", Listmount},
                             {"unknown-call", UnknownCall},
                             {"notify-listener", NotifyListener},
                             {"int80", Int80},
                             {"x32", X32},
                             {"type-into-terminal", TypeIntoTerminal},
                             {"line-discipline", LineDiscipline},
                             {"console-request", ConsoleRequest},
                             {"take-terminal", TakeTerminal},
                             {"kernel-log", KernelLog},
                             {"set-host-name", SetHostName},
                             {"set-clock", SetClock},
                             {"compare-processes", CompareProcesses},
                             {"local-table", LocalTable},
                             {"load-module", LoadModule},
                             {"ring-by-another-door", RingByAnotherDoor},
                             {"filter-over-filter", FilterOverFilter},
                             {"other-system", OtherSystem},
                             {nullptr, nullptr}};

}  // namespace hostile
