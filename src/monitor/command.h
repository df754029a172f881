// How a ticketed command is run in a session: shell, environment, and what its outcome is made of. Shared by supervisor and hook.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "monitor/record.h"
#include "monitor/ticket.h"
#include "sandbox/session.h"

namespace checkrein::monitor {

// The names that a command's environment may take over from ours, and nothing else: no key of the agent is among them.
std::vector<std::string> CommandEnvironment(const char* const* environment, const std::string& home);
// Those that the agent itself gets: the same, and `allowed` (exact names, or a prefix ending in '*').
std::vector<std::string> AgentEnvironment(const char* const* environment, const std::vector<std::string>& allowed);

// The program for `ticket`, without its descriptors.
sandbox::Program CommandProgram(const Ticket& ticket, std::vector<std::string> environment, uint64_t processor_seconds);
// For a command that ended so because of that bound: why, and what can be done; "" for any other.
std::string WhyStopped(int exit_code, uint64_t processor_seconds);

// Which sensors watched a command. The copy always does.
struct Sight {
  enum class Network : uint8_t { kUnseen, kByBroker } network = Network::kUnseen;  // the broker: only under `run`
  ExecsSeen execs = {};                                                           // `watched` or not
};
// The outcome's common part: prediction, observation and their difference. `observed`: what copy and broker saw.
Outcome OutcomeOf(const Ticket& ticket, EffectSet observed, Sight sight);

}  // namespace checkrein::monitor
