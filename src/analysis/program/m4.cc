// m4: macros that run programs and read files, where its text is known. Any other text is program text that is not followed.
#include <algorithm>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

// What stands between the parentheses of each call of `name`, its quotes (`...') taken off.
std::vector<std::string> Calls(std::string_view text, std::string_view name) {
  std::vector<std::string> out;
  for (size_t at = 0; (at = text.find(name, at)) != std::string_view::npos && out.size() < 64; at += name.size()) {
    const size_t open = at + name.size();
    if (open >= text.size() || text[open] != '(') continue;
    int depth = 1;
    size_t end = open + 1;
    for (; end < text.size() && depth > 0; ++end) depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
    std::string inner(text.substr(open + 1, end - open - 2));
    while (!inner.empty() && (inner.front() == '`' || inner.front() == ' ')) inner.erase(0, 1);
    while (!inner.empty() && inner.back() == '\'') inner.pop_back();
    out.push_back(std::move(inner));
  }
  return out;
}

}  // namespace

Then DescribeM4(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  for (const Word& word : p.arguments) ApplyRole(c, p, Role::kRead, word);
  c.Unknown("code", c.command.span);
  if (c.command.input.kind != Input::Kind::kText) return Then::kDone;
  const std::string& text = c.command.input.text;
  for (std::string& command : Calls(text, "syscmd")) c.Shell(Exactly(std::move(command), c.command.span));  // esyscmd, too
  for (const std::string& file : Calls(text, "include")) c.PathText(Op::kRead, file, c.command.span);      // sinclude, too
  for (const std::string& file : Calls(text, "undivert")) c.PathText(Op::kRead, file, c.command.span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
