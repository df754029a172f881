// Effects with hostile objects: never a crash; labels never widen; with both labels only the model stays reachable; a frozen session does
// nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "effect/effect.h"
#include "policy/decide.h"
#include "policy/host.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein;
  using namespace checkrein::policy;
  static const PolicySet* base = [] {
    Result<PolicySet> set = PolicySet::Shipped("base");
    if (!set) std::abort();
    return new PolicySet(std::move(set).take());
  }();
  Circumstances c;
  c.coverage = Coverage::kFull;
  c.model_hosts = {"model.example"};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  EffectSet effects;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto effect = EffectFromString(rest.substr(0, end))) effects.Add(*effect);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const Decision open = base->Decide(effects, c);
  if (open.incident || open.effects.size() != effects.size()) std::abort();
  for (const EffectDecision& e : open.effects) {
    if (e.verdict < open.verdict) std::abort();
    // A host that is not the model's own is never reached without a person, however it is spelled.
    const Host host = ParseHost(e.effect.object);
    if (e.effect.op == Op::kConnect && e.verdict == Verdict::kAllow && !host.known()) std::abort();
  }
  // More labels never widen, and under both the only way out is the model's host.
  c.labels = {"untrusted", "secret"};
  const Decision closed = base->Decide(effects, c);
  if (closed.verdict > open.verdict) std::abort();
  for (const EffectDecision& e : closed.effects)
    if ((e.effect.op == Op::kConnect || e.effect.op == Op::kPush) && e.verdict != Verdict::kDeny && ParseHost(e.effect.object).name != "model.example" &&
        HostOfRemote(e.effect.object).name != "model.example")
      std::abort();
  c.labels = {"quarantined"};
  if (!effects.empty() && base->Decide(effects, c).verdict != Verdict::kDeny) std::abort();
  return 0;
}
