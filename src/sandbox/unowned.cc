#include "sandbox/unowned.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "base/path.h"
#include "base/result.h"
#include "sandbox/hooks.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kMaxMountInfo = 8u << 20;
constexpr char kNobodysMap[] = "4294967294 4294967294 1\n";  // the highest id: a map may not be empty

// --- a user namespace to take the map from ---------------------------------------------------------------------------------------------------

constexpr size_t kStack = 16u << 10;

// Shares the memory of its maker, so it only waits for its end, and does not outlive it.
__attribute__((no_sanitize("address"))) int Wait(void* maker) {
  syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // In its own user namespace, but not in a pid namespace of its own: its parent has a number.
  while (syscall(SYS_getppid) == *static_cast<pid_t*>(maker)) syscall(SYS_pause);
  return 0;
}

bool PutMap(const std::string& file) {
  const Fd map(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return map.valid() && WriteAll(map.get(), kNobodysMap).ok();
}

Fd NamespaceOfNobody() {
  std::vector<char> stack(kStack);
  pid_t maker = getpid();
  int pidfd = -1;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler of the caller's may run in it
  const int waiting = clone(Wait, stack.data() + kStack, CLONE_VM | CLONE_NEWUSER | CLONE_PIDFD, &maker, &pidfd);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (waiting < 0) return {};
  const Fd process(pidfd);
  const std::string proc = "/proc/" + std::to_string(waiting);
  Fd made;
  if (PutMap(proc + "/uid_map") && PutMap(proc + "/gid_map")) made = Fd(open((proc + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC));
  syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(process.get()), &info, WEXITED | __WALL) != 0 && errno == EINTR) {
  }
  return made;
}

// --- mounts ----------------------------------------------------------------------------------------------------------------------------------

// proc(5), mountinfo: blanks and backslashes are written as three octal digits.
std::string Decoded(std::string_view field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    int value = 0;
    if (field[i] == '\\' && i + 3 < field.size() && std::from_chars(field.data() + i + 1, field.data() + i + 4, value, 8).ptr == field.data() + i + 4) {
      out += static_cast<char>(value);
      i += 3;
    } else {
      out += field[i];
    }
  }
  return out;
}

// The paths that something is mounted on, but for those beneath `covered`, without the root.
std::set<std::string> MountPoints(const std::string& mountinfo, const std::vector<std::string>& covered) {
  std::set<std::string> points;
  for (size_t at = 0; at < mountinfo.size();) {
    const size_t end = std::min(mountinfo.find('\n', at), mountinfo.size());
    size_t field = at;
    for (int i = 0; i < 4 && field < end; ++i) field = std::min(mountinfo.find(' ', field), end) + 1;  // the fifth
    const size_t last = std::min(mountinfo.find(' ', std::min(field, end)), end);
    const std::string path = field < last ? Decoded(std::string_view(mountinfo).substr(field, last - field)) : "";
    at = end + 1;
    if (path.size() < 2) continue;
    if (std::none_of(covered.begin(), covered.end(), [&path](const std::string& tree) { return IsBeneath(path, tree); })) points.insert(path);
  }
  return points;
}

// Nothing where the copy cannot be made so; `nobody` is null where owners stay.
std::optional<Fd> CopyOf(const std::string& path, uint32_t attributes, const Fd* nobody) {
  Fd tree(open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
  if (!tree.valid()) return std::nullopt;
  mount_attr change{};
  change.attr_set = attributes;
  change.propagation = MS_PRIVATE;
  if (nobody != nullptr) {
    change.attr_set |= MOUNT_ATTR_IDMAP;
    change.userns_fd = static_cast<__u64>(nobody->get());
  }
  if (mount_setattr(tree.get(), "", AT_EMPTY_PATH, &change, sizeof change) != 0) return std::nullopt;
  return tree;
}

}  // namespace

std::optional<std::vector<HostTree>> UnownedTrees(const std::vector<std::string>& covered, uint32_t attributes) {
  if (FailedUnowned() != 0) return std::nullopt;
  const Result<std::string> mounts = ReadFile("/proc/self/mountinfo", kMaxMountInfo);
  if (!mounts) return std::nullopt;
  const std::set<std::string> points = MountPoints(*mounts, covered);
  if (points.size() + 2 > kMaxHostTrees) return std::nullopt;
  const Fd nobody = NamespaceOfNobody();
  if (!nobody.valid()) return std::nullopt;
  std::vector<HostTree> trees;
  const auto add = [&](const std::string& path, const Fd* owner) {
    std::optional<Fd> tree = CopyOf(path, attributes, owner);
    if (tree) trees.push_back({path, std::move(*tree)});
    return tree.has_value();
  };
  if (!add("/", &nobody) || !add("/proc", nullptr)) return std::nullopt;
  for (const std::string& point : points) {
    struct stat info{};
    if (lstat(point.c_str(), &info) == 0 && !add(point, &nobody)) return std::nullopt;
  }
  return trees;
}

}  // namespace checkrein::sandbox
