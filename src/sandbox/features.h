// What this kernel can do for the sandbox, and what to do about what it cannot. For `doctor`; Session::Start finds out by itself.
//
//   Result<Features> features = ProbeFeatures();
//   for (const Feature& f : features->all) Print(f.name, f.present, f.detail, f.mend);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::sandbox {

enum class FeatureId { kUserNamespaces, kMountApi, kProc, kOverlay, kLandlock, kSeccomp };
inline constexpr FeatureId kAllFeatures[] = {FeatureId::kUserNamespaces, FeatureId::kMountApi, FeatureId::kProc,
                                             FeatureId::kOverlay,        FeatureId::kLandlock, FeatureId::kSeccomp};

struct Feature {
  FeatureId id = FeatureId::kUserNamespaces;
  std::string name;    // "user-namespaces": stable
  bool present = false;
  std::string detail;  // "ABI 7", or why it is missing
  std::string mend;    // the command or change that mends it; empty when present
};

struct Features {
  std::vector<Feature> all;  // one for each of kAllFeatures
  bool complete() const;     // a session can be started
};

// Linux 5.19: below it every rename between directories would fail. What later ABIs add (truncation, device ioctls, scopes of signals and
// abstract sockets) the mounts and namespaces hold by themselves, so an older one is a thinner second wall, said in `detail`.
inline constexpr int kMinLandlockAbi = 2;

// The questions asked of the kernel, so that a test can answer in its place. Every method returns 0 or an errno value.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual int TryUserNamespaces() = 0;  // user, mount, pid, ipc, net, uts and cgroup at once, with a mount made inside
  virtual int TryMountApi() = 0;        // open_tree, mount_setattr, move_mount inside
  virtual int TryProc() = 0;            // a new /proc inside
  virtual int TryOverlay() = 0;         // an overlay with userxattr inside, layers in a fresh directory under the temporary directory
  virtual int TrySeccomp() = 0;
  virtual int LandlockAbi() = 0;        // ABI number, or 0 - errno
  virtual std::string Setting(std::string_view name) = 0;  // "kernel/unprivileged_userns_clone" -> "0"; "" when it does not exist
};

// Starts a few short-lived children that make namespaces of their own; changes nothing. kIo when that is impossible.
Result<Features> ProbeFeatures();
Features ProbeFeatures(Kernel& kernel);

// Why `id` failed with `error_number`, and how to mend it: one line, from the settings of this kernel.
Feature Diagnose(FeatureId id, int error_number, Kernel& kernel);

}  // namespace checkrein::sandbox
