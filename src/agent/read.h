// A client's hook JSON, read strictly.
#pragma once

#include <string_view>

#include "agent/event.h"
#include "base/result.h"

namespace checkrein::agent {

// `bytes`: one JSON object as the client writes it to the hook's standard input, at most json::Limits::max_bytes, untrusted.
// `event_name`: the event as named on the hook's command line, for clients whose JSON does not name it (Copilot, OpenCode);
// "" otherwise. Where both name it they must agree.
// Errors: kInvalid (not JSON, a field missing or of the wrong type, NUL in a command or path), kLimit. The caller denies.
// A name of an event or tool that is not known is no error: Phase::kUnknown, ToolCall::Kind::kUnknown.
Result<Event> ReadEvent(Client client, std::string_view event_name, std::string_view bytes);

}  // namespace checkrein::agent
