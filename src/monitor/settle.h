// What becomes of the changes on a copy once nothing runs on it any more: policy is asked about every changed path; what it allows is
// committed, the rest is held for a person (`checkrein changes`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "effect/effect.h"
#include "monitor/monitor.h"
#include "sandbox/changes.h"

namespace checkrein::monitor {

// A copy's place under the state directory: held/ID/{upper,work,about}.
struct HeldCopy {
  std::string id;
  sandbox::Copy copy;
  int64_t made_ms = 0;
  std::string source;   // what ran on it, for a person
  std::string mode;     // ModeName, of what made it; "" in copies of versions that did not say
};

// Makes the directories of a new copy of `workspace`. kInvalid when the state directory lies in the workspace or around it.
Result<HeldCopy> NewCopy(const std::string& state, const std::string& workspace, const std::string& source, Mode mode);
// The copies that are still there, oldest first. A directory that cannot be understood is an error: it may hold a person's work.
Result<std::vector<HeldCopy>> HeldCopies(const std::string& state);
// Removes the copy with everything in it.
Status Forget(const std::string& state, const HeldCopy& held);

struct HeldPath {
  std::string path;
  std::string why;
};
struct Settled {
  std::vector<std::string> committed;
  std::vector<HeldPath> held;
};

enum class Hold : uint8_t { kByPolicy, kEverything };
// Decides and commits. The session on the copy must have ended. When nothing is held the copy is removed.
Result<Settled> Settle(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels, Hold hold);

// The same while the session runs on, after an action: what is permitted is in the workspace at once, and can be undone under the action's
// number (state/undo). Nothing leaves the copy's upper layer; what is held stays for the end, or for a person.
Result<Settled> SettleLive(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels, Hold hold, int64_t action);

// What policy says of each change on the copy, for a person who decides about it (`checkrein changes`): nothing is committed.
struct JudgedChange {
  std::string path;
  std::string problem;              // not "": it can never be committed, or is in conflict; then nobody is asked
  Verdict verdict = Verdict::kDeny;
  std::string why;
  std::optional<std::string> content;  // what it was judged by, where that is more than its path: nothing else may be committed
};
Result<std::vector<JudgedChange>> JudgeChanges(Monitor& monitor, const HeldCopy& held, const std::vector<std::string>& labels);

// A change as an effect: write or delete of the absolute path.
Effect EffectOf(const sandbox::Change& change, const std::string& workspace);

}  // namespace checkrein::monitor
