#include "cli/proofs.h"

#include <algorithm>
#include <cstdio>

#include "advisories/shield.h"
#include "advisories/shipped.h"
#include "base/fd.h"
#include "cedar/entity_json.h"
#include "cli/commands.h"
#include "policy/shipped.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxPropertyBytes = 4u << 20;

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + report::Plain(word);
  return out;
}

json::Value Strings(const std::vector<std::string>& words) {
  json::Array array;
  for (const std::string& word : words) array.emplace_back(word);
  return array;
}

json::Value ToJson(const cedar::Request& request) {
  json::Value out;
  out.Set("principal", cedar::EntityUidToJson(request.principal)).Set("action", cedar::EntityUidToJson(request.action));
  out.Set("resource", cedar::EntityUidToJson(request.resource)).Set("context", cedar::ValueToJson(request.context));
  return out;
}

}  // namespace

void AddProofOptions(CLI::App& command, ProofOptions& options) {
  command.add_option("--z3", options.z3, "the z3 to ask; empty for none")->capture_default_str();
  command.add_option("--cvc5", options.cvc5, "the cvc5 to ask; empty for none")->capture_default_str();
  command.add_option("--time", options.query_ms, "milliseconds for one question")->capture_default_str()->check(CLI::Range(1, 600'000));
  command.add_option("--properties", options.properties, "a file of properties to prove, in place of those that Checkrein promises");
}

Result<Promises> LoadPromises(const ProofOptions& options) {
  Result<cedar::Schema> schema = cedar::ParseSchema(policy::PolicySet::Schema(), "checkrein.cedarschema");
  if (!schema) return schema.error();
  Result<cedar::PolicySet> world = proof::ParseWorld(policy::ShippedText("world.cedar"), "world.cedar", *schema);
  if (!world) return world.error();
  std::string text(policy::ShippedText("properties.cedar")), file = "properties.cedar";
  if (!options.properties.empty()) {
    file = options.properties;
    Result<std::string> read = ReadFile(file, kMaxPropertyBytes);
    if (!read) return read.error();
    text = std::move(read).take();
  }
  Result<proof::PropertyFile> properties = proof::PropertyFile::Parse(text, file, *schema);
  if (!properties) return properties.error();
  return Promises{std::move(schema).take(), std::move(world).take(), std::move(properties).take()};
}

Result<proof::Solvers> StartSolvers(const ProofOptions& options) {
  std::vector<proof::SolverProgram> programs;
  if (!options.z3.empty()) programs.push_back({"z3", options.z3});
  if (!options.cvc5.empty()) programs.push_back({"cvc5", options.cvc5});
  proof::Limits limits;
  limits.query_ms = options.query_ms;
  return proof::Solvers::Start(std::move(programs), limits);
}

Result<SetProof> ProveSet(const PolicyFiles& files, const cedar::PolicySet& set, const Promises& promises, proof::Solvers& solvers) {
  using Extent = proof::PropertyFile::Extent;
  proof::Prover prover(promises.schema, &promises.world, &solvers);
  SetProof out{prover.Prove(set, promises.properties.For(files.set, files.user.empty() && files.project.empty() ? Extent::kAsShipped : Extent::kExtended)), 0};
  proof::Finding narrows;
  if (files.project.empty()) {
    narrows.outcome = proof::Outcome::kProved;
    narrows.why = "by its form: a permit of a project is refused when it is loaded, and a forbid can only take away";
  } else {
    PolicyFiles without = files;
    without.project.clear();
    const Result<cedar::PolicySet> before = ParsePolicyFiles(without);
    if (!before) return before.error();
    narrows = prover.OnlyNarrows(*before, set);
  }
  narrows.property.id = "project-narrows";
  narrows.property.claim = "what a project adds only narrows";
  out.findings.push_back(std::move(narrows));
  out.questions = prover.questions();
  return out;
}

Result<SetProof> ProveShields(const PolicyFiles& files, const cedar::PolicySet& set, const Promises& promises, proof::Solvers& solvers) {
  const std::vector<advisories::Advisory> all = advisories::ShippedAdvisories();
  std::vector<const advisories::Advisory*> borrowed;
  for (const advisories::Advisory& one : all) borrowed.push_back(&one);
  const Result<cedar::PolicySet> shields = advisories::ShieldsOf(borrowed, promises.schema);
  if (!shields) return shields.error();
  cedar::PolicySet with = set;
  for (const cedar::Policy& shield : *shields)
    if (const Status added = with.Add(shield); !added) return added.error();
  proof::Prover prover(promises.schema, &promises.world, &solvers);
  SetProof out{prover.Prove(with, promises.properties.For(files.set, proof::PropertyFile::Extent::kExtended)), 0};
  for (const cedar::Policy& shield : *shields) {
    cedar::PolicySet one = set;
    if (const Status added = one.Add(shield); !added) return added.error();
    proof::Finding narrows = prover.OnlyNarrows(set, one);
    narrows.property.id = "narrows:" + shield.id;
    narrows.property.claim = "this shield permits nothing that the set does not";
    out.findings.push_back(std::move(narrows));
  }
  out.questions = prover.questions();
  return out;
}

std::string SetProof::Summary(const proof::Solvers& solvers) const {
  const auto proved = std::count_if(findings.begin(), findings.end(), [](const proof::Finding& f) { return f.outcome == proof::Outcome::kProved; });
  return std::to_string(proved) + " of " + std::to_string(findings.size()) + " promises proved (" + solvers.Names() + ", " + std::to_string(questions) + " questions)";
}

int CheckPromises(const PolicyFiles& files) {
  const ProofOptions options;
  const Result<Promises> promises = LoadPromises(options);
  const Result<cedar::PolicySet> set = ParsePolicyFiles(files);
  if (!promises || !set) return Report(promises ? set.error() : promises.error(), kUsage);
  Result<proof::Solvers> solvers = StartSolvers(options);
  if (!solvers) return Report({solvers.error().kind, "not proved: " + solvers.error().text}, kIncomplete);
  const Result<SetProof> proof = ProveSet(files, *set, *promises, *solvers);
  if (!proof) return Report(proof.error(), kUsage);
  std::printf("%s\n%s", proof->Summary(*solvers).c_str(), ToText(proof->findings, Detail::kBrief).c_str());
  return ExitOf(proof->findings);
}

int ExitOf(const std::vector<proof::Finding>& findings) {
  const auto any = [&findings](proof::Outcome outcome) { return std::any_of(findings.begin(), findings.end(), [outcome](const auto& f) { return f.outcome == outcome; }); };
  return any(proof::Outcome::kRefuted) ? kFindings : any(proof::Outcome::kNotProved) ? kIncomplete : kDone;
}

std::string ToText(const proof::Counterexample& c, std::string_view indent) {
  std::string out;
  const std::string text = c.example.ToString();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    (out += indent) += report::Plain(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  const auto policies = [&](const char* what, const std::vector<std::string>& ids) {
    if (!ids.empty()) (out += indent) += what + Joined(ids) + "\n";
  };
  policies("let through by ", c.permitted_by);
  policies("refused by ", c.refused_by);
  policies("failed: ", c.erring);
  return out;
}

std::string ToText(const std::vector<proof::Finding>& findings, Detail detail) {
  std::string out;
  for (const proof::Finding& f : findings) {
    const std::string head = report::Plain(f.property.id) + ": " + report::Plain(f.property.claim) + "\n";
    if (f.outcome == proof::Outcome::kProved) {
      if (detail == Detail::kAll) out += "  proved      " + head;
      if (detail == Detail::kAll && !f.why.empty()) out += "              (" + report::Plain(f.why) + ")\n";
      continue;
    }
    out += (f.outcome == proof::Outcome::kRefuted ? "  REFUTED     " : "  not proved  ") + head;
    if (!f.why.empty()) out += "              " + report::Plain(f.why) + "\n";
    for (const proof::Counterexample& c : f.counterexamples) out += "    not so for\n" + ToText(c, "      ");
    if (!f.dead.empty()) out += "    no request satisfies " + Joined(f.dead) + "\n";
  }
  return out;
}

json::Value ToJson(const proof::Finding& f, std::string_view set) {
  json::Value out;
  out.Set("set", set).Set("property", f.property.id).Set("claim", f.property.claim);
  out.Set("outcome", f.outcome == proof::Outcome::kProved ? "proved" : f.outcome == proof::Outcome::kRefuted ? "refuted" : "not-proved");
  if (!f.why.empty()) out.Set("why", f.why);
  if (!f.dead.empty()) out.Set("dead", Strings(f.dead));
  json::Array examples;
  for (const proof::Counterexample& c : f.counterexamples) {
    json::Value example = ToJson(c.example.request);
    if (c.example.other) example.Set("other", ToJson(*c.example.other));
    example.Set("entities", cedar::EntitiesToJson(c.example.entities));
    example.Set("permitted_by", Strings(c.permitted_by)).Set("refused_by", Strings(c.refused_by)).Set("failed", Strings(c.erring));
    examples.push_back(std::move(example));
  }
  if (!examples.empty()) out.Set("counterexamples", std::move(examples));
  return out;
}

}  // namespace checkrein::cli
