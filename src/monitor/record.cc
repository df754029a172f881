#include "monitor/record.h"

#include <iterator>

#include "base/clock.h"
#include "monitor/clip.h"

namespace checkrein::monitor {
namespace {

constexpr std::string_view kKindNames[] = {"unknown", "shell", "read", "write", "edit", "delete", "search", "fetch", "mcp", "agent", "plan"};
static_assert(std::size(kKindNames) == static_cast<size_t>(agent::ToolCall::Kind::kPlan) + 1);

std::string_view EventKind(agent::Phase phase) {
  switch (phase) {
    case agent::Phase::kSessionStart:
    case agent::Phase::kSessionEnd:
      return "session";
    case agent::Phase::kPrompt:
      return "turn";
    case agent::Phase::kMessage:
    case agent::Phase::kTurnEnd:
      return "message";
    default:
      return "note";
  }
}

void SetIfAny(json::Value& record, const char* key, const std::string& text) {
  if (!text.empty()) record.Set(key, text);
}

void SetSource(json::Value& record, const Judgement& j) {
  record.Set("client", agent::ClientName(j.client));
  SetIfAny(record, "session", j.session);
  SetIfAny(record, "turn", j.turn);
  SetIfAny(record, "agent", j.agent_id);
  SetIfAny(record, "event", j.event);
}

json::Value CallOf(const Judgement& j) {
  json::Value call;
  call.Set("tool", j.tool).Set("kind", KindName(j.kind));
  SetIfAny(call, "id", j.call_id);
  call.Set("shown", j.shown).Set("digest", j.action_digest);
  return call;
}

std::vector<std::string> Texts(const std::vector<Effect>& effects) {
  std::vector<std::string> out;
  for (const Effect& effect : effects) out.push_back(ToString(effect));
  return out;
}

}  // namespace

std::string_view KindName(agent::ToolCall::Kind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::string_view CourseName(const Course& course) {
  switch (course.answer) {
    case agent::Answer::Kind::kDeny:
      return course.needs_approval ? "awaits approval" : "denied";
    case agent::Answer::Kind::kAsk:
      return "asked in the client";
    case agent::Answer::Kind::kRewrite:
      return course.level == Level::kContained ? "contained" : "started";
    case agent::Answer::Kind::kAllow:
      return "allowed";
    case agent::Answer::Kind::kNothing:
      return "none";
  }
  return "denied";
}

json::Value StartRecord(const Envelope& envelope, std::string_view kind) {
  json::Value record;
  record.Set("v", 1).Set("k", kind).Set("t", Rfc3339(envelope.unix_ms)).Set("mono", envelope.mono_ns).Set("boot", envelope.boot).Set("mode", ModeName(envelope.mode));
  if (envelope.uid >= 0) record.Set("uid", envelope.uid);
  return record;
}

void SetList(json::Value& record, const std::string& key, const std::vector<std::string>& items) {
  json::Array array;
  for (const std::string& item : items) {
    if (array.size() == kMaxItems) break;
    array.emplace_back(Clip(item, kExcerpt));
  }
  const size_t dropped = items.size() - array.size();
  record.Set(key, std::move(array));
  if (dropped > 0) record.Set(key + "_dropped", static_cast<int64_t>(dropped));
}

json::Value EventRecord(const Envelope& envelope, const Judgement& j) {
  json::Value record = StartRecord(envelope, EventKind(j.phase));
  SetSource(record, j);
  SetIfAny(record, "cwd", j.cwd);
  if (j.phase == agent::Phase::kPrompt) record.Set("goal", j.text);
  if (j.phase == agent::Phase::kMessage || j.phase == agent::Phase::kTurnEnd) record.Set("said", j.text);
  return record;
}

void SetInstalled(json::Value& record, const advisories::Active& active, std::string_view client, const std::vector<std::string>& in_force) {
  json::Array installed;
  for (const advisories::Installed& program : active.installed) {
    if (program.client != client || installed.size() == kMaxItems) continue;
    json::Value row;
    row.Set("version", Clip(program.version, kShortText)).Set("path", Clip(program.path, kPathText)).Set("source", Clip(program.source, kExcerpt));
    installed.push_back(std::move(row));
  }
  record.Set("installed", std::move(installed));
  if (!in_force.empty()) SetList(record, "advisories", in_force);
}

json::Value ActionRecord(const Envelope& envelope, const Judgement& j, const ActionFacts& with) {
  json::Value record = StartRecord(envelope, "action");
  SetSource(record, j);
  record.Set("cwd", j.kind == agent::ToolCall::Kind::kShell ? j.workdir : j.cwd);
  SetIfAny(record, "workspace", j.workspace);
  SetIfAny(record, "permission_mode", j.permission_mode);
  record.Set("goal", with.facts->goal);
  json::Value intent;
  intent.Set("said", with.facts->intent);
  SetIfAny(intent, "description", j.description);
  record.Set("intent", std::move(intent)).Set("call", CallOf(j));

  json::Value predicted;
  SetList(predicted, "effects", j.effects);
  predicted.Set("coverage", CoverageName(j.coverage));
  if (j.commands > 0) predicted.Set("commands", j.commands);
  if (!j.notes.empty()) SetList(predicted, "notes", j.notes);
  record.Set("predicted", std::move(predicted));
  json::Value purpose;
  purpose.Set("said", j.purpose_said).Set("does", j.purpose_done).Set("match", j.purpose_match);
  if (!j.purpose_reasons.empty()) SetList(purpose, "reasons", j.purpose_reasons);
  record.Set("purpose", std::move(purpose));
  SetList(record, "labels", with.facts->labels);

  json::Value decision;
  decision.Set("verdict", VerdictName(j.verdict));
  if (j.contained_after_approval) decision.Set("contained_after_approval", true);
  SetList(decision, "policies", j.policies);
  if (!j.shields.empty()) SetList(decision, "shields", j.shields);
  decision.Set("why", j.why).Set("set", j.set_digest);
  if (j.incident) decision.Set("incident", true).Set("unguarded", VerdictName(j.unguarded));
  if (with.approved) decision.Set("approved", true);
  if (j.shadowed) {
    json::Value shadow;
    shadow.Set("verdict", VerdictName(j.shadow_verdict)).Set("set", j.shadow_digest);
    SetList(shadow, "policies", j.shadow_policies);
    decision.Set("shadow", std::move(shadow));
  }
  record.Set("decision", std::move(decision)).Set("course", CourseName(with.course));
  if (!with.ticket.empty()) record.Set("ticket", with.ticket.substr(0, 8));
  SetIfAny(record, "advice", with.advice);
  if (!with.advisories.empty()) SetList(record, "advisories", with.advisories);
  return record;
}

json::Value RefusalRecord(const Envelope& envelope, const Judgement& j) {
  json::Value record = StartRecord(envelope, "refused");
  SetSource(record, j);
  record.Set("why", Clip(j.refusal, kExcerpt)).Set("course", "denied");
  return record;
}

json::Value ResultRecord(const Envelope& envelope, const Judgement& j, const SessionFacts& facts) {
  json::Value record = StartRecord(envelope, "result");
  SetSource(record, j);
  if (const RecentCall* call = facts.FindCall(j.call_id)) record.Set("ref", call->action);
  record.Set("call", CallOf(j)).Set("failed", j.failed);
  json::Value output;
  output.Set("bytes", j.output_bytes).Set("hmac", j.output_digest);
  record.Set("output", std::move(output));
  if (!j.new_labels.empty()) SetList(record, "new_labels", j.new_labels);
  return record;
}

namespace {

constexpr size_t kMaxPrograms = 32;  // shown of one command; `effects` has all names

// Distinct programs, each with the arguments of its first calls: what the programs said of themselves, and what the kernel says ran.
json::Value ExecsOf(const ExecsSeen& execs) {
  json::Value value;
  value.Set("count", static_cast<int64_t>(execs.count)).Set("absent", static_cast<int64_t>(execs.absent)).Set("lost", static_cast<int64_t>(execs.lost));
  json::Array programs;
  for (const ExecSeen& one : execs.programs) {
    if (programs.size() == kMaxPrograms) break;
    json::Value program;
    program.Set("path", Clip(one.path, kExcerpt)).Set("by", Clip(one.caller, kExcerpt)).Set("n", static_cast<int64_t>(one.times));
    SetList(program, "argv", one.calls);
    if (!one.image.empty() && !one.as_claimed) program.Set("image", Clip(one.image, kExcerpt));
    program.Set("confirmed", one.as_claimed);
    programs.push_back(std::move(program));
  }
  const size_t dropped = execs.programs.size() - programs.size();
  value.Set("programs", std::move(programs));
  if (dropped > 0) value.Set("programs_dropped", static_cast<int64_t>(dropped));
  if (!execs.refused.empty()) SetList(value, "refused", execs.refused);
  return value;
}

}  // namespace

json::Value OutcomeRecord(const Envelope& envelope, const Outcome& outcome) {
  json::Value record = StartRecord(envelope, "outcome");
  record.Set("ref", outcome.action).Set("exit", outcome.exit_code).Set("ms", outcome.millis).Set("how", outcome.how);
  json::Value observed;
  SetList(observed, "sensors", outcome.sensors);
  SetList(observed, "blind_to", outcome.blind_to);
  SetList(observed, "effects", Texts(outcome.observed.all()));
  if (outcome.execs.watched) observed.Set("execs", ExecsOf(outcome.execs));
  record.Set("observed", std::move(observed));
  if (outcome.ambiguous) record.Set("ambiguous", true);
  // The service starts nothing: what a command did is the word of the process that ran it, which is its user's.
  if (envelope.mode == Mode::kSystem) record.Set("told_by", "its user's own process");
  SetList(record, "committed", outcome.committed);
  SetList(record, "held", outcome.held);
  if (!outcome.stale.empty()) SetList(record, "stale", outcome.stale);
  SetIfAny(record, "error", outcome.error);
  return record;
}

}  // namespace checkrein::monitor
