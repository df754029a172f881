// Apart from the service itself, for the hook, which needs no more of it.
#include <errno.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "monitor/service.h"

namespace checkrein::monitor {

Result<std::optional<std::string>> InstalledService() {
  struct stat info{};
  if (lstat(kServiceMark, &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return SystemError(kServiceMark, errno);
  }
  if (info.st_uid != 0 || !S_ISREG(info.st_mode) || (info.st_mode & 022) != 0) return Error{Error::Kind::kDenied, std::string(kServiceMark) + ": not root's own file"};
  Result<std::string> text = ReadFile(kServiceMark, 4096);
  if (!text) return text.error();
  while (text->ends_with('\n')) text->pop_back();
  if (!text->starts_with('/')) return Error{Error::Kind::kInvalid, std::string(kServiceMark) + ": no path of a socket"};
  return std::optional<std::string>(*text);
}

}  // namespace checkrein::monitor
