#include "monitor/live_world.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/path.h"

namespace checkrein::monitor {

LiveWorld LiveWorld::OfThisProcess() { return LiveWorld(Fd(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC))); }

Fd LiveWorld::Open(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string relative = path.substr(1);
  return Fd(static_cast<int>(syscall(SYS_openat2, root_.get(), relative.empty() ? "." : relative.c_str(), &how, sizeof how)));
}

std::optional<std::string> LiveWorld::Resolve(std::string_view path) const {
  std::string existing = NormalizePath(path, "/");
  std::string rest;
  for (;;) {
    const Fd fd = Open(existing, O_PATH);
    if (fd.valid()) {
      char link[64], target[4096];
      snprintf(link, sizeof link, "/proc/self/fd/%d", fd.get());
      const ssize_t n = readlink(link, target, sizeof target);
      if (n <= 0 || n == sizeof target || target[0] != '/') return std::nullopt;
      const std::string real(target, static_cast<size_t>(n));
      return rest.empty() ? real : NormalizePath(real + rest, "/");
    }
    if (existing == "/") return std::nullopt;
    // A link that leads nowhere: what it names would be made on write, so it must not be taken for its own name.
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    if (const Fd dangling(static_cast<int>(syscall(SYS_openat2, root_.get(), existing.c_str() + 1, &how, sizeof how))); dangling.valid()) return std::nullopt;
    rest = "/" + std::string(BaseName(existing)) + rest;
    existing = DirName(existing);
  }
}

std::optional<std::string> LiveWorld::Read(std::string_view path, size_t cap) const {
  const Fd fd = Open(NormalizePath(path, "/"), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  Result<std::string> text = ReadAll(fd.get(), cap);
  if (!text) return std::nullopt;
  return std::move(text).take();
}

}  // namespace checkrein::monitor
