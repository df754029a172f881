#include "release/scan/scanner.h"

#include <hs/hs.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/ascii.h"

namespace checkrein::release {
namespace {

constexpr size_t kNoRange = static_cast<size_t>(-1);
constexpr size_t kReach = 64u << 10;      // bytes before its end in which a match without bound is looked for
constexpr size_t kTail = 64u << 10;       // bytes behind its first possible end that such a match may go on
constexpr std::string_view kAllowComment = "gitleaks:allow";

bool IsStretch(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'; }

// Whether `text` holds `lower` in any case.
bool Contains(std::string_view text, std::string_view lower) {
  if (lower.empty()) return true;
  if (lower.size() > text.size()) return false;
  const size_t last = text.size() - lower.size();
  const auto equal = [&](size_t at) {
    for (size_t i = 0; i < lower.size(); ++i) {
      if (AsciiLower(text[at + i]) != lower[i]) return false;
    }
    return true;
  };
  const char small = lower[0];
  const char big = small >= 'a' && small <= 'z' ? static_cast<char>(small - 32) : small;
  for (const char first : {small, big}) {
    for (size_t at = text.find(first); at != std::string_view::npos && at <= last; at = text.find(first, at + 1)) {
      if (equal(at)) return true;
    }
    if (small == big) break;
  }
  return false;
}

// One character of UTF-8 at `at`, as Go reads it: an ill-formed byte is U+FFFD and one byte long.
uint32_t CharacterAt(std::string_view text, size_t at, size_t* length) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(at);
  *length = 1;
  if (lead < 0x80) return lead;
  const size_t more = lead >= 0xF0 && lead <= 0xF4 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC2 && lead < 0xE0 ? 1 : 0;
  if (more == 0 || lead > 0xF4) return 0xFFFD;
  uint32_t code = lead & (0x3Fu >> more);
  for (size_t i = 1; i <= more; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0xFFFD;
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  if ((more == 2 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) || (more == 3 && (code < 0x10000 || code > 0x10FFFF))) return 0xFFFD;
  *length = more + 1;
  return code;
}

}  // namespace

double BitsPerCharacter(std::string_view text) {
  if (text.empty()) return 0;
  uint32_t ascii[128] = {};
  std::map<uint32_t, uint32_t> others;
  for (size_t at = 0; at < text.size();) {
    size_t length = 1;
    const uint32_t code = CharacterAt(text, at, &length);
    if (code < 128) ++ascii[code];
    else ++others[code];
    at += length;
  }
  const double share = 1.0 / static_cast<double>(text.size());
  double bits = 0;
  const auto add = [&](uint32_t count) {
    if (count == 0) return;
    const double frequency = count * share;
    bits -= frequency * std::log2(frequency);
  };
  for (const uint32_t count : ascii) add(count);
  for (const auto& [code, count] : others) add(count);
  return bits;
}

Result<Scanner> Scanner::Make(Compiled& compiled, const ScanOptions& options) {
  Result<Scratch> scratch = compiled.MakeScratch();
  if (!scratch) return scratch.error();
  return Scanner(compiled, options, std::move(*scratch));
}

Scanner::Scanner(Compiled& compiled, const ScanOptions& options, Scratch scratch)
    : compiled_(compiled), options_(options), scratch_(std::move(scratch)), last_range_(compiled.rules().size(), kNoRange) {}

int Scanner::OnEvent(unsigned id, unsigned long long, unsigned long long to, unsigned, void* scanner) {
  Scanner& self = *static_cast<Scanner*>(scanner);
  if (id >= kFirstCounted) return self.work_.Spend(id - kFirstCounted) ? 0 : 1;
  if (!self.work_.Spend(Cost::kEvent)) return 1;
  if (id >= kFirstMark) {
    self.out_.marks |= id - kFirstMark;
    return 0;
  }
  if (id >= kFirstLiteral) {
    self.gated_called_ = true;
    return 0;
  }
  const uint32_t width = self.compiled_.rules()[id].width;
  const size_t gap = width == kUnbounded ? kReach : width;
  size_t& last = self.last_range_[id];
  if (last != kNoRange && to <= self.ranges_[last].last + gap) {
    self.ranges_[last].last = std::max(self.ranges_[last].last, static_cast<size_t>(to));
    return 0;
  }
  last = self.ranges_.size();
  self.ranges_.push_back({id, static_cast<size_t>(to), static_cast<size_t>(to)});
  return 0;
}

bool Scanner::RunDatabase(const hs_database* database, std::string_view bytes) {
  if (database == nullptr) return true;
  if (bytes.size() > UINT32_MAX) return false;
  const hs_error_t got = hs_scan(database, bytes.data(), static_cast<unsigned>(bytes.size()), 0, scratch_.get(), OnEvent, this);
  if (got == HS_SCAN_TERMINATED) {
    out_.incomplete = kTooMuchWork;
    stopped_ = !work_.TakeReserve();
  }
  return got == HS_SUCCESS || got == HS_SCAN_TERMINATED;
}

void Scanner::FindEnds() {
  for (const Range& range : ranges_) last_range_[range.rule] = kNoRange;
  ranges_.clear();
  gated_called_ = false;
  bool good = RunDatabase(compiled_.ends(), text_.bytes);
  if (good && gated_called_ && out_.incomplete.empty()) good = RunDatabase(compiled_.gated(), text_.bytes);
  if (!good) out_.incomplete = "the search engine gave up", stopped_ = true;
}

bool Scanner::PathAllowed(CompiledAllowlist& list) {
  for (LazyPattern& path : list.paths) {
    const Pattern* pattern = path.Get();
    if (pattern != nullptr && pattern->Match(matcher_, text_.path) == Pattern::Outcome::kMatch) return true;
  }
  return false;
}

bool Scanner::Matches(LazyPattern& pattern, std::string_view text) {
  const Pattern* compiled = pattern.Get();
  return compiled != nullptr && compiled->Match(matcher_, text) != Pattern::Outcome::kNone;
}

bool Scanner::PassesOver(std::string_view path) {
  if (options_.habits != Habits::kSource || path.empty()) return false;
  text_ = {.path = path, .bytes = {}, .commit = text_.commit};
  for (CompiledAllowlist& list : compiled_.allowlists()) {
    const bool commit = !text_.commit.empty() && std::find(list.list->commits.begin(), list.list->commits.end(), text_.commit) != list.list->commits.end();
    if (list.list->condition == Allowlist::Condition::kAny) {
      if (commit || PathAllowed(list)) return true;
    } else if (list.list->regexes.empty() && list.list->stopwords.empty() && (list.list->commits.empty() || commit) && (list.list->paths.empty() || PathAllowed(list))) {
      return true;
    }
  }
  return false;
}

// Whether `rule` looks at this path and commit at all.
bool Scanner::RuleApplies(CompiledRule& rule) {
  for (CompiledAllowlist& list : rule.allowlists) {
    const Allowlist& from = *list.list;
    const bool commit = !text_.commit.empty() && std::find(from.commits.begin(), from.commits.end(), text_.commit) != from.commits.end();
    if (from.condition == Allowlist::Condition::kAny) {
      if (commit || PathAllowed(list)) return false;
    } else if (from.regexes.empty() && from.stopwords.empty() && (from.commits.empty() || commit) && (from.paths.empty() || PathAllowed(list))) {
      return false;
    }
  }
  if (rule.rule->path.empty()) return true;
  const Pattern* path = rule.path.Get();
  return path == nullptr || path->Match(matcher_, text_.path) != Pattern::Outcome::kNone;
}

bool Scanner::HasKeyword(const CompiledRule& rule, const std::vector<Range>& ranges) {
  const std::vector<std::string>& keywords = rule.rule->keywords;
  if (keywords.empty()) return true;
  // Nearly always the match holds it.
  const Range& first = ranges.front();
  const size_t reach = rule.width == kUnbounded ? 1024 : rule.width;
  const std::string_view near = Bytes(first.first > reach ? first.first - reach : 0, std::min(text_.bytes.size(), first.last));
  for (const std::string& keyword : keywords) {
    if (Contains(near, keyword)) return true;
  }
  return std::any_of(keywords.begin(), keywords.end(), [&](const std::string& keyword) { return Spend(text_.bytes.size() / 4) && Contains(text_.bytes, keyword); });
}

// False: the answer is incomplete.
bool Scanner::Spend(uint64_t units) {
  if (work_.Spend(units)) return true;
  if (out_.incomplete.empty()) out_.incomplete = kTooMuchWork;
  stopped_ = true;
  return false;
}

bool Scanner::TooMuch() {
  if (!stopped_ && out_.matches.size() > options_.max_matches) {
    out_.incomplete = "more than " + std::to_string(options_.max_matches) + " matches";
    stopped_ = true;
  }
  return stopped_;
}

Pattern::Outcome Scanner::Try(const Pattern& pattern, std::string_view text, size_t from, size_t last, size_t end) {
  matcher_.Allow(2 * work_.left());
  const Pattern::Outcome outcome = pattern.Match(matcher_, text, from, last, end);
  const size_t came = outcome == Pattern::Outcome::kMatch ? matcher_.end() : std::min(last, end);
  Spend(Cost::kRange + (came - std::min(came, from)) * Cost::kWindowByte + matcher_.steps() / 2);
  return outcome;
}

void Scanner::ConfirmRule(CompiledRule& rule, const std::vector<Range>& ranges) {
  if (!RuleApplies(rule) || !HasKeyword(rule, ranges)) return;
  size_t done = 0;
  for (const Range& range : ranges) {
    ConfirmRange(rule, range, &done);
    if (TooMuch()) return;
  }
}

// All matches that end in the range, in order. `done`: where the last match of this rule ended.
void Scanner::ConfirmRange(CompiledRule& rule, const Range& range, size_t* done) {
  const Pattern* pattern = rule.core.Get();
  if (pattern == nullptr) {
    out_.incomplete = "rule " + rule.rule->id + " could not be compiled";
    return;
  }
  const size_t reach = rule.width == kUnbounded ? kReach : size_t{rule.width} + 2;
  const size_t end = std::min(text_.bytes.size(), range.last + (rule.width == kUnbounded ? kTail : reach));
  size_t from = std::max(*done, range.first > reach ? range.first - reach : 0);
  while (from <= range.last && from <= end) {
    const Pattern::Outcome outcome = Try(*pattern, text_.bytes, from, range.last, end);
    if (outcome == Pattern::Outcome::kLimit) {
      if (out_.incomplete.empty()) out_.incomplete = "rule " + rule.rule->id + ": a match took too many steps";
      return;
    }
    if (outcome == Pattern::Outcome::kNone) return;
    size_t begin = matcher_.begin();
    const size_t match_end = matcher_.end();
    if (begin > range.last) return;
    for (size_t i = 0; i < rule.stretch && begin > *done && IsStretch(text_.bytes[begin - 1]); ++i) --begin;
    from = match_end > from ? match_end : from + 1;
    *done = from;
    Consider(rule, begin, match_end);
    if (TooMuch()) return;
  }
}

// The group that is the secret, found as gitleaks does: by matching once more inside the match.
void Scanner::FindSecret(CompiledRule& rule, Match& match) {
  match.secret_begin = match.begin;
  match.secret_end = match.end;
  const Pattern* pattern = rule.core.Get();
  if (pattern == nullptr || pattern->captures() == 0) return;
  const std::string_view text = Bytes(match.begin, match.end);
  if (Try(*pattern, text, 0, text.size(), text.size()) != Pattern::Outcome::kMatch) return;
  const auto take = [&](size_t group) {
    if (matcher_.begin(group) == Matcher::kNone) return false;
    match.secret_begin = match.begin + matcher_.begin(group);
    match.secret_end = match.begin + matcher_.end(group);
    return true;
  };
  if (rule.rule->secret_group > 0) {
    if (!take(static_cast<size_t>(rule.rule->secret_group))) match.secret_end = match.secret_begin;
    return;
  }
  for (size_t group = 1; group < matcher_.groups(); ++group) {
    if (matcher_.begin(group) != Matcher::kNone && matcher_.end(group) > matcher_.begin(group)) {
      take(group);
      return;
    }
  }
}

void Scanner::Consider(CompiledRule& rule, size_t begin, size_t end) {
  if (!Spend(Cost::kMatch)) return;
  Match match;
  match.rule = static_cast<uint32_t>(&rule - compiled_.rules().data());
  match.begin = begin;
  while (match.begin < end && text_.bytes[match.begin] == '\n') ++match.begin;
  match.end = end;
  while (match.end > match.begin && text_.bytes[match.end - 1] == '\n') --match.end;
  FindSecret(rule, match);
  const std::string_view secret = Bytes(match.secret_begin, match.secret_end);
  if (rule.rule->entropy != 0 && BitsPerCharacter(secret) <= rule.rule->entropy) return;
  if (options_.habits == Habits::kSource) {
    const Line line = LineOf(match.begin, match.end);
    if (Bytes(line.begin, line.end).find(kAllowComment) != std::string_view::npos) return;
  }
  for (CompiledAllowlist& list : compiled_.allowlists()) {
    if (Allowed(list, match)) return;
  }
  for (CompiledAllowlist& list : rule.allowlists) {
    if (Allowed(list, match)) return;
  }
  out_.matches.push_back(match);
}

bool Scanner::Allowed(CompiledAllowlist& list, const Match& match) {
  const Allowlist& from = *list.list;
  const std::string_view secret = Bytes(match.secret_begin, match.secret_end);
  if (from.condition == Allowlist::Condition::kAny) {
    return (!from.stopwords.empty() && HasStopword(list, secret)) || (!from.regexes.empty() && RegexAllowed(list, match));
  }
  if (!from.commits.empty() && std::find(from.commits.begin(), from.commits.end(), text_.commit) == from.commits.end()) return false;
  if (!from.paths.empty() && !PathAllowed(list)) return false;
  if (!from.stopwords.empty() && !HasStopword(list, secret)) return false;
  return from.regexes.empty() || RegexAllowed(list, match);
}

bool Scanner::RegexAllowed(CompiledAllowlist& list, const Match& match) {
  const auto any = [&](std::string_view target) {
    if (target.empty()) return false;
    for (LazyPattern& regex : list.regexes) {
      const Pattern* pattern = regex.Get();
      if (pattern != nullptr && Try(*pattern, target, 0, target.size(), target.size()) == Pattern::Outcome::kMatch) return true;
    }
    return false;
  };
  switch (list.list->target) {
    case Allowlist::Target::kSecret: return any(Bytes(match.secret_begin, match.secret_end));
    case Allowlist::Target::kMatch: return any(Bytes(match.begin, match.end));
    case Allowlist::Target::kLine: break;
  }
  // A minified file is one line: asked once, not for each match.
  const Line line = LineOf(match.begin, match.end);
  const auto [at, fresh] = line_allowed_.try_emplace({&list, line.begin}, false);
  if (fresh) at->second = any(Bytes(line.begin, line.end));
  return at->second;
}

bool Scanner::HasStopword(const CompiledAllowlist& list, std::string_view secret) {
  bool found = false;
  const auto on = [](unsigned, unsigned long long, unsigned long long, unsigned, void* flag) {
    *static_cast<bool*>(flag) = true;
    return 1;
  };
  if (list.stopwords == nullptr || secret.empty()) return false;
  hs_scan(list.stopwords.get(), secret.data(), static_cast<unsigned>(secret.size()), 0, scratch_.get(), on, &found);
  return found;
}

// The line or lines of a match. The first one's place is kept: a minified file is one line, and must not be walked for each match.
Scanner::Line Scanner::LineOf(size_t begin, size_t end) {
  const std::string_view bytes = text_.bytes;
  if (!line_.known || begin < line_.begin || begin > line_.end) {
    const size_t before = begin == 0 ? std::string_view::npos : bytes.rfind('\n', begin - 1);
    const size_t behind = bytes.find('\n', begin);
    line_ = {before == std::string_view::npos ? 0 : before + 1, behind == std::string_view::npos ? bytes.size() : behind, true};
  }
  if (end <= line_.end) return line_;
  const size_t behind = bytes.find('\n', end);
  return {line_.begin, behind == std::string_view::npos ? bytes.size() : behind, true};
}

// Lines and columns, in one pass.
void Scanner::Place(std::vector<Match>& matches) const {
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) { return a.begin != b.begin ? a.begin < b.begin : a.rule < b.rule; });
  size_t line = 1;
  size_t line_begin = 0;
  size_t at = 0;
  for (Match& match : matches) {
    if (match.line != 0 || (match.secret_begin == match.secret_end && match.begin == match.end)) continue;
    while (true) {
      const void* found = match.begin > at ? std::memchr(text_.bytes.data() + at, '\n', match.begin - at) : nullptr;
      if (found == nullptr) break;
      at = static_cast<size_t>(static_cast<const char*>(found) - text_.bytes.data()) + 1;
      line_begin = at;
      ++line;
    }
    at = std::max(at, match.begin);
    match.line = line;
    match.column = match.begin - line_begin + 1;
  }
}

void Scanner::DropGeneric(std::vector<Match>& matches) {
  const auto generic = [&](const Match& m) { return compiled_.rules()[m.rule].generic; };
  std::multimap<size_t, const Match*> better;
  for (const Match& match : matches) {
    if (!generic(match)) better.emplace(match.line, &match);
  }
  if (better.empty()) return;
  std::vector<Match> kept;
  for (const Match& match : matches) {
    bool drop = false;
    if (generic(match)) {
      const std::string_view secret = Bytes(match.secret_begin, match.secret_end);
      const auto [from, to] = better.equal_range(match.line);   // a minified file is one line
      drop = Spend(Cost::kPair * static_cast<uint64_t>(std::distance(from, to))) && std::any_of(from, to, [&](const auto& other) { return Bytes(other.second->secret_begin, other.second->secret_end).find(secret) != std::string_view::npos; });
    }
    if (!drop) kept.push_back(match);
  }
  matches = std::move(kept);
}

void Scanner::ApplyRequired(std::vector<Match>& matches) {
  const auto distance = [](size_t a, size_t b) { return static_cast<int64_t>(a > b ? a - b : b - a); };
  std::vector<Match> kept;
  for (const Match& match : matches) {
    const Rule& rule = *compiled_.rules()[match.rule].rule;
    if (rule.skip_report) continue;
    const bool all = !Spend(Cost::kPair * rule.required.size() * matches.size()) || std::all_of(rule.required.begin(), rule.required.end(), [&](const Required& need) {
      return std::any_of(matches.begin(), matches.end(), [&](const Match& other) {
        return compiled_.rules()[other.rule].rule->id == need.id && (!need.within_lines || distance(match.line, other.line) <= *need.within_lines) &&
               (!need.within_columns || distance(match.column, other.column) <= *need.within_columns);
      });
    });
    if (all) kept.push_back(match);
  }
  matches = std::move(kept);
}

Scanned Scanner::Scan(const Text& text) {
  text_ = text;
  out_ = {};
  stopped_ = false;
  line_ = {};
  line_allowed_.clear();
  if (PassesOver(text.path)) return {};
  text_ = text;
  work_.Allow(text.bytes.size() * compiled_.set().work_quarters / 4);
  FindEnds();
  std::stable_sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.rule < b.rule; });
  std::vector<Range> own;
  for (size_t i = 0; i < ranges_.size() && !TooMuch();) {
    own.clear();
    const uint32_t rule = ranges_[i].rule;
    for (; i < ranges_.size() && ranges_[i].rule == rule; ++i) own.push_back(ranges_[i]);
    ConfirmRule(compiled_.rules()[rule], own);
  }
  for (size_t i = 0; i < compiled_.rules().size(); ++i) {
    CompiledRule& rule = compiled_.rules()[i];
    if (!rule.rule->regex.empty() || text_.path.empty()) continue;
    if (RuleApplies(rule)) out_.matches.push_back({.rule = static_cast<uint32_t>(i)});
  }
  Place(out_.matches);
  const bool composite = std::any_of(compiled_.rules().begin(), compiled_.rules().end(), [](const CompiledRule& r) { return r.rule->skip_report || !r.rule->required.empty(); });
  if (composite) ApplyRequired(out_.matches);
  DropGeneric(out_.matches);
  return std::move(out_);
}

}  // namespace checkrein::release
