#include "effect/effect.h"

#include <algorithm>
#include <functional>

namespace checkrein {
namespace {

constexpr std::string_view kOpNames[] = {"read", "write", "delete", "exec", "connect", "listen", "privilege", "install", "push", "tool", "configure", "unknown"};
static_assert(std::size(kOpNames) == std::size(kAllOps));
constexpr std::string_view kCoverageNames[] = {"opaque", "partial", "full"};
constexpr size_t kOps = 16;          // more than there are
constexpr size_t kFewestSlots = 16;  // a power of two; most actions have fewer effects than half of it
constexpr size_t kFewCauses = 16;    // looked through for one told twice

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

namespace {

// Where `effect` stands in the table of slots, or the free slot where it would. At most half of the slots are taken.
size_t SlotOf(const Effect& effect, const std::vector<Effect>& effects, const std::vector<uint32_t>& slots) {
  size_t slot = (std::hash<std::string_view>{}(effect.object) * kOps + static_cast<size_t>(effect.op)) & (slots.size() - 1);
  while (slots[slot] != 0 && !(effects[slots[slot] - 1] == effect)) slot = (slot + 1) & (slots.size() - 1);
  return slot;
}

}  // namespace

void EffectSet::Add(Effect effect) {
  if (order_.size() < 2 * (effects_.size() + 1)) {
    order_.assign(std::max(kFewestSlots, 2 * order_.size()), 0);
    for (size_t i = 0; i < effects_.size(); ++i) order_[SlotOf(effects_[i], effects_, order_)] = static_cast<uint32_t>(i + 1);
  }
  uint32_t& slot = order_[SlotOf(effect, effects_, order_)];
  if (slot == 0) {
    effects_.push_back(std::move(effect));
    slot = static_cast<uint32_t>(effects_.size());
    return;
  }
  std::vector<Span>& cause = effects_[slot - 1].cause;
  for (const Span span : effect.cause) {
    const bool told = cause.size() < kFewCauses ? std::find(cause.begin(), cause.end(), span) != cause.end() : cause.back() == span;
    if (!told) cause.push_back(span);
  }
}

void EffectSet::Add(Op op, std::string object, Span cause) {
  Effect effect{op, std::move(object), {}};
  if (cause.end > cause.begin) effect.cause.push_back(cause);
  Add(std::move(effect));
}

void EffectSet::AddAll(const EffectSet& other) {
  for (const Effect& effect : other.effects_) Add(effect);
}

bool EffectSet::Contains(const Effect& effect) const { return !order_.empty() && order_[SlotOf(effect, effects_, order_)] != 0; }

}  // namespace checkrein
