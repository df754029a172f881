#include "monitor/protocol.h"

#include <algorithm>

#include "base/fields.h"

namespace checkrein::monitor {
namespace {
constexpr int64_t kMaxPending = 1'000;  // more than any person reads

std::vector<std::string> Texts(const EffectSet& effects) {
  std::vector<std::string> out;
  for (const Effect& effect : effects.all()) out.push_back(ToString(effect));
  return out;
}

void ReadExecs(FieldReader& r, ExecsSeen& execs) {
  execs.watched = r.Number() == 1;
  execs.count = static_cast<uint64_t>(std::max<int64_t>(r.Number(), 0));
  execs.absent = static_cast<uint64_t>(std::max<int64_t>(r.Number(), 0));
  execs.lost = static_cast<uint64_t>(std::max<int64_t>(r.Number(), 0));
  execs.refused = r.List();
  execs.renamed_directories = r.List();
  const int64_t programs = r.Number();
  for (int64_t i = 0; r.ok() && i < programs && i < static_cast<int64_t>(kMaxProgramsSeen); ++i) {
    ExecSeen seen;
    seen.path = r.Text();
    seen.caller = r.Text();
    seen.interpreter = r.Text();
    seen.image = r.Text();
    seen.as_claimed = r.Number() == 1;
    seen.times = static_cast<uint64_t>(std::max<int64_t>(r.Number(), 0));
    seen.calls = r.List();
    if (seen.calls.size() > kMaxCallsSeen) seen.calls.resize(kMaxCallsSeen);
    execs.programs.push_back(std::move(seen));
  }
}

void ReadOutcome(FieldReader& r, Outcome& outcome) {
  outcome.exit_code = static_cast<int>(r.Number());
  outcome.millis = r.Number();
  outcome.how = r.Text();
  outcome.sensors = r.List();
  outcome.blind_to = r.List();
  for (const std::string& text : r.List())
    if (const std::optional<Effect> effect = EffectFromString(text)) outcome.observed.Add(*effect);
  ReadExecs(r, outcome.execs);
  outcome.ambiguous = r.Number() == 1;
  outcome.committed = r.List();
  outcome.held = r.List();
  outcome.error = r.Text();
}
}  // namespace

std::string EncodeTake(const std::string& ticket) { return FieldWriter().Add("take").Add(ticket).bytes(); }
std::string EncodeTicket(const Ticket& ticket, const std::vector<std::string>& labels) { return FieldWriter().Add("ticket").Add(ticket.Encode()).AddList(labels).bytes(); }

std::string EncodeOutcome(const std::string& ticket, const Outcome& outcome) {
  FieldWriter w;
  w.Add("outcome").Add(ticket).AddNumber(outcome.exit_code).AddNumber(outcome.millis).Add(outcome.how).AddList(outcome.sensors).AddList(outcome.blind_to);
  w.AddList(Texts(outcome.observed));
  const ExecsSeen& execs = outcome.execs;
  w.AddNumber(execs.watched ? 1 : 0).AddNumber(static_cast<int64_t>(execs.count)).AddNumber(static_cast<int64_t>(execs.absent)).AddNumber(static_cast<int64_t>(execs.lost));
  w.AddList(execs.refused).AddList(execs.renamed_directories).AddNumber(static_cast<int64_t>(execs.programs.size()));
  for (const ExecSeen& seen : execs.programs)
    w.Add(seen.path).Add(seen.caller).Add(seen.interpreter).Add(seen.image).AddNumber(seen.as_claimed ? 1 : 0).AddNumber(static_cast<int64_t>(seen.times)).AddList(seen.calls);
  return w.AddNumber(outcome.ambiguous ? 1 : 0).AddList(outcome.committed).AddList(outcome.held).Add(outcome.error).bytes();
}

std::optional<HandedTicket> DecodeTicket(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != "ticket") return std::nullopt;
  std::optional<Ticket> ticket = Ticket::Decode(r.Text());
  HandedTicket out;
  out.labels = r.List();
  if (!ticket || !r.AtEnd()) return std::nullopt;
  out.ticket = *std::move(ticket);
  return out;
}

std::string EncodeEvent(const Submission& s) {
  return FieldWriter().Add("event").Add(agent::ClientName(s.client)).Add(s.event_name).Add(s.bytes).bytes();
}
std::string EncodeExec(const std::string& ticket) { return FieldWriter().Add("exec").Add(ticket).bytes(); }
std::string EncodeSignal(int number) { return FieldWriter().Add("signal").AddNumber(number).bytes(); }
std::string EncodePendingRequest() { return FieldWriter().Add("pending").bytes(); }
std::string EncodeApprove(const std::string& id) { return FieldWriter().Add("approve").Add(id).bytes(); }
std::string EncodeFreeze() { return FieldWriter().Add("freeze").bytes(); }
std::string EncodeThaw() { return FieldWriter().Add("thaw").bytes(); }
std::string EncodeMay(const std::string& what) { return FieldWriter().Add("may").Add(what).bytes(); }
std::string EncodeSettled(int64_t uid, const json::Value& record) { return FieldWriter().Add("settled").AddNumber(uid).Add(record.Dump()).bytes(); }
std::string EncodeAnswer(const agent::Wire& wire) { return FieldWriter().Add("answer").Add(wire.out).Add(wire.err).AddNumber(wire.exit_code).bytes(); }
std::string EncodeEnded(int exit_code, const std::string& error) { return FieldWriter().Add("ended").AddNumber(exit_code).Add(error).bytes(); }

std::optional<Request> DecodeRequest(std::string_view bytes) {
  FieldReader r(bytes);
  const std::string_view kind = r.Text();
  Request request;
  if (kind == "event") {
    const auto client = agent::ClientFromName(r.Text());
    if (!client) return std::nullopt;
    request.submission.client = *client;
    request.submission.event_name = r.Text();
    request.submission.bytes = r.Text();
  } else if (kind == "exec") {
    request.kind = Request::Kind::kExec;
    request.ticket = r.Text();
  } else if (kind == "take") {
    request.kind = Request::Kind::kTake;
    request.ticket = r.Text();
  } else if (kind == "outcome") {
    request.kind = Request::Kind::kOutcome;
    request.ticket = r.Text();
    ReadOutcome(r, request.outcome);
  } else if (kind == "signal") {
    request.kind = Request::Kind::kSignal;
    request.signal = static_cast<int>(r.Number());
  } else if (kind == "pending") {
    request.kind = Request::Kind::kPending;
  } else if (kind == "freeze" || kind == "thaw") {
    request.kind = kind == "freeze" ? Request::Kind::kFreeze : Request::Kind::kThaw;
  } else if (kind == "approve" || kind == "may") {
    request.kind = kind == "may" ? Request::Kind::kMay : Request::Kind::kApprove;
    request.id = r.Text();
  } else if (kind == "settled") {
    request.kind = Request::Kind::kSettled;
    request.uid = r.Number();
    request.record = r.Text();
  } else {
    return std::nullopt;
  }
  if (!r.AtEnd()) return std::nullopt;
  return request;
}

std::optional<agent::Wire> DecodeAnswer(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != "answer") return std::nullopt;
  agent::Wire wire;
  wire.out = r.Text();
  wire.err = r.Text();
  wire.exit_code = static_cast<int>(r.Number());
  if (!r.AtEnd()) return std::nullopt;
  return wire;
}

std::optional<Ended> DecodeEnded(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != "ended") return std::nullopt;
  Ended ended;
  ended.exit_code = static_cast<int>(r.Number());
  ended.error = r.Text();
  if (!r.AtEnd()) return std::nullopt;
  return ended;
}

std::string EncodePending(const std::vector<PendingAction>& pending) {
  FieldWriter w;
  w.Add("list").AddNumber(static_cast<int64_t>(pending.size()));
  for (const PendingAction& p : pending) w.Add(p.id).AddNumber(p.seconds_left).Add(p.shown).Add(p.why).Add(p.session);
  return w.bytes();
}

std::optional<std::vector<PendingAction>> DecodePending(std::string_view bytes) {
  FieldReader r(bytes);
  if (r.Text() != "list") return std::nullopt;
  const int64_t count = r.Number();
  if (count < 0 || count > kMaxPending) return std::nullopt;
  std::vector<PendingAction> out;
  for (int64_t i = 0; r.ok() && i < count; ++i) {
    PendingAction p;
    p.id = r.Text();
    p.seconds_left = r.Number();
    p.shown = r.Text();
    p.why = r.Text();
    p.session = r.Text();
    out.push_back(std::move(p));
  }
  if (!r.AtEnd()) return std::nullopt;
  return out;
}

}  // namespace checkrein::monitor
