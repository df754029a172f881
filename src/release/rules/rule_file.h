// Reads rules: gitleaks' TOML unchanged, and our additions to it.
//
//   Result<RuleSet> rules = LoadRules(text, "mine.toml", shipped_text, read_file);
//
// Taken from gitleaks: title, description, minVersion (not compared), [extend] (useDefault, path, disabledRules), [[rules]] with id,
// description, regex, path, secretGroup, entropy, keywords, tags (read, not used), [rules.allowlist], [[rules.allowlists]],
// [[rules.required]], skipReport; [allowlist], [[allowlists]] with targetRules. Ours: severity, advice, examples, find (for the
// redaction detector, tools/rule_table.cc) in a rule; [[artifact]].
// Refused: any other key (a misspelt one would switch something off silently), regular expressions that neither engine takes, and
// betterleaks' prefilter, filter and validate. `useDefault` means our own shipped rules.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "release/rules/rule.h"

namespace checkrein::release {

inline constexpr size_t kMaxRuleFile = 8u << 20;   // bytes: gitleaks' own is 0.1 MiB
inline constexpr size_t kMaxRules = 10'000;
inline constexpr int kMaxExtends = 2;              // as gitleaks

// Reads the file that `[extend] path` names; the caller decides against what it is relative.
using RuleReader = std::function<Result<std::string>(const std::string& path)>;

// kInvalid with `name:line:column: what`; what `read` gives.
Result<RuleSet> LoadRules(std::string_view text, std::string_view name, std::string_view shipped, const RuleReader& read);

}  // namespace checkrein::release
