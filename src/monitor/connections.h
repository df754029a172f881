// May this connection be? Asked by the broker for every name and every connection, answered with the session's labels as they are at that
// moment: a session that reads a secret after it has read text from outside loses its ways out, open ones excepted.
//
// Permitted is what policy permits as it stands; what the person named on the command line; what a person has approved for this session; and, for
// as long as it runs, what a permitted command was predicted to connect to (it would not run otherwise). A forbid wins over all of these.
// What is the agent's alone: the hosts of its model. A command that could reach them could carry files out under somebody else's key.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "egress/name.h"
#include "policy/decide.h"

namespace checkrein::monitor {

struct ConnectionQuestion {
  bool agent = false;
  std::string host;   // as the broker has it: canonical, but not to be trusted to be
  uint16_t port = 0;  // 0: only whether the name may be known
};

// What holds for a session, beside its policy.
struct ConnectionRules {
  std::vector<egress::Endpoint> by_person;  // `--reach`
  std::set<std::string> approved;           // "a.example:443"
  std::vector<std::string> predicted;       // effects of the commands that run: "connect:a.example:443"
};

struct ConnectionAnswer {
  bool permit = false;
  bool may_be_private = false;  // the person named it: it may lead to this machine or its network
  bool needs_approval = false;  // a person could permit it
  std::string why;
};

ConnectionAnswer MayConnect(const policy::PolicySet& policies, policy::Circumstances circumstances, const ConnectionRules& rules, const ConnectionQuestion& question);

}  // namespace checkrein::monitor
