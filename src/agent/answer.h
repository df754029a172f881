// What the hook prints and returns so that a client does as decided: the dialects measured in docs/clients.md.
//
// To deny, always and for every client: empty standard output, one line on standard error, exit 2. It is the only form that
// blocked on every hook client measured. Client JSON is used only to allow, to rewrite, to ask and to add context.
// One exception: a denial to Copilot CLI carries its JSON as well, for it keeps standard error from the model and blocks on exit 2
// whatever stands on standard output.
#pragma once

#include <optional>
#include <string>

#include "agent/event.h"

namespace checkrein::agent {

struct Answer {
  enum class Kind : uint8_t {
    kDeny,     // zero: what nobody set denies
    kAsk,      // the client's own prompt, where it has one that holds; becomes kDeny for the others (see CanAsk)
    kRewrite,  // run `command` instead of the shell command
    kAllow,    // let it run as it stands
    kNothing,  // for events that decide nothing: say nothing, exit 0
  };
  Kind kind = Kind::kDeny;
  std::string reason;   // one line for a person and for the model; required for kDeny and kAsk
  std::string command;  // kRewrite
};

// What to write and how to exit.
struct Wire {
  std::string out;
  std::string err;
  int exit_code = 2;
};

// Whether the client has a prompt of its own that a hook can raise and that blocks when nobody answers.
// Never Codex (it runs the command), never Gemini (it ends the run silently).
bool CanAsk(Client client);

// The whole answer; the caller writes `out` with one write(2), then `err`, then exits. Control characters in `reason` become
// spaces; an empty reason gets a standing text, for two clients run the command when standard error is empty.
//   kBeforeTool  every kind; kNothing is a denial (nobody decided), so is kRewrite of anything but a shell command.
//   kPermission  kAsk and kNothing leave the question to the client's own prompt; kRewrite is a denial.
//   kTurnEnd     a denial would make the model go on for ever: one line on standard error and exit 0.
//   others       anything but kDeny is written as kNothing.
// A rewrite keeps every other argument of the call. Cost: linear in the arguments.
Wire WriteAnswer(const Event& event, const Answer& answer);

// The denial when there is no event to answer to (unreadable input, a crash, a time-out).
Wire WriteRefusal(std::string_view reason);

}  // namespace checkrein::agent
