#include "effect/diff.h"

#include <algorithm>

namespace checkrein {

bool Covers(const Effect& predicted, const Effect& observed) {
  if (predicted.op == Op::kUnknown || predicted.op != observed.op) return false;
  if (predicted.object == "?" || predicted.object == observed.object) return true;
  if (predicted.object.size() == observed.object.size() + 1 && predicted.object.ends_with('/') && predicted.object.starts_with(observed.object)) return true;  // an empty folder
  if (!predicted.object.ends_with("/**")) return false;
  const std::string_view root = std::string_view(predicted.object).substr(0, predicted.object.size() - 3);
  return observed.object.starts_with(root) && (observed.object.size() == root.size() || observed.object[root.size()] == '/');
}

Divergence Subtract(const EffectSet& predicted, const EffectSet& observed, const std::vector<Op>& seen) {
  const auto visible = [&seen](Op op) { return std::find(seen.begin(), seen.end(), op) != seen.end(); };
  Divergence out;
  for (const Effect& effect : observed.all()) {
    const bool covered = std::any_of(predicted.all().begin(), predicted.all().end(), [&](const Effect& p) { return Covers(p, effect); });
    if (!covered && visible(effect.op)) out.unpredicted.push_back(effect);
  }
  for (const Effect& effect : predicted.all()) {
    const bool exact = effect.op != Op::kUnknown && effect.object != "?" && !effect.object.ends_with("/**");
    const bool seen_so = std::any_of(observed.all().begin(), observed.all().end(), [&effect](const Effect& o) { return Covers(effect, o); });
    if (exact && visible(effect.op) && !seen_so) out.absent.push_back(effect);
  }
  return out;
}

}  // namespace checkrein
