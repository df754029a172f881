#include "monitor/reconcile.h"

#include <algorithm>

#include "monitor/clip.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxEvidence = 16;  // of one reason; further ones are counted

bool Inside(const std::string& object, std::string_view workspace) {
  return workspace.empty() || object == workspace || object == "?" || (object.starts_with(workspace) && object.substr(workspace.size()).starts_with('/'));
}

std::vector<std::string> Texts(const std::vector<Effect>& effects) {
  std::vector<std::string> out;
  for (const Effect& effect : effects) out.push_back(ToString(effect));
  return out;
}

}  // namespace

Reconciled ReconcileOutcome(const json::Value& action, const Outcome& outcome) {
  Accounts a;
  const std::string claim = std::string(action.At("intent").Text("description")) + ". " + std::string(action.At("intent").Text("said"));
  a.claim = claim;
  const std::string_view workspace = action.Text("workspace");
  for (const Effect& effect : outcome.predicted.all()) {
    // The copy shows the workspace only: what was predicted elsewhere is not absent, it is unseen.
    const bool shown_by_copy = effect.op == Op::kWrite || effect.op == Op::kDelete;
    if (!shown_by_copy || Inside(effect.object, workspace)) a.predicted.Add(effect);
  }
  a.coverage = CoverageFromName(action.At("predicted").Text("coverage")).value_or(Coverage::kOpaque);
  a.predicted.AddAll(AccountedExecs(outcome.execs, outcome.predicted, a.coverage));
  a.lost = outcome.execs.lost;
  a.permitted = action.Text("course") != "denied" && action.Text("course") != "awaits approval";
  for (const std::string& path : outcome.held) a.unpermitted.push_back({Op::kWrite, path, {}});
  a.observed = outcome.observed;
  for (const Op op : kAllOps) {
    const bool watched = op == Op::kRead || op == Op::kWrite || op == Op::kDelete || op == Op::kExec || op == Op::kConnect;
    if (watched && std::find(outcome.blind_to.begin(), outcome.blind_to.end(), OpName(op)) == outcome.blind_to.end()) a.seen.push_back(op);
  }
  a.ran = outcome.error.empty() || !outcome.observed.empty();
  return Reconcile(a);
}

void SetDivergence(json::Value& record, const Reconciled& reconciled) {
  json::Value divergence;
  SetList(divergence, "unpredicted", Texts(reconciled.divergence.unpredicted));
  SetList(divergence, "absent", Texts(reconciled.divergence.absent));
  divergence.Set("score", int64_t{reconciled.score}).Set("differs", DiffersName(reconciled.differs()));
  json::Array reasons;
  for (const Reason& reason : reconciled.reasons) {
    json::Value value;
    value.Set("id", reason.rule->id).Set("points", int64_t{reason.points});
    std::vector<std::string> evidence = reason.evidence;
    const size_t dropped = evidence.size() - std::min(evidence.size(), kMaxEvidence);
    evidence.resize(evidence.size() - dropped);
    SetList(value, "evidence", evidence);
    if (dropped > 0) value.Set("evidence_dropped", static_cast<int64_t>(dropped));
    reasons.push_back(std::move(value));
  }
  divergence.Set("reasons", std::move(reasons));
  record.Set("divergence", std::move(divergence));
}

}  // namespace checkrein::monitor
