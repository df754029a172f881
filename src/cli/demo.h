// The two halves of `checkrein demo`: the person's side, which plays a recorded session under the real supervisor and tells what happens,
// and the player inside the sandbox, which stands in for the agent's client and sends each event through the real hook.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::cli {

// Plays the recording at `path` (one JSON object a line: {"event": NAME, "input": {...}}) as the client would: asks the hook before each
// tool call, does what it answers, and tells the hook the result. Returns the exit code.
int PlayRecording(const std::string& path, const std::string& hook_command);

}  // namespace checkrein::cli
