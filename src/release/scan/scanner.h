// Finds what the rules look for in one text.
//
//   Scanner scanner(compiled, options);
//   Scanned found = scanner.Scan({.path = "package/a.js", .bytes = text});
//
// Vectorscan tells where matches may end; PCRE2 is run on a window before each such end and finds beginning and groups; entropy,
// keywords and allow-lists thin out what is left. The findings are those of gitleaks 8.30 with the same rules, but that a text is one
// piece here and there pieces of 100 kB. Linear in the text: what a hostile text would make it cost more is counted (work.h), and where
// that is more than is allowed the answer is `incomplete`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "release/scan/compiled.h"
#include "release/scan/work.h"

namespace checkrein::release {

enum class Habits : uint8_t {
  kArtifact,   // what is published: no path is passed over, and no comment in a file excuses it
  kSource,     // as gitleaks: global path allow-lists and `gitleaks:allow` count
};

struct ScanOptions {
  Habits habits = Habits::kArtifact;
  size_t max_matches = 100'000;             // per text, after the entropy test; more is incomplete
};

struct Text {
  std::string_view path;     // inside the artifact: what rules about paths see
  std::string_view bytes;
  std::string_view commit;   // "" when there is none
};

struct Match {
  uint32_t rule = 0;                          // its index in the set
  size_t begin = 0, end = 0;                  // of the match, without line breaks at its ends
  size_t secret_begin = 0, secret_end = 0;    // begin == end: none (a rule about paths)
  size_t line = 0, column = 0;                // from 1; 0: none
};

struct Scanned {
  std::vector<Match> matches;       // in order of place, then of rule
  std::string incomplete;           // why not all was looked at; "" when it was
  uint32_t marks = 0;               // kKeyMark, kMapMark
};

class Scanner {
 public:
  static Result<Scanner> Make(Compiled& compiled, const ScanOptions& options);
  Scanned Scan(const Text& text);
  // Whether a global allow-list passes this path over (kSource only).
  bool PassesOver(std::string_view path);
  bool Matches(LazyPattern& pattern, std::string_view text);
  Compiled& compiled() { return compiled_; }
  // What may be spent on the texts to come; a new artifact begins with what is free.
  void BeginArtifact(uint64_t free) { work_ = WorkBudget(free); }
  WorkBudget& work() { return work_; }

 private:
  struct Range {       // ends of possible matches that lie close together
    uint32_t rule = 0;
    size_t first = 0, last = 0;
  };
  struct Line {
    size_t begin = 0, end = 0;
    bool known = false;
  };
  Scanner(Compiled& compiled, const ScanOptions& options, Scratch scratch);
  static int OnEvent(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void* scanner);
  bool RunDatabase(const hs_database* database, std::string_view bytes);
  void FindEnds();
  void ConfirmRule(CompiledRule& rule, const std::vector<Range>& ranges);
  void ConfirmRange(CompiledRule& rule, const Range& range, size_t* done);
  void Consider(CompiledRule& rule, size_t begin, size_t end);
  void FindSecret(CompiledRule& rule, Match& match);
  bool HasKeyword(const CompiledRule& rule, const std::vector<Range>& ranges);
  bool PathAllowed(CompiledAllowlist& list);
  bool RuleApplies(CompiledRule& rule);
  bool Allowed(CompiledAllowlist& list, const Match& match);
  bool RegexAllowed(CompiledAllowlist& list, const Match& match);
  bool HasStopword(const CompiledAllowlist& list, std::string_view secret);
  Line LineOf(size_t begin, size_t end);
  void Place(std::vector<Match>& matches) const;
  void DropGeneric(std::vector<Match>& matches);
  void ApplyRequired(std::vector<Match>& matches);
  bool TooMuch();
  bool Spend(uint64_t units);
  Pattern::Outcome Try(const Pattern& pattern, std::string_view text, size_t from, size_t last, size_t end);
  std::string_view Bytes(size_t begin, size_t end) const { return text_.bytes.substr(begin, end - begin); }

  Compiled& compiled_;
  ScanOptions options_;
  Scratch scratch_;
  Matcher matcher_;
  Text text_;
  Scanned out_;
  std::vector<Range> ranges_;
  std::vector<size_t> last_range_;          // per rule: its last in ranges_, or npos
  bool gated_called_ = false;
  WorkBudget work_;
  bool stopped_ = false;      // nothing more is looked into
  Line line_;
  std::map<std::pair<const CompiledAllowlist*, size_t>, bool> line_allowed_;
};

// Shannon's entropy in bits per character as gitleaks counts it: characters, shares of bytes.
double BitsPerCharacter(std::string_view text);

}  // namespace checkrein::release
