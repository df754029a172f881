// Build-time program: prints the seccomp filters as C++ arrays of BPF instructions, so that nothing at run time needs libseccomp.
//
//   sandbox_filter_gen > filters.inc      // kProgramFilter[], kParserFilter[], kJitParserFilter[] of {code, jt, jf, k}
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

constexpr uint64_t kLow32 = 0xffffffff;  // the kernel reads these arguments as 32-bit values: compare no more than it does

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

void DenyIf(scmp_filter_ctx filter, int error, const char* name, scmp_arg_cmp condition) {
  Check(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(static_cast<uint32_t>(error)), seccomp_syscall_resolve_name(name), 1, &condition), name);
}

scmp_arg_cmp Masked(unsigned argument, uint64_t mask, uint64_t value) { return {argument, SCMP_CMP_MASKED_EQ, mask, value}; }

// The kernel's attack surface and the ways around the other walls.
void DenySurface(scmp_filter_ctx filter) {
  // io_uring does file and socket work that no later filter or watcher sees. ENOSYS, so that libuv and others fall back.
  DenyAll(filter, ENOSYS, {"io_uring_setup", "io_uring_enter", "io_uring_register"});
  // Keyrings are shared by uid, not by namespace.
  DenyAll(filter, ENOSYS, {"keyctl", "add_key", "request_key"});
  // Mounts: every read-only and hidden tree is one.
  DenyAll(filter, EPERM, {"mount", "umount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
                          "chroot", "setns", "swapon", "swapoff", "quotactl", "quotactl_fd"});
  // Files by handle step past hidden trees. EOPNOTSUPP is what callers expect where handles do not exist.
  DenyAll(filter, EOPNOTSUPP, {"open_by_handle_at", "name_to_handle_at"});
  // Other processes' memory and descriptors.
  DenyAll(filter, EPERM, {"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp"});
  // Much exploited or of no use to an unprivileged program.
  DenyAll(filter, EPERM, {"bpf", "perf_event_open", "userfaultfd", "fanotify_init", "fanotify_mark", "vmsplice", "modify_ldt", "lookup_dcookie",
                          "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl", "vhangup", "syslog", "acct", "iopl", "ioperm", "kexec_load",
                          "kexec_file_load", "create_module", "init_module", "finit_module", "delete_module", "query_module", "get_kernel_syms", "reboot",
                          "settimeofday", "clock_settime", "stime", "adjtimex", "clock_adjtime"});
  // Its flags lie in memory, where a filter cannot look. ENOSYS: the C library goes on with clone.
  Deny(filter, ENOSYS, "clone3");
}

// New namespaces give capabilities over themselves, and with them the kernel's mount and network code.
void DenyNamespaces(scmp_filter_ctx filter) {
  for (const uint64_t flag : {uint64_t{CLONE_NEWUSER}, uint64_t{CLONE_NEWNS}, uint64_t{CLONE_NEWCGROUP}, uint64_t{CLONE_NEWUTS}, uint64_t{CLONE_NEWIPC},
                              uint64_t{CLONE_NEWPID}, uint64_t{CLONE_NEWNET}}) {
    DenyIf(filter, EPERM, "clone", Masked(0, flag, flag));
    DenyIf(filter, EPERM, "unshare", Masked(0, flag, flag));
  }
  DenyIf(filter, EPERM, "unshare", Masked(0, 0x80, 0x80));  // CLONE_NEWTIME; in clone these bits are the exit signal
}

// Allowed: unix, IPv4, IPv6, and the routing part of netlink, without which getifaddrs fails and with it many development servers at
// start-up (node's os.networkInterfaces); it shows the session's own loopback and changes nothing without capabilities.
// Everything else (packet, vsock, alg, bluetooth, xdp, ...) reaches kernel code that no build or test needs; vsock reaches the hypervisor.
void DenySockets(scmp_filter_ctx filter) {
  for (uint64_t family = 3; family < 17; ++family) {
    if (family != AF_INET6 && family != AF_NETLINK) DenyIf(filter, EAFNOSUPPORT, "socket", {0, SCMP_CMP_EQ, family, 0});
  }
  DenyIf(filter, EAFNOSUPPORT, "socket", {0, SCMP_CMP_GE, 17, 0});
  const scmp_arg_cmp other_netlink[] = {{0, SCMP_CMP_EQ, AF_NETLINK, 0}, {2, SCMP_CMP_NE, 0, 0}};
  Check(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT), SCMP_SYS(socket), 2, other_netlink), "netlink");
  // Protocols that load modules on demand: DCCP, SCTP, UDP-Lite, MPTCP (callers fall back to TCP).
  for (const uint64_t family : {uint64_t{AF_INET}, uint64_t{AF_INET6}}) {
    for (const uint64_t protocol : {33u, 132u, 136u, 262u}) {
      const scmp_arg_cmp odd[] = {{0, SCMP_CMP_EQ, family, 0}, Masked(2, kLow32, protocol)};
      Check(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT), SCMP_SYS(socket), 2, odd), "protocol");
    }
  }
}

void DenyByArgument(scmp_filter_ctx filter) {
  // Typing into the terminal (TIOCSTI, TIOCLINUX), line disciplines (TIOCSETD), the console (TIOCCONS).
  for (const uint64_t request : {0x5412u, 0x541cu, 0x5423u, 0x541du}) DenyIf(filter, EPERM, "ioctl", Masked(1, kLow32, request));
  // A newer notify filter would answer in place of an older one (seccomp_unotify(2)).
  DenyIf(filter, EPERM, "seccomp", Masked(1, 8, 8));  // SECCOMP_FILTER_FLAG_NEW_LISTENER
  // personality: only 0 (the default) and all ones (a query) pass. A value is neither exactly when some bit is set whose next bit is not.
  for (unsigned bit = 0; bit < 32; ++bit) {
    const uint64_t set = uint64_t{1} << bit;
    const uint64_t clear = uint64_t{1} << ((bit + 1) % 32);
    DenyIf(filter, EPERM, "personality", Masked(0, set | clear, set));
  }
}

// Known by number, for they may be newer than the libseccomp that builds this: mount and LSM queries.
constexpr int kDenyNumbers[] = {457, 458, 459, 460, 461};
constexpr uint32_t kFirstUnknown = 463;  // mseal is 462; setxattrat and later are not needed by anything yet

scmp_filter_ctx ProgramFilter() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  Check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "bad arch");
  Check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
  DenySurface(filter);
  DenyNamespaces(filter);
  DenySockets(filter);
  DenyByArgument(filter);
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

// libseccomp cannot compare the call's number, so the cap on unknown calls stands before its program: numbers with the x32 bit pass on
// to be killed there.
void PrintCap() {
  Print({0x20, 0, 0, 0});                                          // A = nr
  Print({0x35, 2, 0, 0x40000000});                                 // A >= x32 bit: on to the next filter
  Print({0x35, 0, 1, kFirstUnknown});                              // A >= first unknown ...
  Print({0x06, 0, 0, 0x00050000u | static_cast<uint32_t>(ENOSYS)});  // ... SECCOMP_RET_ERRNO
}

void Emit(const char* name, scmp_filter_ctx filter, bool cap) {
  const int memory = memfd_create(name, 0);
  Check(seccomp_export_bpf(filter, memory), "export");
  lseek(memory, 0, SEEK_SET);
  printf("constexpr sock_filter %s[] = {\n", name);
  if (cap) PrintCap();
  Instruction i{};
  while (read(memory, &i, sizeof i) == sizeof i) Print(i);
  printf("};\n");
  close(memory);
  seccomp_release(filter);
}

}  // namespace

int main() {
  printf("// Made by gen/filter_gen.cc. Do not edit.\n");
  Emit("kProgramFilter", ProgramFilter(), true);
  Emit("kParserFilter", ParserFilter(false), false);
  Emit("kJitParserFilter", ParserFilter(true), false);
  return 0;
}
