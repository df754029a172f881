// What the gate looks for, as values: rules in gitleaks' format with our additions. Read from TOML by rule_file.h, compiled by
// scan/compiled.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace checkrein::release {

// How much a finding weighs. Zero is the strictest: it stops the release.
enum class Severity : uint8_t {
  kBlock,   // stops the release: exit code 1
  kReview,  // shown, for a person to look at; stops the release only with --strict
  kNote,    // a fact worth knowing
};
std::string_view SeverityName(Severity severity);
std::optional<Severity> SeverityByName(std::string_view name);

// A reason not to report. Source of the semantics: gitleaks 8.30, config/allowlist.go.
struct Allowlist {
  enum class Condition : uint8_t { kAny, kAll };
  enum class Target : uint8_t { kSecret, kMatch, kLine };
  Condition condition = Condition::kAny;
  Target target = Target::kSecret;      // what the regexes are tried on; stop words always on the secret
  std::vector<std::string> commits;     // lower case
  std::vector<std::string> paths;       // regular expressions
  std::vector<std::string> regexes;
  std::vector<std::string> stopwords;   // lower case, unique
};

// Another rule that must have a finding near by for this one to count.
struct Required {
  std::string id;
  std::optional<int64_t> within_lines;
  std::optional<int64_t> within_columns;
};

struct Rule {
  std::string id;
  std::string description;              // one short text
  std::string advice;                   // one long text: what it opens, what to do. "" in gitleaks' files.
  Severity severity = Severity::kBlock;
  std::string regex;                    // "" for a rule about paths only
  std::string path;
  int64_t secret_group = 0;             // 0: the first group that took part, else the whole
  double entropy = 0;                   // the secret must have more bits per character; 0: not asked
  std::vector<std::string> keywords;    // lower case; one of them must be in the text
  std::vector<Allowlist> allowlists;
  std::vector<Required> required;
  bool skip_report = false;             // only a part of others
  std::string exposes;                  // what is found is no finding but a name for the report: "hosts", "flags", ... (report.h)
};

// What a file may not be, by name, first bytes and size.
struct Artifact {
  std::string id;
  std::string description;
  std::string advice;
  Severity severity = Severity::kBlock;
  std::string path;                     // regular expression on the path inside the artifact; "" is any
  std::string magic;                    // the file's first bytes; "" is any
  uint64_t min_bytes = 0;
};

struct RuleSet {
  std::vector<Rule> rules;              // in the order of the text
  std::vector<Allowlist> allowlists;    // for all rules
  std::vector<Artifact> artifacts;
  std::vector<std::string> warnings;    // what a writer of rules should know; nothing that changes findings silently
  Digest digest{};                      // of everything read, extended files too
  // Quarters of a unit of work (scan/work.h) that each byte of text allows. What ordinary text spends depends on the rules: with ours 0.03 to
  // 0.3 units; with a person's, whose words may stand everywhere, a unit and more, which must not end in exit 3.
  uint64_t work_quarters = 16;

  const Rule* Find(std::string_view id) const;
};

}  // namespace checkrein::release
