// What is the same on both sides of a copy although its upper layer holds it: files that were committed while a session was mounted on the copy
// (nothing may be removed from the layer then), and edits of the person that were written into the session.
//
// For each path the state of both sides at that moment. A path whose upper side is still as noted is no change of the agent's; one whose lower
// side is still as noted was not changed by its owner. Kept as lines in the copy's work directory, appended as things happen, so that it outlives
// a killed supervisor: what was committed and not noted shows as a conflict, never as nothing.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "sandbox/changes.h"

namespace checkrein::sandbox {

// A side of a path: enough to see that somebody wrote to it, changed its mode or put something else in its place.
struct Side {
  uint64_t inode = 0;  // 0: nothing is there
  int64_t ctime_ns = 0;
  uint64_t size = 0;
  bool operator==(const Side&) const = default;
};
Side SideOf(const struct stat& info);

struct SharedPath {
  Side upper, lower;
};

class SharedPaths {
 public:
  static Result<SharedPaths> Load(const Copy& copy);
  const SharedPath* Find(const std::string& path) const;
  // The names directly below `path` ("" is the workspace) that are noted.
  std::map<std::string, SharedPath>::const_iterator Below(const std::string& path) const { return paths_.lower_bound(path.empty() ? "" : path + "/"); }
  std::map<std::string, SharedPath>::const_iterator end() const { return paths_.end(); }
  Status Note(const std::string& path, const SharedPath& sides);
  static Status Forget(const Copy& copy);

 private:
  std::string file_;
  std::map<std::string, SharedPath> paths_;
};

}  // namespace checkrein::sandbox
