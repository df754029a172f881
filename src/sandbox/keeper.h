// What commits replaced, kept so that they can be undone: contents by their SHA-256, and for each action a list of what was where before and after.
//
//   Keeper keeper(state + "/undo", "17", workspace);         // one action
//   CommitLive(copy, paths, &keeper);
//   Result<std::vector<UndoStep>> steps = PlanUndo(state + "/undo", "17");   // what would happen
//   Result<size_t> undone = Undo(state + "/undo", "17");
//   Prune(state + "/undo", kKeptBytes, kKeptDays);
//
// Undo restores a path only where the workspace still is as the action left it: what somebody changed later is never lost. All or nothing, as
// far as a look beforehand can tell. Not kept: extended attributes, times of directories, ownership.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::sandbox {

inline constexpr uint64_t kKeptBytes = uint64_t{1} << 30;  // of contents, in all
inline constexpr int64_t kKeptDays = 30;

class Keeper {
 public:
  // `action`: a name of letters and digits. Nothing is made before something is kept.
  Keeper(std::string directory, std::string action, std::string workspace)
      : directory_(std::move(directory)), action_(std::move(action)), workspace_(std::move(workspace)) {}

  // What is at `name` now, "none" included, as a line of the list; contents are copied away.
  Result<json::Value> Look(int parent, const std::string& name, bool keep);
  // Everything below a directory that is about to be removed, innermost last.
  Status KeepTree(int parent, const std::string& name, const std::string& path);
  Status Note(const std::string& path, json::Value before, json::Value after);

 private:
  std::string directory_, action_, workspace_;
};

struct UndoStep {
  std::string path;
  std::string what;     // "restore", "remove", "make again"
  std::string refused;  // not empty: why not
};
// kNotFound: nothing is kept of that action.
Result<std::vector<UndoStep>> PlanUndo(const std::string& directory, const std::string& action);
// kDenied when a step is refused: nothing is done then.
Result<size_t> Undo(const std::string& directory, const std::string& action);

struct Kept {
  std::string action, workspace;
  size_t changes = 0;
  int64_t unix_seconds = 0;
};
struct KeptSummary {
  std::vector<Kept> actions;  // oldest first
  uint64_t bytes = 0;
};
Result<KeptSummary> ListKept(const std::string& directory);
// Forgets the oldest actions beyond either bound, and contents that no action names.
Status Prune(const std::string& directory, uint64_t max_bytes, int64_t max_days);

}  // namespace checkrein::sandbox
