#include <fcntl.h>

#include "sandbox/base_record.h"
#include "sandbox/changes.h"
#include "sandbox/remove_tree.h"

namespace checkrein::sandbox {

Status Discard(const Copy& copy) {
  const Result<Fd> held = HoldCopy(copy);
  if (!held) return held.error();
  if (Status s = RemoveTree(AT_FDCWD, copy.upper.c_str()); !s) return s;
  return RemoveTree(AT_FDCWD, copy.work.c_str());
}

}  // namespace checkrein::sandbox
