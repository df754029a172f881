#include "monitor/run_plan.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "monitor/protocol.h"

namespace checkrein::monitor {

sandbox::Plan PlanOfRun(const RunOptions& options, const HeldCopy& copy, const std::string& run_directory) {
  sandbox::Plan plan;
  plan.copy = copy.copy;
  plan.home = options.places.home;
  plan.binds = options.binds;
  // For the agent alone: a command has nothing to say to us, neither in the client's name nor with a ticket.
  plan.binds.push_back({options.hook, kInsideHook, sandbox::Access::kReadOnly, sandbox::Audience::kAgentOnly});
  plan.binds.push_back({run_directory + "/inside", kInsideSocket, sandbox::Access::kReadOnly, sandbox::Audience::kAgentOnly});
  plan.planted = options.planted;
  plan.hidden = {options.places.state};
  plan.hidden.insert(plan.hidden.end(), options.places.config.begin(), options.places.config.end());
  plan.networks = sandbox::Networks::kBothIntercepted;
  plan.watch_execs = true;
  plan.host_files = options.host_files;
  plan.max_memory_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 10 * 9;
  for (const auto& [listener, endpoint] : RoutesOf(options)) plan.listeners.push_back(listener);
  char name[HOST_NAME_MAX + 1] = {};
  gethostname(name, HOST_NAME_MAX);
  const std::string own = egress::CanonicalName(name) ? " " + std::string(name) : "";
  plan.planted.push_back({"/etc/hosts", "127.0.0.1\tlocalhost" + own + "\n::1\tlocalhost" + own + "\n", 0444});
  plan.planted.push_back({"/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n", 0444});
  return plan;
}

std::vector<std::pair<sandbox::Listener, egress::Endpoint>> RoutesOf(const RunOptions& options) {
  std::vector<std::pair<sandbox::Listener, egress::Endpoint>> out;
  const auto add = [&out](const egress::Endpoint& to, sandbox::Reach reach) {
    const std::string address = to.host == "localhost" ? "127.0.0.1" : to.host;
    if (address.starts_with("127.")) out.push_back({{address, to.port, reach}, {address, to.port}});
  };
  for (const egress::Endpoint& to : options.reach) {
    add(to, sandbox::Reach::kCommandNetwork);
    add(to, sandbox::Reach::kAgentNetwork);
  }
  for (const egress::Endpoint& to : options.endpoints) {
    const bool twice = std::any_of(options.reach.begin(), options.reach.end(), [&to](const egress::Endpoint& e) { return e.host == to.host && e.port == to.port; });
    if (!twice) add(to, sandbox::Reach::kAgentNetwork);
  }
  return out;
}

}  // namespace checkrein::monitor
