#include "advisories/shield.h"

#include <algorithm>
#include <charconv>

#include "policy/shields.h"

namespace checkrein::advisories {
namespace {

// Cedar's messages point into the advisory's policies as if those were a file; the reader wants the line of the real one.
Error Moved(const Advisory& advisory, const Error& error) {
  std::string text;
  const std::string head = advisory.file + ":";
  for (size_t at = 0; at < error.text.size();) {
    size_t end = error.text.find('\n', at);
    end = end == std::string::npos ? error.text.size() : end;
    std::string_view line(error.text.data() + at, end - at);
    if (line.starts_with(head)) {
      const char* first = line.data() + head.size();
      size_t number = 0;
      const auto read = std::from_chars(first, line.data() + line.size(), number);
      if (read.ec == std::errc() && number >= 1) {
        // The end of the text stands behind its last line.
        const notation::Position real = advisory.policy_lines[std::min(number, advisory.policy_lines.size()) - 1];
        size_t column = 0;
        const char* rest = read.ptr;
        if (rest < line.data() + line.size() && *rest == ':') {
          const auto second = std::from_chars(rest + 1, line.data() + line.size(), column);
          if (second.ec == std::errc()) rest = second.ptr;
        }
        // One further than in the policy, for the quotation mark; escapes before it would add more.
        text += notation::Place(advisory.file, {real.line, real.column + static_cast<uint32_t>(column)});
        line = {rest, static_cast<size_t>(line.data() + line.size() - rest)};
      }
    }
    text += line;
    if (end < error.text.size()) text += '\n';
    at = end + 1;
  }
  return {error.kind, text};
}

}  // namespace

std::string_view AdvisoryOf(std::string_view shield) { return shield.substr(0, shield.find(':')); }

Result<cedar::PolicySet> ShieldsOf(const std::vector<const Advisory*>& advisories, const cedar::Schema& schema) {
  cedar::PolicySet all;
  for (const Advisory* advisory : advisories) {
    if (advisory->policies.empty()) continue;
    Result<cedar::PolicySet> set = policy::ParseShields({{advisory->id + ":", advisory->file, advisory->policies}}, schema);
    if (!set) return Moved(*advisory, set.error());
    const std::string where = notation::Place(advisory->file, advisory->policy_lines.front());
    if (set->size() > kMaxShields) return Error{Error::Kind::kLimit, where + ": more than " + std::to_string(kMaxShields) + " shields"};
    for (const cedar::Policy& policy : *set) {
      if (!TimeOf(policy.AnnotationValue("expires"))) return Error{Error::Kind::kInvalid, where + ": @expires of `" + policy.id + "` must be a day such as 2027-06-30"};
      if (all.Find(policy.id) != nullptr) return Error{Error::Kind::kInvalid, where + ": there is a shield `" + policy.id + "` already"};
    }
    if (const Status merged = all.Merge(std::move(set).take()); !merged) return Error{merged.error().kind, where + ": " + merged.error().text};
  }
  return all;
}

}  // namespace checkrein::advisories
