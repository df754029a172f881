// The records that the monitor writes, as one line of JSON each (docs/format/record.md). Pure: everything comes as an argument.
// Bounds: a record stays below audit's 65,535 bytes whatever it is made of; lists are cut to kMaxItems and say how many were dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/active.h"
#include "base/json.h"
#include "effect/effect.h"
#include "monitor/course.h"
#include "monitor/exec_seen.h"
#include "monitor/facts.h"
#include "monitor/judge.h"
#include "monitor/mode.h"

namespace checkrein::monitor {

inline constexpr size_t kMaxItems = 64;   // effects, notes and the like in one record

// What every record starts with.
struct Envelope {
  int64_t unix_ms = 0;
  int64_t mono_ns = 0;
  std::string boot;        // the kernel's boot id: orders mono_ns
  Mode mode = Mode::kHooks;
  int64_t uid = -1;        // kSystem: who asked, by the kernel's word; -1: the service itself
};

// The base of a record of `kind`: version, kind, time, mode.
json::Value StartRecord(const Envelope& envelope, std::string_view kind);
// A list cut to kMaxItems; `key` and, when something was cut, `key_dropped`.
void SetList(json::Value& record, const std::string& key, const std::vector<std::string>& items);

// "session", "turn", "message", "note": an event without a tool call.
json::Value EventRecord(const Envelope& envelope, const Judgement& j);
// To the record of a session's begin: which programs of its client are installed, in which version and how that is known, and the
// advisories in force.
void SetInstalled(json::Value& record, const advisories::Active& active, std::string_view client, const std::vector<std::string>& in_force);
// "action": before. Goal and intent come from the facts; the model's description of the call is its intent when it gave one.
struct ActionFacts {
  const SessionFacts* facts = nullptr;
  Course course;
  std::string ticket;          // id, "" if none: only its first 8 digits are recorded
  bool approved = false;
  std::string advice;          // what the agent's side was told, when it was denied
  std::vector<std::string> advisories;  // in force when it was judged
};
json::Value ActionRecord(const Envelope& envelope, const Judgement& j, const ActionFacts& with);
// "refused": an event that could not be judged.
json::Value RefusalRecord(const Envelope& envelope, const Judgement& j);
// "result": after, as the client tells it.
json::Value ResultRecord(const Envelope& envelope, const Judgement& j, const SessionFacts& facts);

// "outcome": after, as our own sensors saw it.
struct Outcome {
  int64_t action = 0;
  int exit_code = 0;
  int64_t millis = 0;
  std::string how;                        // "contained", "started", "by the client": what really was done
  std::vector<std::string> sensors;       // "copy", "spawner": what saw it
  std::vector<std::string> blind_to;      // operations that no sensor saw
  EffectSet predicted;
  EffectSet observed;
  ExecsSeen execs;                        // `observed` has them as effects, this has what is known of each; arguments redacted
  bool ambiguous = false;                 // other commands, or what they left running, may have made some of the changes
  std::vector<std::string> stale;         // paths that the person changed and the session does not see so
  std::vector<std::string> committed, held;   // paths, relative to the workspace
  std::string error;                      // why it did not run, or what went wrong after it
};
// Without its member `divergence`, which is SetDivergence()'s (reconcile.h). Arguments of `execs` are taken as redacted.
json::Value OutcomeRecord(const Envelope& envelope, const Outcome& outcome);

std::string_view CourseName(const Course& course);   // "denied", "awaits approval", "asked in the client", "contained", "started", "allowed"
std::string_view KindName(agent::ToolCall::Kind kind);

}  // namespace checkrein::monitor
