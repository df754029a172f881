// One line of `checkrein check`: a command or a client's event in, the decision out. Hermetic: a pure function of line and policies, which
// never looks at the machine it talks about. libcheckrein decides by the same function.
//
//   json::Value answer = CheckLine(R"({"id":1,"command":"ls"})", setup);
//   answer.Text("verdict")   // "allow"
//
// docs/format/verdict.md has both formats. Not covered: symbolic links and the content of scripts, for there is no world to ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "policy/decide.h"

namespace checkrein::monitor {

inline constexpr size_t kMaxCheckLine = 8u << 20;  // of one line: as large as the largest event that is read

struct CheckSetup {
  const policy::PolicySet* policies = nullptr;  // borrowed for the call
  std::vector<std::string> model_hosts, registries;
  const DeclaredPlaces* personal = nullptr;       // what is declared as personal data; borrowed; nullptr: nothing
  const policy::Shields* shields = nullptr;       // asked beside them; borrowed; nullptr: none
  enum class Id { kNeeded, kOptional } id = Id::kNeeded;
};

// Never fails: a line that cannot be judged is answered with "verdict":"deny" and "error". `line` is untrusted.
// Cost: linear in the line.
json::Value CheckLine(std::string_view line, const CheckSetup& setup);

}  // namespace checkrein::monitor
