#include "proof/encode_call.h"

#include "cedar/extension.h"

namespace checkrein::proof {
namespace {

using cedar::Function;
using Kind = Symbol::Kind;

constexpr int64_t kDayMs = 86'400'000;

Encoded Bad(Terms& t) { return {Symbol{}, t.True()}; }
Encoded Truth(Terms& t, TermId value) { return {ScalarSymbol(Kind::kBool, value), t.False()}; }

// One address range lies in another when both are of one version, its prefix is no shorter, and the bits of the outer prefix agree.
TermId InRange(Terms& t, TermId inner, TermId outer) {
  const auto part = [&t](TermId ip, size_t high, size_t low) {
    return t.Op("(_ extract " + std::to_string(high) + " " + std::to_string(low) + ")", {ip}, Sort::Bits(high - low + 1));
  };
  const auto prefix = [&](TermId ip) { return part(ip, 135, 128); };
  const TermId width = t.If(t.Bit(outer, 136), t.Bits(8, 128), t.Bits(8, 32));
  const TermId host_bits = t.Op("(_ zero_extend 120)", {t.Op("bvsub", {width, prefix(outer)}, Sort::Bits(8))}, Sort::Bits(128));
  const auto network = [&](TermId ip) { return t.Op("bvlshr", {part(ip, 127, 0), host_bits}, Sort::Bits(128)); };
  return t.And({t.Equal(t.Bit(inner, 136), t.Bit(outer, 136)), t.Op("bvuge", {prefix(inner), prefix(outer)}, Sort::Bool()), t.Equal(network(inner), network(outer))});
}

TermId InRange(Terms& t, TermId inner, std::string_view outer) { return InRange(t, inner, t.BitText(IpBits(*cedar::ParseIp(outer)))); }

Encoded IpMethod(Terms& t, Function function, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kIp) return Bad(t);
  const TermId v6 = t.Bit(a.term, 136);
  switch (function) {
    case Function::kIsIpv4: return Truth(t, t.Not(v6));
    case Function::kIsIpv6: return Truth(t, v6);
    case Function::kIsLoopback: return Truth(t, t.Or(InRange(t, a.term, "127.0.0.0/8"), InRange(t, a.term, "::1/128")));
    case Function::kIsMulticast: return Truth(t, t.Or(InRange(t, a.term, "224.0.0.0/4"), InRange(t, a.term, "ff00::/8")));
    default: return b.kind == Kind::kIp ? Truth(t, InRange(t, a.term, b.term)) : Bad(t);
  }
}

Encoded DecimalMethod(Terms& t, Function function, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kDecimal || b.kind != Kind::kDecimal) return Bad(t);
  const char* op = function == Function::kLessThan ? "bvslt" : function == Function::kLessThanOrEqual ? "bvsle" : function == Function::kGreaterThan ? "bvsgt" : "bvsge";
  return Truth(t, t.Op(op, {a.term, b.term}, Sort::Bool()));
}

// Since the day's first millisecond; never negative.
TermId TimeOfDay(Terms& t, TermId ms) { return t.Op("bvsmod", {ms, t.Number(kDayMs)}, Sort::Bits(64)); }

Encoded TimeMethod(Terms& t, Function function, const Symbol& a, const Symbol& b) {
  if (a.kind != (function <= Function::kToTime ? Kind::kDatetime : Kind::kDuration)) return Bad(t);
  const auto whole = [&](int64_t unit) { return Encoded{ScalarSymbol(Kind::kLong, t.Op("bvsdiv", {a.term, t.Number(unit)}, Sort::Bits(64))), t.False()}; };
  switch (function) {
    case Function::kOffset: return b.kind == Kind::kDuration ? Exact(t, "bvadd", a.term, b.term, Kind::kDatetime) : Bad(t);
    case Function::kDurationSince: return b.kind == Kind::kDatetime ? Exact(t, "bvsub", a.term, b.term, Kind::kDuration) : Bad(t);
    case Function::kToDate: return Exact(t, "bvsub", a.term, TimeOfDay(t, a.term), Kind::kDatetime);
    case Function::kToTime: return {ScalarSymbol(Kind::kDuration, TimeOfDay(t, a.term)), t.False()};
    case Function::kToMilliseconds: return {ScalarSymbol(Kind::kLong, a.term), t.False()};
    case Function::kToSeconds: return whole(1000);
    case Function::kToMinutes: return whole(60'000);
    case Function::kToHours: return whole(3'600'000);
    default: return whole(kDayMs);
  }
}

}  // namespace

Encoded Exact(Terms& t, std::string_view op, TermId a, TermId b, Kind kind) {
  const size_t extra = op == "bvmul" ? 64 : 1;  // enough for any result
  const std::string extend = "(_ sign_extend " + std::to_string(extra) + ")";
  const Sort wide = Sort::Bits(64 + extra);
  const TermId exact = t.Op(op, {t.Op(extend, {a}, wide), t.Op(extend, {b}, wide)}, wide);
  const TermId cut = t.Op("(_ extract 63 0)", {exact}, Sort::Bits(64));
  return {ScalarSymbol(kind, cut), t.Not(t.Equal(t.Op(extend, {cut}, wide), exact))};
}

std::optional<cedar::Value> ReadExtension(Function function, const std::string& text) {
  const auto value = [](const auto& read) { return read ? std::optional<cedar::Value>(*read) : std::nullopt; };
  switch (function) {
    case Function::kIp: return value(cedar::ParseIp(text));
    case Function::kDecimal: return value(cedar::ParseDecimal(text));
    case Function::kDatetime: return value(cedar::ParseDatetime(text));
    default: return value(cedar::ParseDuration(text));
  }
}

Encoded EncodeMethod(Terms& t, Function function, const Symbol& a, const Symbol& b) {
  if (function <= Function::kIsInRange) return IpMethod(t, function, a, b);
  if (function <= Function::kGreaterThanOrEqual) return DecimalMethod(t, function, a, b);
  return TimeMethod(t, function, a, b);
}

}  // namespace checkrein::proof
