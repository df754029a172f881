#include "advisories/exposure.h"

#include <algorithm>

#include "advisories/shield.h"

namespace checkrein::advisories {
namespace {

constexpr int64_t kDayMs = 86'400'000;

std::vector<ShieldState> StatesOf(const Known& known, const Active& active, int64_t now_ms) {
  std::vector<ShieldState> states;
  for (const ActiveShield& shield : active.shields) {
    if (AdvisoryOf(shield.id) != known.advisory.id) continue;
    const auto kind = shield.expires_ms <= now_ms ? ShieldState::Kind::kExpired : known.on_trial ? ShieldState::Kind::kOnTrial : ShieldState::Kind::kInForce;
    states.push_back({shield.id, kind, shield.expires_ms});
  }
  return states;
}

}  // namespace

bool Exposure::shielded() const {
  return std::any_of(shields.begin(), shields.end(), [](const ShieldState& s) { return s.kind == ShieldState::Kind::kInForce; });
}

std::vector<Exposure> ExposuresOf(const std::vector<Known>& known, const Active& active, int64_t now_ms) {
  std::vector<Exposure> out;
  for (const Installed& installed : active.installed) {
    const auto first = static_cast<std::ptrdiff_t>(out.size());
    for (const Known& one : known) {
      const Standing standing = StandingOf(one.advisory, installed);
      if (!standing.exposed()) continue;
      const Advisory& a = one.advisory;
      Exposure e{installed, a.id, a.summary, a.link, a.effect, a.remains, a.aliases, a.unconfirmed, one.imported, standing.fixed_in, standing.why, a.published_ms, 0, StatesOf(one, active, now_ms)};
      e.days_open = std::max<int64_t>(0, (now_ms - a.published_ms) / kDayMs);
      out.push_back(std::move(e));
    }
    std::stable_sort(out.begin() + first, out.end(), [](const Exposure& a, const Exposure& b) { return a.published_ms < b.published_ms; });
  }
  return out;
}

}  // namespace checkrein::advisories
