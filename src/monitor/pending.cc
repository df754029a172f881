#include "monitor/pending.h"

#include <algorithm>

namespace checkrein::monitor {

void PendingActions::Expire(int64_t now_ms) {
  std::erase_if(waiting_, [now_ms](const auto& entry) { return entry.second.expires_ms <= now_ms; });
  std::erase_if(approved_, [now_ms](const auto& entry) { return entry.second <= now_ms; });
}

std::string PendingActions::Wait(const std::string& digest, const std::string& shown, const std::string& why, const std::string& session, int64_t now_ms) {
  Expire(now_ms);
  if (const auto known = waiting_.find(digest); known != waiting_.end()) {
    known->second.expires_ms = now_ms + kApprovalLifeMs;
    return known->second.id;
  }
  if (waiting_.size() >= kMaxPendingActions)
    waiting_.erase(std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) { return a.second.order < b.second.order; }));
  size_t length = 6;
  const auto taken = [&](const std::string& id) { return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& w) { return w.second.id == id; }); };
  while (length < digest.size() && taken(digest.substr(0, length))) ++length;
  Waiting waiting{digest.substr(0, length), shown, why, session, now_ms + kApprovalLifeMs, next_++};
  const std::string id = waiting.id;
  waiting_.emplace(digest, std::move(waiting));
  return id;
}

bool PendingActions::TakeApproval(const std::string& digest, int64_t now_ms) {
  Expire(now_ms);
  return approved_.erase(digest) > 0;
}

std::optional<std::string> PendingActions::Approve(const std::string& id, int64_t now_ms) {
  Expire(now_ms);
  for (auto entry = waiting_.begin(); entry != waiting_.end(); ++entry) {
    if (entry->second.id != id) continue;
    const std::string digest = entry->first;
    approved_[digest] = now_ms + kApprovalLifeMs;
    waiting_.erase(entry);
    return digest;
  }
  return std::nullopt;
}

std::vector<PendingAction> PendingActions::List(int64_t now_ms) {
  Expire(now_ms);
  std::vector<std::pair<int64_t, PendingAction>> ordered;
  for (const auto& [digest, w] : waiting_) ordered.push_back({w.order, {w.id, (w.expires_ms - now_ms) / 1000, w.shown, w.why, w.session}});
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<PendingAction> out;
  for (auto& [order, action] : ordered) out.push_back(std::move(action));
  return out;
}

}  // namespace checkrein::monitor
