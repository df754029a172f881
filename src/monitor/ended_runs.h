// Runs whose supervisor is gone without having said so (killed, or the machine went down): what is left of them is a socket at which nobody
// listens. Found by the next run that starts, so that the log has a finding of it (finding.h, `no-end`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace checkrein::monitor {

// The sessions of such runs, each told once, to one caller; their sockets are gone then. `control`: ControlDirectory(); `now_ms`: the
// wall clock, for one that is just starting is let be. Cost: a connection for each run under way.
std::vector<std::string> TakeEndedRuns(const std::string& control, int64_t now_ms);

}  // namespace checkrein::monitor
