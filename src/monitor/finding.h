// Records of kind `finding` (something that a person should look at) and `incident` (a protection failed, or a person had to step in): what
// is worth an alert stands in the log under a kind of its own, with a stable code, so that nobody has to search all other records for it.
//
//   monitor.Record(FindingRecord(monitor.NewEnvelope(), Finding::kGate, {.ref = 41, .what = "x.tgz: a key that works", .evidence = {...}}));
//
// Who writes which is in the table; docs/format/record.md says it for readers. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "effect/reconcile.h"
#include "monitor/record.h"

namespace checkrein::monitor {

enum class Finding : uint8_t { kDivergence, kSilence, kNoEnd, kCutOff, kGate, kPolicyFailed, kJudgeFailed, kFrozen, kTrespass };

struct FindingRule {
  Finding finding;
  std::string_view code;      // stable: "divergence"
  std::string_view kind;      // "finding", "incident"
  std::string_view severity;  // "low", "medium", "high", "critical"; of a divergence, when it is high
  std::string_view text;      // for a person, short
  std::string_view meaning;   // in full: what it says, and what it does not
};
std::span<const FindingRule> FindingRules();

struct FindingFacts {
  int64_t ref = -1;                    // the record that it is about; -1: none
  std::string session, client;         // of that record; "" if none
  std::string what;                    // one line, redacted: what is the matter in this case
  std::vector<std::string> evidence;
};
json::Value FindingRecord(const Envelope& envelope, Finding finding, const FindingFacts& facts);

// The finding about an outcome that differs by kSomeScore or more, with the score's reasons as evidence; a null value for one that differs
// by less. `action`: the record of the action, or a null value.
json::Value DivergenceFinding(const Envelope& envelope, int64_t ref, const json::Value& action, const Reconciled& reconciled);

// Between two heartbeats of a living process: nothing (a null value), or that it was late by more than half a period. `mono_ms` does not
// count while the machine sleeps, `wall_ms` does, and follows the clock's being set.
json::Value SilenceFinding(const Envelope& envelope, int64_t mono_ms, int64_t wall_ms, int64_t period_ms);

// That a person stopped everything, or lets it go on.
enum class Freezing : uint8_t { kBegins, kEnds };
json::Value FrozenIncident(const Envelope& envelope, Freezing freezing, int64_t by_uid, std::string what);

}  // namespace checkrein::monitor
