// The hook's two jobs, each as a function from the process's edge to its exit code. src/cli/hook_main.cc calls nothing else.
#pragma once

#include <string>

#include "agent/answer.h"
#include "agent/event.h"
#include "base/result.h"

namespace checkrein::monitor {

struct HookOptions {
  std::string state, config;    // "" for the defaults
  std::string supervisor;       // path of the supervisor's socket; "" with hooks only
  std::string service;          // path of the service's socket, in a system installation; "" elsewhere
  std::string tools;            // checkrein-tools, beside this program; "": nothing looks at what is published
  std::string self;             // how a shell starts this program again, quoted: "/usr/bin/checkrein-hook --state '/x'"
};

inline constexpr int kHookDeadlineMs = 25'000;   // the whole hook; below every client's time-out (30 s), above the judge's own and the gate's together

// Reads the event from standard input and answers it. Never fails.
agent::Wire AnswerEvent(const HookOptions& options, agent::Client client, const std::string& event_name);

// Runs the command of a ticket and returns its exit status; 125 with a line on standard error when it could not be started.
int ExecTicket(const HookOptions& options, const std::string& ticket);

}  // namespace checkrein::monitor
