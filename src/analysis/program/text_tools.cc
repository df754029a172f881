// jq and editors: languages of which a small plain part is known to be harmless.
#include <algorithm>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
// `env`, `$ENV` show the environment; import and include read modules.
void JqFilter(Context& c, const Word& filter) {
  const auto has = [&filter](std::string_view word) { return filter.text.find(word) != std::string::npos; };
  if (filter.exact() && !has("env") && !has("ENV") && !has("import") && !has("include")) return;
  c.PathText(Op::kRead, "/proc/self/environ", filter.span);
  c.Partial("the filter may read the environment or modules");
}

Then DescribeJq(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const bool filter_file = p.Has("-f --from-file");
  size_t first = 0;
  if (!filter_file && !p.arguments.empty()) {
    first = 1;
    JqFilter(c, p.arguments.front());
  }
  if (p.Has("--args --jsonargs")) return Then::kDone;
  for (size_t i = first; i < p.arguments.size(); ++i) ApplyRole(c, p, Role::kRead, p.arguments[i]);
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

// yq [eval] FILTER FILE...: filters that name other files, the environment or further filters are not followed.
Then DescribeYq(Context& c, const Parsed& before) {
  Parsed p = before;
  if (!p.arguments.empty() && (p.arguments.front().Is("eval") || p.arguments.front().Is("e") || p.arguments.front().Is("eval-all") || p.arguments.front().Is("ea"))) p.arguments.erase(p.arguments.begin());
  if (!p.arguments.empty()) {
    const Word& filter = p.arguments.front();
    constexpr std::string_view kReaches[] = {"load", "env", "eval", "input", "import", "include", "system", "halt", "$__"};
    const bool plain = filter.exact() && std::none_of(std::begin(kReaches), std::end(kReaches), [&filter](std::string_view word) { return filter.text.find(word) != std::string::npos; });
    const bool words = filter.exact() || filter.ambient != Ambient::kNo;
    if (!plain && words && !filter.exact()) c.Partial("part of the filter is not known");
    if (!plain && (filter.exact() || !words)) {
      c.Add(Op::kRead, "?", filter.span);
      c.Unknown("code", filter.span);
    }
  }
  DescribeTable(c, p);
  return Then::kDone;
}

// Editors run anything they are told to, and read project files that tell them.
Then DescribeVim(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  for (const Word& word : p.arguments) ApplyRole(c, p, Role::kReadWrite, word);
  for (const Given* given : p.All("-c --cmd +")) {  // :!COMMAND, :shell, :terminal
    if (!given->value || !given->value->exact()) continue;
    std::string_view text = given->value->text;
    text.remove_prefix(std::min(text.find_first_not_of(": "), text.size()));
    const std::string_view last = text.substr(text.rfind('|') == std::string_view::npos ? 0 : text.rfind('|') + 1);
    if (text.starts_with('!')) c.Shell(Rest(*given->value, given->value->text.find('!') + 1));
    if (last.find("shell") != std::string_view::npos || last.find("term") != std::string_view::npos) c.Unknown("interactive-shell", given->span);
  }
  if (!p.Has("--version -h --help")) c.Unknown("editor", c.command.span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
