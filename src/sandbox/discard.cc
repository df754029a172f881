#include <errno.h>
#include <fcntl.h>

#include <set>

#include "sandbox/base_record.h"
#include "sandbox/beneath.h"
#include "sandbox/changes.h"
#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {

Status Discard(const Copy& copy) {
  const Result<Fd> held = HoldCopy(copy);
  if (!held) return held.error();
  if (Status s = RemoveTree(AT_FDCWD, copy.upper.c_str()); !s) return s;
  return RemoveTree(AT_FDCWD, copy.work.c_str());
}

Status Discard(const Copy& copy, const std::vector<std::string>& paths) {
  const Result<Fd> held = HoldCopy(copy);
  if (!held) return held.error();
  const Result<std::vector<Change>> changes = Changes(copy);
  if (!changes) return changes.error();
  std::set<std::string> known;
  for (const Change& change : *changes) known.insert(change.path);
  for (const std::string& path : paths)
    if (!known.contains(path)) return Error{Error::Kind::kNotFound, "discard: " + path + ": not among the changes"};
  const Fd upper(open(copy.upper.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!upper.valid()) return SystemError("discard: " + copy.upper, errno);
  for (const std::string& path : paths) {
    const size_t slash = path.rfind('/');
    const Fd parent = OpenBeneath(upper.get(), slash == std::string::npos ? "" : path.substr(0, slash), O_RDONLY | O_DIRECTORY);
    if (!parent.valid() && errno == ENOENT) continue;  // went with the directory that it lay in
    if (!parent.valid()) return SystemError("discard: " + path, errno);
    if (Status s = RemoveTree(parent.get(), path.substr(slash == std::string::npos ? 0 : slash + 1).c_str()); !s) return s;
  }
  return Done{};
}

}  // namespace checkrein::sandbox
