#include "monitor/finding.h"

#include <algorithm>
#include <iterator>

#include "monitor/clip.h"

namespace checkrein::monitor {
namespace {

constexpr FindingRule kRules[] = {
    {Finding::kDivergence, "divergence", "finding", "high", "an action did what was not expected of it",
     "What was observed differs from what was claimed, predicted or permitted by 20 points or more; each reason is there with its points. It is high "
     "from 50 points on, and then the session counts as untrusted. Not said: that the action was harmful."},
    {Finding::kSilence, "silence", "finding", "medium", "nothing was written for longer than a heartbeat",
     "The process that keeps the log did not run: it was stopped (SIGSTOP, a debugger), or the machine slept or had its clock set. What happened "
     "meanwhile has no record."},
    {Finding::kNoEnd, "no-end", "finding", "medium", "something that keeps the log ended without saying so",
     "A run or the service was killed, or the machine went down. What it had acknowledged is in the log; what happened after its last record is not."},
    {Finding::kCutOff, "cut-off", "finding", "low", "a write was cut off",
     "Bytes of a write that never ended stood at the log's end and were dropped. They were never acknowledged: no action was permitted on their word."},
    {Finding::kGate, "publication", "finding", "high", "the release gate would not let something be published",
     "What an action would have published holds what a stranger could use, or could not be looked at as a whole. It was denied."},
    {Finding::kTrespass, "trespass", "finding", "high", "something inside the sandbox tried what is not its own",
     "It asked for what only a person may do, forged a message, gave a ticket that is not good, or flooded the socket; it was refused. The client's hook "
     "does none of this, but for a ticket whose script has changed since it was judged: that can also be an honest race."},
    {Finding::kPolicyFailed, "policy-failed", "incident", "high", "a forbidding policy could not be evaluated",
     "The action was denied. The language alone would have skipped that policy; what it would have answered is in the action's record."},
    {Finding::kJudgeFailed, "judge-failed", "incident", "high", "the process that reads events failed",
     "It died, hung, or answered and did not end well. The event was refused. Bytes made to break the parser look like this; so does a machine that "
     "is out of memory."},
    {Finding::kFrozen, "frozen", "incident", "critical", "a person stopped everything, or let it go on",
     "Every session was stopped and new actions are refused; `event` says whether that begins or ends, `by_uid` who did it."},
};

}  // namespace

std::span<const FindingRule> FindingRules() { return kRules; }

json::Value FindingRecord(const Envelope& envelope, Finding finding, const FindingFacts& facts) {
  const FindingRule& rule = *std::find_if(std::begin(kRules), std::end(kRules), [finding](const FindingRule& row) { return row.finding == finding; });
  json::Value record = StartRecord(envelope, rule.kind);
  record.Set("code", rule.code).Set("severity", rule.severity);
  if (facts.ref >= 0) record.Set("ref", facts.ref);
  if (!facts.session.empty()) record.Set("session", Clip(facts.session, kShortText));
  if (!facts.client.empty()) record.Set("client", Clip(facts.client, kShortText));
  record.Set("what", facts.what.empty() ? std::string(rule.text) : Clip(facts.what, kExcerpt));
  if (!facts.evidence.empty()) SetList(record, "evidence", facts.evidence);
  return record;
}

json::Value DivergenceFinding(const Envelope& envelope, int64_t ref, const json::Value& action, const Reconciled& reconciled) {
  if (reconciled.score < kSomeScore) return {};
  FindingFacts facts{ref, std::string(action.Text("session")), std::string(action.Text("client")), {}, {}};
  for (const Reason& reason : reconciled.reasons) {
    std::string line = std::string(reason.rule->id) + " " + std::to_string(reason.points) + ":";
    for (const std::string& one : reason.evidence) line += " " + one;
    facts.evidence.push_back(std::move(line));
  }
  const Reason& first = reconciled.reasons.front();
  facts.what = "action " + std::to_string(ref) + ": " + std::string(first.rule->text) + (first.evidence.empty() ? "" : ": " + first.evidence.front()) + " (differs by " +
               std::to_string(reconciled.score) + ")";
  json::Value record = FindingRecord(envelope, Finding::kDivergence, facts);
  if (reconciled.differs() != Differs::kHigh) record.Set("severity", "medium");
  return record.Set("score", int64_t{reconciled.score});
}

json::Value SilenceFinding(const Envelope& envelope, int64_t mono_ms, int64_t wall_ms, int64_t period_ms) {
  const int64_t longest = period_ms + period_ms / 2;
  if (mono_ms <= longest && wall_ms <= longest) return {};
  FindingFacts facts;
  const int64_t silent_ms = std::max(mono_ms, wall_ms);
  facts.what = "nothing was written for " + std::to_string(silent_ms / 1000) + " s: " +
               (mono_ms > longest ? "this process did not run" : "the machine slept, or its clock was set");
  return FindingRecord(envelope, Finding::kSilence, facts).Set("silent_ms", silent_ms);
}

json::Value FrozenIncident(const Envelope& envelope, Freezing freezing, int64_t by_uid, std::string what) {
  json::Value record = FindingRecord(envelope, Finding::kFrozen, {-1, {}, {}, std::move(what), {}});
  return record.Set("event", freezing == Freezing::kBegins ? "begins" : "ends").Set("by_uid", by_uid);
}

}  // namespace checkrein::monitor
