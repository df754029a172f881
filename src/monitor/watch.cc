#include "monitor/watch.h"

#include <sys/stat.h>

#include "base/path.h"
#include "monitor/settle.h"

namespace checkrein::monitor {

void CopyWatch::Committed(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) seen_.erase(path);
}

Result<EffectSet> CopyWatch::Look() {
  const Result<std::vector<sandbox::Change>> changes = sandbox::Changes(copy_);
  if (!changes) return changes.error();
  EffectSet effects;
  std::map<std::string, Stamp> now;
  for (const sandbox::Change& change : *changes) {
    Stamp stamp{change.kind, 0, 0};
    struct stat info{};
    if (lstat((copy_.upper + "/" + change.path).c_str(), &info) == 0) {
      stamp.ctime_ns = int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec;
      stamp.inode = info.st_ino;
    }
    const auto before = seen_.find(change.path);
    // A directory is changed by what is in it; it counts by itself only when it is made, replaced or removed.
    const bool known = before != seen_.end() && (change.type == sandbox::ChangeType::kDirectory ? before->second.kind == change.kind : before->second == stamp);
    if (!known) effects.Add(EffectOf(change, copy_.workspace));
    now.emplace(change.path, stamp);
  }
  // What was a change and is none any more: added and removed again, or put back.
  for (const auto& [path, stamp] : seen_)
    if (!now.contains(path)) effects.Add({stamp.kind == sandbox::ChangeKind::kAdded ? Op::kDelete : Op::kWrite, NormalizePath(path, copy_.workspace), {}});
  seen_ = std::move(now);
  return effects;
}

}  // namespace checkrein::monitor
