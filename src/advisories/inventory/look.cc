#include "advisories/inventory/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.h"
#include "base/path.h"

namespace checkrein::advisories {

Result<std::string> ReadRegular(const std::string& path, size_t cap) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) {
    const int why = errno;
    if (why == ENOENT || why == ENOTDIR) return Error{Error::Kind::kNotFound, path + ": there is no such file"};
    return SystemError(path, why);
  }
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return SystemError(path, errno);
  if (!S_ISREG(info.st_mode)) return Error{Error::Kind::kInvalid, path + ": not a regular file"};
  Result<std::string> text = ReadAll(fd.get(), cap);
  if (!text) return Error{text.error().kind, path + ": " + (text.error().kind == Error::Kind::kLimit ? "larger than " + std::to_string(cap) + " bytes" : text.error().text)};
  return text;
}

std::optional<std::string> RealPath(const std::string& path) {
  char real[PATH_MAX];
  if (realpath(path.c_str(), real) == nullptr) return std::nullopt;
  return std::string(real);
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  DIR* opened = opendir(directory.c_str());
  if (opened == nullptr) return names;
  while (const dirent* entry = readdir(opened)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && names.size() < kMaxNames) names.emplace_back(name);
  }
  closedir(opened);
  std::sort(names.begin(), names.end());
  return names;
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string Departure(const std::string& path, const std::string& real, const std::string& home) {
  if (home.empty() || real == path || !IsBeneath(path, home)) return "";
  const std::string real_home = RealPath(home).value_or(home);
  if (IsBeneath(real, real_home)) return "";
  return "leads out of " + home + " to " + real;
}

}  // namespace checkrein::advisories
