#include "monitor/earned.h"

#include <algorithm>

#include "policy/path_groups.h"

namespace checkrein::monitor {
namespace {

// Whether some word beside the names of programs caused it.
bool IsNamed(const Effect& read, const EffectSet& effects) {
  if (read.cause.empty()) return true;
  return std::any_of(read.cause.begin(), read.cause.end(), [&](const Span& span) {
    return std::none_of(effects.all().begin(), effects.all().end(), [&](const Effect& e) { return e.op == Op::kExec && !e.cause.empty() && e.cause.front() == span; });
  });
}

bool Has(const std::vector<std::string_view>& groups, std::string_view group) { return std::find(groups.begin(), groups.end(), group) != groups.end(); }

}  // namespace

std::vector<std::string> EarnedByReading(const analysis::Analysis& analysis, const ReadingPlace& place, const analysis::Past& past) {
  bool secret = analysis.coverage == Coverage::kOpaque && place.secrets == WorkspaceSecrets::kThere;
  bool untrusted = false;
  const policy::Surroundings around{place.home, place.workspace, {}, {}};
  for (const Effect& effect : analysis.effects.all()) {
    if (effect.op != Op::kRead || !IsNamed(effect, analysis.effects)) continue;
    const auto groups = policy::GroupsOfPath(effect.object, around).in;
    secret |= Has(groups, "credentials") || Has(groups, "dotenv");
    if (effect.object == "?" || past.FindFile(effect.object) != nullptr) continue;
    const bool inside = Has(groups, "workspace") || Has(groups, "system") || Has(groups, "harmless") || Has(groups, "devices");
    const bool own = Has(groups, "home") && (Has(groups, "agent-config") || Has(groups, "instructions"));
    untrusted |= !inside && !own;
  }
  std::vector<std::string> labels;
  if (secret) labels.emplace_back("secret");
  if (untrusted) labels.emplace_back("untrusted");
  return labels;
}

}  // namespace checkrein::monitor
