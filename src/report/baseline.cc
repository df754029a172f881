#include "report/baseline.h"

#include <algorithm>

namespace checkrein::report {
namespace {

constexpr int64_t kRare = 200;          // seen in fewer than one of so many actions: half the points
constexpr size_t kMaxFeatures = 64;     // of one action
constexpr int kRatePoints = 10;         // three times as many actions in a minute as ever before

struct Worth {
  std::string_view what;
  int points;
};
constexpr Worth kWorth[] = {{"host", 20}, {"program", 10}, {"tool", 10}, {"place", 5}};

int PointsOf(std::string_view what) {
  for (const Worth& worth : kWorth) {
    if (worth.what == what) return worth.points;
  }
  return 0;
}

// A path by its kind: how it is touched, and the first parts of where. Names of single files are not what is usual.
std::string PlaceOf(std::string_view op, std::string_view path, const std::string& workspace) {
  const bool inside = workspace.size() > 1 && path.starts_with(workspace) && (path.size() == workspace.size() || path[workspace.size()] == '/');
  std::string_view rest = inside ? path.substr(workspace.size()) : path;
  const size_t parts = inside ? 1 : 2;
  size_t end = 0;
  for (size_t n = 0; n < parts; ++n) {
    const size_t slash = rest.find('/', end + 1);
    if (slash == std::string_view::npos) break;
    end = slash;
  }
  return std::string(op) + " " + (inside ? "." : "") + std::string(end == 0 ? std::string_view("/") : rest.substr(0, end));
}

}  // namespace

std::set<Baseline::Feature> Baseline::FeaturesOf(const Row& row) {
  std::set<Feature> out;
  if (!row.tool.empty()) out.insert({"tool", row.tool});
  for (const auto* effects : {&row.predicted, &row.observed}) {
    for (const std::string& effect : *effects) {
      const size_t colon = effect.find(':');
      if (colon == std::string::npos || out.size() >= kMaxFeatures) continue;
      const std::string op = effect.substr(0, colon), object = effect.substr(colon + 1);
      if (op == "exec") out.insert({"program", object.substr(object.rfind('/') + 1)});
      else if (op == "connect" || op == "push") out.insert({"host", object.substr(0, object.rfind(':'))});
      else if (object.starts_with('/')) out.insert({"place", PlaceOf(op, object, row.workspace)});
    }
  }
  return out;
}

Anomaly Baseline::Judge(const Row& row) const {
  Anomaly out;
  const auto at = usual_.find(KeyOf(row));
  if (!row.is_action() || at == usual_.end()) return out;
  const Usual& usual = at->second;
  out.heard = usual.actions >= kEnoughActions && usual.sessions.size() >= kEnoughSessions;
  if (!out.heard) return out;
  for (const Feature& feature : FeaturesOf(row)) {
    const auto seen = usual.seen.find(feature);
    const int64_t times = seen == usual.seen.end() ? 0 : seen->second;
    const int full = PointsOf(feature.what);
    const int points = times == 0 ? full : times * kRare < usual.actions ? full / 2 : 0;
    if (points > 0) out.reasons.push_back({feature.what, feature.value, points});
  }
  const bool same_minute = row.time.substr(0, 16) == usual.minute;
  if (same_minute && usual.most_in_a_minute > 0 && usual.in_minute + 1 > 3 * usual.most_in_a_minute)
    out.reasons.push_back({"rate", std::to_string(usual.in_minute + 1) + " actions in one minute", kRatePoints});
  std::stable_sort(out.reasons.begin(), out.reasons.end(), [](const AnomalyReason& a, const AnomalyReason& b) { return a.points > b.points; });
  for (const AnomalyReason& reason : out.reasons) out.score += reason.points;
  return out;
}

void Baseline::Learn(const Row& row) {
  if (!row.is_action()) return;
  Usual& usual = usual_[KeyOf(row)];
  ++usual.actions;
  usual.sessions.insert(row.session);
  for (const Feature& feature : FeaturesOf(row)) ++usual.seen[feature];
  if (const std::string minute = row.time.substr(0, 16); minute != usual.minute) {
    usual.most_in_a_minute = std::max(usual.most_in_a_minute, usual.in_minute);
    usual.minute = minute;
    usual.in_minute = 0;
  }
  ++usual.in_minute;
}

}  // namespace checkrein::report
