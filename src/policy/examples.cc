#include "policy/examples.h"

#include <algorithm>

#include "base/json.h"
#include "effect/printable.h"

namespace checkrein::policy {
namespace {

std::string Join(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return "[" + out + "]";
}

Result<std::vector<std::string>> Strings(const json::Value& object, std::string_view key) {
  std::vector<std::string> out;
  const json::Value* value = object.Find(key);
  if (value == nullptr) return out;
  const json::Array* array = value->array();
  if (array == nullptr) return Error{Error::Kind::kInvalid, "`" + std::string(key) + "` is no array"};
  for (const json::Value& item : *array) {
    if (item.string() == nullptr) return Error{Error::Kind::kInvalid, "`" + std::string(key) + "` holds something that is no string"};
    out.push_back(*item.string());
  }
  return out;
}

struct Example {
  EffectSet effects;
  Circumstances circumstances;
  Verdict verdict = Verdict::kDeny;
  bool contained_after_approval = false;
  bool names_policies = false;
  std::vector<std::string> policies, if_approved, held_back_by;
  DeclaredPlaces personal;
};

Result<Example> ReadExample(const json::Value& row) {
  static constexpr std::string_view kKeys[] = {"effects", "labels", "coverage", "commands", "user", "verdict", "contained_after_approval", "policies", "if_approved", "held_back_by", "personal_data", "note"};
  Example example;
  if (row.object() == nullptr) return Error{Error::Kind::kInvalid, "an example is no object"};
  for (const auto& [key, value] : *row.object())
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) return Error{Error::Kind::kInvalid, "`" + Printable(key) + "` is no member of an example"};
  const auto effects = Strings(row, "effects"), labels = Strings(row, "labels"), policies = Strings(row, "policies"), if_approved = Strings(row, "if_approved"), held_back_by = Strings(row, "held_back_by"), personal = Strings(row, "personal_data");
  for (const auto* list : {&effects, &labels, &policies, &if_approved, &held_back_by, &personal})
    if (!list->ok()) return list->error();
  for (const std::string& text : *effects) {
    const std::optional<Effect> effect = EffectFromString(text);
    if (!effect) return Error{Error::Kind::kInvalid, "`" + Printable(text) + "` is no effect; write op:object"};
    example.effects.Add(*effect);
  }
  for (const std::string& pattern : *personal)
    if (const Status added = example.personal.Add(pattern, DeclaredPlaces::From::kPerson); !added) return Error{Error::Kind::kInvalid, "`personal_data`: " + Printable(added.error().text)};
  const std::string_view coverage = row.Find("coverage") == nullptr ? "full" : row.Text("coverage");
  const auto known_coverage = CoverageFromName(coverage);
  const auto verdict = VerdictFromName(row.Text("verdict"));
  if (!known_coverage) return Error{Error::Kind::kInvalid, "`coverage` is none of full, partial, opaque"};
  if (!verdict) return Error{Error::Kind::kInvalid, "`verdict` is none of allow, contain, ask, deny"};
  example.circumstances.coverage = *known_coverage;
  example.circumstances.labels = *labels;
  if (const json::Value* commands = row.Find("commands")) {
    if (commands->integer() == nullptr || *commands->integer() < 0) return Error{Error::Kind::kInvalid, "`commands` is no number of commands"};
    example.circumstances.commands = *commands->integer();
  }
  example.circumstances.model_hosts = {"model.example"};
  example.circumstances.registries = {"packages.example"};
  example.verdict = *verdict;
  example.contained_after_approval = row.Flag("contained_after_approval");
  example.names_policies = row.Find("policies") != nullptr;
  example.policies = *policies;
  example.if_approved = *if_approved;
  example.held_back_by = *held_back_by;
  return example;
}

// What is wrong with the answer; "" when nothing is.
std::string Difference(const Example& expected, const Decision& d, const std::vector<std::string>& if_approved, const std::vector<std::string>& held_back_by) {
  std::string out;
  const auto differ = [&out](std::string_view what, const std::string& want, const std::string& got) {
    if (want != got) out += std::string(out.empty() ? "" : "; ") + std::string(what) + ": expected " + want + ", got " + got;
  };
  differ("verdict", std::string(VerdictName(expected.verdict)), std::string(VerdictName(d.verdict)));
  differ("contained after approval", expected.contained_after_approval ? "yes" : "no", d.contained_after_approval ? "yes" : "no");
  if (expected.names_policies) differ("policies", Join(expected.policies), Join(d.policies));
  if (!expected.if_approved.empty()) differ("if approved", Join(expected.if_approved), Join(if_approved));
  if (!expected.held_back_by.empty()) differ("held back by", Join(expected.held_back_by), Join(held_back_by));
  if (d.incident) out += std::string(out.empty() ? "" : "; ") + "a policy could not be evaluated";
  return out;
}

}  // namespace

Result<ExampleReport> RunExamples(std::string_view text, std::string_view file, std::string_view shipped, const std::vector<PolicySet::Text>& user) {
  const std::string where = std::string(file) + ": ";
  const Result<json::Value> rows = json::Parse(text);
  if (!rows) return Error{rows.error().kind, where + rows.error().text};
  if (rows->array() == nullptr) return Error{Error::Kind::kInvalid, where + "examples are an array"};
  const Result<PolicySet> set = PolicySet::Load(shipped, user, {});
  if (!set) return set.error();
  ExampleReport report;
  std::vector<std::string> used;
  for (const json::Value& row : *rows->array()) {
    if (row.Find("section") != nullptr) continue;
    const std::string shown = PrintableShort(row.Dump(), 200);
    const Result<Example> example = ReadExample(row);
    if (!example) return Error{Error::Kind::kInvalid, where + shown + ": " + example.error().text};
    const PolicySet* asked = &*set;
    std::optional<PolicySet> extended;
    if (row.Find("user") != nullptr) {
      std::vector<PolicySet::Text> more = user;
      more.push_back({"user.cedar", std::string(row.Text("user"))});
      Result<PolicySet> loaded = PolicySet::Load(shipped, more, {});
      if (!loaded) return Error{loaded.error().kind, where + shown + ": " + loaded.error().text};
      extended = std::move(loaded).take();
      asked = &*extended;
    }
    Circumstances circumstances = example->circumstances;
    circumstances.personal = &example->personal;
    const Decision d = asked->Decide(example->effects, circumstances);
    std::vector<std::string> if_approved, held_back_by;
    for (const EffectDecision& e : d.effects) {
      used.insert(used.end(), e.policies.begin(), e.policies.end());
      if_approved.insert(if_approved.end(), e.if_approved.begin(), e.if_approved.end());
      held_back_by.insert(held_back_by.end(), e.held_back_by.begin(), e.held_back_by.end());
    }
    if (!example->held_back_by.empty()) used.insert(used.end(), held_back_by.begin(), held_back_by.end());
    if (!example->if_approved.empty()) used.insert(used.end(), if_approved.begin(), if_approved.end());
    const std::string difference = Difference(*example, d, if_approved, held_back_by);
    if (!difference.empty()) report.failures.push_back(shown + ": " + Printable(difference));
    ++report.run;
  }
  for (const std::string& id : set->Ids())
    if (std::find(used.begin(), used.end(), id) == used.end()) report.unused.push_back(id);
  return report;
}

}  // namespace checkrein::policy
