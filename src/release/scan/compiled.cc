#include "release/scan/compiled.h"

#include <hs/hs.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/ascii.h"
#include "release/rules/expression.h"
#include "release/scan/work.h"

namespace checkrein::release {
namespace {

constexpr std::string_view kMagic = "checkrein gate rules 6\n";
constexpr size_t kMinLiteral = 2;          // characters: shorter ones stop at every other byte
constexpr uint32_t kMaxWidth = 64u << 10;  // bytes: wider counts as without bound
constexpr uint32_t kMaxBusy = 256;         // bytes for which an engine is thought to be busy behind a literal

struct Mark {
  const char* text;
  uint32_t bit;
};
constexpr Mark kMarks[] = {{"PRIVATE KEY", kKeyMark}, {"-----BEGIN CERT", kKeyMark}, {"PuTTY-User-Key-File-", kKeyMark}, {"sourceMappingURL=", kMapMark}};

// The expressions of one database.
struct Expressions {
  std::vector<std::string> texts;
  std::vector<unsigned> flags, ids;
  void Add(std::string text, unsigned flag, unsigned id) {
    texts.push_back(std::move(text));
    flags.push_back(flag);
    ids.push_back(id);
  }
};

hs_platform_info_t Platform(Processor processor) {
  hs_platform_info_t out{};
  if (processor == Processor::kAvx2) {
    out.tune = HS_TUNE_FAMILY_GENERIC;
    out.cpu_features = HS_CPU_FEATURES_AVX2;
  } else {
    hs_populate_platform(&out);
  }
  return out;
}

Result<Database> Compile(const Expressions& from, Processor processor) {
  if (from.texts.empty()) return Database();
  std::vector<const char*> texts;
  for (const std::string& text : from.texts) texts.push_back(text.c_str());
  const hs_platform_info_t platform = Platform(processor);
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(texts.data(), from.flags.data(), from.ids.data(), static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, &platform, &database, &error) != HS_SUCCESS) {
    std::string text = error != nullptr ? error->message : "no memory";
    if (error != nullptr && error->expression >= 0) text += ": " + from.texts[static_cast<size_t>(error->expression)];
    hs_free_compile_error(error);
    return Error{Error::Kind::kUnsupported, "regular expression: " + text};
  }
  return Database(database);
}

Result<Database> CompileLiterals(const std::vector<std::string>& words, Processor processor) {
  std::vector<const char*> texts;
  std::vector<size_t> lengths;
  std::vector<unsigned> flags(words.size(), HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH), ids(words.size(), 0);
  for (const std::string& word : words) {
    texts.push_back(word.c_str());
    lengths.push_back(word.size());
  }
  const hs_platform_info_t platform = Platform(processor);
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(), static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, &platform, &database, &error) != HS_SUCCESS) {
    const std::string text = error != nullptr ? error->message : "no memory";
    hs_free_compile_error(error);
    return Error{Error::Kind::kUnsupported, "stop words: " + text};
  }
  return Database(database);
}

std::string Escaped(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80) != 0;
    if (!plain) out += '\\';
    out += c;
  }
  return out;
}

// The flags with which vectorscan takes `regex`, and the width of its matches.
struct Taken {
  unsigned flags = 0;
  uint32_t width = kUnbounded;
};
Result<Taken> Try(const std::string& regex) {
  for (const unsigned flags : {0u, static_cast<unsigned>(HS_FLAG_PREFILTER)}) {
    hs_expr_info_t* info = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_expression_info(regex.c_str(), flags, &info, &error) == HS_SUCCESS) {
      const uint32_t width = info->max_width;
      std::free(info);
      return Taken{flags, flags != 0 || width > kMaxWidth ? kUnbounded : width};
    }
    const std::string text = error != nullptr ? error->message : "no memory";
    hs_free_compile_error(error);
    if (flags != 0) return Error{Error::Kind::kUnsupported, "regular expression \"" + regex + "\": " + text};
  }
  return Taken{};
}

// A literal that wakes a rule: how often a text has it is counted (work.h).
struct Counted {
  std::string text;
  bool caseless = false;
  auto operator<=>(const Counted&) const = default;
};

// Words that 64 MiB of ordinary text hold more than 4,000 times (measured): telling of each would cost a tenth of the time.
bool IsEverywhere(std::string_view literal) {
  for (const std::string_view word : {"access", "api", "auth", "ext_", "flag", "key", "lan", "test", "test_", "token"}) {
    if (literal == word) return true;
  }
  return literal.size() < 3 && std::all_of(literal.begin(), literal.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// Which literals vectorscan takes of a rule is its affair: the first or the best, mostly. Of a token's mark its weight is that of what follows,
// too, with which an engine is busy.
void CountLiterals(const CompiledRule& rule, const Expression& read, std::map<Counted, uint32_t>& counted) {
  const auto add = [&](const std::vector<std::string>& literals, bool caseless) {
    bool any = false;
    for (const std::string& literal : literals) {
      if (IsEverywhere(literal)) continue;
      const uint32_t weight = IsCommon(literal) ? static_cast<uint32_t>(Cost::kWord) : static_cast<uint32_t>(Cost::kLiteral) + std::min(rule.width, kMaxBusy);
      uint32_t& most = counted[{literal, caseless}];
      most = std::max(most, weight);
      any = true;
    }
    return any;
  };
  const bool first = add(read.first, read.caseless);
  const bool best = add(read.literals, read.caseless);
  if (!first && !best) add(rule.rule->keywords, true);
}

Status TryAll(std::vector<LazyPattern>& patterns) {
  for (LazyPattern& pattern : patterns) {
    if (Result<Pattern> tried = Pattern::Compile(pattern.regex()); !tried) return tried.error();
  }
  return Done{};
}

CompiledAllowlist MakeAllowlist(const Allowlist& list) {
  CompiledAllowlist out;
  out.list = &list;
  for (const std::string& path : list.paths) out.paths.emplace_back(path);
  for (const std::string& regex : list.regexes) out.regexes.emplace_back(regex, LazyPattern::Steps::kCounted);
  return out;
}

void PutNumber(std::string& out, uint64_t number) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(number >> (8 * i));
}

// Takes numbers and blobs from the front; after a short read everything is empty.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : bytes_(bytes) {}
  std::string_view Take(size_t size) {
    if (size > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }
  uint64_t Number() {
    const std::string_view text = Take(8);
    uint64_t out = 0;
    for (size_t i = 0; i < text.size(); ++i) out |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    return out;
  }
  bool failed() const { return failed_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

Status PutDatabase(std::string& out, const hs_database* database) {
  if (database == nullptr) {
    PutNumber(out, 0);
    return Done{};
  }
  char* bytes = nullptr;
  size_t size = 0;
  if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS) return Error{Error::Kind::kInternal, "rules: a database cannot be written"};
  PutNumber(out, size);
  out.append(bytes, size);
  std::free(bytes);
  return Done{};
}

Result<Database> TakeDatabase(Taker& from) {
  const uint64_t size = from.Number();
  if (size == 0) return Database();
  const std::string_view bytes = from.Take(size);
  hs_database_t* database = nullptr;
  if (from.failed() || hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) return Error{Error::Kind::kInvalid, "compiled rules: damaged, or of another version"};
  return Database(database);
}

}  // namespace

void FreeDatabase::operator()(hs_database* database) const { hs_free_database(database); }
void FreeScratch::operator()(hs_scratch* scratch) const { hs_free_scratch(scratch); }

void Compiled::Prepare(RuleSet rules) {
  set_ = std::make_unique<RuleSet>(std::move(rules));
  for (const Allowlist& list : set_->allowlists) allowlists_.push_back(MakeAllowlist(list));
  for (const Artifact& artifact : set_->artifacts) artifacts_.push_back({&artifact, LazyPattern(artifact.path)});
  for (const Rule& rule : set_->rules) {
    CompiledRule out;
    out.rule = &rule;
    const LazyPrefix prefix = FindLazyPrefix(rule.regex);
    out.core = LazyPattern(rule.regex, LazyPattern::Steps::kCounted);
    out.stretch = prefix.most;
    out.path = LazyPattern(rule.path);
    std::string lower = rule.id;
    lower = AsciiLower(lower);
    out.generic = lower.find("generic") != std::string::npos;
    for (const Allowlist& list : rule.allowlists) out.allowlists.push_back(MakeAllowlist(list));
    rules_.push_back(std::move(out));
  }
}

std::vector<CompiledAllowlist*> Compiled::WithStopwords() {
  std::vector<CompiledAllowlist*> out;
  const auto add = [&](CompiledAllowlist& list) {
    if (!list.list->stopwords.empty()) out.push_back(&list);
  };
  for (CompiledAllowlist& list : allowlists_) add(list);
  for (CompiledRule& rule : rules_) {
    for (CompiledAllowlist& list : rule.allowlists) add(list);
  }
  return out;
}

Result<Compiled> Compiled::Build(RuleSet rules, Processor processor) {
  Compiled out;
  out.Prepare(std::move(rules));
  Expressions ends, gated;
  std::map<Counted, uint32_t> counted;
  for (size_t i = 0; i < out.rules_.size(); ++i) {
    CompiledRule& rule = out.rules_[i];
    const auto named = [&](const Error& error) { return Error{error.kind, "rule " + rule.rule->id + ": " + error.text}; };
    for (CompiledAllowlist& list : rule.allowlists) {
      if (const Status tried = TryAll(list.paths); !tried) return named(tried.error());
      if (const Status tried = TryAll(list.regexes); !tried) return named(tried.error());
    }
    if (!rule.rule->path.empty()) {
      if (Result<Pattern> tried = Pattern::Compile(rule.rule->path); !tried) return named(tried.error());
    }
    if (rule.rule->regex.empty()) continue;
    Result<Pattern> tried = Pattern::Compile(rule.rule->regex);
    if (!tried) return named(tried.error());
    if (rule.rule->secret_group > tried->captures()) return named(Error{Error::Kind::kInvalid, "secretGroup is beyond the groups of the expression"});
    const Result<Taken> taken = Try(rule.rule->regex);
    if (!taken) return named(taken.error());
    rule.width = taken->width;
    const Expression read = ReadExpression(rule.rule->regex);
    const bool gate = read.shortest < kMinLiteral && !rule.rule->keywords.empty();
    const Result<Taken> sooner = Try(read.ends);
    (gate ? gated : ends).Add(sooner ? read.ends : rule.rule->regex, sooner ? sooner->flags : taken->flags, static_cast<unsigned>(i));
    if (!gate) {
      CountLiterals(rule, read, counted);
      continue;
    }
    for (const std::string& keyword : rule.rule->keywords) ends.Add(Escaped(keyword), HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH, kFirstLiteral + static_cast<unsigned>(i));
  }
  for (const auto& [literal, weight] : counted) ends.Add(Escaped(literal.text), literal.caseless ? HS_FLAG_CASELESS : 0u, kFirstCounted + weight);
  for (CompiledAllowlist& list : out.allowlists_) {
    if (const Status tried = TryAll(list.paths); !tried) return tried.error();
    if (const Status tried = TryAll(list.regexes); !tried) return tried.error();
  }
  for (const CompiledArtifact& artifact : out.artifacts_) {
    if (Result<Pattern> tried = Pattern::Compile(artifact.path.regex()); !tried) return tried.error();
  }
  for (const Mark& mark : kMarks) ends.Add(Escaped(mark.text), HS_FLAG_SINGLEMATCH, kFirstMark + mark.bit);
  Result<Database> first = Compile(ends, processor);
  if (!first) return first.error();
  Result<Database> second = Compile(gated, processor);
  if (!second) return second.error();
  out.ends_ = std::move(*first);
  out.gated_ = std::move(*second);
  for (CompiledAllowlist* list : out.WithStopwords()) {
    Result<Database> words = CompileLiterals(list->list->stopwords, processor);
    if (!words) return words.error();
    list->stopwords = std::move(*words);
  }
  return out;
}

std::string Compiled::Serialise() const {
  std::string out(kMagic);
  out += AsText(set_->digest);
  PutNumber(out, rules_.size());
  for (const CompiledRule& rule : rules_) PutNumber(out, rule.width);
  bool whole = PutDatabase(out, ends_.get()).ok() && PutDatabase(out, gated_.get()).ok();
  for (CompiledAllowlist* list : const_cast<Compiled*>(this)->WithStopwords()) whole = whole && PutDatabase(out, list->stopwords.get()).ok();
  return whole ? out : std::string();
}

Result<Compiled> Compiled::Load(RuleSet rules, std::string_view bytes) {
  const Error other{Error::Kind::kInvalid, "compiled rules: of other rules or another version"};
  Taker from(bytes);
  if (from.Take(kMagic.size()) != kMagic || from.Take(32) != AsText(rules.digest)) return other;
  Compiled out;
  out.Prepare(std::move(rules));
  if (from.Number() != out.rules_.size()) return other;
  for (CompiledRule& rule : out.rules_) rule.width = static_cast<uint32_t>(from.Number());
  Result<Database> ends = TakeDatabase(from);
  if (!ends) return ends.error();
  Result<Database> gated = TakeDatabase(from);
  if (!gated) return gated.error();
  out.ends_ = std::move(*ends);
  out.gated_ = std::move(*gated);
  for (CompiledAllowlist* list : out.WithStopwords()) {
    Result<Database> words = TakeDatabase(from);
    if (!words) return words.error();
    list->stopwords = std::move(*words);
  }
  if (from.failed() || !from.empty()) return other;
  if (Result<Scratch> scratch = out.MakeScratch(); !scratch) return scratch.error();  // made for another processor
  return out;
}

Result<Scratch> Compiled::MakeScratch() const {
  hs_scratch_t* scratch = nullptr;
  bool good = true;
  const auto need = [&](const hs_database* database) {
    if (database != nullptr && good) good = hs_alloc_scratch(database, &scratch) == HS_SUCCESS;
  };
  need(ends_.get());
  need(gated_.get());
  for (CompiledAllowlist* list : const_cast<Compiled*>(this)->WithStopwords()) need(list->stopwords.get());
  Scratch out(scratch);
  if (!good) return Error{Error::Kind::kInvalid, "compiled rules: not for this processor"};
  return out;
}

std::vector<std::string> Compiled::Warnings() const {
  std::vector<std::string> out = set_->warnings;
  for (const CompiledRule& rule : rules_) {
    if (!rule.rule->regex.empty() && rule.rule->keywords.empty() && ReadExpression(rule.rule->regex).shortest < kMinLiteral) {
      out.push_back("rule " + rule.rule->id + ": has no literal and no keyword, so every byte must be looked at for it; give it keywords");
    }
  }
  return out;
}

}  // namespace checkrein::release
