#include "monitor/live_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "base/path.h"

namespace checkrein::monitor {
namespace {

// As much of a directory as is listed: some thousand entries, one to three reads. Larger ones are asked about name by name.
constexpr size_t kMaxListingBytes = 64u << 10;

std::optional<std::string> RealName(const Fd& fd) {
  if (!fd.valid()) return std::nullopt;
  char link[64], target[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd.get());
  const ssize_t n = readlink(link, target, sizeof target);
  if (n <= 0 || n == sizeof target || target[0] != '/') return std::nullopt;
  return std::string(target, static_cast<size_t>(n));
}

// Whether the file system's listings name everything that can be opened. Others (procfs, FUSE, autofs, network) may know names that
// they do not list.
bool ListsAll(const Fd& fd) {
  struct statfs info{};
  if (fstatfs(fd.get(), &info) != 0) return false;
  switch (static_cast<unsigned long>(info.f_type)) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
      return true;
    default:
      return false;
  }
}

// Fills in the directories and links of what `fd` names; true when those are all there are.
bool List(const Fd& fd, Surroundings& around) {
  if (!ListsAll(fd)) return false;
  const Fd listed(openat(fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listed.valid()) return errno == ENOTDIR;  // a file holds no names at all
  // Whoever folds case also answers this call (ext4, f2fs; tmpfs since 6.13, overlayfs since 6.17): no answer is no folding.
  int flags = 0;
  if (ioctl(listed.get(), FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_CASEFOLD_FL) != 0) return false;
  size_t total = 0;
  alignas(dirent64) char buffer[32768];
  for (;;) {
    const long n = syscall(SYS_getdents64, listed.get(), buffer, sizeof buffer);
    if (n < 0) return false;
    if (n == 0) return true;
    total += static_cast<size_t>(n);
    if (total > kMaxListingBytes) return false;
    for (long at = 0; at < n;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || entry->d_type == DT_REG) continue;
      // What says nothing of its type is asked about like a link.
      (entry->d_type == DT_DIR ? around.directories : around.links).emplace_back(name);
    }
  }
}

}  // namespace

LiveWorld LiveWorld::OfThisProcess() {
  LiveWorld world(Fd(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)));
  world.is_own_ = true;
  return world;
}

LiveWorld LiveWorld::AsSeenBy(Caller caller) {
  LiveWorld world = OfThisProcess();
  world.caller_ = std::move(caller);
  return world;
}

Fd LiveWorld::Open(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string relative = path.substr(1);
  return Fd(static_cast<int>(syscall(SYS_openat2, root_.get(), relative.empty() ? "." : relative.c_str(), &how, sizeof how)));
}

Fd LiveWorld::OpenExisting(std::string& path, std::string& rest) const {
  for (;;) {
    Fd fd = Open(path, O_PATH);
    if (fd.valid() || path == "/") return fd;
    // A link that leads nowhere: what it names would be made on write, so it must not be taken for its own name.
    if (const Fd dangling = Open(path, O_PATH | O_NOFOLLOW); dangling.valid()) return Fd();
    rest = "/" + std::string(BaseName(path)) + rest;
    path = DirName(path);
  }
}

std::optional<std::string> LiveWorld::Resolve(std::string_view path) const {
  const ActingAs user(caller_);
  if (!user.ok()) return std::nullopt;
  std::string existing = NormalizePath(path, "/");
  std::string rest;
  const Fd fd = OpenExisting(existing, rest);
  const std::optional<std::string> real = RealName(fd);
  if (!real || rest.empty()) return real;
  return NormalizePath(*real + rest, "/");
}

std::optional<Surroundings> LiveWorld::Around(std::string_view directory) const {
  const ActingAs user(caller_);
  if (!user.ok()) return std::nullopt;
  Surroundings around;
  around.existing = NormalizePath(directory, "/");
  std::string rest;
  const Fd fd = OpenExisting(around.existing, rest);
  const std::optional<std::string> real = RealName(fd);
  if (!real) return std::nullopt;
  around.real = *real;
  around.complete = List(fd, around);
  return around;
}

bool LiveWorld::HoldsDeclared(std::string_view directory, const DeclaredPlaces& places, std::string_view home, std::string_view workspace) const {
  constexpr size_t kMaxWalked = 20'000;  // names: some 10 ms
  const ActingAs user(caller_);
  if (!user.ok()) return true;
  size_t walked = 0;
  for (std::vector<std::string> pending = {NormalizePath(directory, "/")}; !pending.empty();) {
    const std::string path = pending.back();  // a copy: of what is moved from a vector, GCC 12 believes that it may not be there
    pending.pop_back();
    const std::string slash = path == "/" ? path : path + "/";
    // What may lie where nothing may be listed is not known: the agent's programs may be able to.
    const Fd fd = Open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (!fd.valid() && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
    if (!fd.valid()) return true;
    alignas(dirent64) char buffer[32768];
    for (long n = 0; (n = syscall(SYS_getdents64, fd.get(), buffer, sizeof buffer)) != 0;) {
      if (n < 0) return true;
      for (long at = 0; at < n;) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
        at += entry->d_reclen;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (++walked > kMaxWalked) return true;
        const std::string found = slash + std::string(name);
        if (places.Look(found, home, workspace).lies == DeclaredPlaces::Lies::kWithin) return true;
        if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) {
          if (places.Look(found + "/**", home, workspace).lies != DeclaredPlaces::Lies::kOutside) pending.push_back(found);
        } else if (entry->d_type == DT_LNK) {
          const std::optional<std::string> real = Resolve(found);
          if (!real || IsBeneath(*real, NormalizePath(directory, "/"))) continue;  // leads nowhere, or where is looked anyhow
          if (places.Look(*real, home, workspace).lies == DeclaredPlaces::Lies::kWithin) return true;
          if (places.Look(*real == "/" ? "/**" : *real + "/**", home, workspace).lies == DeclaredPlaces::Lies::kHolds) return true;
        }
      }
    }
  }
  return false;
}

Fd LiveWorld::Root() const { return Fd(fcntl(root_.get(), F_DUPFD, 3)); }

std::optional<advisories::FileStamp> LiveWorld::Stamp(std::string_view path) const {
  const ActingAs user(caller_);
  if (!user.ok()) return std::nullopt;
  struct stat info{};
  if (is_own_) {
    if (stat(NormalizePath(path, "/").c_str(), &info) != 0) return std::nullopt;
  } else {
    const Fd fd = Open(NormalizePath(path, "/"), O_PATH);
    if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::nullopt;
  }
  const auto nanoseconds = [](const timespec& at) { return int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec; };
  return advisories::FileStamp{info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

std::optional<std::string> LiveWorld::Read(std::string_view path, size_t cap) const {
  const ActingAs user(caller_);
  if (!user.ok()) return std::nullopt;
  const Fd fd = Open(NormalizePath(path, "/"), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  Result<std::string> text = ReadAll(fd.get(), cap);
  if (!text) return std::nullopt;
  return std::move(text).take();
}

}  // namespace checkrein::monitor
