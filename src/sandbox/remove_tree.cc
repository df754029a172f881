#include "sandbox/remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/fd.h"

namespace checkrein::sandbox {
namespace {

Result<std::vector<std::string>> Names(int directory) {
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = copy < 0 ? nullptr : fdopendir(copy);
  if (stream == nullptr) return SystemError("remove", errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names.emplace_back(entry->d_name);
  }
  closedir(stream);
  return names;
}

class Remover {
 public:
  explicit Remover(int top) : top_(top) {}

  Status Empty() {
    for (;;) {
      const Result<std::vector<std::string>> names = Names(top_);
      if (!names) return names.error();
      if (names->empty()) return Done{};
      for (const std::string& name : *names) {
        if (Status s = RemoveOne(name); !s) return s;
      }
    }
  }

 private:
  // Whether it is gone; when not, it is a directory that holds something and may now be opened.
  static Result<bool> RemoveSimple(int directory, const std::string& name) {
    if (unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return true;
    const int error = errno;
    if (error != EISDIR && error != EPERM) return SystemError("remove " + name, error);
    if (fchmodat(directory, name.c_str(), 0700, 0) != 0) return SystemError("remove " + name, errno);
    if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0) return true;
    if (errno != ENOTEMPTY && errno != EEXIST) return SystemError("remove " + name, errno);
    return false;
  }

  Status RemoveOne(const std::string& name) {
    const Result<bool> gone = RemoveSimple(top_, name);
    if (!gone) return gone.error();
    if (*gone) return Done{};
    const Fd child(openat(top_, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child.valid()) return SystemError("remove " + name, errno);
    const Result<std::vector<std::string>> inner = Names(child.get());
    if (!inner) return inner.error();
    for (const std::string& grandchild : *inner) {
      const Result<bool> simple = RemoveSimple(child.get(), grandchild);
      if (!simple) return simple.error();
      if (*simple) continue;
      if (Status s = MoveUp(child.get(), grandchild); !s) return s;
    }
    if (unlinkat(top_, name.c_str(), AT_REMOVEDIR) != 0) return SystemError("remove " + name, errno);
    return Done{};
  }

  Status MoveUp(int from, const std::string& name) {
    for (;;) {
      const std::string above = ".checkrein-" + std::to_string(counter_++);
      if (renameat2(from, name.c_str(), top_, above.c_str(), RENAME_NOREPLACE) == 0) return Done{};
      if (errno != EEXIST) return SystemError("remove " + name, errno);
    }
  }

  int top_;
  unsigned counter_ = 0;
};

}  // namespace

Status RemoveTree(int directory, const char* name) {
  struct stat info{};
  if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? Status(Done{}) : Status(SystemError(name, errno));
  if (!S_ISDIR(info.st_mode)) return unlinkat(directory, name, 0) == 0 ? Status(Done{}) : Status(SystemError(name, errno));
  if (fchmodat(directory, name, 0700, 0) != 0) return SystemError(name, errno);
  const Fd top(openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top.valid()) return SystemError(name, errno);
  if (Status s = Remover(top.get()).Empty(); !s) return s;
  return unlinkat(directory, name, AT_REMOVEDIR) == 0 ? Status(Done{}) : Status(SystemError(name, errno));
}

}  // namespace checkrein::sandbox
