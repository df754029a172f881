#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

namespace checkrein {

void Fd::Reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Error SystemError(std::string_view where, int error_number) {
  Error::Kind kind = Error::Kind::kIo;
  if (error_number == ENOENT || error_number == ENOTDIR) kind = Error::Kind::kNotFound;
  if (error_number == EACCES || error_number == EPERM) kind = Error::Kind::kDenied;
  if (error_number == ENOSYS || error_number == EOPNOTSUPP) kind = Error::Kind::kUnsupported;
  return {kind, std::string(where) + ": " + strerrordesc_np(error_number)};
}

Result<std::string> ReadAll(int fd, size_t cap) {
  std::string out;
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) return out;
    if (n < 0) {
      if (errno == EINTR) continue;
      return SystemError("read", errno);
    }
    if (out.size() + static_cast<size_t>(n) > cap) return Error{Error::Kind::kLimit, "input: more than " + std::to_string(cap) + " bytes"};
    out.append(buffer, static_cast<size_t>(n));
  }
}

Result<std::string> ReadFile(const std::string& path, size_t cap) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return SystemError(path, errno);
  Result<std::string> text = ReadAll(fd.get(), cap);
  if (!text) return Error{text.error().kind, path + ": " + text.error().text};
  return text;
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return SystemError("write", errno);
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return Done{};
}

Status ReplaceFile(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string directory(DirName(path));
  std::string temporary = directory + "/." + std::string(BaseName(path)) + ".XXXXXX";
  const Fd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return SystemError(temporary, errno);
  Status written = WriteAll(fd.get(), bytes);
  if (written && fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) written = SystemError(temporary, errno);
  if (written && fsync(fd.get()) != 0) written = SystemError(temporary, errno);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) written = SystemError(path, errno);
  if (!written) {
    unlink(temporary.c_str());
    return Error{written.error().kind, path + ": " + written.error().text};
  }
  const Fd parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid() || fsync(parent.get()) != 0) return SystemError(directory, errno);
  return Done{};
}

Status MakeDirectories(const std::string& path, unsigned mode) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return Done{};  // as nearly always
  for (size_t at = 1; at != std::string::npos && at <= path.size();) {
    at = path.find('/', at);
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), static_cast<mode_t>(mode)) != 0 && errno != EEXIST) return SystemError(part, errno);
    if (at != std::string::npos) ++at;
  }
  if (stat(path.c_str(), &info) != 0) return SystemError(path, errno);
  if (!S_ISDIR(info.st_mode)) return Error{Error::Kind::kInvalid, path + ": not a directory"};
  return Done{};
}

}  // namespace checkrein
