#include "release/render/render.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"

namespace checkrein::release {
namespace {

std::string_view SarifLevel(Severity severity) { return severity == Severity::kBlock ? "error" : severity == Severity::kReview ? "warning" : "note"; }

std::string Place(const Finding& finding) {
  std::string out = finding.path;
  if (finding.line > 0) out += ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
  return out;
}

std::string Sentence(const Finding& finding) {
  std::string out = finding.what;
  if (!finding.detail.empty()) out += " (" + finding.detail + ")";
  if (!finding.via.empty()) out += ", in " + finding.via;
  return out;
}

// A path inside an archive as a relative reference: what is no plain character is percent-encoded.
std::string UriOf(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_' || c == '~' || c == '!';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<uint8_t>(c);
      out += "%" + HexEncode({&byte, 1});
    }
  }
  while (out.starts_with('/')) out.erase(0, 1);
  return out;
}

json::Value SarifRule(const Finding& finding) {
  json::Value brief, help, defaults, out;
  brief.Set("text", finding.what);
  help.Set("text", finding.advice.empty() ? finding.what : finding.advice);
  defaults.Set("level", SarifLevel(finding.severity));
  out.Set("id", finding.rule).Set("shortDescription", std::move(brief)).Set("help", std::move(help)).Set("defaultConfiguration", std::move(defaults));
  return out;
}

json::Value SarifResult(const Report& report, const Finding& finding) {
  json::Value message, artifact, region, physical, location, prints, out;
  message.Set("text", Sentence(finding));
  artifact.Set("uri", UriOf(finding.path.empty() ? report.artifact : finding.path));
  physical.Set("artifactLocation", std::move(artifact));
  if (finding.line > 0) {
    region.Set("startLine", finding.line).Set("startColumn", std::max<int64_t>(finding.column, 1));
    physical.Set("region", std::move(region));
  }
  location.Set("physicalLocation", std::move(physical));
  prints.Set("checkreinGate/v1", finding.fingerprint);
  out.Set("ruleId", finding.rule).Set("level", SarifLevel(finding.severity)).Set("message", std::move(message)).Set("locations", json::Array{std::move(location)}).Set("partialFingerprints", std::move(prints));
  if (finding.known) {
    json::Value suppression;
    suppression.Set("kind", "external").Set("justification", finding.detail);
    out.Set("suppressions", json::Array{std::move(suppression)});
  }
  return out;
}

}  // namespace

std::string XmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : ToValidUtf8(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? std::string("\xef\xbf\xbd") : std::string(1, c);
    }
  }
  return out;
}

std::string WorkflowEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '%': out += "%25"; break;
      case '\r': out += "%0D"; break;
      case '\n': out += "%0A"; break;
      case ':': out += "%3A"; break;
      case ',': out += "%2C"; break;
      default: out += c;
    }
  }
  return out;
}

std::string Sarif(std::span<const Report> reports) {
  std::map<std::string, json::Value> rules;
  json::Array results, notices;
  bool complete = true;
  for (const Report& report : reports) {
    for (const Finding& finding : report.findings) {
      rules.try_emplace(finding.rule, SarifRule(finding));
      results.push_back(SarifResult(report, finding));
    }
    for (const Problem& problem : report.problems) {
      complete = false;
      json::Value message, one;
      message.Set("text", problem.path + (problem.path.empty() ? "" : ": ") + problem.what);
      one.Set("level", "error").Set("message", std::move(message));
      notices.push_back(std::move(one));
    }
  }
  json::Array rule_list;
  for (auto& [id, rule] : rules) rule_list.push_back(std::move(rule));
  json::Value driver, tool, invocation, run, out;
  driver.Set("name", "checkrein gate").Set("rules", std::move(rule_list));
  tool.Set("driver", std::move(driver));
  invocation.Set("executionSuccessful", complete).Set("toolExecutionNotifications", std::move(notices));
  run.Set("tool", std::move(tool)).Set("invocations", json::Array{std::move(invocation)}).Set("columnKind", "utf16CodeUnits").Set("results", std::move(results));
  out.Set("$schema", "https://json.schemastore.org/sarif-2.1.0.json").Set("version", "2.1.0").Set("runs", json::Array{std::move(run)});
  return out.Dump() + "\n";
}

std::string Junit(std::span<const Report> reports, Severity stops) {
  std::string cases;
  size_t failures = 0, errors = 0;
  for (const Report& report : reports) {
    cases += "    <testcase classname=\"checkrein.gate\" name=\"" + XmlEscaped(report.artifact) + "\">\n";
    for (const Problem& problem : report.problems) {
      ++errors;
      cases += "      <error type=\"incomplete\" message=\"" + XmlEscaped(problem.path + " " + problem.what) + "\"/>\n";
    }
    for (const Finding& finding : report.findings) {
      if (finding.known || finding.severity > stops) continue;
      ++failures;
      cases += "      <failure type=\"" + XmlEscaped(finding.rule) + "\" message=\"" + XmlEscaped(Sentence(finding)) + "\">" + XmlEscaped(Place(finding) + "\n" + finding.context + "\n" + finding.advice) + "</failure>\n";
    }
    cases += "    </testcase>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"checkrein gate\" tests=\"" + std::to_string(reports.size()) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
         std::to_string(errors) + "\">\n" + cases + "  </testsuite>\n</testsuites>\n";
}

std::string GithubAnnotations(std::span<const Report> reports, Severity stops) {
  std::string out;
  for (const Report& report : reports) {
    for (const Problem& problem : report.problems) out += "::error title=incomplete::" + WorkflowEscaped(problem.path + " " + problem.what) + "\n";
    for (const Finding& finding : report.findings) {
      if (finding.known || finding.severity == Severity::kNote) continue;
      out += finding.severity <= stops ? "::error" : "::warning";
      out += " file=" + WorkflowEscaped(finding.path);
      if (finding.line > 0) out += ",line=" + std::to_string(finding.line) + ",col=" + std::to_string(std::max<int64_t>(finding.column, 1));
      out += ",title=" + WorkflowEscaped(finding.rule) + "::" + WorkflowEscaped(Sentence(finding) + (finding.advice.empty() ? "" : ". To do: " + finding.advice)) + "\n";
    }
    out += "checkrein gate: " + WorkflowEscaped(report.artifact) + " is " + std::string(GateVerdictName(report.Verdict(stops))) + "\n";
  }
  return out;
}

std::string Html(std::span<const Report> reports, Severity stops) {
  std::string body;
  for (const Report& report : reports) {
    const std::string verdict(GateVerdictName(report.Verdict(stops)));
    body += "<section><h2>" + XmlEscaped(report.artifact) + " <span class=\"" + verdict + "\">" + verdict + "</span></h2>\n";
    body += "<p>" + XmlEscaped(report.name + " " + report.version) + " &middot; " + std::to_string(report.totals.entries) + " files, " + std::to_string(report.totals.bytes) + " bytes &middot; SHA-256 <code>" + XmlEscaped(report.digest) + "</code></p>\n";
    for (const Problem& problem : report.problems) body += "<p class=\"incomplete\">not looked at: " + XmlEscaped(problem.path + " " + problem.what) + "</p>\n";
    body += "<table><tr><th>weight<th>what<th>where<th>to do</tr>\n";
    for (const Finding& finding : report.findings) {
      body += "<tr class=\"" + std::string(SeverityName(finding.severity)) + (finding.known ? " known" : "") + "\"><td>" + std::string(finding.known ? "known" : SeverityName(finding.severity)) + "<td><b>" + XmlEscaped(finding.rule) + "</b><br>" +
              XmlEscaped(Sentence(finding)) + "<br><code>" + XmlEscaped(finding.context) + "</code><td>" + XmlEscaped(Place(finding)) + "<td>" + XmlEscaped(finding.advice) + "</tr>\n";
    }
    body += "</table>\n<h3>What strangers learn</h3>\n<p>" + std::to_string(report.OwnLines()) + " own source lines from " + std::to_string(report.exposure.maps.size()) + " source maps</p>\n";
    const auto list = [&](std::string_view title, const std::set<std::string>& names) {
      if (names.empty()) return;
      body += "<p><b>" + std::string(title) + "</b>: ";
      size_t shown = 0;
      for (const std::string& name : names) {
        if (shown == Exposure::kMaxNames) break;
        body += (shown++ == 0 ? "" : ", ") + XmlEscaped(name);
      }
      body += "</p>\n";
    };
    list("keys anyone can use", report.exposure.keys);
    list("internal hosts", report.exposure.hosts);
    list("people and machines", report.exposure.people);
    list("prompts", report.exposure.prompts);
    list("feature flags", report.exposure.flags);
    body += "</section>\n";
  }
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>checkrein gate</title>\n<style>"
         "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.4rem;text-align:left;vertical-align:top}"
         "code{background:#f3f3f3;word-break:break-all}.block td:first-child,.findings,.incomplete{color:#b00020;font-weight:bold}.review td:first-child{color:#9a6700}.clean{color:#116329}.known{opacity:.5}"
         "</style></head><body><h1>What strangers could recover</h1>\n" +
         body + "</body></html>\n";
}

}  // namespace checkrein::release
