// What a command did to the workspace: the difference between two looks at the copy's upper layer.
//
// Sees writes and deletions, by construction: the layer holds every change. Blind to reads, programs, the network, and to a file that was
// made and removed again between the two looks. Cost: the number of changes on the copy, not the size of the workspace.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "effect/effect.h"
#include "sandbox/changes.h"

namespace checkrein::monitor {

class CopyWatch {
 public:
  explicit CopyWatch(sandbox::Copy copy) : copy_(std::move(copy)) {}

  // The effects since the last look (or since the copy was new).
  Result<EffectSet> Look();
  // These are the same on both sides now: that they are no changes any more is nobody's doing.
  void Committed(const std::vector<std::string>& paths);

 private:
  struct Stamp {
    sandbox::ChangeKind kind;
    int64_t ctime_ns = 0;
    uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  sandbox::Copy copy_;
  std::map<std::string, Stamp> seen_;
};

}  // namespace checkrein::monitor
