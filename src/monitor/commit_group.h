// Many writers, one flush: while one of them brings records to the disk, the others' records gather, and go with the next flush together.
//
//   CommitGroup group(&log);
//   Result<uint64_t> index = group.Append(record);   // from any thread; returns once the record is durable
//
// A writer that comes alone pays what Log::Append costs. When a flush fails, every record that was in it is refused: none was acknowledged.
// The log is used by one thread at a time, but by many in turn.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string_view>

#include "audit/frame.h"
#include "audit/log.h"
#include "base/result.h"

namespace checkrein::monitor {

class CommitGroup {
 public:
  explicit CommitGroup(audit::Log* log) : log_(log) {}  // borrowed
  CommitGroup(const CommitGroup&) = delete;
  CommitGroup& operator=(const CommitGroup&) = delete;

  // As Log::Append; thread-safe.
  Result<uint64_t> Append(std::string_view record);

  static constexpr size_t kMostAtOnce = 1024;  // records in one flush: bounds what a writer waits for, at some 30 ms of signing

 private:
  struct Waiting {
    std::string_view record;
    Result<uint64_t> index = uint64_t{0};
    bool done = false;
    std::condition_variable wake;
  };
  void Flush(std::unique_lock<std::mutex>& lock);

  audit::Log* log_;
  std::mutex mutex_;
  std::deque<Waiting*> waiting_;
  bool flushing_ = false;
};

}  // namespace checkrein::monitor
