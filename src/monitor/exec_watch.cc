#include "monitor/exec_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxPending = 64;                // each holds a descriptor
constexpr int64_t kLookAgainNs = 20'000'000;      // what has not begun to run by then has failed, or is not worth more looks

std::string Joined(const sandbox::ExecAttempt& attempt) {
  std::string call;
  for (const std::string& argument : attempt.arguments) call += (call.empty() ? "" : " ") + argument;
  if (attempt.arguments_left_out > 0) call += " …[+" + std::to_string(attempt.arguments_left_out) + " arguments]";
  return call;
}

}  // namespace

// --- ExecGroup ----------------------------------------------------------------------------------------------------------------------------

ExecSeen* ExecGroup::Find(const sandbox::ExecAttempt& attempt) {
  const auto found = std::find_if(seen_.programs.begin(), seen_.programs.end(), [&](const ExecSeen& one) { return one.path == attempt.path && one.caller == attempt.caller; });
  return found == seen_.programs.end() ? nullptr : &*found;
}

void ExecGroup::Serve() {
  while (std::optional<sandbox::ExecAttempt> attempt = listener_.Next()) {
    if (attempt->look == sandbox::ExecAttempt::Look::kWithdrawn) continue;
    if (attempt->call == sandbox::ExecAttempt::Call::kRefused) {
      if (std::find(seen_.refused.begin(), seen_.refused.end(), attempt->refused) == seen_.refused.end()) seen_.refused.emplace_back(attempt->refused);
      continue;
    }
    if (attempt->call == sandbox::ExecAttempt::Call::kRenameDirectory) {
      if (seen_.renamed_directories.size() < kMaxRenamesSeen) seen_.renamed_directories.push_back(attempt->path);
      continue;
    }
    if (attempt->look == sandbox::ExecAttempt::Look::kUnreadable) {
      ++seen_.lost;
      continue;
    }
    if (!attempt->exists) {
      ++seen_.absent;
      continue;
    }
    ++seen_.count;
    ExecSeen* known = Find(*attempt);
    if (known == nullptr) {
      if (seen_.programs.size() >= kMaxProgramsSeen) {
        ++seen_.lost;
        continue;
      }
      known = &seen_.programs.emplace_back();
      known->path = attempt->path;
      known->caller = attempt->caller;
      known->interpreter = attempt->interpreter;
    }
    ++known->times;
    if (known->calls.size() < kMaxCallsSeen) {
      std::string call = Joined(*attempt);
      if (std::find(known->calls.begin(), known->calls.end(), call) == known->calls.end()) known->calls.push_back(std::move(call));
    }
    if (pending_.size() >= kMaxPending) pending_.erase(pending_.begin());
    pending_.push_back({*std::move(attempt), MonotonicNanos()});
  }
  LookAgain();
}

ExecsSeen ExecGroup::Take() {
  ExecsSeen rest;
  rest.watched = seen_.watched;
  return std::exchange(seen_, std::move(rest));
}

void ExecGroup::LookAgain() {
  const int64_t now_ns = MonotonicNanos();
  std::erase_if(pending_, [&](const Pending& one) {
    using What = sandbox::ExecAttempt::After::What;
    const sandbox::ExecAttempt::After after = one.attempt.LookAgain();
    if (after.what == What::kSame) return now_ns - one.since_ns > kLookAgainNs;
    if (after.what == What::kGone) return true;
    ExecSeen* known = Find(one.attempt);
    if (known == nullptr) return true;  // taken meanwhile
    // One that is not as claimed is never covered up by a later one that is.
    const bool as_claimed = after.what == What::kAsClaimed;
    if (known->image.empty() || (!as_claimed && known->as_claimed)) {
      known->image = after.image;
      known->as_claimed = as_claimed;
    }
    return true;
  });
}

// --- ExecWatch ----------------------------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<ExecWatch>> ExecWatch::Start(Fd root) {
  Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return SystemError("eventfd", errno);
  std::unique_ptr<ExecWatch> watch(new ExecWatch(std::move(root), std::move(wake)));
  sigset_t all, before;  // signals are the main thread's
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  watch->thread_ = std::thread([&self = *watch] { self.Loop(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return watch;
}

ExecWatch::~ExecWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  eventfd_write(wake_.get(), 1);
  thread_.join();
}

uint64_t ExecWatch::Add(Fd listener) {
  uint64_t id = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    id = next_++;
    groups_.try_emplace(id, std::move(listener), root_.get());
  }
  eventfd_write(wake_.get(), 1);
  return id;
}

ExecsSeen ExecWatch::Take(uint64_t id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = groups_.find(id);
  return found == groups_.end() ? ExecsSeen{} : found->second.Take();
}

void ExecWatch::Drop(uint64_t id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  groups_.erase(id);
}

void ExecWatch::Loop() {
  std::vector<pollfd> waiting;
  for (bool soon = false;;) {
    waiting.assign(1, {wake_.get(), POLLIN, 0});
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [id, group] : groups_) {
        if (!group.over()) waiting.push_back({group.fd(), POLLIN, 0});
      }
    }
    if (poll(waiting.data(), waiting.size(), soon ? kLookAgainMs : -1) < 0 && errno != EINTR) return;
    eventfd_t ignored = 0;
    eventfd_read(wake_.get(), &ignored);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stop_) return;
    soon = false;
    for (auto& [id, group] : groups_) {
      group.Serve();
      soon = soon || group.looks_again();
    }
  }
}

}  // namespace checkrein::monitor
