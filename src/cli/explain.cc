// checkrein explain: one command on this machine. Each effect with its words, the policy that decided, what would change the answer.
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <memory>

#include "analysis/analysis.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/places_options.h"
#include "cli/policy_files.h"
#include "monitor/earned.h"
#include "monitor/judge.h"
#include "monitor/live_world.h"
#include "monitor/settings.h"
#include "policy/decide.h"
#include "report/explanation.h"

namespace checkrein::cli {
namespace {

struct Options {
  std::shared_ptr<PlacesOptions> places;
  std::string cwd, workspace;
  std::vector<std::string> labels, words;
  bool json = false;
};

// This machine's files, for analysis.
class Live final : public analysis::World {
 public:
  std::optional<std::string> Resolve(std::string_view path) override { return world_.Resolve(path); }
  std::optional<std::string> Read(std::string_view path, size_t cap) override { return world_.Read(path, cap); }

 private:
  monitor::LiveWorld world_ = monitor::LiveWorld::OfThisProcess();
};

std::string CurrentDirectory() {
  char path[PATH_MAX];
  return getcwd(path, sizeof path) == nullptr ? "/" : path;
}

report::Explanation Collect(const std::string& command, const analysis::Analysis& analysis, const policy::PolicySet& policies, const policy::Circumstances& circumstances) {
  const policy::Decision decision = policies.Decide(analysis.effects, circumstances);
  report::Explanation e;
  e.command = command;
  e.verdict = decision.verdict;
  e.contained_after_approval = decision.contained_after_approval;
  e.coverage = analysis.coverage;
  e.parsed = analysis.parsed;
  e.notes = analysis.notes;
  e.why = decision.why;
  if (const auto change = policies.Counterfactual(analysis.effects, circumstances)) e.change = change->text;
  e.policy_digest = policies.digest();
  for (const policy::EffectDecision& d : decision.effects) {
    const std::string first = !d.held_back_by.empty() ? d.held_back_by.front() : d.policies.empty() ? std::string() : d.policies.front();
    e.effects.push_back({d.effect, d.verdict, d.contained_after_approval, d.policies, std::string(first.empty() ? std::string_view() : policies.Reason(first))});
  }
  return e;
}

json::Value Texts(const std::vector<std::string>& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::string AsJson(const report::Explanation& e) {
  json::Array effects;
  for (const report::ExplainedEffect& one : e.effects) {
    json::Array cause;
    for (const Span& span : one.effect.cause) cause.emplace_back(json::Array{int64_t{span.begin}, int64_t{span.end}});
    json::Value row;
    row.Set("effect", ToString(one.effect)).Set("verdict", VerdictName(one.verdict)).Set("contained_after_approval", one.contained_after_approval);
    row.Set("policies", Texts(one.policies)).Set("reason", one.reason).Set("cause", std::move(cause));
    effects.push_back(std::move(row));
  }
  json::Value out;
  out.Set("command", e.command).Set("verdict", VerdictName(e.verdict)).Set("contained_after_approval", e.contained_after_approval);
  out.Set("coverage", CoverageName(e.coverage)).Set("parsed", e.parsed).Set("effects", std::move(effects)).Set("notes", Texts(e.notes));
  out.Set("why", e.why).Set("change", e.change).Set("policy", e.policy_digest);
  return out.Dump() + "\n";
}

int RunExplain(const Options& options) {
  const Result<monitor::Places> places = options.places->Find();
  if (!places) return Report(places.error(), kUsage);
  const Result<monitor::Settings> settings = monitor::LoadSettings(places->config);
  if (!settings) return Report(settings.error(), kUsage);
  std::string command;
  for (const std::string& word : options.words) command += (command.empty() ? "" : " ") + word;

  analysis::Place place;
  place.home = places->home;
  place.cwd = NormalizePath(options.cwd.empty() ? CurrentDirectory() : options.cwd, CurrentDirectory());
  place.workspace = options.workspace.empty() ? monitor::WorkspaceFrom(place.cwd, place.home) : NormalizePath(options.workspace, CurrentDirectory());
  const Result<monitor::ProjectTexts> project = place.workspace.empty() ? Result<monitor::ProjectTexts>(monitor::ProjectTexts{}) : monitor::ReadProject(place.workspace);
  if (!project) return Report(project.error(), kUsage);
  DeclaredPlaces personal = settings->personal;
  if (const Status added = monitor::AddProjectSettings(project->settings, place.workspace, personal); !added) return Report(added.error(), kUsage);
  const Result<policy::PolicySet> policies = policy::PolicySet::Load(settings->policy_set, settings->texts, project->policies);
  if (!policies) return Report(policies.error(), kUsage);

  Live world;
  analysis::Analysis analysis = analysis::AnalyzeCommand(command, place, world);
  const auto holds = [&](std::string_view directory) { return monitor::LiveWorld::OfThisProcess().HoldsDeclared(directory, personal, place.home, place.workspace); };
  const monitor::Earned earned = monitor::EarnedByReading(analysis, {place.home, place.workspace, monitor::WorkspaceSecrets::kNone, &personal, holds, {}, {}}, {});
  policy::Circumstances circumstances;
  circumstances.session = "explain";
  circumstances.labels = options.labels;
  if (!earned.note.empty()) {  // what it reads it may send in the same breath
    analysis.notes.push_back(earned.note);
    if (std::find(options.labels.begin(), options.labels.end(), "pii") == options.labels.end()) circumstances.labels.emplace_back("pii");
  }
  circumstances.personal = &personal;
  circumstances.workspace = place.workspace;
  circumstances.home = place.home;
  circumstances.state_dir = places->state;
  circumstances.config_dir = places->config.empty() ? "" : places->config.back();
  circumstances.model_hosts = settings->model_hosts;
  circumstances.registries = settings->registries;
  circumstances.coverage = analysis.coverage;
  circumstances.commands = analysis.commands;
  const report::Explanation explanation = Collect(command, analysis, *policies, circumstances);
  const std::string out = options.json ? AsJson(explanation) : report::RenderExplanation(report::TerminalOf(STDOUT_FILENO), explanation);
  if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
  return explanation.verdict == Verdict::kDeny ? kFindings : kDone;
}

}  // namespace

void AddExplain(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("explain", "Show what a command would do on this machine, what is decided and why; nothing is run");
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  options->places = AddPlacesOptions(*command);
  command->add_option("--cwd", options->cwd, "the folder that it would run in (default: this one)");
  command->add_option("--workspace", options->workspace, "the folder that the agent works in (default: as a session begun in --cwd)");
  command->add_option("--label", options->labels, "a label of the session: untrusted, secret, pii (may be given again)")->allow_extra_args(false);
  command->add_flag("--json", options->json, "one line of JSON");
  command->add_option("command", options->words, "the command, after --")->required();
  command->callback([options, &exit] { exit.code = RunExplain(*options); });
}

}  // namespace checkrein::cli
