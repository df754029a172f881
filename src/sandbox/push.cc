// The person's edits into a running session, through its mount: an overlay does not look again at what it has seen of its lower layer, and what was
// replaced there by rename, or newly made, may stay invisible for ever.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <optional>

#include "base/path.h"
#include "sandbox/beneath.h"
#include "sandbox/changes.h"
#include "sandbox/shared.h"

namespace checkrein::sandbox {
namespace {

constexpr size_t kMaxPushed = 256u << 20;  // a larger file is not copied: programs see it when they look anew

std::optional<struct stat> Look(int directory, const std::string& name) {
  struct stat info{};
  if (directory < 0 || fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return info;
}

bool LooksTheSame(const struct stat& a, const struct stat& b) {
  if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT)) return false;
  if (S_ISDIR(a.st_mode)) return true;
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_mode == b.st_mode;
}

// Into the file that is there, so that whoever holds it open reads the new content.
Status WriteFile(int from_directory, int to_directory, const std::string& name, const struct stat& info) {
  const Fd from = OpenBeneath(from_directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);  // it may be a fifo by now
  if (!from.valid()) return SystemError(name, errno);
  const Result<std::string> content = ReadAll(from.get(), kMaxPushed);
  if (!content) return content.error();
  const Fd to(openat(to_directory, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!to.valid()) return SystemError(name, errno);
  if (Status written = WriteAll(to.get(), *content); !written) return written;
  const timespec times[] = {info.st_atim, info.st_mtim};
  return fchmod(to.get(), info.st_mode & 0777) == 0 && futimens(to.get(), times) == 0 ? Status(Done{}) : SystemError(name, errno);
}

Status Put(int from_directory, int to_directory, const std::string& name, const struct stat& info, const std::optional<struct stat>& seen) {
  if (seen && (seen->st_mode & S_IFMT) != (info.st_mode & S_IFMT) && unlinkat(to_directory, name.c_str(), S_ISDIR(seen->st_mode) ? AT_REMOVEDIR : 0) != 0) {
    return SystemError(name, errno);
  }
  if (S_ISDIR(info.st_mode)) return mkdirat(to_directory, name.c_str(), info.st_mode & 0777) == 0 || errno == EEXIST ? Status(Done{}) : SystemError(name, errno);
  if (!S_ISLNK(info.st_mode)) return WriteFile(from_directory, to_directory, name, info);
  char target[4096];
  const ssize_t n = readlinkat(from_directory, name.c_str(), target, sizeof target - 1);
  if (n < 0) return SystemError(name, errno);
  target[n] = '\0';
  unlinkat(to_directory, name.c_str(), 0);
  return symlinkat(target, to_directory, name.c_str()) == 0 ? Status(Done{}) : SystemError(name, errno);
}

}  // namespace

Result<bool> PushEdit(const Copy& copy, int root, const std::string& path) {
  const Fd upper_root(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const Fd lower_root(open(copy.workspace.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const Fd seen_root = OpenBeneath(root, copy.workspace.substr(1), O_RDONLY | O_DIRECTORY);
  if (!upper_root.valid() || !lower_root.valid() || !seen_root.valid()) return SystemError("session", errno);
  const std::string_view parent_name = DirName(path);
  const std::string parent = parent_name == "." ? "" : std::string(parent_name), name(BaseName(path));
  const Fd upper = OpenBeneath(upper_root.get(), parent, O_RDONLY | O_DIRECTORY);
  const Fd lower = OpenBeneath(lower_root.get(), parent, O_RDONLY | O_DIRECTORY);
  const Fd seen = OpenBeneath(seen_root.get(), parent, O_RDONLY | O_DIRECTORY);
  if (!seen.valid()) return false;  // its directory is gone in there
  const auto above = Look(upper.get(), name), below = Look(lower.get(), name), now = Look(seen.get(), name);
  Result<SharedPaths> shared = SharedPaths::Load(copy);
  if (!shared) return shared.error();
  const SharedPath* known = shared->Find(path);
  const bool agents = above && !S_ISDIR(above->st_mode) && (known == nullptr || known->upper != SideOf(*above));
  if (agents || (!below && !now)) return false;
  if (below && now && LooksTheSame(*below, *now)) {
    // Seen in there as it is: from now on it is what the agent starts from.
    if (known != nullptr && known->lower == SideOf(*below)) return false;
    const Status noted = shared->Note(path, {above ? SideOf(*above) : Side{}, SideOf(*below)});
    return noted ? Result<bool>(false) : Result<bool>(noted.error());
  }
  Status pushed = Done{};
  if (below) {
    if (!S_ISREG(below->st_mode) && !S_ISDIR(below->st_mode) && !S_ISLNK(below->st_mode)) return false;
    pushed = Put(lower.get(), seen.get(), name, *below, now);
  } else if (unlinkat(seen.get(), name.c_str(), S_ISDIR(now->st_mode) ? AT_REMOVEDIR : 0) != 0) {
    pushed = SystemError(path, errno);
  }
  if (!pushed) return pushed.error();
  const Fd upper_now = OpenBeneath(upper_root.get(), parent, O_RDONLY | O_DIRECTORY);
  const auto side = [&name](int directory) {
    const auto info = Look(directory, name);
    return info ? SideOf(*info) : Side{};
  };
  const Status noted = shared->Note(path, below ? SharedPath{side(upper_now.get()), side(lower.get())} : SharedPath{});
  if (!noted) return noted.error();
  return true;
}

}  // namespace checkrein::sandbox
