#include "monitor/commit_group.h"

#include <algorithm>
#include <vector>

namespace checkrein::monitor {

Result<uint64_t> CommitGroup::Append(std::string_view record) {
  // Refused here, so that one writer's mistake does not cost the others their flush.
  if (record.empty() || record.size() > audit::kMaxRecordBytes) return log_->Append(record);
  Waiting mine;
  mine.record = record;
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  // Whoever stands first when nobody flushes does it, for all who stand there.
  mine.wake.wait(lock, [&] { return mine.done || (!flushing_ && waiting_.front() == &mine); });
  if (!mine.done) Flush(lock);
  return mine.index;
}

void CommitGroup::Flush(std::unique_lock<std::mutex>& lock) {
  flushing_ = true;
  std::vector<Waiting*> group(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(std::min(waiting_.size(), kMostAtOnce)));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(group.size()));
  lock.unlock();
  std::vector<std::string_view> records;
  for (const Waiting* w : group) records.push_back(w->record);
  const Result<uint64_t> first = log_->AppendAll(records);
  lock.lock();
  flushing_ = false;
  for (size_t i = 0; i < group.size(); ++i) {
    group[i]->index = first ? Result<uint64_t>(*first + i) : Result<uint64_t>(first.error());
    group[i]->done = true;
    group[i]->wake.notify_one();  // under the lock: the writer, and with it the variable, is gone once it runs
  }
  if (!waiting_.empty()) waiting_.front()->wake.notify_one();
}

}  // namespace checkrein::monitor
