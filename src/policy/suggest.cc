#include "policy/suggest.h"

#include <algorithm>

#include "cedar/value.h"
#include "effect/printable.h"
#include "policy/request.h"

namespace checkrein::policy {
namespace {

// The object by its own name, and by no group: exactly this. `before`: how many stand above it, so that each has an id of its own.
std::string PermitFor(const Effect& effect, const Circumstances& c, size_t before) {
  const Subject s = Classify(effect, c);
  const std::string_view action = IdOf(s.action);
  std::string text = "@id(\"allow-" + std::string(OpName(effect.op)) + "-";
  std::string name;
  for (const char ch : s.id) name += (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ? ch : '-';
  text += name.substr(0, 60) + (s.host.port != 0 ? "-" + std::to_string(s.host.port) : "") + (before > 0 ? "-" + std::to_string(before + 1) : "") + "\")\n@reason(\"permitted by the person\")\npermit (principal, action == Action::\"" + std::string(action) +
          "\", resource == " + std::string(TextOf(s.type)) + "::" + cedar::QuoteString(s.id) + ")";
  if (s.type == kHost && s.host.port != 0) text += "\nwhen { resource.port == " + std::to_string(s.host.port) + " }";
  if (s.type == kProgram && s.id != s.path) text += "\nwhen { resource.path == " + cedar::QuoteString(s.path) + " }";
  return text + ";\n";
}

// Why no permit helps; "" when one may.
std::string Obstacle(const EffectDecision& d) {
  if (d.effect.object == "?" || d.effect.op == Op::kUnknown) return "what it is cannot be known, so it cannot be named";
  std::string forbids;
  for (const std::string& id : d.verdict == Verdict::kDeny ? d.policies : d.held_back_by) forbids += (forbids.empty() ? "" : ", ") + Printable(id);
  return forbids.empty() ? std::string() : "forbidden by " + forbids + ", and a forbid always wins";
}

}  // namespace

Result<Suggestion> Suggest(std::string_view shipped, const std::vector<PolicySet::Text>& user, const EffectSet& effects, const Circumstances& circumstances) {
  const Result<PolicySet> now = PolicySet::Load(shipped, user, {});
  if (!now) return now.error();
  Suggestion s;
  const Decision before = now->Decide(effects, circumstances);
  s.before = s.after = before.verdict;
  for (const EffectDecision& d : before.effects) {
    if (d.verdict == Verdict::kAllow) continue;
    const std::string obstacle = Obstacle(d);
    if (!obstacle.empty()) {
      s.impossible.push_back(PrintableShort(ToString(d.effect), 100) + ": " + obstacle);
      continue;
    }
    s.text += (s.text.empty() ? "" : "\n") + PermitFor(d.effect, circumstances, s.asked_for.size());
    s.asked_for.push_back(d.effect);
  }
  if (s.text.empty()) return s;
  std::vector<PolicySet::Text> more = user;
  more.push_back({"suggested.cedar", s.text});
  const Result<PolicySet> then = PolicySet::Load(shipped, more, {});
  if (!then) return then.error();
  s.after = then->Decide(effects, circumstances).verdict;
  s.comparison = Compare(*now, *then, circumstances, s.asked_for);
  return s;
}

}  // namespace checkrein::policy
