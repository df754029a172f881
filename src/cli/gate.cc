// checkrein gate: what strangers could recover from an artifact, before it is published (docs/format/gate.md).
#include "cli/gate.h"

#include <clocale>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/elsewhere.h"
#include "monitor/places.h"
#include "release/baseline.h"
#include "release/difference.h"
#include "release/render/render.h"
#include "release/rules/rule_file.h"
#include "release/rules/shipped.h"
#include "report/text.h"

namespace checkrein::cli {

using release::Compiled;
using release::GateVerdict;
using GateReport = release::Report;
using release::RuleSet;
using release::Severity;

void AddGateOptions(CLI::App& app, GateOptions& o) {
  app.add_option("--rules", o.rules, "gitleaks' TOML, with or without our additions, instead of the shipped rules")->type_name("FILE");
  app.add_option("--format", o.format, "how to answer")->check(CLI::IsMember({"table", "json", "sarif", "junit", "github", "html"}))->capture_default_str();
  app.add_option("-o,--output", o.output, "write the answer there")->type_name("FILE");
  app.add_option("--sarif", o.sarif, "write the findings as SARIF there, besides")->type_name("FILE");
  app.add_flag("--strict", o.strict, "what is only to be looked at stops the release, too");
  app.add_option("--budget", o.budget, "own source lines that may be recovered")->capture_default_str();
  auto* open = app.add_flag("--public", o.is_public, "the source is public");
  app.add_flag("--private", o.is_private, "the source is not public, whatever the package says")->excludes(open);
  app.add_option("--baseline", o.baseline, "what was looked at and accepted (checkrein gate audit)")->type_name("FILE");
  app.add_option("--previous", o.previous, "the version published before: tell what is new")->type_name("PATH");
  app.add_flag("--git", o.git, "each PATH is a repository: look through its whole history");
  app.add_flag("--unreachable", o.unreachable, "with --git: at what no branch, tag or reflog leads to, too: it can be pushed");
  app.add_flag("--attest", o.attest, "append a signed record of this run to the log");
  app.add_option("--state", o.state, "where the log (--attest) and compiled rules are kept")->type_name("DIR");
  app.add_flag("--source", o.source, "as gitleaks on a working copy: its path allow-lists and `gitleaks:allow` count");
  app.add_flag("--raw-only", o.raw_only, "look at files as they are: no source maps, no encodings, no parsers");
  app.add_flag("--reveal", o.reveal, "write secrets in clear into the JSON (for comparing scanners; never in a log)");
  app.add_option("--max-entry", o.limits.entry_bytes, "bytes of one file, unpacked")->capture_default_str();
  app.add_option("--max-total", o.limits.total_bytes, "bytes of one artifact, unpacked")->capture_default_str();
  app.add_option("--max-ratio", o.limits.ratio, "unpacked bytes for one packed")->capture_default_str();
  app.add_option("--max-nesting", o.limits.nesting, "archives in archives")->capture_default_str();
  app.add_option("--max-entries", o.limits.entries, "files of one artifact")->capture_default_str();
  app.add_option("--max-path", o.limits.path_bytes, "bytes of a name")->capture_default_str();
  app.add_option("--max-decode", o.limits.decode_depth, "encodings in encodings")->capture_default_str();
  app.add_option("--max-findings", o.limits.findings, "findings told in full")->capture_default_str();
  app.add_option("--max-work", o.limits.work, "units of work beyond what ordinary text takes, beside those that its bytes allow")->capture_default_str();
  app.add_option("--max-seconds", o.limits.seconds, "of one artifact")->capture_default_str();
}

namespace {

Result<RuleSet> ReadRules(const GateOptions& options) {
  if (options.rules.empty()) return release::ShippedRules();
  const auto read = [](const std::string& path) { return ReadFile(path, release::kMaxRuleFile); };
  Result<std::string> text = read(options.rules);
  if (!text) return text.error();
  return release::LoadRules(*text, options.rules, release::ShippedRuleText(), read);
}

struct Outcome {
  std::vector<GateReport> reports;
  Severity stops = Severity::kBlock;
};

GateVerdict Worst(const Outcome& outcome) {
  GateVerdict out = GateVerdict::kClean;
  for (const GateReport& report : outcome.reports) out = std::min(out, report.Verdict(outcome.stops));
  return out;
}

std::string Render(const Outcome& outcome, const GateOptions& options, int fd) {
  if (options.format == "json") return release::ReportsJson(outcome.reports, outcome.stops).Dump() + "\n";
  if (options.format == "sarif") return release::Sarif(outcome.reports);
  if (options.format == "junit") return release::Junit(outcome.reports, outcome.stops);
  if (options.format == "github") return release::GithubAnnotations(outcome.reports, outcome.stops);
  if (options.format == "html") return release::Html(outcome.reports, outcome.stops);
  std::string out;
  for (const GateReport& report : outcome.reports) out += (out.empty() ? "" : "\n") + GateTable(report, outcome.stops, fd);
  return out;
}

int CodeOf(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::kClean: return kDone;
    case GateVerdict::kFindings: return kFindings;
    case GateVerdict::kIncomplete: return kIncomplete;
  }
  return kIncomplete;
}

// A line that is written over, on a terminal only.
std::function<void(uint64_t, uint64_t)> Progress(const std::string& what) {
  if (isatty(STDERR_FILENO) == 0) return nullptr;
  return [what, last = int64_t{0}](uint64_t done, uint64_t) mutable {
    const int64_t now = MonotonicNanos();
    if (now - last < 200'000'000) return;
    last = now;
    std::fprintf(stderr, "\r%s: %llu MB \x1b[K", report::Plain(what).c_str(), static_cast<unsigned long long>(done / 1'000'000));
  };
}

GateReport RunOne(release::Gate& gate, const GateOptions& options, const std::string& path) {
  if (!options.git) return gate.Run(path);
  return gate.RunFed(path, [&](const release::Gate::FeedFile& feed) { return FeedHistory(path, options.unreachable ? Objects::kAll : Objects::kReachable, options.limits, feed); });
}

}  // namespace

Result<Compiled> GateRules(const GateOptions& options) {
  Result<RuleSet> rules = ReadRules(options);
  if (!rules) return rules.error();
  if (options.rules.empty()) {
    Result<Compiled> ready = Compiled::Load(*rules, CompiledGateRules());
    if (ready) return ready;
    return Compiled::Build(std::move(*rules), release::Processor::kThisOne);  // an older processor
  }
  // A person's own rules are compiled once: half a second for gitleaks' set. The cache is by digest, and its own digest is checked by
  // whoever loads it; without a state directory there is none.
  std::string cache;
  if (const Result<monitor::Places> places = monitor::FindPlaces(options.state, ""); places && monitor::PrepareState(*places) && MakeDirectories(places->state + "/gate", 0700)) {
    cache = places->state + "/gate/rules-" + HexEncode(rules->digest);
    if (const Result<std::string> bytes = ReadFile(cache, 64u << 20)) {
      if (Result<Compiled> ready = Compiled::Load(*rules, *bytes)) return ready;
    }
  }
  Result<Compiled> built = Compiled::Build(std::move(*rules), release::Processor::kThisOne);
  if (built && !cache.empty()) {
    // Best effort: without the file the next run takes half a second longer.
    if (const std::string bytes = built->Serialise(); !bytes.empty()) (void)ReplaceFile(cache, bytes, 0600).ok();
  }
  return built;
}

int RunGate(const GateOptions& options) {
  if (options.paths.empty()) return Report(Error{Error::Kind::kInvalid, "gate: what to look at is missing; name a file or a directory"}, kUsage);
  const Result<std::vector<GateReport>> reports = GateReports(options);
  if (!reports) return Report(reports.error(), kUsage);
  const Outcome outcome{*reports, options.strict ? Severity::kReview : Severity::kBlock};
  if (options.attest) {
    if (const Status attested = AttestGate(options, outcome.reports, outcome.stops); !attested) return Report(attested.error(), kIncomplete);
  }
  Fd file;
  if (!options.output.empty()) {
    file = Fd(open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file.valid()) return Report(SystemError(options.output, errno), kUsage);
  }
  if (!options.sarif.empty()) {
    if (const Status written = ReplaceFile(options.sarif, release::Sarif(outcome.reports), 0600); !written) return Report(written.error(), kIncomplete);
  }
  const int fd = file.valid() ? file.get() : STDOUT_FILENO;
  if (const Status written = WriteAll(fd, Render(outcome, options, fd)); !written) return Report(written.error(), kIncomplete);
  return CodeOf(Worst(outcome));
}

Result<std::vector<GateReport>> GateReports(const GateOptions& options) {
  std::setlocale(LC_CTYPE, "C.UTF-8");  // libarchive refuses names that the locale cannot write
  release::Baseline baseline;
  if (!options.baseline.empty()) {
    const Result<std::string> text = ReadFile(options.baseline, 8u << 20);
    if (!text) return text.error();
    Result<release::Baseline> read = release::Baseline::Read(*text, options.baseline);
    if (!read) return read.error();
    baseline = std::move(*read);
  }
  Result<Compiled> compiled = GateRules(options);
  if (!compiled) return compiled.error();
  release::GateSettings settings;
  settings.inspect.limits = options.limits;
  settings.inspect.views = options.raw_only ? release::Views::kRawOnly : release::Views::kAll;
  settings.inspect.secrets = options.reveal ? release::Secrets::kRevealed : release::Secrets::kMasked;
  if (!options.previous.empty()) settings.inspect.detail = release::Detail::kForDifference;
  settings.scan.habits = options.source ? release::Habits::kSource : release::Habits::kArtifact;
  settings.progress = Progress("gate");
  Result<std::unique_ptr<release::Gate>> gate = release::Gate::Make(*compiled, settings);
  if (!gate) return gate.error();
  release::BudgetSettings budget;
  budget.own_lines = options.budget;
  if (options.is_public || options.is_private) budget.source_is_public = options.is_public;
  std::vector<GateReport> out;
  for (const std::string& path : options.paths) {
    GateReport report = RunOne(**gate, options, path);
    if (!options.previous.empty()) {
      const GateReport before = (*gate)->Run(options.previous);
      for (const release::Problem& problem : before.problems) report.problems.push_back({options.previous + ": " + problem.path, problem.what});
      const release::Difference difference = release::Compare(before, report);
      release::AddDifference(report, difference);
      report.difference = difference.ToJson();
    }
    release::ApplyBudget(report, budget);
    if (const size_t ended = baseline.Apply(report, Rfc3339(UnixMillis()).substr(0, 10)); ended > 0) std::fprintf(stderr, "gate: %zu accepted findings have passed their end\n", ended);
    out.push_back(std::move(report));
  }
  if (settings.progress) std::fputs("\r\x1b[K", stderr);
  return out;
}

void AddGate(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("gate", kGateText);
  auto options = std::make_shared<GateOptions>();
  command->add_option("path", options->paths, "archives, packages or directories")->type_name("PATH");
  AddGateOptions(*command, *options);
  command->require_subcommand(0, 1);
  AddGatePackers(*command, options, exit);
  AddGateBucket(*command, exit);
  AddGateHabits(*command, options, exit);
  command->callback([command, options, &exit] {
    if (command->get_subcommands().empty()) exit.code = RunGate(*options);
  });
}

}  // namespace checkrein::cli
