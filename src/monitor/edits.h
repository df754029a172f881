// What the person edits in the workspace while a session runs on a copy of it: the kernel tells (inotify), for each directory that is watched.
//
// Blind to: directories beyond kMaxWatches, or beyond what the system grants (`complete` says so), and what happened before a directory was reached:
// the walk goes on in small steps so that it never holds anything up.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "base/fd.h"

namespace checkrein::monitor {

class Edits {
 public:
  explicit Edits(std::string workspace);
  int fd() const { return inotify_.get(); }
  bool walking() const { return !to_watch_.empty(); }
  void Walk();                          // one step
  std::set<std::string> Take();         // paths relative to the workspace that were touched since the last time, parents before children
  bool complete() const { return complete_; }

 private:
  static constexpr size_t kMaxWatches = 20'000;
  void Watch(const std::string& directory);
  std::string workspace_;
  Fd inotify_;
  std::map<int, std::string> watched_;
  std::deque<std::string> to_watch_;
  bool complete_ = true;
};

}  // namespace checkrein::monitor
