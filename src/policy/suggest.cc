#include "policy/suggest.h"

#include <algorithm>

#include "cedar/value.h"
#include "effect/printable.h"
#include "policy/request.h"

namespace checkrein::policy {
namespace {

// The object by its own name, and by no group: exactly this.
std::string ScopeOf(const Effect& effect, const Circumstances& c) {
  const Subject s = Classify(effect, c);
  std::string text = "permit (principal, action == Action::\"" + std::string(IdOf(s.action)) + "\", resource == " + std::string(TextOf(s.type)) + "::" + cedar::QuoteString(s.id) + ")";
  if (s.type == kHost && s.host.port != 0) text += "\nwhen { resource.port == " + std::to_string(s.host.port) + " }";
  if (s.type == kProgram && s.id != s.path) text += "\nwhen { resource.path == " + cedar::QuoteString(s.path) + " }";
  return text + ";\n";
}

// `before`: how many stand above it, so that each has an id of its own.
std::string PermitFor(const Effect& effect, const Circumstances& c, size_t before) {
  const Subject s = Classify(effect, c);
  std::string name;
  for (const char ch : s.id) name += (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ? ch : '-';
  return "@id(\"allow-" + std::string(OpName(effect.op)) + "-" + name.substr(0, 60) + (s.host.port != 0 ? "-" + std::to_string(s.host.port) : "") + (before > 0 ? "-" + std::to_string(before + 1) : "") +
         "\")\n@reason(\"permitted by the person\")\n" + ScopeOf(effect, c);
}

// Why no permit helps; "" when one may.
std::string Obstacle(const EffectDecision& d) {
  if (d.effect.object == "?" || d.effect.op == Op::kUnknown) return "what it is cannot be known, so it cannot be named";
  std::string forbids;
  for (const std::string& id : d.verdict == Verdict::kDeny ? d.policies : d.held_back_by) forbids += (forbids.empty() ? "" : ", ") + Printable(id);
  return forbids.empty() ? std::string() : "forbidden by " + forbids + ", and a forbid always wins";
}

}  // namespace

Result<Suggestion> Suggest(std::string_view shipped, const std::vector<PolicySet::Text>& user, const std::vector<Occasion>& occasions, const Circumstances& circumstances) {
  const Result<PolicySet> now = PolicySet::Load(shipped, user, {});
  if (!now) return now.error();
  const auto answer = [&](const PolicySet& set, const Occasion& occasion) {
    Circumstances c = circumstances;
    c.labels = occasion.labels;
    c.coverage = occasion.coverage;
    c.commands = occasion.commands;
    return set.Decide(occasion.effects, c);
  };
  Suggestion s;
  s.before = s.after = Verdict::kAllow;
  for (const Occasion& occasion : occasions) {
    const Decision before = answer(*now, occasion);
    s.before = Strictest(s.before, before.verdict);
    for (const EffectDecision& d : before.effects) {
      if (d.verdict == Verdict::kAllow || std::find(s.asked_for.begin(), s.asked_for.end(), d.effect) != s.asked_for.end()) continue;
      const std::string obstacle = Obstacle(d);
      if (!obstacle.empty()) {
        std::string line = PrintableShort(ToString(d.effect), 100) + ": " + obstacle;
        if (std::find(s.impossible.begin(), s.impossible.end(), line) == s.impossible.end()) s.impossible.push_back(std::move(line));
        continue;
      }
      s.text += (s.text.empty() ? "" : "\n") + PermitFor(d.effect, circumstances, s.asked_for.size());
      s.exactly += ScopeOf(d.effect, circumstances);
      s.asked_for.push_back(d.effect);
    }
  }
  s.after = s.before;
  if (s.text.empty()) return s;
  std::vector<PolicySet::Text> more = user;
  more.push_back({"suggested.cedar", s.text});
  const Result<PolicySet> then = PolicySet::Load(shipped, more, {});
  if (!then) return then.error();
  s.after = Verdict::kAllow;
  for (const Occasion& occasion : occasions) s.after = Strictest(s.after, answer(*then, occasion).verdict);
  s.comparison = Compare(*now, *then, circumstances, s.asked_for);
  return s;
}

Result<Suggestion> Suggest(std::string_view shipped, const std::vector<PolicySet::Text>& user, const EffectSet& effects, const Circumstances& circumstances) {
  return Suggest(shipped, user, std::vector<Occasion>{{effects, circumstances.labels, circumstances.coverage, circumstances.commands}}, circumstances);
}

}  // namespace checkrein::policy
