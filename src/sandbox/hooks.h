// For the tests of this module only: leave out one wall, or make one step fail, to see that something depends on it.
// In every other build these are constants that say "no", and the branches on them vanish.
#pragma once

#include <cstdint>

namespace checkrein::sandbox {

// Each wall that a test takes away.
enum class Wall : uint32_t {
  kHiddenTrees = 1 << 0,
  kHiddenSecrets = 1 << 1,
  kReadOnlyRoot = 1 << 2,
  kNoSetId = 1 << 3,        // nosuid and nodev mounts
  kReadOnlyDevices = 1 << 4,
  kPrivateDevices = 1 << 5,
  kOwnProc = 1 << 6,
  kReadOnlyProc = 1 << 7,
  kPins = 1 << 8,
  kNetwork = 1 << 9,        // the network namespace
  kProcesses = 1 << 10,     // a program's own pid namespace
  kIpc = 1 << 11,
  kNoCapabilities = 1 << 12,
  kNoNewPrivileges = 1 << 13,
  kUndumpable = 1 << 14,
  kLandlock = 1 << 15,
  kSeccomp = 1 << 16,
  kCloseDescriptors = 1 << 17,
  kOwnSession = 1 << 18,    // setsid
  kKeyring = 1 << 19,
  kLimits = 1 << 20,
  kAudience = 1 << 21,
  kReplaceNull = 1 << 22,
  kSessionProcesses = 1 << 23,  // the session's pid namespace
  kShedMemory = 1 << 24,
  kSessionSize = 1 << 25,  // processes of a session together
};

// Where a commit can be broken off.
enum class Point : uint8_t { kLinked, kExchanged };

#ifdef CHECKREIN_SANDBOX_HOOKS
struct Hooks {
  uint32_t without = 0;   // walls left out
  int fail_step = -1;     // kind of step (Do) that fails ...
  int fail_error = 0;     // ... with this errno
  int fail_clone = 0;
  int landlock_error = 0;
  int seccomp_error = 0;
  int netfilter_error = 0;
  int landlock_abi = 0;  // an older one than the kernel's
  int notify_error = 0;
  int proc_error = 0;
  int unowned_error = 0;
  void (*at_point)(Point) = nullptr;
};
inline Hooks g_hooks;  // tests run one at a time
inline bool Without(Wall wall) { return (g_hooks.without & static_cast<uint32_t>(wall)) != 0; }
inline int FailedStep(int kind) { return kind == g_hooks.fail_step ? g_hooks.fail_error : 0; }
inline int FailedClone() { return g_hooks.fail_clone; }
inline int FailedLandlock() { return g_hooks.landlock_error; }
inline int FailedSeccomp() { return g_hooks.seccomp_error; }
inline int FailedNetfilter() { return g_hooks.netfilter_error; }
inline int FailedNotify() { return g_hooks.notify_error; }
inline int FailedProc() { return g_hooks.proc_error; }
inline void AtPoint(Point point) {
  if (g_hooks.at_point != nullptr) g_hooks.at_point(point);
}
inline int FailedUnowned() { return g_hooks.unowned_error; }
inline int OlderLandlock(int abi) { return g_hooks.landlock_abi != 0 && g_hooks.landlock_abi < abi ? g_hooks.landlock_abi : abi; }
#else
constexpr bool Without(Wall) { return false; }
constexpr int FailedStep(int) { return 0; }
constexpr int FailedClone() { return 0; }
constexpr int FailedLandlock() { return 0; }
constexpr int FailedSeccomp() { return 0; }
constexpr int FailedNetfilter() { return 0; }
constexpr int FailedNotify() { return 0; }
constexpr int FailedProc() { return 0; }
constexpr void AtPoint(Point) {}
constexpr int FailedUnowned() { return 0; }
constexpr int OlderLandlock(int abi) { return abi; }
#endif

}  // namespace checkrein::sandbox
