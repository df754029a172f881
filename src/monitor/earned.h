// Labels that an action's output earns by what the action was predicted to read, whatever the output looks like.
//
// `secret`: it names a protected place that holds credentials, or nobody knows what it reads and the workspace holds secrets.
// `untrusted`: it names a file outside the workspace that is neither the system's nor of the person's own agent configuration.
// Only reads that words of the command name, or that are a tool's argument, count: a program that looks into its own configuration shows
// the model nothing of it. Files that actions of agents wrote have labels of their own (SessionFacts::past) and are left to those.
// Not covered: text that reached a file inside the workspace by other ways than an agent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/analysis.h"
#include "analysis/past.h"

namespace checkrein::monitor {

enum class WorkspaceSecrets : bool { kNone, kThere };

struct ReadingPlace {
  std::string_view home, workspace;
  WorkspaceSecrets secrets = WorkspaceSecrets::kNone;  // asked only for opaque actions
};

// Sorted. Cost: a few microseconds for each effect.
std::vector<std::string> EarnedByReading(const analysis::Analysis& analysis, const ReadingPlace& place, const analysis::Past& past);

}  // namespace checkrein::monitor
