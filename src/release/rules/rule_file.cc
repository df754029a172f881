#include "release/rules/rule_file.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

#include "base/ascii.h"
#include "notation/document.h"

namespace checkrein::release {
namespace {

using notation::Node;

// One file, not yet extended.
struct Parsed {
  RuleSet set;
  std::string extend_path;
  bool extend_default = false;
  std::vector<std::string> disabled;
  std::vector<std::pair<std::string, Allowlist>> targeted;  // rule id, list
};

// Walks the tree of one text; the first error is kept.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}
  Result<Parsed> Read(std::string_view text) {
    const Result<Node> parsed = notation::Parse(text, name_, notation::Dialect::kToml);
    if (!parsed) return parsed.error();
    Top(*parsed);
    if (error_) return *error_;
    return std::move(out_);
  }

 private:
  void Fail(const Node& at, const std::string& what) {
    if (error_) return;
    error_ = Error{Error::Kind::kInvalid, notation::Place(name_, at.at) + ": " + what};
  }
  // gitleaks reads keys without regard to case (viper does).
  const Node* Get(const Node& table, std::string_view lower) const {
    for (const notation::Member& member : table.members) {
      if (AsciiLower(member.name) == lower) return &member.value;
    }
    return nullptr;
  }
  void Known(const Node& table, std::initializer_list<std::string_view> lower, std::string_view what) {
    for (const notation::Member& member : table.members) {
      const std::string name = AsciiLower(member.name);
      if (std::find(lower.begin(), lower.end(), name) == lower.end()) Fail(member.value, "unknown key \"" + member.name + "\" in " + std::string(what) + "; this version does not know what it should do");
    }
  }
  std::string Text(const Node& table, std::string_view key) {
    const Node* node = Get(table, key);
    if (node == nullptr) return "";
    if (node->is_text()) return node->text;
    Fail(*node, std::string(key) + " is not a string");
    return "";
  }
  std::vector<std::string> Texts(const Node& table, std::string_view key) {
    std::vector<std::string> out;
    const Node* node = Get(table, key);
    if (node == nullptr) return out;
    if (!node->is_list()) {
      Fail(*node, std::string(key) + " is not an array of strings");
      return out;
    }
    for (const Node& item : node->items) {
      if (item.is_text()) out.push_back(item.text);
      else Fail(item, std::string(key) + " holds something that is not a string");
    }
    return out;
  }
  bool Flag(const Node& table, std::string_view key) {
    const Node* node = Get(table, key);
    if (node == nullptr) return false;
    if (node->kind == Node::Kind::kBoolean) return node->boolean;
    Fail(*node, std::string(key) + " is not true or false");
    return false;
  }
  std::optional<int64_t> Number(const Node& table, std::string_view key) {
    const Node* node = Get(table, key);
    if (node == nullptr) return std::nullopt;
    if (node->kind == Node::Kind::kInteger) return node->integer;
    Fail(*node, std::string(key) + " is not a whole number");
    return std::nullopt;
  }
  double Real(const Node& table, std::string_view key) {
    const Node* node = Get(table, key);
    if (node == nullptr) return 0;
    if (node->kind == Node::Kind::kInteger) return static_cast<double>(node->integer);
    if (node->kind == Node::Kind::kReal) return node->real;
    Fail(*node, std::string(key) + " is not a number");
    return 0;
  }
  template <typename Each>
  void Tables(const Node& table, std::string_view key, Each&& each) {
    const Node* node = Get(table, key);
    if (node == nullptr) return;
    if (!node->is_list()) return Fail(*node, std::string(key) + " must be an array of tables: [[" + std::string(key) + "]]");
    for (const Node& item : node->items) {
      if (item.is_table()) each(item);
      else Fail(item, std::string(key) + " holds something that is not a table");
    }
  }

  void Top(const Node& table) {
    Known(table, {"title", "description", "minversion", "extend", "rules", "allowlist", "allowlists", "artifact"}, "the file");
    if (const Node* extend = Get(table, "extend")) {
      if (extend->is_table()) Extend(*extend);
      else Fail(*extend, "extend is not a table");
    }
    Tables(table, "rules", [&](const Node& rule) { ReadRule(rule); });
    Tables(table, "artifact", [&](const Node& artifact) { ReadArtifact(artifact); });
    const Node* old = Get(table, "allowlist");
    if (old != nullptr && Get(table, "allowlists") != nullptr) Fail(*old, "[allowlist] is the old form and cannot stand beside [[allowlists]]");
    if (old != nullptr) {
      if (old->is_table()) Global(*old);
      else Fail(*old, "allowlist is not a table");
    }
    Tables(table, "allowlists", [&](const Node& one) { Global(one); });
  }
  void Extend(const Node& table) {
    Known(table, {"path", "url", "usedefault", "disabledrules"}, "[extend]");
    if (const Node* url = Get(table, "url")) Fail(*url, "extend.url is not followed: nothing is fetched; save the file and use path");
    out_.extend_path = Text(table, "path");
    out_.extend_default = Flag(table, "usedefault");
    out_.disabled = Texts(table, "disabledrules");
    if (!out_.extend_path.empty() && out_.extend_default) Fail(table, "extend.path and extend.useDefault exclude each other");
  }
  void Global(const Node& table) {
    std::optional<Allowlist> list = ReadAllowlist(table);
    if (!list) return;
    const std::vector<std::string> targets = Texts(table, "targetrules");
    for (const std::string& id : targets) out_.targeted.emplace_back(id, *list);
    if (targets.empty()) out_.set.allowlists.push_back(std::move(*list));
  }
  std::optional<Allowlist> ReadAllowlist(const Node& table) {
    Known(table, {"description", "condition", "commits", "paths", "regextarget", "regexes", "stopwords", "targetrules"}, "an allow-list");
    Allowlist out;
    const std::string condition = AsciiLower(Text(table, "condition"));
    if (condition == "and" || condition == "&&") out.condition = Allowlist::Condition::kAll;
    else if (!condition.empty() && condition != "or" && condition != "||") Fail(table, "unknown condition \"" + condition + "\"; \"or\" or \"and\"");
    const std::string target = Text(table, "regextarget");
    if (target == "match") out.target = Allowlist::Target::kMatch;
    else if (target == "line") out.target = Allowlist::Target::kLine;
    else if (!target.empty() && target != "secret") Fail(table, "unknown regexTarget \"" + target + "\"; \"secret\", \"match\" or \"line\"");
    out.commits = Texts(table, "commits");
    for (std::string& commit : out.commits) commit = AsciiLower(commit);
    out.paths = Texts(table, "paths");
    out.regexes = Texts(table, "regexes");
    std::set<std::string> words;
    for (const std::string& word : Texts(table, "stopwords")) {
      if (word.empty()) Fail(table, "an empty stop word would allow everything");
      words.insert(AsciiLower(word));
    }
    out.stopwords.assign(words.begin(), words.end());
    if (out.commits.empty() && out.paths.empty() && out.regexes.empty() && out.stopwords.empty()) Fail(table, "an allow-list must hold commits, paths, regexes or stopwords");
    if (error_) return std::nullopt;
    return out;
  }
  Severity ReadSeverity(const Node& table, const std::string& id) {
    const std::string name = Text(table, "severity");
    // The weak rules of gitleaks' files call themselves generic: most of what they find is none.
    if (name.empty()) return AsciiLower(id).find("generic") == std::string::npos ? Severity::kBlock : Severity::kReview;
    const std::optional<Severity> severity = SeverityByName(name);
    if (!severity) Fail(table, "unknown severity \"" + name + "\"; \"block\", \"review\" or \"note\"");
    return severity.value_or(Severity::kBlock);
  }
  void ReadRule(const Node& table) {
    Known(table, {"id", "description", "regex", "path", "secretgroup", "entropy", "keywords", "tags", "allowlist", "allowlists", "required", "skipreport", "severity", "advice", "examples", "find", "exposes"}, "a rule");
    Rule rule;
    rule.id = Text(table, "id");
    if (rule.id.empty()) return Fail(table, "a rule has no id");
    rule.description = Text(table, "description");
    rule.advice = Text(table, "advice");
    rule.severity = ReadSeverity(table, rule.id);
    rule.regex = Text(table, "regex");
    rule.path = Text(table, "path");
    rule.secret_group = Number(table, "secretgroup").value_or(0);
    if (rule.secret_group < 0 || rule.secret_group > 64) Fail(table, "rule " + rule.id + ": secretGroup is out of range");
    rule.entropy = Real(table, "entropy");
    for (const std::string& keyword : Texts(table, "keywords")) rule.keywords.push_back(AsciiLower(keyword));
    rule.skip_report = Flag(table, "skipreport");
    rule.exposes = Text(table, "exposes");
    constexpr std::string_view kLists[] = {"", "flags", "hosts", "prompts", "people", "code_names"};
    if (std::find(std::begin(kLists), std::end(kLists), rule.exposes) == std::end(kLists)) Fail(table, "rule " + rule.id + ": unknown list \"" + rule.exposes + "\" in exposes");
    const Node* old = Get(table, "allowlist");
    if (old != nullptr && Get(table, "allowlists") != nullptr) Fail(*old, "rule " + rule.id + ": [rules.allowlist] is the old form and cannot stand beside [[rules.allowlists]]");
    const auto add = [&](const Node& one) {
      if (std::optional<Allowlist> list = ReadAllowlist(one)) rule.allowlists.push_back(std::move(*list));
    };
    if (old != nullptr) {
      if (old->is_table()) add(*old);
      else Fail(*old, "allowlist is not a table");
    }
    Tables(table, "allowlists", add);
    Tables(table, "required", [&](const Node& one) {
      Known(one, {"id", "withinlines", "withincolumns"}, "a required rule");
      rule.required.push_back({Text(one, "id"), Number(one, "withinlines"), Number(one, "withincolumns")});
    });
    for (const Rule& other : out_.set.rules) {
      if (other.id == rule.id) return Fail(table, "rule " + rule.id + " is there twice");
    }
    if (Get(table, "find") != nullptr && rule.regex.empty() && rule.path.empty()) return;  // a row for redaction only
    if (out_.set.rules.size() >= kMaxRules) return Fail(table, "more than " + std::to_string(kMaxRules) + " rules");
    out_.set.rules.push_back(std::move(rule));
  }
  void ReadArtifact(const Node& table) {
    Known(table, {"id", "description", "advice", "severity", "path", "magic", "min_bytes", "examples"}, "an artifact");
    Artifact out;
    out.id = Text(table, "id");
    out.description = Text(table, "description");
    out.advice = Text(table, "advice");
    out.severity = ReadSeverity(table, out.id);
    out.path = Text(table, "path");
    if (const std::string hex = Text(table, "magic"); !hex.empty()) {
      const std::optional<Bytes> bytes = HexDecode(hex);
      if (!bytes) Fail(table, "artifact " + out.id + ": magic is not hexadecimal");
      else out.magic = AsText(*bytes);
    }
    const int64_t bytes = Number(table, "min_bytes").value_or(0);
    if (bytes < 0) Fail(table, "artifact " + out.id + ": min_bytes is negative");
    out.min_bytes = static_cast<uint64_t>(bytes);
    if (out.id.empty() || (out.path.empty() && out.magic.empty())) return Fail(table, "an artifact needs an id, and a path or magic");
    out_.set.artifacts.push_back(std::move(out));
  }

  std::string name_;
  Parsed out_;
  std::optional<Error> error_;
};

void Append(std::vector<std::string>& to, const std::vector<std::string>& from) { to.insert(to.end(), from.begin(), from.end()); }

// What `own` says of a rule that `base` has, too.
void Merge(Rule& base, const Rule& own) {
  if (!own.description.empty()) base.description = own.description;
  if (own.entropy != 0) base.entropy = own.entropy;
  if (own.secret_group != 0) base.secret_group = own.secret_group;
  if (!own.regex.empty()) base.regex = own.regex;
  if (!own.path.empty()) base.path = own.path;
  if (!own.advice.empty()) base.advice = own.advice;
  Append(base.keywords, own.keywords);
  base.allowlists.insert(base.allowlists.end(), own.allowlists.begin(), own.allowlists.end());
}

class Loader {
 public:
  Loader(std::string_view shipped, const RuleReader& read) : shipped_(shipped), read_(read) {}

  // The rules of `text` with what it extends; allow-lists that name rules in `targeted_`.
  Result<RuleSet> Load(std::string_view text, std::string_view name, int depth) {
    if (text.size() > kMaxRuleFile) return Error{Error::Kind::kLimit, std::string(name) + ": more than 8 MiB of rules"};
    read_texts_ += text;
    read_texts_ += '\0';
    Result<Parsed> parsed = Reader(name).Read(text);
    if (!parsed) return parsed.error();
    for (auto& target : parsed->targeted) targeted_.push_back(target);
    if ((parsed->extend_path.empty() && !parsed->extend_default) || depth >= kMaxExtends) return std::move(parsed->set);
    std::string base_text(shipped_);
    if (!parsed->extend_path.empty()) {
      Result<std::string> file = read_(parsed->extend_path);
      if (!file) return file.error();
      base_text = std::move(*file);
    }
    Result<RuleSet> base = Load(base_text, parsed->extend_default ? "the shipped rules" : parsed->extend_path, depth + 1);
    if (!base) return base.error();
    return Extend(std::move(parsed->set), std::move(*base), parsed->disabled);
  }
  Status Target(RuleSet& set) const {
    for (const auto& [id, list] : targeted_) {
      const auto rule = std::find_if(set.rules.begin(), set.rules.end(), [&id = id](const Rule& r) { return r.id == id; });
      if (rule == set.rules.end()) return Error{Error::Kind::kInvalid, "allowlists: targetRules names " + id + ", which is no rule"};
      rule->allowlists.push_back(list);
    }
    return Done{};
  }
  const std::string& texts() const { return read_texts_; }

 private:
  static RuleSet Extend(RuleSet own, RuleSet base, const std::vector<std::string>& disabled) {
    for (const std::string& id : disabled) {
      if (base.Find(id) == nullptr) own.warnings.push_back("disabledRules names " + id + ", which the extended file does not have");
    }
    for (Rule& rule : base.rules) {
      if (std::find(disabled.begin(), disabled.end(), rule.id) != disabled.end()) continue;
      const auto mine = std::find_if(own.rules.begin(), own.rules.end(), [&](const Rule& r) { return r.id == rule.id; });
      if (mine == own.rules.end()) {
        own.rules.push_back(std::move(rule));
      } else {
        Merge(rule, *mine);
        *mine = std::move(rule);
      }
    }
    own.allowlists.insert(own.allowlists.end(), base.allowlists.begin(), base.allowlists.end());
    own.artifacts.insert(own.artifacts.end(), base.artifacts.begin(), base.artifacts.end());
    Append(own.warnings, base.warnings);
    return own;
  }

  std::string_view shipped_;
  const RuleReader& read_;
  std::vector<std::pair<std::string, Allowlist>> targeted_;
  std::string read_texts_;
};

Status Validate(const RuleSet& set) {
  for (const Rule& rule : set.rules) {
    if (rule.regex.empty() && rule.path.empty()) return Error{Error::Kind::kInvalid, "rule " + rule.id + ": neither regex nor path; it could find nothing"};
    for (const Required& required : rule.required) {
      if (set.Find(required.id) == nullptr) return Error{Error::Kind::kInvalid, "rule " + rule.id + ": requires " + required.id + ", which is no rule"};
    }
  }
  return Done{};
}

}  // namespace

Result<RuleSet> LoadRules(std::string_view text, std::string_view name, std::string_view shipped, const RuleReader& read) {
  Loader loader(shipped, read);
  Result<RuleSet> set = loader.Load(text, name, 0);
  if (!set) return set.error();
  if (const Status targeted = loader.Target(*set); !targeted) return targeted.error();
  if (const Status valid = Validate(*set); !valid) return valid.error();
  set->digest = Sha256(loader.texts());
  return set;
}

}  // namespace checkrein::release
