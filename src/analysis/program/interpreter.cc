// Language runtimes: python, node, perl, ruby, ... Code given as text or on standard input is not followed: unknown:code. A script
// file is the project's code. Not covered: what plain one-liners do (a print of a constant is as opaque as anything else).
#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

// python -m MODULE ARGS...: the module may also be one in the working directory, so it is the project's code in any case.
void PythonModule(Context& c, const Parsed& p, const Word& module) {
  c.ProjectCode(module.span);
  std::vector<Word> argv = p.arguments;
  if (module.Is("pip") || module.Is("pytest") || module.Is("uv") || module.Is("pipx")) {
    argv.insert(argv.begin(), module);
    c.Run(std::move(argv), false);
  } else if (module.Is("http.server") || module.Is("SimpleHTTPServer")) {
    c.Add(Op::kListen, argv.empty() || !argv.front().exact() ? "8000" : argv.front().text, module.span);
    c.PathText(Op::kRead, ".", module.span, Tree::kWhole);
  } else if (module.Is("venv") || module.Is("virtualenv")) {
    for (const Word& word : argv)
      if (!word.text.starts_with('-')) c.Path(Op::kWrite, word, Tree::kWhole);
  }
}

}  // namespace

Then DescribeInterpreter(Context& c, const Parsed& p) {
  const Given* module = p.Find("-m");
  if (module && module->value && p.name().starts_with("python")) {
    // What follows -m MODULE is the module's: the sorter may have taken it for python's own options.
    Parsed rest = p;
    rest.arguments.clear();
    bool after = false;
    for (size_t i = 1; i < c.command.argv.size(); ++i) {
      const Word& word = c.command.argv[i];
      if (after) rest.arguments.push_back(word);
      if (word.span == module->value->span && (word.text == module->value->text || word.text == "-m" + module->value->text)) after = true;
    }
    PythonModule(c, rest, *module->value);
    return Then::kDone;
  }
  return Then::kTable;
}

}  // namespace checkrein::analysis
