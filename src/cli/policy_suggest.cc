// checkrein policy suggest: the smallest edit of one's own policies that would permit an action, with what else it would permit.
// It changes nothing.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>

#include "analysis/analysis.h"
#include "analysis/world.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "policy/suggest.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxRecordsBytes = 64u << 20;
constexpr size_t kMaxShown = 40;  // differences

struct Options {
  PolicyFiles files;
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

// The effects of all lines that have some: answers of `checkrein check`, or a session's records.
Result<EffectSet> EffectsFrom(const std::string& file, EffectSet effects) {
  const Result<std::string> text = file == "-" ? ReadAll(0, kMaxRecordsBytes) : ReadFile(file, kMaxRecordsBytes);
  if (!text) return text.error();
  std::istringstream in(*text);
  size_t line_number = 0;
  for (std::string line; std::getline(in, line);) {
    ++line_number;
    if (line.empty()) continue;
    const Result<json::Value> record = json::Parse(line);
    if (!record) return Error{record.error().kind, file + ":" + std::to_string(line_number) + ": " + record.error().text};
    const json::Value* predicted = record->Find("predicted");
    const json::Value& list = (predicted == nullptr ? *record : *predicted).At("effects");
    for (size_t i = 0; list.array() != nullptr && i < list.array()->size(); ++i) {
      const std::string* one = (*list.array())[i].string();
      const auto effect = one == nullptr ? std::nullopt : EffectFromString(*one);
      if (effect) effects.Add(*effect);
    }
  }
  return effects;
}

void PrintDifferences(const char* title, const std::vector<policy::Difference>& list, const policy::Comparison& comparison) {
  if (list.empty()) return;
  std::printf("%s\n", title);
  for (size_t i = 0; i < std::min(list.size(), kMaxShown); ++i) std::printf("  %s\n", policy::Describe(list[i], comparison).c_str());
  if (list.size() > kMaxShown) std::printf("  and %zu more\n", list.size() - kMaxShown);
}

int RunSuggest(const Options& options) {
  const auto user = ReadPolicyTexts(options.files.user);
  if (!user) return Report(user.error(), kUsage);
  policy::Circumstances circumstances;
  circumstances.labels = options.labels;
  circumstances.coverage = Coverage::kFull;
  Result<EffectSet> effects = EffectsOf(options.effects, {});
  if (effects && !options.from.empty()) effects = EffectsFrom(options.from, std::move(effects).take());
  if (!effects) return Report(effects.error(), kUsage);
  if (!options.command.empty()) {
    analysis::NoWorld world;
    analysis::Place place;
    place.cwd = place.workspace = circumstances.workspace;
    place.home = circumstances.home;
    const analysis::Analysis analysis = analysis::AnalyzeCommand(options.command, place, world);
    for (const Effect& effect : analysis.effects.all()) effects->Add(effect);
    circumstances.coverage = analysis.coverage;
  }
  if (effects->empty()) return Report({Error::Kind::kInvalid, "nothing is asked for: give effects, --command or --from"}, kUsage);
  const auto suggestion = policy::Suggest(options.files.set, *user, *effects, circumstances);
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
  return suggestion->after == Verdict::kAllow ? kDone : kFindings;
}

}  // namespace

void AddPolicySuggest(CLI::App& policy, Exit& exit) {
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  CLI::App* suggest = policy.add_subcommand("suggest", "The smallest edit that would permit an action, with what else it would permit; nothing is applied");
  AddPolicyOptions(*suggest, options->files);
  suggest->add_option("effects", options->effects, "effects to be permitted: connect:a.example:443, read:/a/b, ...");
  suggest->add_option("--command", options->command, "a shell command, for its effects");
  suggest->add_option("--from", options->from, "JSON Lines with `effects`: answers of `checkrein check`, or records; `-` for standard input");
  suggest->add_option("--label", options->labels, "a label of the session: untrusted, secret (may be given again)")->allow_extra_args(false);
  suggest->callback([options, &exit] { exit.code = RunSuggest(*options); });
}

}  // namespace checkrein::cli
