// `checkrein run`: the process outside the sandbox that decides, records and starts everything, while everything inside, our own hook
// included, is untrusted input (docs/format/supervisor.md).
//
//   RunOptions options;
//   options.workspace = "/home/u/project";
//   options.argv = {"claude", "-p", "fix the test"};
//   Result<RunSummary> done = Supervise(options);
//
// One poll loop; a second thread only lets executions go on (exec_watch.h). Ends when the agent ends; nothing of the session is left alive, its changes are settled by policy.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "egress/name.h"
#include "monitor/places.h"
#include "monitor/settle.h"
#include "sandbox/session.h"

namespace checkrein::monitor {

struct RunOptions {
  // kCommand (`checkrein exec`): the program is no agent but one command: in the commands' network and environment, watched, with an outcome
  // of its own; there is no hook that would ask about what it does.
  enum class Role : uint8_t { kAgent, kCommand } role = Role::kAgent;
  Places places;
  std::string workspace;                    // absolute, without links
  std::vector<std::string> argv;            // the agent; argv[0] as the person wrote it
  std::string program;                      // argv[0]'s absolute path
  std::string hook;                         // our hook's path on the host
  std::vector<egress::Endpoint> endpoints;  // its model's hosts, for the agent alone
  std::vector<egress::Endpoint> reach;      // what the person named, for the agent and its commands
  std::vector<uint16_t> published;          // ports of the host's loopback that lead to the same port inside
  std::vector<std::string> model_hosts;     // those of them that are the model's own, for policy
  std::vector<sandbox::Bind> binds;         // the client's state (agent only), tool directories to show
  std::vector<sandbox::PlantedFile> planted;  // the client's managed configuration
  std::vector<std::string> environment;     // the agent's, all of it
  sandbox::Identity identity = sandbox::Identity::kSelf;  // the agent's, not its commands'
  sandbox::HostFiles host_files = sandbox::HostFiles::kNobodys;
  Hold hold = Hold::kByPolicy;
  std::function<void(const json::Value&)> recorded;  // told of every record; may be empty
};

struct RunSummary {
  int exit_code = 0;
  std::string session;
  uint64_t actions = 0, denied = 0, contained = 0;
  Settled settled;
  HeldCopy copy;
  std::vector<std::string> findings;  // one line each, the first of them
  std::vector<std::string> refused;   // what the agent itself wanted to connect to and may not, where it had the terminal; one line each
  std::string log_error;   // not "": an outcome could not be recorded
  std::string policy_fault;  // not "": policy files were changed meanwhile and did not load; the last good set decided
};

Result<RunSummary> Supervise(RunOptions options);

// The directory that holds the sessions' sockets for `approve` and `pending`: STATE/run/SESSION/control.
std::string ControlDirectory(const std::string& state);

}  // namespace checkrein::monitor
