// What a gate run found, as values that go over a pipe and into every output format (docs/format/gate.md).
//
// The process that parses hostile bytes sends one JSON object a line (`*Message`); the parent takes nothing else (`Report::Take`).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "release/rules/rule.h"

namespace checkrein::release {

struct Finding {
  std::string rule;          // id
  Severity severity = Severity::kBlock;
  std::string what;          // one short text
  std::string advice;        // what to do
  std::string path;          // inside the artifact: "package/x.js.map!src/a.ts", "layer.tar!etc/shadow"
  int64_t line = 0, column = 0;   // from 1; 0: none
  std::string via;           // "base64", "hex", "percent", "gzip", joined by "+": how it was wrapped
  std::string detail;        // what a parser knows: "RSA, 2048 bits, not encrypted, its certificate is in the package"
  std::string masked;        // the secret, all but its first characters replaced
  std::string context;       // its line, clipped and masked
  std::string fingerprint;   // stable between runs: of rule, path and masked context
  std::string secret;        // only when asked for (--reveal)
  bool known = false;        // in the baseline, with its reason in `detail`
  json::Value ToJson() const;
};

// Why the answer is not whole.
struct Problem {
  std::string path;
  std::string what;
};

// One source map.
struct MapFacts {
  std::string path;
  int64_t sources = 0, with_content = 0;
  int64_t own_sources = 0, own_lines = 0, vendored_sources = 0, vendored_lines = 0, own_bytes = 0;
};

// What strangers learn beside secrets. Each list is cut to kMaxNames, sorted.
struct Exposure {
  static constexpr size_t kMaxNames = 200;
  std::vector<MapFacts> maps;
  std::set<std::string> flags, hosts, prompts, people, keys, code_names;
  int64_t own_source_files = 0;      // sources in their own files beside what was built from them (x.ts beside x.js)
};

struct Entry {
  std::string path;
  int64_t bytes = 0;
  int64_t mode = 0;
  std::string digest;                // first 16 hex digits of SHA-256
};

struct Totals {
  int64_t entries = 0, bytes = 0, packed_bytes = 0, scanned_bytes = 0, archives = 0, findings_dropped = 0;
};

enum class GateVerdict : uint8_t { kIncomplete, kFindings, kClean };
std::string_view GateVerdictName(GateVerdict verdict);

struct Report {
  std::string artifact;              // as named on the command line
  std::string digest;                // SHA-256 of the artifact's bytes, hexadecimal; "" for a directory
  std::string rules_digest;
  std::vector<Finding> findings;
  std::vector<Problem> problems;
  Exposure exposure;
  std::vector<Entry> entries;        // for the difference to the previous version
  Totals totals;
  std::string name, version, license, repository;   // of the package, as it says
  std::vector<std::string> scripts;  // install scripts: "postinstall: node x.js"
  int64_t own_line_budget = 0;       // -1: the source is public
  std::string public_because;        // why the source counts as public
  json::Value difference;            // to the version before (difference.h); null: not asked for

  // Takes one line of the parsing process. False: it is not one, and the process is not to be believed any more.
  bool Take(std::string_view line);
  GateVerdict Verdict(Severity stops) const;
  json::Value ToJson(Severity stops) const;
  int64_t OwnLines() const;
};

// All reports of one run: {"format":..., "summary":{verdict, rebuild, ...}, "artifacts":[...]}.
json::Value ReportsJson(const std::vector<Report>& reports, Severity stops);

// The lines.
std::string FindingMessage(const Finding& finding);
std::string ProblemMessage(std::string_view path, std::string_view what);
std::string MapMessage(const MapFacts& map);
std::string NameMessage(std::string_view kind, std::string_view name);   // kind: flags, hosts, prompts, people, keys, code_names, source
std::string EntryMessage(const Entry& entry);
std::string PackageMessage(const Report& facts);                          // name, version, license, repository, scripts
std::string TotalsMessage(const Totals& totals);

}  // namespace checkrein::release
