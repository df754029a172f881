#include "sandbox/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace checkrein::sandbox {

Fd OpenBeneath(int directory, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(syscall(SYS_openat2, directory, path.empty() ? "." : path.c_str(), &how, sizeof how)));
}

std::optional<std::string> ReadBeneath(int directory, const std::string& path, size_t most) {
  const Fd file = OpenBeneath(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info{};
  if (!file.valid() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  Result<std::string> text = ReadAll(file.get(), most);
  return text ? std::optional(std::move(text).take()) : std::nullopt;
}

}  // namespace checkrein::sandbox
