// bc and dc: calculators; in dc a `!` starts a program, and it may be told so in its words, in a file, or on standard input.
#include "analysis/program/describe.h"

namespace checkrein::analysis {

Then DescribeDc(Context& c, const Parsed& p) {
  DescribeTable(c, p);
  if (p.name() != "dc") return Then::kDone;
  const auto plain = [](const Word& word) { return word.exact() && word.text.find('!') == std::string::npos; };
  bool given = false;
  for (const Given* expression : p.All("-e --expression")) {
    given = true;
    if (!expression->value || !plain(*expression->value)) c.Unknown("code", expression->span);
  }
  const Input& input = c.command.input;
  const bool reads = !given && p.arguments.empty() && !p.Has("-f --file -V --version -h --help");
  if (reads && !(input.kind == Input::Kind::kText && input.text.find('!') == std::string::npos)) c.Unknown("stdin-script", c.command.span);
  if (p.Has("-f --file") || !p.arguments.empty()) c.Unknown("code", c.command.span);
  return Then::kDone;
}

}  // namespace checkrein::analysis
