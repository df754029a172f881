// From a decision to what is done about it here and now: pure, one table, the same for hook and supervisor.
#pragma once

#include "agent/answer.h"
#include "agent/event.h"
#include "effect/verdict.h"
#include "monitor/mode.h"

namespace checkrein::monitor {

enum class Level : uint8_t { kContained, kPlain };  // how a ticketed command runs; zero is the stricter

struct Course {
  agent::Answer::Kind answer = agent::Answer::Kind::kDeny;
  Level level = Level::kContained;    // for kRewrite
  bool needs_approval = false;        // denied now; a person may approve this very action and it may be tried again
};

struct CourseQuestion {
  Mode mode = Mode::kHooks;
  agent::Client client = agent::Client::kClaude;
  agent::ToolCall::Kind tool = agent::ToolCall::Kind::kUnknown;
  Verdict verdict = Verdict::kDeny;
  bool contained_after_approval = false;
  bool approved = false;              // a person approved this very action, and the approval has been used up for it
};

// run:   every permitted shell command is rewritten so that the supervisor starts it; other tools are contained already.
// system: as with hooks, but that the service asks a person through its own channel, never the client's prompt.
// hooks: a shell command that must be contained is rewritten; another tool that must be contained cannot be, so it is asked about.
Course ChooseCourse(const CourseQuestion& question);

}  // namespace checkrein::monitor
