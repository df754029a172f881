// Actions that wait for a person, and approvals that wait for their action. Held by the supervisor in memory, out of the sandbox's reach.
//
// An approval is for one action, by the digest of client, tool, arguments and directory; it is used once and expires.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "monitor/protocol.h"

namespace checkrein::monitor {

inline constexpr int64_t kApprovalLifeMs = 10 * 60 * 1000;
inline constexpr size_t kMaxPendingActions = 256;  // the oldest gives way: an agent must not fill the supervisor's memory

class PendingActions {
 public:
  // Keeps the action and answers the id that a person types: the shortest of 6 or more digits of its digest that names it alone.
  std::string Wait(const std::string& digest, const std::string& shown, const std::string& why, const std::string& session, int64_t now_ms);
  // Uses up the approval of this very action, if there is one that has not expired.
  bool TakeApproval(const std::string& digest, int64_t now_ms);
  // The digest that was approved; nothing when no waiting action has this id.
  std::optional<std::string> Approve(const std::string& id, int64_t now_ms);
  std::vector<PendingAction> List(int64_t now_ms);

 private:
  struct Waiting {
    std::string id, shown, why, session;
    int64_t expires_ms = 0;
    int64_t order = 0;
  };
  void Expire(int64_t now_ms);
  std::map<std::string, Waiting> waiting_;      // by digest
  std::map<std::string, int64_t> approved_;     // digest -> when it expires
  int64_t next_ = 0;
};

}  // namespace checkrein::monitor
