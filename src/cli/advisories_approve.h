// Approving by digest, for the two commands that do: `advisories approve WHAT...` and `advisories doctor --approve`.
#pragma once

#include <string>
#include <vector>

#include "advisories/inventory/server.h"
#include "base/digest.h"
#include "base/result.h"
#include "cli/advisories_command.h"
#include "monitor/places.h"

namespace checkrein::cli {

// Of what is examined and approved: whose state, whose home, which workspace. All are real paths.
struct Where {
  monitor::Places places;
  std::string home, workspace;
};
// `home`, `workspace`: as given, "" for the account's and the current directory. kInvalid for what is no project.
Result<Where> FindWhere(const std::string& home, const std::string& workspace, const PlacesOptions& places);

// The key under which servers are pinned; all zero in a state that has none, and so no pins.
Digest PinKey(const std::string& state);

// Asks a server what it says to the model, contained and without a network (monitor/mcp_ask.h); its canonical text.
Result<std::string> AskServer(const advisories::Server& server, const Where& where);

// `what`: files ("~/..." below the home, else below the workspace or absolute) and "mcp:NAME". Approves or withdraws one after the other,
// recorded before it counts. The exit status.
enum class Pinning : uint8_t {
  kApprove,
  kApproveWithTools,   // servers are started and asked; what they say is approved with them
  kForget,
};
int Approve(const std::vector<std::string>& what, const Where& where, Pinning pinning);

}  // namespace checkrein::cli
