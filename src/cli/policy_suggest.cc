// checkrein policy suggest: the smallest edit of one's own policies that would permit an action, or all of a recorded session, with what
// else it would newly permit: shown for the effects that are tried, and proved for all there are. It changes nothing.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>

#include "analysis/analysis.h"
#include "analysis/world.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cedar/parser.h"
#include "cli/policy_files.h"
#include "cli/proofs.h"
#include "policy/suggest.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxRecordsBytes = 64u << 20;
constexpr size_t kMaxShown = 40;  // differences

struct Options {
  PolicyFiles files;
  ProofOptions proof;
  std::vector<std::string> effects, labels;
  std::string command, from;
};

Result<EffectSet> EffectsOf(const std::vector<std::string>& texts, EffectSet effects) {
  for (const std::string& text : texts) {
    const auto effect = EffectFromString(text);
    if (!effect) return Error{Error::Kind::kInvalid, "`" + report::Plain(text) + "` is no effect; write op:object, as `checkrein check` does"};
    effects.Add(*effect);
  }
  return effects;
}

std::vector<std::string> LabelsOf(const json::Value& record) {
  std::vector<std::string> labels;
  if (const json::Value* list = record.Find("labels"); list != nullptr && list->array() != nullptr)
    for (const json::Value& label : *list->array())
      if (const std::string* text = label.string(); text != nullptr) labels.push_back(*text);
  return labels;
}

// One occasion for each line with effects: answers of `checkrein check`, or a session's records, which say what it had seen by then.
// `labels`: besides those.
Result<std::vector<policy::Occasion>> OccasionsFrom(const std::string& file, const std::vector<std::string>& labels) {
  const Result<std::string> text = file == "-" ? ReadAll(0, kMaxRecordsBytes) : ReadFile(file, kMaxRecordsBytes);
  if (!text) return text.error();
  std::istringstream in(*text);
  std::vector<policy::Occasion> occasions;
  size_t line_number = 0;
  for (std::string line; std::getline(in, line);) {
    ++line_number;
    if (line.empty()) continue;
    const Result<json::Value> record = json::Parse(line);
    if (!record) return Error{record.error().kind, file + ":" + std::to_string(line_number) + ": " + record.error().text};
    const json::Value* predicted = record->Find("predicted");
    const json::Value& list = (predicted == nullptr ? *record : *predicted).At("effects");
    policy::Occasion occasion{{}, LabelsOf(*record), Coverage::kFull, record->At("predicted").Integer("commands", 0)};
    for (const std::string& label : labels)
      if (std::find(occasion.labels.begin(), occasion.labels.end(), label) == occasion.labels.end()) occasion.labels.push_back(label);
    for (size_t i = 0; list.array() != nullptr && i < list.array()->size(); ++i) {
      const std::string* one = (*list.array())[i].string();
      const auto effect = one == nullptr ? std::nullopt : EffectFromString(*one);
      if (effect) occasion.effects.Add(*effect);
    }
    if (!occasion.effects.empty()) occasions.push_back(std::move(occasion));
  }
  return occasions;
}

// That the suggestion newly permits nothing beside what was asked for, in any session and at every level.
Result<proof::Finding> ProveExact(const Options& options, const policy::Suggestion& suggestion) {
  const Result<Promises> promises = LoadPromises(options.proof);
  if (!promises) return promises.error();
  Result<cedar::PolicySet> after = ParsePolicyFiles(options.files), permitted = ParsePolicyFiles(options.files);
  for (auto* set : {&after, &permitted})
    if (!*set) return set->error();
  const Result<cedar::PolicySet> added = cedar::ParsePoliciesWithIds(suggestion.text, "suggested.cedar");
  if (!added) return added.error();
  if (const Status merged = after->Merge(*added); !merged) return merged.error();
  const Result<std::vector<cedar::Policy>> exactly = cedar::ParsePolicyList(suggestion.exactly, "exactly.cedar");
  if (!exactly) return exactly.error();
  for (size_t i = 0; i < exactly->size(); ++i) {
    cedar::Policy policy = (*exactly)[i];
    policy.id = "exactly " + std::to_string(i);
    if (const Status put = permitted->Add(std::move(policy)); !put) return put.error();
  }
  Result<proof::Solvers> solvers = StartSolvers(options.proof);
  if (!solvers) return solvers.error();
  proof::Property property;
  property.kind = proof::Property::Kind::kImplies;
  property.id = "exactly-this";
  property.claim = "nothing else is newly permitted";
  property.other = &*permitted;
  proof::Finding finding = proof::Prover(promises->schema, &promises->world, &*solvers).Prove(*after, {property}, proof::Collect::kEachKind)[0];
  if (finding.outcome == proof::Outcome::kProved && finding.why.empty()) finding.why = solvers->Names();
  finding.property.other = nullptr;  // it goes with this call
  return finding;
}

int PrintWhatElse(const Options& options, const policy::Suggestion& suggestion) {
  const Result<proof::Finding> finding = ProveExact(options, suggestion);
  if (!finding || finding->outcome == proof::Outcome::kNotProved) {
    std::printf("Whether it permits anything beside what was tried is not proved: %s\n", report::Plain(finding ? finding->why : finding.error().text).c_str());
    return kIncomplete;
  }
  if (finding->outcome == proof::Outcome::kProved) {
    std::printf("Nothing else is newly permitted, in any session and at any level: proved (%s).\n", report::Plain(finding->why).c_str());
    return kDone;
  }
  for (const proof::Counterexample& c : finding->counterexamples) std::printf("It would newly permit more: %s, for example\n%s", report::Plain(c.request_kind).c_str(), ToText(c, "    ").c_str());
  return kFindings;
}

void PrintDifferences(const char* title, const std::vector<policy::Difference>& list, const policy::Comparison& comparison) {
  if (list.empty()) return;
  std::printf("%s\n", title);
  for (size_t i = 0; i < std::min(list.size(), kMaxShown); ++i) std::printf("  %s\n", policy::Describe(list[i], comparison).c_str());
  if (list.size() > kMaxShown) std::printf("  and %zu more\n", list.size() - kMaxShown);
}

Result<std::vector<policy::Occasion>> OccasionsOf(const Options& options, const policy::Circumstances& circumstances) {
  std::vector<policy::Occasion> occasions;
  if (!options.from.empty()) {
    Result<std::vector<policy::Occasion>> read = OccasionsFrom(options.from, options.labels);
    if (!read) return read.error();
    occasions = std::move(read).take();
  }
  const Result<EffectSet> effects = EffectsOf(options.effects, {});
  if (!effects) return effects.error();
  if (!effects->empty()) occasions.push_back({*effects, options.labels, Coverage::kFull, 0});
  if (options.command.empty()) return occasions;
  analysis::NoWorld world;
  analysis::Place place;
  place.cwd = place.workspace = circumstances.workspace;
  place.home = circumstances.home;
  const analysis::Analysis analysis = analysis::AnalyzeCommand(options.command, place, world);
  occasions.push_back({analysis.effects, options.labels, analysis.coverage, analysis.commands});
  return occasions;
}

int RunSuggest(const Options& options) {
  const auto user = ReadPolicyTexts(options.files.user);
  if (!user) return Report(user.error(), kUsage);
  const policy::Circumstances circumstances;
  const Result<std::vector<policy::Occasion>> occasions = OccasionsOf(options, circumstances);
  if (!occasions) return Report(occasions.error(), kUsage);
  if (occasions->empty()) return Report({Error::Kind::kInvalid, "nothing is asked for: give effects, --command or --from"}, kUsage);
  const auto suggestion = policy::Suggest(options.files.set, *user, *occasions, circumstances);
  if (!suggestion) return Report(suggestion.error(), kUsage);
  if (suggestion->before == Verdict::kAllow) {
    std::printf("nothing to do: it is allowed now\n");
    return kDone;
  }
  for (const std::string& line : suggestion->impossible) std::printf("cannot be permitted: %s\n", line.c_str());
  if (suggestion->text.empty()) return kFindings;
  std::printf("%s// To a file in your policy directory, if you agree. The answer goes from %s to %s.\n%s", suggestion->impossible.empty() ? "" : "\n", std::string(VerdictName(suggestion->before)).c_str(),
              std::string(VerdictName(suggestion->after)).c_str(), suggestion->text.c_str());
  std::vector<policy::Difference> asked_for, besides;
  for (const policy::Difference& d : suggestion->comparison.looser) {
    const bool asked = std::find(suggestion->asked_for.begin(), suggestion->asked_for.end(), d.effect) != suggestion->asked_for.end();
    (asked ? asked_for : besides).push_back(d);
  }
  std::printf("\n");
  PrintDifferences("What that permits, in any session of yours:", asked_for, suggestion->comparison);
  PrintDifferences("What else it would newly permit:", besides, suggestion->comparison);
  if (besides.empty()) std::printf("Nothing else of the %zu effects that were tried under %zu circumstances.\n", suggestion->comparison.effects, suggestion->comparison.circumstances);
  const int exact = PrintWhatElse(options, *suggestion);
  return exact != kDone ? exact : suggestion->after == Verdict::kAllow ? kDone : kFindings;
}

}  // namespace

void AddPolicySuggest(CLI::App& policy, Exit& exit) {
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  CLI::App* suggest = policy.add_subcommand("suggest", "The smallest edit that would permit an action, with what else it would permit; nothing is applied");
  AddPolicyOptions(*suggest, options->files);
  AddProofOptions(*suggest, options->proof);
  suggest->remove_option(suggest->get_option("--properties"));
  suggest->add_option("effects", options->effects, "effects to be permitted: connect:a.example:443, read:/a/b, ...");
  suggest->add_option("--command", options->command, "a shell command, for its effects");
  suggest->add_option("--from", options->from, "JSON Lines with `effects`: a session's records (checkrein log show --json), or answers of `checkrein check`; `-` for standard input");
  suggest->add_option("--label", options->labels, "a label of the session: untrusted, secret, pii (may be given again)")->allow_extra_args(false);
  suggest->callback([options, &exit] { exit.code = RunSuggest(*options); });
}

}  // namespace checkrein::cli
