#include "policy/recall.h"

#include <algorithm>

namespace checkrein::policy {
namespace {

constexpr size_t kMaxKept = 8;

bool Alike(const Subject& a, const Subject& b) {
  return a.action == b.action && a.exact == b.exact && a.groups == b.groups && a.includes == b.includes && a.may_include == b.may_include;
}

}  // namespace

const EffectDecision* Recall::Find(const Subject& subject) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& k) { return Alike(k.first, subject); });
  return found != kept_.end() && MayRecall(subject) ? &found->second : nullptr;
}

void Recall::Keep(const Subject& subject, const EffectDecision& answer) {
  if (!MayRecall(subject)) return;
  if (kept_.size() < kMaxKept) {
    kept_.emplace_back(subject, answer);
  } else {
    kept_[next_] = {subject, answer};
    next_ = (next_ + 1) % kMaxKept;
  }
}

}  // namespace checkrein::policy
