// The rules that come with the program: data/rules/*.toml.
#pragma once

#include <string>

#include "base/result.h"
#include "release/rules/rule.h"

namespace checkrein::release {

std::string ShippedRuleText();
Result<RuleSet> ShippedRules();   // an error is a mistake in data/rules, which the build finds

}  // namespace checkrein::release
