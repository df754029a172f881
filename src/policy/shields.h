// Policies that only take away, asked beside a loaded set: the shields of advisories. What a set permits, a shield in force may refuse or
// narrow; what a set refuses stays refused. A shield that cannot be evaluated denies.
//
//   Result<std::string> image = CompileSet(*ParseShields({{"CVE-2026-25725:", "CVE-2026-25725.json", text}}, schema));   // words.h
//   Shields shields{*cedar::Program::Open(*image), {true}};
//   shields.Aim();
//   circumstances.shields = &shields;                          // decide.h
//
// Asking both is the same as asking one set that holds the policies of both: a forbid wins whatever stands beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/program.h"
#include "cedar/schema.h"

namespace checkrein::policy {

struct Shields {
  cedar::Program program;   // of forbids alone; borrows its image
  std::vector<bool> on;     // for each policy, whether it is asked
  // What those that are on can be about, so that most effects need not be asked about at all. Set by Aim; views into the image.
  struct Target {
    uint32_t actions = 0;      // bit n is the action with that number (words.h)
    std::string_view group;    // only what lies in this group of paths; "" for everything
    int64_t above = -1;        // only actions of more commands than these
  };
  std::vector<Target> targets = {};
  bool any() const { return !targets.empty(); }
  bool MayBeAbout(uint32_t action, const std::vector<std::string_view>& groups, int64_t commands) const;
  // To be called when `on` has changed.
  void Aim();
};

// What stands on a shield beside @reason; "" where the policy has none.
std::string ShieldReason(const cedar::Program& program, size_t policy);  // reason and link, as `why` shows them

struct ShieldText {
  std::string prefix;  // put before every @id: "CVE-2026-25725:"
  std::string file;    // for messages
  std::string text;
};
// The policies, parsed and checked. Each must be a forbid and have @id, @reason, @link (https://...) and @expires (a day or a time); other
// annotations are refused, as is what does not validate strictly against `schema` (PolicySet::Schema) or can never apply. Errors: kInvalid,
// kDenied for a permit; file:line:col.
Result<cedar::PolicySet> ParseShields(const std::vector<ShieldText>& texts, const cedar::Schema& schema);

}  // namespace checkrein::policy
