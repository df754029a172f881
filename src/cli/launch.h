// From what a person typed to what the supervisor needs: the program's real path, the directories it must see, its environment, the
// endpoints of its model. Facts of the host are read here, once, before anything runs.
#pragma once

#include <string>
#include <vector>

#include "agent/event.h"
#include "base/result.h"
#include "monitor/supervisor.h"

namespace checkrein::cli {

struct LaunchRequest {
  monitor::Places places;
  std::string workspace;             // "" for the current directory
  std::string home;                  // the agent's home; "" for the person's own
  std::string client;                // "" to find out by the program's name
  std::string hook;                  // "" for the one beside this program
  std::vector<std::string> reach;    // HOST:PORT
  std::vector<uint16_t> published;   // ports of the host's loopback
  std::vector<std::string> show;     // directories to show read-only
  std::vector<std::string> variables;  // further names to keep of the environment
  std::vector<std::string> argv;
  monitor::Hold hold = monitor::Hold::kByPolicy;
};

// kInvalid with what to do when something named is not there or cannot be.
Result<monitor::RunOptions> PlanLaunch(const LaunchRequest& request);

// The path of a program that was installed beside this one. kNotFound when it is not there.
Result<std::string> ProgramBeside(const std::string& name);

// The program as the shell would find it, absolute, links not followed. kNotFound when it is not in PATH.
Result<std::string> FindProgram(const std::string& name);

// What a session must show, read-only, of the trees it hides so that `program` (absolute) can start.
Result<std::vector<sandbox::Bind>> BindsToStart(const std::string& program, const std::string& home, const std::string& workspace);

}  // namespace checkrein::cli
