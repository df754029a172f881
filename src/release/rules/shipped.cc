#include "release/rules/shipped.h"

#include <string_view>

#include "release/rules/rule_file.h"

namespace checkrein::release {
namespace {

struct File {
  std::string_view name, text;
};
constexpr File kFiles[] = {
#include "rule_texts.inc"
};

}  // namespace

std::string ShippedRuleText() {
  // `title` may stand only before the first table, so the file that has one comes first.
  std::string first, rest;
  for (const File& file : kFiles) (file.name == "secrets.toml" ? first : rest) += file.text;
  return first + rest;
}

Result<RuleSet> ShippedRules() {
  Result<RuleSet> rules = LoadRules(ShippedRuleText(), "the shipped rules", "", [](const std::string& path) -> Result<std::string> { return Error{Error::Kind::kNotFound, path + ": the shipped rules extend nothing"}; });
  if (rules) rules->work_quarters = 3;
  return rules;
}

}  // namespace checkrein::release
