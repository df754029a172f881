// One report of the gate as a person reads it.
#include <algorithm>

#include "cli/gate.h"
#include "report/terminal.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using release::Finding;
using release::GateVerdict;
using GateReport = release::Report;
using release::Severity;
using report::Paint;
using report::Plain;
using report::Terminal;
using report::Tone;

constexpr size_t kMaxShown = 200;   // findings in the table; the JSON has all

Tone ToneOf(Severity severity) { return severity == Severity::kBlock ? Tone::kBad : severity == Severity::kReview ? Tone::kWarning : Tone::kFaint; }

std::string Place(const Finding& finding) {
  std::string out = finding.path;
  if (finding.line > 0) out += ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
  return Plain(out);
}

void AddFinding(const Terminal& terminal, const Finding& finding, std::string& out) {
  out += Paint(terminal, finding.known ? Tone::kFaint : ToneOf(finding.severity), finding.known ? "known " : std::string(SeverityName(finding.severity)) + std::string(7 - SeverityName(finding.severity).size(), ' '));
  out += Paint(terminal, Tone::kStrong, Plain(finding.rule)) + "  " + Plain(finding.what) + "\n";
  if (!finding.path.empty()) out += "       " + Place(finding) + (finding.via.empty() ? "" : "  (in " + Plain(finding.via) + ")") + "\n";
  if (!finding.context.empty() && !finding.rule.starts_with("private-key")) out += "       | " + Plain(finding.context) + "\n";
  if (!finding.detail.empty()) out += report::Fold(terminal, Plain(finding.detail), 7);
  if (!finding.known && finding.severity != Severity::kNote && !finding.advice.empty()) out += report::Fold(terminal, "to do: " + Plain(finding.advice), 7);
  out += "\n";
}

void AddNames(const Terminal& terminal, std::string_view title, const std::set<std::string>& names, std::string& out) {
  if (names.empty()) return;
  std::string text;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown++ >= 12) break;
    text += (text.empty() ? "" : ", ") + Plain(name);
  }
  if (names.size() > 12) text += ", and " + std::to_string(names.size() - 12) + " more";
  out += report::Fold(terminal, std::string(title) + " (" + std::to_string(names.size()) + "): " + text, 2);
}

void AddExposure(const Terminal& terminal, const GateReport& report, std::string& out) {
  const release::Exposure& e = report.exposure;
  int64_t own = 0, vendored = 0, sources = 0, own_bytes = 0;
  for (const release::MapFacts& map : e.maps) {
    own += map.own_lines;
    vendored += map.vendored_lines;
    sources += map.own_sources;
    own_bytes += map.own_bytes;
  }
  const bool any = !e.maps.empty() || !e.flags.empty() || !e.hosts.empty() || !e.prompts.empty() || !e.people.empty() || !e.keys.empty() || e.own_source_files > 0;
  if (!any) return;
  out += Paint(terminal, Tone::kStrong, "What strangers learn") + "\n";
  if (!e.maps.empty()) {
    std::string line = std::to_string(own) + " own lines in " + std::to_string(sources) + " files, and " + std::to_string(vendored) + " lines of other packages, from " + std::to_string(e.maps.size()) + " source maps";
    if (report.totals.bytes > 0) line += "; own source is " + std::to_string(own_bytes * 100 / report.totals.bytes) + " % of the package's bytes";
    out += report::Fold(terminal, line, 2);
  }
  if (!report.public_because.empty()) out += report::Fold(terminal, "the source counts as public: " + Plain(report.public_because), 2);
  if (e.own_source_files > 0) out += "  " + std::to_string(e.own_source_files) + " source files beside what was built from them\n";
  AddNames(terminal, "keys anyone can use", e.keys, out);
  AddNames(terminal, "internal hosts", e.hosts, out);
  AddNames(terminal, "people and machines", e.people, out);
  AddNames(terminal, "prompts", e.prompts, out);
  AddNames(terminal, "feature flags", e.flags, out);
  out += "\n";
}

}  // namespace

std::string GateTable(const GateReport& report, Severity stops, int fd) {
  const Terminal terminal = report::TerminalOf(fd);
  std::string out = Paint(terminal, Tone::kStrong, Plain(report.artifact));
  if (!report.name.empty()) out += "  " + Plain(report.name) + (report.version.empty() ? "" : " " + Plain(report.version));
  out += "\n\n";
  size_t shown = 0;
  for (const Finding& finding : report.findings) {
    if (shown++ == kMaxShown) break;
    AddFinding(terminal, finding, out);
  }
  if (report.findings.size() > kMaxShown) out += "... and " + std::to_string(report.findings.size() - kMaxShown) + " more findings (--format json has all)\n\n";
  AddExposure(terminal, report, out);
  for (size_t i = 0; i < report.problems.size() && i < 50; ++i) {
    out += Paint(terminal, Tone::kBad, "incomplete") + "  " + Plain(report.problems[i].path) + (report.problems[i].path.empty() ? "" : ": ") + Plain(report.problems[i].what) + "\n";
  }
  if (report.problems.size() > 50) out += "... and " + std::to_string(report.problems.size() - 50) + " more reasons\n";
  const GateVerdict verdict = report.Verdict(stops);
  const auto count = [&](Severity severity) { return std::count_if(report.findings.begin(), report.findings.end(), [&](const Finding& f) { return f.severity == severity && !f.known; }); };
  out += Paint(terminal, verdict == GateVerdict::kClean ? Tone::kGood : Tone::kBad, std::string(GateVerdictName(verdict)));
  out += ": " + std::to_string(count(Severity::kBlock)) + " that stop the release, " + std::to_string(count(Severity::kReview)) + " to look at, " + std::to_string(count(Severity::kNote)) + " notes; ";
  out += std::to_string(report.totals.entries) + " files, " + std::to_string(report.totals.bytes) + " bytes\n";
  return out;
}

}  // namespace checkrein::cli
