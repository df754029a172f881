#include "monitor/protocol.h"

#include "base/fields.h"

namespace checkrein::monitor {
namespace {
constexpr int64_t kMaxPending = 1'000;  // more than any person reads
}  // namespace

std::string EncodeEvent(const Submission& s) {
  return FieldWriter().Add("event").Add(agent::ClientName(s.client)).Add(s.event_name).Add(s.bytes).bytes();
}
std::string EncodeExec(const std::string& ticket) { return FieldWriter().Add("exec").Add(ticket).bytes(); }
std::string EncodeSignal(int number) { return FieldWriter().Add("signal").AddNumber(number).bytes(); }
std::string EncodePendingRequest() { return FieldWriter().Add("pending").bytes(); }
std::string EncodeApprove(const std::string& id) { return FieldWriter().Add("approve").Add(id).bytes(); }
std::string EncodeFreeze() { return FieldWriter().Add("freeze").bytes(); }
std::string EncodeThaw() { return FieldWriter().Add("thaw").bytes(); }
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
  } else if (kind == "signal") {
    request.kind = Request::Kind::kSignal;
    request.signal = static_cast<int>(r.Number());
  } else if (kind == "pending") {
    request.kind = Request::Kind::kPending;
  } else if (kind == "freeze" || kind == "thaw") {
    request.kind = kind == "freeze" ? Request::Kind::kFreeze : Request::Kind::kThaw;
  } else if (kind == "approve") {
    request.kind = Request::Kind::kApprove;
    request.id = r.Text();
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
