#include "sandbox/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "sandbox/filters.inc"
#include "sandbox/hooks.h"
#include "sandbox/parser_filter.h"

namespace checkrein::sandbox {
namespace {

constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;

struct RulesetAttributes {
  uint64_t files;
  uint64_t net;     // since ABI 4
  uint64_t scoped;  // since ABI 6
};
struct __attribute__((packed)) PathBeneath {
  uint64_t allowed;
  int32_t parent;
};

// Rights by their bit: execute 0, write 1, read file 2, read directory 3, remove directory 4, remove file 5, make char 6, dir 7, reg 8,
// socket 9, fifo 10, block 11, symlink 12 (ABI 1); refer 13 (2); truncate 14 (3); ioctl on devices 15 (5).
constexpr uint64_t kExecute = 1 << 0, kWrite = 1 << 1, kReadFile = 1 << 2, kReadDirectory = 1 << 3, kMakeChar = 1 << 6, kMakeBlock = 1 << 11;
constexpr uint64_t kTruncate = 1 << 14, kIoctlDevice = 1 << 15;
constexpr uint64_t kFileOnly = kExecute | kWrite | kReadFile | kTruncate | kIoctlDevice;

uint64_t FileRights(int abi) {
  if (abi >= 5) return (1 << 16) - 1;
  if (abi >= 3) return (1 << 15) - 1;
  if (abi == 2) return (1 << 14) - 1;
  return (1 << 13) - 1;
}

int Add(int ruleset, const char* path, uint64_t rights) {
  const int parent = open(path, O_PATH | O_CLOEXEC);
  if (parent < 0) return errno;
  PathBeneath rule{rights, parent};
  int error = syscall(kAddRule, ruleset, 1, &rule, 0) == 0 ? 0 : errno;
  if (error == EINVAL) {  // not a directory: only rights of files may be named
    rule.allowed = rights & kFileOnly;
    error = syscall(kAddRule, ruleset, 1, &rule, 0) == 0 ? 0 : errno;
  }
  close(parent);
  return error;
}

int InstallFilter(const sock_filter* filter, size_t count) {
  if (FailedSeccomp() != 0) return FailedSeccomp();
  // The kernel copies the instructions and does not write to them.
  const sock_fprog program{static_cast<unsigned short>(count), const_cast<sock_filter*>(filter)};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace

int LandlockAbi() {
  if (FailedLandlock() != 0) return -FailedLandlock();
  const long abi = syscall(kCreateRuleset, nullptr, 0, 1);
  return abi >= 1 ? OlderLandlock(static_cast<int>(abi)) : -errno;
}

int MakeRuleset(int abi, const char* const* writable, size_t count) {
  const uint64_t known = FileRights(abi);
  const RulesetAttributes attributes{known, 0, abi >= 6 ? uint64_t{3} : 0};
  const size_t size = abi >= 6 ? sizeof attributes : abi >= 4 ? offsetof(RulesetAttributes, scoped) : offsetof(RulesetAttributes, net);
  const int ruleset = static_cast<int>(syscall(kCreateRuleset, &attributes, size, 0));
  if (ruleset < 0) return -errno;
  int error = Add(ruleset, "/", kExecute | kReadFile | kReadDirectory);
  if (error == 0) error = Add(ruleset, "/dev", (kReadFile | kReadDirectory | kWrite | kTruncate | kIoctlDevice) & known);
  for (size_t i = 0; i < count && error == 0; ++i) error = Add(ruleset, writable[i], known & ~(kMakeChar | kMakeBlock));
  if (error == 0) return ruleset;
  close(ruleset);
  return -error;
}

int DropBoundingSet() {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break;  // one past the last that the kernel knows
    return errno;
  }
  constexpr unsigned long kBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                                  SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  return prctl(PR_SET_SECUREBITS, kBits, 0, 0, 0) == 0 ? 0 : errno;
}

int DropAllCapabilities() {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &header, none) == 0 ? 0 : errno;
}

#ifdef CHECKREIN_SANDBOX_HOOKS
int KeepAllCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return errno;
  for (auto& part : data) part.inheritable = part.permitted;
  if (syscall(SYS_capset, &header, data) != 0) return errno;
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return errno;
  }
  return 0;
}
#endif

int Restrict(int ruleset) { return syscall(kRestrictSelf, ruleset, 0) == 0 ? 0 : errno; }

int InstallExecWatch() {
#if defined(__x86_64__)
  constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64, kRename = SYS_rename;
#elif defined(__aarch64__)
  constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64, kRename = SYS_renameat;  // has no older one
#else
#error "name this architecture"
#endif
  // Told are executions and renames, which go on, and what only somebody calls who wants out, which the listener refuses: the calls that
  // kWatchedProgramFilter leaves to it, and signals to the init. Foreign system call tables pass on to the program filter, which kills.
  constexpr uint32_t kTold[] = {SYS_execve, SYS_execveat, SYS_renameat2, SYS_renameat, kRename, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_setns, SYS_mount, SYS_bpf};
  constexpr size_t kCalls = std::size(kTold), kHead = 3, kTail = 5;
  constexpr uint8_t kToAllow = kCalls + kTail - 1, kLast = kTail - 1;
  sock_filter filter[kHead + kCalls + kTail] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 0, kToAllow),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (size_t i = 0; i < kCalls; ++i) filter[kHead + i] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTold[i], static_cast<uint8_t>(kCalls - 1 - i + kLast), 0);
  const sock_filter tail[kTail] = {
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),  // the low half of the process
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
  };
  std::copy_n(tail, kTail, filter + kHead + kCalls);
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  if (FailedNotify() != 0) return -FailedNotify();
  constexpr unsigned kNewListener = 1 << 3, kWaitKillable = 1 << 5;  // the second since Linux 5.19: signals do not interrupt an exec that waits
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kNewListener | kWaitKillable, &program);
  if (listener < 0 && errno == EINVAL) listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kNewListener, &program);
  return listener < 0 ? -errno : static_cast<int>(listener);
}

int InstallProgramFilter() { return InstallFilter(kProgramFilter, std::size(kProgramFilter)); }
int InstallWatchedProgramFilter() { return InstallFilter(kWatchedProgramFilter, std::size(kWatchedProgramFilter)); }

Status InstallParserFilter(NewCode code) {
  const bool jit = code == NewCode::kAnonymous;
  const int installed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -1 : jit ? InstallFilter(kJitParserFilter, std::size(kJitParserFilter)) : InstallFilter(kParserFilter, std::size(kParserFilter));
  if (installed != 0) {
    return Error{Error::Kind::kUnsupported, "seccomp: the kernel has no system call filters; boot one with CONFIG_SECCOMP_FILTER"};
  }
  return Done{};
}

}  // namespace checkrein::sandbox
