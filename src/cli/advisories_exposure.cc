// `checkrein advisories`: for each installed client, what it is open to, since when, what shields it and what remains. Also works out anew
// what is in force, for every session that runs.
// Exit: 0 nothing is open without a shield; 1 something is; 2 the configuration or what was imported is not in order.
#include <stdlib.h>

#include <algorithm>
#include <cstdio>

#include "advisories/exposure.h"
#include "advisories/live.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/advisories_command.h"
#include "report/terminal.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using advisories::Exposure;
using advisories::ShieldState;
using json::Array;
using json::Object;
using report::Plain;

struct Options {
  std::string home, format = "text";
  std::vector<std::string> prefixes;
};

std::string Day(int64_t unix_ms) { return Rfc3339(unix_ms).substr(0, 10); }

std::string_view StateName(ShieldState::Kind kind) {
  return kind == ShieldState::Kind::kInForce ? "in force" : kind == ShieldState::Kind::kOnTrial ? "on trial" : "expired";
}

Array Texts(const std::vector<std::string>& texts) { return Array(texts.begin(), texts.end()); }

json::Value ToJson(const Exposure& e) {
  Array shields;
  for (const ShieldState& shield : e.shields) shields.push_back(Object{{"id", shield.id}, {"state", StateName(shield.kind)}, {"expires", Day(shield.expires_ms)}});
  return Object{{"client", e.installed.client}, {"installed", e.installed.version}, {"path", e.installed.path}, {"source", e.installed.source},
                {"advisory", e.advisory}, {"aliases", Texts(e.aliases)}, {"summary", e.summary}, {"link", e.link}, {"imported", e.imported},
                {"fixed_in", e.fixed_in}, {"uncertain", e.uncertain}, {"published", Rfc3339(e.published_ms)}, {"days_open", e.days_open}, {"shielded", e.shielded()},
                {"shields", std::move(shields)}, {"effect", e.effect}, {"remains", e.remains}, {"unconfirmed", Texts(e.unconfirmed)}};
}

// Clients of which no program was found, in the order of the list, with what they would count as affected by if they acted all the same.
std::vector<std::pair<std::string, std::vector<std::string>>> NotFound(const advisories::Active& active) {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  for (const advisories::InForce& row : active.in_force) {
    if (row.only_for.empty()) continue;
    auto at = std::find_if(out.begin(), out.end(), [&](const auto& one) { return one.first == row.only_for; });
    if (at == out.end()) at = out.insert(out.end(), {row.only_for, {}});
    at->second.push_back(row.advisory);
  }
  return out;
}

void PrintJson(const advisories::Active& active, const std::vector<Exposure>& exposures) {
  Array installed, open, not_found;
  for (const advisories::Installed& i : active.installed) installed.push_back(Object{{"client", i.client}, {"version", i.version}, {"path", i.path}, {"source", i.source}});
  for (const Exposure& e : exposures) open.push_back(ToJson(e));
  for (const auto& [client, ids] : NotFound(active)) not_found.push_back(Object{{"client", client}, {"advisories", Texts(ids)}});
  std::printf("%s\n", json::Value(Object{{"format", "checkrein-exposure-v1"}, {"installed", std::move(installed)}, {"open", std::move(open)}, {"not_found", std::move(not_found)}}).Dump().c_str());
}

// SARIF 2.1.0: a rule for each advisory, a result for each program that is open to it.
void PrintSarif(const std::vector<Exposure>& exposures) {
  Array rules, results;
  std::vector<std::string> seen;
  for (const Exposure& e : exposures) {
    if (std::find(seen.begin(), seen.end(), e.advisory) == seen.end()) {
      seen.push_back(e.advisory);
      Object rule{{"id", e.advisory}, {"shortDescription", Object{{"text", e.summary.empty() ? e.advisory : e.summary}}}};
      if (!e.link.empty()) rule.emplace_back("helpUri", e.link);
      rules.push_back(std::move(rule));
    }
    std::string text = e.installed.client + " " + (e.installed.version.empty() ? "of an unknown version" : e.installed.version) + " is open to " + e.advisory + " since " + std::to_string(e.days_open) + " days";
    if (!e.fixed_in.empty()) text += "; fixed in " + e.fixed_in;
    text += e.shielded() ? "; shielded" : "; NOT shielded";
    const Object location{{"physicalLocation", Object{{"artifactLocation", Object{{"uri", "file://" + e.installed.path}}}}}};
    results.push_back(Object{{"ruleId", e.advisory}, {"level", e.shielded() ? "note" : "error"}, {"message", Object{{"text", text}}}, {"locations", Array{location}},
                             {"partialFingerprints", Object{{"checkrein/v1", e.advisory + " " + e.installed.path}}}});
  }
  const Object driver{{"name", "checkrein"}, {"version", CHECKREIN_VERSION}, {"rules", std::move(rules)}};
  const Object run{{"tool", Object{{"driver", driver}}}, {"results", std::move(results)}};
  std::printf("%s\n", json::Value(Object{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Array{run}}}).Dump().c_str());
}

std::string ShieldLine(const Exposure& e) {
  std::string line;
  for (const ShieldState& shield : e.shields) line += (line.empty() ? "" : ", ") + shield.id + " (" + std::string(StateName(shield.kind)) + (shield.kind == ShieldState::Kind::kExpired ? " since " : " until ") + Day(shield.expires_ms) + ")";
  return line.empty() ? "none" : line;
}

void PrintOne(const report::Terminal& terminal, const Exposure& e) {
  const std::string fixed = e.fixed_in.empty() ? "no fixed version is stated" : "fixed in " + e.fixed_in;
  std::printf("  %s  %s, published %s, open for %lld days, %s%s\n", e.shielded() ? report::Paint(terminal, report::Tone::kGood, "shielded").c_str() : report::Paint(terminal, report::Tone::kBad, "OPEN    ").c_str(),
              Plain(e.advisory).c_str(), Day(e.published_ms).c_str(), static_cast<long long>(e.days_open), Plain(fixed).c_str(), e.imported ? ", imported" : "");
  const auto tell = [&](const char* what, const std::string& text) {
    if (!text.empty()) std::fputs(report::Fold(terminal, std::string(what) + Plain(text), 12).c_str(), stdout);
  };
  tell("", e.summary);
  tell("shields: ", ShieldLine(e));
  tell("remains: ", e.remains);
  tell("not certain: ", e.uncertain);
  tell("", e.link);
}

void Print(const advisories::Active& active, const std::vector<Exposure>& exposures) {
  const report::Terminal terminal = report::TerminalOf(1);
  if (active.installed.empty()) std::puts("No agent client was found.");
  for (const advisories::Installed& i : active.installed) {
    std::printf("%s %s\n  %s (version: %s)\n", report::Paint(terminal, report::Tone::kStrong, Plain(i.client)).c_str(), i.version.empty() ? "of an unknown version" : Plain(i.version).c_str(), Plain(i.path).c_str(), Plain(i.source).c_str());
    size_t open = 0;
    for (const Exposure& e : exposures) {
      if (e.installed.path != i.path || e.installed.version != i.version) continue;
      ++open;
      PrintOne(terminal, e);
    }
    if (open == 0) std::puts("  nothing known is open");
  }
  for (const auto& [client, ids] : NotFound(active)) {
    std::string text = "no program of it was found. Should it act all the same, nobody knows its version: then it counts as affected by all that concerns it, and these shields are in force in its sessions: ";
    for (const std::string& id : ids) text += (&id == &ids.front() ? "" : ", ") + Plain(id);
    std::printf("%s\n%s", report::Paint(terminal, report::Tone::kStrong, Plain(client)).c_str(), report::Fold(terminal, text, 2).c_str());
  }
}

int RunExposure(const AdvisoriesCommand& advisories, const Options& options) {
  const Result<monitor::Places> places = advisories.places->Find();
  if (!places) return Report(places.error(), kUsage);
  if (const Status prepared = monitor::PrepareState(*places); !prepared) return Report(prepared.error(), kUsage);
  const char* path = getenv("PATH");
  const advisories::Machine machine{places->state, options.home.empty() ? places->home : options.home, path == nullptr ? "" : path, options.prefixes, {}};
  const Result<advisories::KnownSet> known = advisories::AllKnown(places->state);
  if (!known) return Report(known.error(), kUsage);
  const Result<advisories::Active> active = advisories::WorkAndKeep(machine);
  if (!active) return Report(active.error(), kUsage);
  const std::vector<Exposure> exposures = advisories::ExposuresOf(known->known, *active, UnixMillis());
  if (options.format == "json") PrintJson(*active, exposures);
  else if (options.format == "sarif") PrintSarif(exposures);
  else Print(*active, exposures);
  return std::all_of(exposures.begin(), exposures.end(), [](const Exposure& e) { return e.shielded(); }) ? kDone : kFindings;
}

}  // namespace

void AddAdvisoriesExposure(const AdvisoriesCommand& advisories) {
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  CLI::App* command = advisories.app;
  command->add_option("--format", options->format, "text, json or sarif")->check(CLI::IsMember({"text", "json", "sarif"}))->capture_default_str();
  command->add_option("--home", options->home, "look for clients below this home (default: yours)");
  command->add_option("--prefix", options->prefixes, "an npm prefix or project to look in as well (may be given again)")->allow_extra_args(false);
  command->callback([advisories, command, options] {
    if (command->get_subcommands().empty()) advisories.exit->code = RunExposure(advisories, *options);
  });
}

}  // namespace checkrein::cli
