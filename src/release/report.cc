#include "release/report.h"

#include <algorithm>
#include <span>

namespace checkrein::release {
namespace {

constexpr size_t kMaxItems = 2'000'000;   // of one kind: beyond it the parsing process is out of hand

json::Value Strings(const std::set<std::string>& from) {
  json::Array out;
  for (const std::string& one : from) {
    if (out.size() >= Exposure::kMaxNames) break;
    out.push_back(one);
  }
  return out;
}

std::string Text(const json::Value& from, std::string_view key) { return std::string(from.Text(key)); }

Finding ReadFinding(const json::Value& from) {
  Finding out;
  out.rule = Text(from, "rule");
  out.severity = SeverityByName(from.Text("severity")).value_or(Severity::kBlock);
  out.what = Text(from, "what");
  out.advice = Text(from, "advice");
  out.path = Text(from, "path");
  out.line = from.Integer("line", 0);
  out.column = from.Integer("column", 0);
  out.via = Text(from, "via");
  out.detail = Text(from, "detail");
  out.masked = Text(from, "masked");
  out.context = Text(from, "context");
  out.fingerprint = Text(from, "fingerprint");
  out.secret = Text(from, "secret");
  return out;
}

MapFacts ReadMap(const json::Value& from) {
  return {Text(from, "path"), from.Integer("sources", 0), from.Integer("with_content", 0), from.Integer("own_sources", 0), from.Integer("own_lines", 0), from.Integer("vendored_sources", 0),
          from.Integer("vendored_lines", 0), from.Integer("own_bytes", 0)};
}

json::Value MapJson(const MapFacts& map) {
  json::Value out;
  out.Set("path", map.path).Set("sources", map.sources).Set("with_content", map.with_content).Set("own_sources", map.own_sources).Set("own_lines", map.own_lines);
  out.Set("vendored_sources", map.vendored_sources).Set("vendored_lines", map.vendored_lines).Set("own_bytes", map.own_bytes);
  return out;
}

std::string Message(std::string_view kind, json::Value value) {
  json::Value out;
  out.Set(std::string(kind), std::move(value));
  return out.Dump() + "\n";
}

json::Value SummaryJson(std::span<const Report> reports, Severity stops) {
  GateVerdict verdict = GateVerdict::kClean;
  int64_t maps = 0, sources = 0, with_content = 0, own_sources = 0, own_lines = 0, vendored_lines = 0, entries = 0, bytes = 0, archives = 0;
  int64_t counts[3] = {};
  for (const Report& report : reports) {
    verdict = std::min(verdict, report.Verdict(stops));
    for (const MapFacts& map : report.exposure.maps) {
      ++maps;
      sources += map.sources;
      with_content += map.with_content;
      own_sources += map.own_sources;
      own_lines += map.own_lines;
      vendored_lines += map.vendored_lines;
    }
    for (const Finding& finding : report.findings) counts[static_cast<size_t>(finding.severity)] += finding.known ? 0 : 1;
    entries += report.totals.entries;
    bytes += report.totals.bytes;
    archives += report.totals.archives;
  }
  json::Value rebuild;
  rebuild.Set("maps", maps).Set("sources", sources).Set("sources_with_content", with_content).Set("own_sources", own_sources).Set("own_lines", own_lines).Set("vendored_lines", vendored_lines);
  json::Value found;
  for (const Severity severity : {Severity::kBlock, Severity::kReview, Severity::kNote}) found.Set(std::string(SeverityName(severity)), counts[static_cast<size_t>(severity)]);
  json::Value out;
  out.Set("verdict", GateVerdictName(verdict)).Set("rebuild", std::move(rebuild)).Set("findings", std::move(found)).Set("entries", entries).Set("bytes", bytes).Set("archives", archives);
  return out;
}

std::set<std::string>* NameList(Exposure& exposure, std::string_view kind) {
  if (kind == "flags") return &exposure.flags;
  if (kind == "hosts") return &exposure.hosts;
  if (kind == "prompts") return &exposure.prompts;
  if (kind == "people") return &exposure.people;
  if (kind == "keys") return &exposure.keys;
  if (kind == "code_names") return &exposure.code_names;
  return nullptr;
}

}  // namespace

std::string_view GateVerdictName(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::kIncomplete: return "incomplete";
    case GateVerdict::kFindings: return "findings";
    case GateVerdict::kClean: return "clean";
  }
  return "incomplete";
}

json::Value Finding::ToJson() const {
  json::Value out;
  out.Set("rule", rule).Set("severity", SeverityName(severity)).Set("what", what).Set("advice", advice).Set("path", path);
  out.Set("line", line).Set("column", column);
  if (!via.empty()) out.Set("via", via);
  if (!detail.empty()) out.Set("detail", detail);
  out.Set("masked", masked).Set("context", context).Set("fingerprint", fingerprint);
  if (!secret.empty()) out.Set("secret", secret);
  if (known) out.Set("known", true);
  return out;
}

std::string FindingMessage(const Finding& finding) { return Message("finding", finding.ToJson()); }

std::string ProblemMessage(std::string_view path, std::string_view what) {
  json::Value out;
  out.Set("path", path).Set("what", what);
  return Message("problem", std::move(out));
}

std::string MapMessage(const MapFacts& map) { return Message("map", MapJson(map)); }

std::string NameMessage(std::string_view kind, std::string_view name) {
  json::Value out;
  out.Set("kind", kind).Set("name", name);
  return Message("name", std::move(out));
}

std::string EntryMessage(const Entry& entry) {
  json::Value out;
  out.Set("path", entry.path).Set("bytes", entry.bytes).Set("mode", entry.mode).Set("digest", entry.digest);
  return Message("entry", std::move(out));
}

std::string PackageMessage(const Report& facts) {
  json::Array scripts(facts.scripts.begin(), facts.scripts.end());
  json::Value out;
  out.Set("name", facts.name).Set("version", facts.version).Set("license", facts.license).Set("repository", facts.repository).Set("scripts", std::move(scripts));
  return Message("package", std::move(out));
}

std::string TotalsMessage(const Totals& totals) {
  json::Value out;
  out.Set("entries", totals.entries).Set("bytes", totals.bytes).Set("packed_bytes", totals.packed_bytes).Set("scanned_bytes", totals.scanned_bytes).Set("archives", totals.archives);
  out.Set("findings_dropped", totals.findings_dropped);
  return Message("totals", std::move(out));
}

bool Report::Take(std::string_view line) {
  const Result<json::Value> parsed = json::Parse(line);
  if (!parsed || parsed->object() == nullptr || parsed->object()->size() != 1) return false;
  const auto& [kind, value] = parsed->object()->front();
  if (kind == "finding") {
    findings.push_back(ReadFinding(value));
    return findings.size() <= kMaxItems;
  }
  if (kind == "problem") {
    problems.push_back({Text(value, "path"), Text(value, "what")});
    return problems.size() <= kMaxItems;
  }
  if (kind == "map") {
    exposure.maps.push_back(ReadMap(value));
    return exposure.maps.size() <= kMaxItems;
  }
  if (kind == "name") {
    if (value.Text("kind") == "source") {
      ++exposure.own_source_files;
      return true;
    }
    std::set<std::string>* list = NameList(exposure, value.Text("kind"));
    if (list != nullptr && list->size() < 10 * Exposure::kMaxNames) list->insert(Text(value, "name"));
    return list != nullptr;
  }
  if (kind == "entry") {
    entries.push_back({Text(value, "path"), value.Integer("bytes", 0), value.Integer("mode", 0), Text(value, "digest")});
    return entries.size() <= kMaxItems;
  }
  if (kind == "package") {
    name = Text(value, "name");
    version = Text(value, "version");
    license = Text(value, "license");
    repository = Text(value, "repository");
    if (const json::Array* list = value.At("scripts").array()) {
      for (const json::Value& one : *list) {
        if (one.string() != nullptr) scripts.push_back(*one.string());
      }
    }
    return true;
  }
  if (kind == "totals") {
    totals = {value.Integer("entries", 0), value.Integer("bytes", 0), value.Integer("packed_bytes", 0), value.Integer("scanned_bytes", 0), value.Integer("archives", 0), value.Integer("findings_dropped", 0)};
    return true;
  }
  return false;
}

int64_t Report::OwnLines() const {
  int64_t out = 0;
  for (const MapFacts& map : exposure.maps) out += map.own_lines;
  return out;
}

GateVerdict Report::Verdict(Severity stops) const {
  if (!problems.empty()) return GateVerdict::kIncomplete;
  const bool stopped = std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return !f.known && f.severity <= stops; });
  return stopped ? GateVerdict::kFindings : GateVerdict::kClean;
}

json::Value Report::ToJson(Severity stops) const {
  json::Array map_list;
  int64_t own_bytes = 0;
  for (const MapFacts& map : exposure.maps) {
    own_bytes += map.own_bytes;
    map_list.push_back(MapJson(map));
  }
  json::Value summary = SummaryJson({this, 1}, stops);
  summary.Set("own_line_budget", own_line_budget);
  if (!public_because.empty()) summary.Set("source_public_because", public_because);
  json::Array finding_list, problem_list;
  for (const Finding& finding : findings) finding_list.push_back(finding.ToJson());
  for (const Problem& problem : problems) {
    json::Value one;
    one.Set("path", problem.path).Set("what", problem.what);
    problem_list.push_back(std::move(one));
  }
  json::Value exposed;
  exposed.Set("maps", std::move(map_list)).Set("flags", Strings(exposure.flags)).Set("code_names", Strings(exposure.code_names)).Set("hosts", Strings(exposure.hosts));
  exposed.Set("prompts", Strings(exposure.prompts)).Set("people", Strings(exposure.people)).Set("keys", Strings(exposure.keys)).Set("own_source_files", exposure.own_source_files);
  exposed.Set("own_bytes", own_bytes);
  json::Value package;
  package.Set("name", name).Set("version", version).Set("license", license).Set("repository", repository).Set("install_scripts", json::Array(scripts.begin(), scripts.end()));
  json::Value out;
  out.Set("artifact", artifact).Set("sha256", digest).Set("rules_sha256", rules_digest).Set("summary", std::move(summary)).Set("package", std::move(package));
  out.Set("findings", std::move(finding_list)).Set("incomplete", std::move(problem_list)).Set("exposure", std::move(exposed));
  if (!difference.is_null()) out.Set("difference", difference);
  return out;
}

json::Value ReportsJson(const std::vector<Report>& reports, Severity stops) {
  json::Array list;
  for (const Report& report : reports) list.push_back(report.ToJson(stops));
  json::Value out;
  out.Set("format", "checkrein-gate/1").Set("summary", SummaryJson(reports, stops)).Set("artifacts", std::move(list));
  return out;
}

}  // namespace checkrein::release
