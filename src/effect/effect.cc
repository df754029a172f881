#include "effect/effect.h"

#include <algorithm>

namespace checkrein {
namespace {

constexpr std::string_view kOpNames[] = {"read", "write", "delete", "exec", "connect", "listen", "privilege", "install", "push", "tool", "configure", "unknown"};
static_assert(std::size(kOpNames) == std::size(kAllOps));
constexpr std::string_view kCoverageNames[] = {"opaque", "partial", "full"};

}  // namespace

std::string_view OpName(Op op) { return kOpNames[static_cast<size_t>(op)]; }

std::optional<Op> OpFromName(std::string_view name) {
  for (const Op op : kAllOps)
    if (OpName(op) == name) return op;
  return std::nullopt;
}

std::string ToString(const Effect& effect) { return std::string(OpName(effect.op)) + ":" + effect.object; }

std::optional<Effect> EffectFromString(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const std::optional<Op> op = OpFromName(text.substr(0, colon));
  if (!op) return std::nullopt;
  return Effect{*op, std::string(text.substr(colon + 1)), {}};
}

std::string_view CoverageName(Coverage coverage) { return kCoverageNames[static_cast<size_t>(coverage)]; }

std::optional<Coverage> CoverageFromName(std::string_view name) {
  for (const Coverage coverage : {Coverage::kOpaque, Coverage::kPartial, Coverage::kFull})
    if (CoverageName(coverage) == name) return coverage;
  return std::nullopt;
}

void EffectSet::Add(Effect effect) {
  const auto at = std::lower_bound(order_.begin(), order_.end(), effect, [this](uint32_t index, const Effect& e) { return effects_[index] < e; });
  if (at != order_.end() && effects_[*at] == effect) {
    auto& cause = effects_[*at].cause;
    for (const Span span : effect.cause)
      if (cause.empty() || cause.back() != span) cause.push_back(span);
    return;
  }
  order_.insert(at, static_cast<uint32_t>(effects_.size()));
  effects_.push_back(std::move(effect));
}

void EffectSet::Add(Op op, std::string object, Span cause) {
  Effect effect{op, std::move(object), {}};
  if (cause.end > cause.begin) effect.cause.push_back(cause);
  Add(std::move(effect));
}

void EffectSet::AddAll(const EffectSet& other) {
  for (const Effect& effect : other.effects_) Add(effect);
}

bool EffectSet::Contains(const Effect& effect) const {
  const auto at = std::lower_bound(order_.begin(), order_.end(), effect, [this](uint32_t index, const Effect& e) { return effects_[index] < e; });
  return at != order_.end() && effects_[*at] == effect;
}

}  // namespace checkrein
