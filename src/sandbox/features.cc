#include "sandbox/features.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/confine.h"
#include "sandbox/live_kernel.h"
#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {
namespace {

// --- putting it into words ------------------------------------------------------------------------------------------------------------------

struct Words {
  FeatureId id;
  const char* name;
  const char* missing;  // when nothing more exact is known
  const char* mend;
};
constexpr Words kWords[] = {
    {FeatureId::kUserNamespaces, "user-namespaces", "this process may not make user namespaces",
     "run it outside the container or chroot, or let that make user namespaces (docker: --security-opt seccomp=unconfined)"},
    {FeatureId::kMountApi, "mount-api", "the kernel has no open_tree and mount_setattr", "boot Linux 5.19 or later"},
    {FeatureId::kProc, "proc", "no new /proc can be mounted, for parts of the present one are covered, as in most containers",
     "run it outside the container, or with an uncovered /proc (docker: --security-opt systempaths=unconfined)"},
    {FeatureId::kOverlay, "overlay", "no overlay can be mounted in a user namespace here",
     "boot Linux 5.11 or later and keep the state directory on ext4, xfs, btrfs or tmpfs"},
    {FeatureId::kLandlock, "landlock", "the kernel has no Landlock", "boot Linux 5.19 or later with landlock in its list of security modules (lsm=landlock,...)"},
    {FeatureId::kSeccomp, "seccomp", "the kernel has no system call filters", "boot a kernel with CONFIG_SECCOMP_FILTER"},
};

const Words& WordsOf(FeatureId id) {
  for (const Words& words : kWords) {
    if (words.id == id) return words;
  }
  abort();
}

struct Switch {
  const char* setting;
  const char* off;
  const char* detail;
  const char* mend;
};
constexpr Switch kUserNamespaceSwitches[] = {
    {"user/max_user_namespaces", "0", "user namespaces are switched off (user.max_user_namespaces is 0)", "sysctl -w user.max_user_namespaces=15000"},
    {"kernel/unprivileged_userns_clone", "0", "user namespaces are switched off for ordinary users (kernel.unprivileged_userns_clone is 0)",
     "sysctl -w kernel.unprivileged_userns_clone=1"},
    {"kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor leaves user namespaces without capabilities (kernel.apparmor_restrict_unprivileged_userns is 1)",
     "checkrein doctor --install-apparmor (as root; a profile with `userns,` for these programs), or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
};

std::string ErrorName(int error_number) {
  const char* text = strerrordesc_np(error_number);
  return text == nullptr ? std::to_string(error_number) : text;
}

Feature Present(FeatureId id, std::string detail) { return {id, WordsOf(id).name, true, std::move(detail), ""}; }

void DiagnoseUserNamespaces(Feature& feature, int error_number, Kernel& kernel) {
  if (error_number == ENOSPC || error_number == EUSERS) {
    feature.detail = "too many namespaces are in use";
    feature.mend = "end other sandboxes, or raise the limits in /proc/sys/user";
    if (kernel.Setting("user/max_user_namespaces") != "0") return;
  }
  for (const Switch& s : kUserNamespaceSwitches) {
    if (kernel.Setting(s.setting) != s.off) continue;
    feature.detail = s.detail;
    feature.mend = s.mend;
    return;
  }
}

// --- trying ---------------------------------------------------------------------------------------------------------------------------------

int WriteText(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, text.data(), text.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

int EnterNamespaces() {
  const std::string uid = std::to_string(geteuid());
  const std::string gid = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWCGROUP) != 0) return errno;
  if (const int error = WriteText("/proc/self/setgroups", "deny"); error != 0) return error;
  if (const int error = WriteText("/proc/self/uid_map", uid + " " + uid + " 1"); error != 0) return error;
  if (const int error = WriteText("/proc/self/gid_map", gid + " " + gid + " 1"); error != 0) return error;
  return mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, nullptr) == 0 ? 0 : errno;
}

// What `trial` returns in a child of its own; 255 at most.
template <typename Trial>
int InChild(Trial trial) {
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(trial());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

int CloneRoot() {
  const int tree = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
  if (tree < 0) return errno;
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_RDONLY;
  if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change) != 0) return errno;
  return move_mount(tree, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) == 0 ? 0 : errno;
}

}  // namespace

int LiveKernel::TryUserNamespaces() { return InChild(EnterNamespaces); }

int LiveKernel::TryMountApi() {
  return InChild([] {
    const int error = EnterNamespaces();
    return error != 0 ? error : CloneRoot();
  });
}

int LiveKernel::TryProc() {
  return InChild([] {
    if (const int error = EnterNamespaces(); error != 0) return error;
    return InChild([] { return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 ? 0 : errno; });
  });
}

int LiveKernel::TryOverlay() {
  std::string top = "/tmp/checkrein-probe-XXXXXX";
  if (mkdtemp(top.data()) == nullptr) return errno;
  const std::string lower = top + "/lower", upper = top + "/upper", work = top + "/work";
  for (const std::string& layer : {lower, upper, work}) mkdir(layer.c_str(), 0700);
  const int error = InChild([&] {
    // Not EnterNamespaces: its tmpfs would cover the layers.
    const std::string uid = std::to_string(geteuid()), gid = std::to_string(getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return errno;
    if (const int e = WriteText("/proc/self/setgroups", "deny"); e != 0) return e;
    if (const int e = WriteText("/proc/self/uid_map", uid + " " + uid + " 1"); e != 0) return e;
    if (const int e = WriteText("/proc/self/gid_map", gid + " " + gid + " 1"); e != 0) return e;
    const std::string options = "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work + ",userxattr,volatile";
    return mount("overlay", lower.c_str(), "overlay", MS_NOSUID | MS_NODEV, options.c_str()) == 0 ? 0 : errno;
  });
  if (!RemoveTree(AT_FDCWD, top.c_str())) return EIO;  // the kernel leaves a directory in it that has no permissions at all
  return error;
}

int LiveKernel::TrySeccomp() {
  return InChild([] {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return InstallProgramFilter();
  });
}

int LiveKernel::LandlockAbi() { return sandbox::LandlockAbi(); }

std::string LiveKernel::Setting(std::string_view name) {
  Result<std::string> text = ReadFile("/proc/sys/" + std::string(name), 4096);
  if (!text) return "";
  while (text->ends_with('\n')) text->pop_back();
  return *text;
}

bool Features::complete() const {
  for (const Feature& feature : all) {
    if (!feature.present) return false;
  }
  return !all.empty();
}

Feature Diagnose(FeatureId id, int error_number, Kernel& kernel) {
  const Words& words = WordsOf(id);
  Feature feature{id, words.name, false, std::string(words.missing) + " (" + ErrorName(error_number) + ")", words.mend};
  if (id == FeatureId::kUserNamespaces) DiagnoseUserNamespaces(feature, error_number, kernel);
  if (id == FeatureId::kOverlay && error_number == EBUSY) {
    feature.detail = "the copy's layers are in use by another overlay";
    feature.mend = "end the other session first";
  }
  if (id == FeatureId::kLandlock && error_number == EOPNOTSUPP) feature.detail = "Landlock is switched off or older than ABI " + std::to_string(kMinLandlockAbi);
  return feature;
}

Features ProbeFeatures(Kernel& kernel) {
  Features features;
  const auto add = [&](FeatureId id, int error, const char* detail) {
    features.all.push_back(error == 0 ? Present(id, detail) : Diagnose(id, error, kernel));
  };
  add(FeatureId::kUserNamespaces, kernel.TryUserNamespaces(), "user, mount, pid, ipc, net, uts, cgroup");
  add(FeatureId::kMountApi, kernel.TryMountApi(), "open_tree, mount_setattr");
  add(FeatureId::kProc, kernel.TryProc(), "a new /proc can be mounted");
  add(FeatureId::kOverlay, kernel.TryOverlay(), "userxattr, in a user namespace");
  const int abi = kernel.LandlockAbi();
  if (abi >= kMinLandlockAbi) {
    std::string detail = "ABI " + std::to_string(abi);
    if (abi < 3) detail += ", without truncation";
    if (abi < 5) detail += ", without device ioctls";
    if (abi < 6) detail += ", without scopes of signals and abstract sockets";
    features.all.push_back(Present(FeatureId::kLandlock, detail));
  } else {
    features.all.push_back(Diagnose(FeatureId::kLandlock, abi < 0 ? -abi : EOPNOTSUPP, kernel));
  }
  add(FeatureId::kSeccomp, kernel.TrySeccomp(), "filters");
  return features;
}

Result<Features> ProbeFeatures() {
  LiveKernel kernel;
  Features features = ProbeFeatures(kernel);
  return features;
}

}  // namespace checkrein::sandbox
