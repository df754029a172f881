// Shells: their text and script files are followed by the interpreter, not here.
#include "analysis/program/describe.h"
#include "base/path.h"

namespace checkrein::analysis {

Then DescribeShell(Context& c, const Parsed& p) {
  const Word& written = c.command.argv.front();
  const std::string shell(BaseName(written.text));
  DescribeOptions(c, p);
  bool only_reads = p.Has("-n");
  for (const Given* given : p.All("+"))
    if (given->value && given->value->text.find('n') != std::string::npos) only_reads = false;
  Command shifted = c.command;  // what becomes $0 $1 ...
  shifted.argv.assign(p.arguments.begin(), p.arguments.end());
  if (p.Has("-c") || p.Has("--command")) {
    const Word* text = p.arguments.empty() ? nullptr : &p.arguments.front();
    if (const Given* given = p.Find("--command"); given && given->value) text = &*given->value;
    if (!text || only_reads) return Then::kDone;
    if (!text->exact() || text->may_be_several || p.may_hide_options) {
      c.Unknown(UnknownText(c.command.words_from, "shell-text"), text->span);
      return Then::kDone;
    }
    c.ShellText(text->text, shell, text->span);
    if (!shifted.argv.empty()) shifted.argv.erase(shifted.argv.begin());
    c.out.nested.back().command = std::move(shifted);
    return Then::kDone;
  }
  if (p.arguments.empty() || p.Has("-s") || p.arguments.front().Is("-") || p.arguments.front().Is("/dev/stdin")) {
    if (!only_reads && !p.Has("--version --help")) StdinIsCode(c, shell);
    return Then::kDone;
  }
  const Word& file = p.arguments.front();
  c.Path(Op::kRead, file);
  if (only_reads) return Then::kDone;
  if (!file.exact() || file.may_be_several) {
    c.Unknown("project-code", file.span);
    return Then::kDone;
  }
  const std::string path = c.Resolve(file.text);
  c.out.scripts.push_back(path);
  Nested nested;
  nested.kind = Nested::Kind::kShellFile;
  nested.text = path;
  nested.shell = shell;
  nested.command = std::move(shifted);
  c.out.nested.push_back(std::move(nested));
  return Then::kDone;
}

}  // namespace checkrein::analysis
