#include "release/rules/rule.h"

namespace checkrein::release {

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kBlock: return "block";
    case Severity::kReview: return "review";
    case Severity::kNote: return "note";
  }
  return "block";
}

std::optional<Severity> SeverityByName(std::string_view name) {
  if (name == "block") return Severity::kBlock;
  if (name == "review") return Severity::kReview;
  if (name == "note") return Severity::kNote;
  return std::nullopt;
}

const Rule* RuleSet::Find(std::string_view id) const {
  for (const Rule& rule : rules) {
    if (rule.id == id) return &rule;
  }
  return nullptr;
}

}  // namespace checkrein::release
