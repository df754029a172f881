// Build-time program: prints the seccomp filters as C++ arrays of BPF instructions, so that nothing at run time needs libseccomp.
//
//   sandbox_filter_gen > filters.inc      // kProgramFilter[], kWatchedProgramFilter[], kParserFilter[], kJitParserFilter[] of {code, jt, jf, k}
//
// The program filter denies by list: a development tool may need any ordinary call. What is denied is what opens the kernel to an
// unprivileged process, or what would let it step around another wall; the reason stands beside each group. Calls newer than the list
// (number >= kFirstUnknown) do not exist inside. Foreign system call tables (i386, x32) kill.
// The parser filter allows by list and kills for everything else.
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <iterator>

namespace {

void Check(int result, const char* what) {
  if (result == 0) return;
  fprintf(stderr, "filter_gen: %s: %s\n", what, strerror(-result));
  exit(1);
}

void Deny(scmp_filter_ctx filter, int error, const char* name) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return;  // not on this architecture, or newer than this libseccomp: DenyNumber covers those
  Check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<uint32_t>(error)), number, 0), name);
}

template <size_t N>
void DenyAll(scmp_filter_ctx filter, int error, const char* const (&names)[N]) {
  for (const char* name : names) Deny(filter, error, name);
}

scmp_arg_cmp Masked(unsigned argument, uint64_t mask, uint64_t value) { return {argument, SCMP_CMP_MASKED_EQ, mask, value}; }

// Calls that only somebody makes who wants out, or into another process. In watched programs the listener refuses them, and says who tried; the filter
// must be silent about them there, for its refusal would come first. Without a listener such a call fails with ENOSYS.
constexpr const char* kTold[] = {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "setns", "mount", "bpf"};

enum class Watched : bool { kNo, kYes };

// The kernel's attack surface and the ways around the other walls.
void DenySurface(scmp_filter_ctx filter, Watched watched) {
  if (watched == Watched::kNo) DenyAll(filter, EPERM, kTold);
  // io_uring does file and socket work that no later filter or watcher sees. ENOSYS, so that libuv and others fall back.
  DenyAll(filter, ENOSYS, {"io_uring_setup", "io_uring_enter", "io_uring_register"});
  // Keyrings are shared by uid, not by namespace.
  DenyAll(filter, ENOSYS, {"keyctl", "add_key", "request_key"});
  // Mounts: every read-only and hidden tree is one.
  DenyAll(filter, EPERM, {"umount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
                          "chroot", "swapon", "swapoff", "quotactl", "quotactl_fd"});
  // Files by handle step past hidden trees. EOPNOTSUPP is what callers expect where handles do not exist.
  DenyAll(filter, EOPNOTSUPP, {"open_by_handle_at", "name_to_handle_at"});
  // Other processes' memory and descriptors.
  DenyAll(filter, EPERM, {"process_madvise", "process_mrelease", "kcmp"});
  // Much exploited or of no use to an unprivileged program.
  DenyAll(filter, EPERM, {"perf_event_open", "userfaultfd", "fanotify_init", "fanotify_mark", "vmsplice", "modify_ldt", "lookup_dcookie",
                          "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl", "vhangup", "syslog", "acct", "iopl", "ioperm", "kexec_load",
                          "kexec_file_load", "create_module", "init_module", "finit_module", "delete_module", "query_module", "get_kernel_syms", "reboot",
                          "settimeofday", "clock_settime", "stime", "adjtimex", "clock_adjtime"});
  // Its flags lie in memory, where a filter cannot look. ENOSYS: the C library goes on with clone.
  Deny(filter, ENOSYS, "clone3");
}

// Known by number, for they may be newer than the libseccomp that builds this: mount and LSM queries.
constexpr int kDenyNumbers[] = {457, 458, 459, 460, 461};
constexpr uint32_t kFirstUnknown = 463;  // mseal is 462; setxattrat and later are not needed by anything yet

scmp_filter_ctx ProgramFilter(Watched watched) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  Check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad arch");
  Check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  DenySurface(filter, watched);
  for (const int number : kDenyNumbers) Check(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0), "number");
  return filter;
}

scmp_filter_ctx ParserFilter(bool new_code) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  Check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad arch");
  for (const char* name : {"read", "write", "exit", "exit_group", "brk", "munmap", "mremap", "madvise", "futex", "clock_gettime", "gettimeofday", "rt_sigreturn",
                           "sigaltstack", "close", "getrandom", "poll", "ppoll", "lseek", "fstat"}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0) continue;
    Check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0), name);
  }
  const scmp_arg_cmp not_executable = Masked(2, PROT_EXEC, 0);
  Check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &not_executable), "mmap");
  if (new_code) {  // fresh pages for a regular-expression compiler; never a file's
    const scmp_arg_cmp anonymous = Masked(3, MAP_ANONYMOUS, MAP_ANONYMOUS);
    Check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &anonymous), "mmap anonymous");
  }
  Check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &not_executable), "mprotect");
  return filter;
}

struct Instruction {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};

void Print(const Instruction& i) { printf("    {0x%02x, %u, %u, 0x%08x},\n", i.code, i.jt, i.jf, i.k); }

// --- what stands before libseccomp's program ------------------------------------------------------------------------------------------------
//
// libseccomp can compare neither the call's number, nor "any of these bits": its program for the same was twice as long, and a program is installed,
// that is translated twice, each time a command starts. A denial here counts for every argument as the kernel reads it: the low 32 bits.

constexpr uint32_t kAllow = 0x7fff0000, kKill = 0x80000000;
constexpr uint32_t Refuse(int error) { return 0x00050000u | static_cast<uint32_t>(error); }  // SECCOMP_RET_ERRNO

constexpr Instruction Load(uint32_t offset) { return {0x20, 0, 0, offset}; }
constexpr Instruction LoadNumber() { return Load(0); }
constexpr Instruction LoadArchitecture() { return Load(4); }
constexpr Instruction LoadArgument(uint32_t which) { return Load(16 + 8 * which); }  // its low half, on little-endian machines
constexpr Instruction IfEqual(uint32_t value, uint8_t then, uint8_t otherwise) { return {0x15, then, otherwise, value}; }
constexpr Instruction IfAtLeast(uint32_t value, uint8_t then, uint8_t otherwise) { return {0x35, then, otherwise, value}; }
constexpr Instruction IfAnyBit(uint32_t bits, uint8_t then, uint8_t otherwise) { return {0x45, then, otherwise, bits}; }
constexpr Instruction Return(uint32_t value) { return {0x06, 0, 0, value}; }

// What is decided for one call by its arguments alone; every way through ends in a Return.
template <size_t N>
void PrintFor(int number, const Instruction (&decided)[N]) {
  Print(IfEqual(static_cast<uint32_t>(number), 0, N));
  for (const Instruction& i : decided) Print(i);
}

// New namespaces give capabilities over themselves, and with them the kernel's mount and network code.
void PrintNamespaces() {
  constexpr uint32_t kNew = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET;
  constexpr uint32_t kNewTime = 0x80;  // in clone these bits are the exit signal
  PrintFor(SYS_clone, {LoadArgument(0), IfAnyBit(kNew, 0, 1), Return(Refuse(EPERM)), Return(kAllow)});
  PrintFor(SYS_unshare, {LoadArgument(0), IfAnyBit(kNew | kNewTime, 0, 1), Return(Refuse(EPERM)), Return(kAllow)});
}

// Allowed: unix, IPv4, IPv6, and the routing part of netlink, without which getifaddrs fails and with it many development servers at
// start-up (node's os.networkInterfaces); it shows the session's own loopback and changes nothing without capabilities.
// Everything else (packet, vsock, alg, bluetooth, xdp, ...) reaches kernel code that no build or test needs; vsock reaches the hypervisor.
// Of IPv4 and IPv6 not the protocols that load modules on demand: DCCP, SCTP, UDP-Lite, MPTCP (callers fall back to TCP).
void PrintSockets() {
  PrintFor(SYS_socket, {
                           LoadArgument(0),
                           IfEqual(AF_UNIX, 11, 0),
                           IfEqual(AF_UNSPEC, 10, 0),
                           IfEqual(AF_INET, 4, 0),
                           IfEqual(AF_INET6, 3, 0),
                           IfEqual(AF_NETLINK, 0, 9),
                           LoadArgument(2),
                           IfEqual(0, 5, 6),
                           LoadArgument(2),
                           IfEqual(33, 4, 0),
                           IfEqual(132, 3, 0),
                           IfEqual(136, 2, 0),
                           IfEqual(262, 1, 0),
                           Return(kAllow),
                           Return(Refuse(EPROTONOSUPPORT)),
                           Return(Refuse(EAFNOSUPPORT)),
                       });
}

void PrintByArgument() {
  // Typing into the terminal (TIOCSTI, TIOCLINUX), line disciplines (TIOCSETD), the console (TIOCCONS).
  PrintFor(SYS_ioctl, {LoadArgument(1), IfEqual(0x5412, 3, 0), IfEqual(0x541c, 2, 0), IfEqual(0x5423, 1, 0), IfEqual(0x541d, 0, 1), Return(Refuse(EPERM)), Return(kAllow)});
  // A newer notify filter would answer in place of an older one (seccomp_unotify(2)).
  constexpr uint32_t kNewListener = 8;
  PrintFor(SYS_seccomp, {LoadArgument(1), IfAnyBit(kNewListener, 0, 1), Return(Refuse(EPERM)), Return(kAllow)});
  // personality: only 0 (the default) and all ones (a query) pass.
  PrintFor(SYS_personality, {LoadArgument(0), IfEqual(0, 2, 0), IfEqual(~0u, 1, 0), Return(Refuse(EPERM)), Return(kAllow)});
}

void PrintBefore(uint32_t architecture) {
  Print(LoadArchitecture());
  Print(IfEqual(architecture, 1, 0));
  Print(Return(kKill));
  Print(LoadNumber());
  Print(IfAtLeast(kFirstUnknown, 0, 3));
  Print(IfAtLeast(0x40000000, 0, 1));  // x32
  Print(Return(kKill));
  Print(Return(Refuse(ENOSYS)));
  PrintNamespaces();
  PrintSockets();
  PrintByArgument();
}

void Emit(const char* name, scmp_filter_ctx filter, uint32_t architecture) {
  const int memory = memfd_create(name, 0);
  Check(seccomp_export_bpf(filter, memory), "export");
  lseek(memory, 0, SEEK_SET);
  printf("constexpr sock_filter %s[] = {\n", name);
  if (architecture != 0) PrintBefore(architecture);
  Instruction i{};
  while (read(memory, &i, sizeof i) == sizeof i) Print(i);
  printf("};\n");
  close(memory);
  seccomp_release(filter);
}

}  // namespace

int main() {
  printf("// Made by gen/filter_gen.cc. Do not edit.\n");
  Emit("kProgramFilter", ProgramFilter(Watched::kNo), seccomp_arch_native());
  Emit("kWatchedProgramFilter", ProgramFilter(Watched::kYes), seccomp_arch_native());
  Emit("kParserFilter", ParserFilter(false), 0);
  Emit("kJitParserFilter", ParserFilter(true), 0);
  return 0;
}
