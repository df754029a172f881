// What the sandbox of a run looks like from what the person asked for: what is hidden, shown and planted, and which sockets of the host's loopback
// have a listener inside. Nothing is started here.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "egress/name.h"
#include "monitor/supervisor.h"
#include "sandbox/session.h"

namespace checkrein::monitor {

// `run_directory` holds the socket that the agent sees.
sandbox::Plan PlanOfRun(const RunOptions& options, const HeldCopy& copy, const std::string& run_directory);

// Interception leaves loopback alone, where the session's own servers listen: what the person (or the model's address) puts on the host's
// loopback gets a listener at the same place inside.
std::vector<std::pair<sandbox::Listener, egress::Endpoint>> RoutesOf(const RunOptions& options);

}  // namespace checkrein::monitor
