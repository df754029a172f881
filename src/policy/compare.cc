#include "policy/compare.h"

#include <algorithm>
#include <array>
#include <set>

#include "effect/printable.h"
#include "policy/label_use.h"

namespace checkrein::policy {
namespace {

constexpr std::array kCoverages = {Coverage::kFull, Coverage::kPartial, Coverage::kOpaque};

// One of each place and kind that policies speak of by group.
constexpr std::string_view kOfEachKind[] = {
    "read:WORKSPACE/a.c", "read:WORKSPACE/.env", "read:WORKSPACE/**", "read:HOME/x", "read:HOME/.ssh/id_rsa", "read:HOME/.cargo/registry/x", "read:/etc/hosts", "read:/tmp/x", "read:/dev/null", "read:/mnt/x",
    "read:/proc/self/environ", "read:?", "read:/**", "read:HOME/.config/checkrein/x", "write:WORKSPACE/a.c", "write:WORKSPACE/.env", "write:WORKSPACE/.git/config", "write:WORKSPACE/.git/objects/x",
    "write:WORKSPACE/**", "write:WORKSPACE/CLAUDE.md", "write:HOME/x", "write:HOME/.bashrc", "write:HOME/.ssh/authorized_keys", "write:/etc/passwd", "write:/tmp/x", "write:/dev/null", "write:/dev/sda", "write:/mnt/x",
    "write:/boot/x", "write:?", "write:HOME/.config/checkrein/x", "delete:WORKSPACE/a.c", "delete:WORKSPACE", "delete:WORKSPACE/**", "delete:HOME", "delete:/**", "delete:/tmp/x", "delete:?", "exec:/usr/bin/make", "exec:sh",
    "exec:/usr/bin/sudo", "exec:/usr/bin/npm", "exec:WORKSPACE/x", "exec:?", "connect:other.example:443", "connect:127.0.0.1:80", "connect:10.0.0.1:80", "connect:169.254.169.254:80", "connect:registry:npm", "connect:?",
    "listen:127.0.0.1:80", "listen:0.0.0.0:80", "privilege:root", "privilege:?", "install:npm:x", "install:?", "push:origin", "push:https://other.example/x", "push:?", "tool:files/list", "tool:?", "configure:git:user.name",
    "configure:git:remote.origin.url", "configure:checkrein:policy", "configure:?", "unknown:?", "unknown:stdin-script", "unknown:install-script"};

std::string InPlace(std::string_view text, const Circumstances& c) {
  std::string out(text);
  for (const auto& [word, place] : {std::pair<std::string_view, const std::string&>("WORKSPACE", c.workspace), std::pair<std::string_view, const std::string&>("HOME", c.home)})
    if (const size_t at = out.find(word); at != std::string::npos) out.replace(at, word.size(), place);
  return out;
}

std::vector<Effect> ProbesOf(const PolicySet& before, const PolicySet& after, const Circumstances& c, const std::vector<Effect>& also) {
  std::set<std::string> texts;
  for (const std::string_view text : kOfEachKind) texts.insert(InPlace(text, c));
  for (const PolicySet* set : {&before, &after})
    for (std::string& text : set->Probes()) texts.insert(std::move(text));
  for (const auto* hosts : {&c.model_hosts, &c.registries})
    for (const std::string& host : *hosts) texts.insert("connect:" + host + (host.find(':') == std::string::npos ? ":443" : ""));
  std::vector<Effect> effects = also;
  for (const std::string& text : texts)
    if (const auto effect = EffectFromString(text); effect && std::find(effects.begin(), effects.end(), *effect) == effects.end()) effects.push_back(*effect);
  return effects;
}

// The first effect of a decision about it alone: `unknown:?`, which an action that is not fully understood has besides, is no part of it.
EffectDecision AskOne(const PolicySet& set, const Effect& effect, const Circumstances& c) {
  EffectSet one;
  one.Add(effect);
  return set.Decide(one, c).effects.front();
}

// `stands_for`: how many circumstances are answered as these.
void Add(const Effect& effect, const Circumstances& c, size_t stands_for, const EffectDecision& before, EffectDecision after, std::vector<Difference>* list) {
  const auto same = [&](const Difference& d) { return d.effect == effect && d.before == before.verdict && d.after == after.verdict; };
  const auto known = std::find_if(list->begin(), list->end(), same);
  if (known != list->end()) {
    known->circumstances += stands_for;
    return;
  }
  list->push_back({effect, before.verdict, after.verdict, c.labels, c.coverage, stands_for, std::move(after.policies)});
}

}  // namespace

Comparison Compare(const PolicySet& before, const PolicySet& after, const Circumstances& circumstances, const std::vector<Effect>& also) {
  Comparison comparison;
  const std::vector<Effect> probes = ProbesOf(before, after, circumstances, also);
  comparison.effects = probes.size();
  comparison.circumstances = (size_t{1} << kLabelCount) * kCoverages.size();
  for (const Effect& effect : probes) {
    const std::array uses = {before.LabelsThatMatter(effect, circumstances), after.LabelsThatMatter(effect, circumstances)};
    const bool coverage_matters = uses[0].reads_coverage || uses[1].reads_coverage;
    const auto coverages = std::span(kCoverages).first(coverage_matters ? kCoverages.size() : 1);
    for (const LabelCase& one : LabelCases(uses))
      for (const Coverage coverage : coverages) {
        Circumstances c = circumstances;
        c.coverage = coverage;
        c.labels.clear();
        for (size_t i = 0; i < kLabelCount; ++i)
          if (one.labels.test(i)) c.labels.emplace_back(LabelName(i));
        const EffectDecision old = AskOne(before, effect, c);
        EffectDecision now = AskOne(after, effect, c);
        if (old.verdict == now.verdict) continue;
        const size_t stands_for = one.stands_for * kCoverages.size() / coverages.size();
        const bool looser = now.verdict > old.verdict;
        Add(effect, c, stands_for, old, std::move(now), looser ? &comparison.looser : &comparison.stricter);
      }
  }
  return comparison;
}

std::string Describe(const Difference& d, const Comparison& comparison) {
  std::string text = PrintableShort(ToString(d.effect), 100) + ": " + std::string(VerdictName(d.before)) + " -> " + std::string(VerdictName(d.after));
  if (d.circumstances < comparison.circumstances) {
    text += ", in " + std::to_string(d.circumstances) + " of " + std::to_string(comparison.circumstances) + " circumstances, e.g. a session that ";
    std::string seen;
    for (const std::string& label : d.labels) seen += (seen.empty() ? "is " : " and ") + label;
    text += (seen.empty() ? "has seen nothing" : seen) + ", coverage " + std::string(CoverageName(d.coverage));
  } else {
    text += ", whatever the session has seen";
  }
  for (size_t i = 0; i < d.policies.size(); ++i) text += (i == 0 ? " (" : ", ") + Printable(d.policies[i]);
  return d.policies.empty() ? text : text + ")";
}

}  // namespace checkrein::policy
