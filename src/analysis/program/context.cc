#include "analysis/program/context.h"

#include <algorithm>

#include "analysis/program/table.h"
#include "base/path.h"
#include "effect/places.h"

namespace checkrein::analysis {
namespace {

// /proc/self/root/etc is /etc and /proc/self/cwd/x is x: spelt so only to be overlooked.
std::string WithoutProc(std::string path, std::string_view cwd) {
  for (int i = 0; i < 8 && path.starts_with("/proc/"); ++i) {
    const size_t pid_end = path.find('/', 6);
    if (pid_end == std::string::npos) break;
    std::string rest = path.substr(pid_end);
    const std::string pid = path.substr(6, pid_end - 6);
    if (rest.starts_with("/task/")) {
      const size_t tid_end = rest.find('/', 6);
      if (tid_end == std::string::npos) break;
      rest = rest.substr(tid_end);
    }
    if (rest == "/root") return "/";
    if (rest.starts_with("/root/")) {
      path = rest.substr(5);
    } else if ((pid == "self" || pid == "thread-self") && (rest == "/cwd" || rest.starts_with("/cwd/"))) {
      path = NormalizePath("." + rest.substr(4), cwd);
    } else {
      break;
    }
  }
  return path;
}

constexpr std::string_view kSystemDirs[] = {"/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/games"};

bool IsShell(std::string_view base) {
  const Program* program = FindProgram(base);
  return program && program->special == Special::kShell;
}

}  // namespace

Context::Context(const Command& the_command, const Place& the_place, World& the_world)
    : command(the_command), place(the_place), world(the_world), cwd(the_place.cwd) {
  out.coverage = Coverage::kFull;
}

void Context::Add(Op op, std::string object, Span cause) {
  if (object.empty()) object = "?";  // an empty word where a name belongs
  out.effects.Add(op, std::move(object), cause);
}

void Context::Unknown(std::string_view what, Span cause) {
  Add(Op::kUnknown, std::string(what), cause);
  out.coverage = Coverage::kOpaque;
}

void Context::Partial(std::string note) {
  out.coverage = Least(out.coverage, Coverage::kPartial);
  if (!note.empty()) out.notes.push_back(std::move(note));
}

void Context::Opaque(std::string note) {
  out.coverage = Coverage::kOpaque;
  if (!note.empty()) out.notes.push_back(std::move(note));
}

std::string Context::Resolve(std::string_view path) const { return WithoutProc(NormalizePath(path, cwd), cwd); }

std::string Context::Object(const Word& word, Tree tree) const {
  switch (word.known) {
    case Word::Known::kNothing: return word.file_names ? cwd + "/**" : "?";
    case Word::Known::kPrefix: {
      const size_t slash = word.text.rfind('/');
      if (word.text.empty() || slash == std::string::npos) {
        if (!word.text.empty() || word.file_names) return cwd == "/" ? "/**" : cwd + "/**";
        return "?";
      }
      if (!word.file_names && word.may_be_several) return "?";  // a/$x may become `a/b /etc/shadow`
      // What is not known may hold `..` (not when the shell made it from names that exist under the prefix).
      if (!word.file_names) return "?";
      const std::string dir = Resolve(std::string_view(word.text).substr(0, slash + 1));
      return dir == "/" ? "/**" : dir + "/**";
    }
    case Word::Known::kExactly: break;
  }
  std::string path = Resolve(word.text);
  if (tree == Tree::kWhole) path = path == "/" ? "/**" : path + "/**";
  return path;
}

void Context::PathText(Op op, std::string_view path, Span cause, Tree tree) {
  const std::string absolute = Resolve(path);
  if (IsBeneath(absolute, kNowhereRoot)) {
    const std::string object = IsBeneath(absolute, kNowhere) ? in_nowhere : "?";
    if (object == "?") Partial("the directory is not known");
    return Add(op, object, cause);
  }
  if (absolute == "/dev/null" || absolute == "/dev/stdin" || absolute == "/dev/stdout" || absolute == "/dev/stderr") tree = Tree::kOne;
  const auto object = [tree](const std::string& p) { return tree == Tree::kOne ? p : p == "/" ? std::string("/**") : p + "/**"; };
  Add(op, object(absolute), cause);
  const auto real = world.Resolve(absolute);
  if (!real) {
    Partial(absolute + ": where it leads is not known");
  } else if (*real != absolute) {
    Add(op, object(*real), cause);
  }
}

void Context::Path(Op op, const Word& word, Tree tree) {
  if (IsStepFile(word.ambient)) {
    if (op == Op::kWrite && word.ambient == Ambient::kStepEnvironment) Add(Op::kConfigure, std::string(kStepEnvironmentSetting), word.span);
    return Add(op, std::string(kStepFiles), word.span);
  }
  if (word.exact()) {
    if (!word.text.empty()) PathText(op, word.text, word.span, tree);
    if (word.may_be_several) Partial("a word may be several");
    return;
  }
  std::string object = Object(word, tree);
  if (IsBeneath(object, kNowhereRoot)) object = IsBeneath(object, kNowhere) ? in_nowhere : "?";
  if (object == "?") Partial("a file name is not known before it runs");
  Add(op, std::move(object), word.span);
}

void Context::MakeDirectory(const Word& word) {
  if (!word.exact() || word.may_be_several || word.text.empty() || IsStepFile(word.ambient)) return Path(Op::kWrite, word);
  const std::string path = Resolve(word.text);
  const auto real = world.Resolve(path);
  if (!real || *real != path) return Path(Op::kWrite, word);
  const auto groups = PlaceGroups(path, place.home, place.workspace);
  const bool guarded = std::any_of(groups.begin(), groups.end(), [](std::string_view group) { return group != "workspace" && group != "home" && group != "temp"; });
  const bool is_protected = guarded && groups.size() > PlaceGroups(DirName(path), place.home, place.workspace).size();
  Add(Op::kWrite, is_protected ? path + "/" : path, word.span);
}

void Context::AddText(std::string_view effects, Span cause) {
  for (size_t at = 0; at < effects.size();) {
    size_t end = effects.find(' ', at);
    if (end == std::string_view::npos) end = effects.size();
    const std::string_view text = effects.substr(at, end - at);
    at = end + 1;
    auto effect = EffectFromString(text);
    if (!effect) continue;
    const bool is_path = effect->op == Op::kRead || effect->op == Op::kWrite || effect->op == Op::kDelete;
    if (is_path && effect->object != "?") {
      std::string_view path = effect->object;
      const Tree tree = path.ends_with("/**") ? Tree::kWhole : Tree::kOne;
      if (tree == Tree::kWhole) path.remove_suffix(3);
      const std::string full = path.starts_with("~/") ? place.home + std::string(path.substr(1)) : std::string(path);
      PathText(effect->op, full.empty() ? "/" : full, cause, tree);
    } else if (effect->op == Op::kUnknown) {
      Unknown(effect->object, cause);
    } else {
      if (effect->object == "?") Partial("");
      Add(effect->op, effect->object, cause);
    }
  }
}

void Context::Connect(const Word& word, std::string_view default_scheme) {
  const auto target = word.exact() ? UrlTarget(word.text, default_scheme) : std::nullopt;
  if (target && target->local_file) return PathText(Op::kRead, target->path, word.span);
  if (!target && word.known == Word::Known::kPrefix) {  // https://a.example/$x: the host is known once a slash follows it
    const auto known = UrlTarget(word.text, default_scheme);
    if (known && !known->local_file && !known->path.empty() && !known->scheme.empty()) return Add(Op::kConnect, known->Object(), word.span);
  }
  if (!target) Partial("the host is not known");
  Add(Op::kConnect, target ? target->Object() : "?", word.span);
}

void Context::ConnectHost(const Word& word, uint16_t port) {
  const auto target = word.exact() ? HostTarget(word.text, port) : std::nullopt;
  if (!target) Partial("the host is not known");
  Add(Op::kConnect, target ? target->Object() : "?", word.span);
}

void Context::Listen(const Word& word) {
  Add(Op::kListen, word.exact() && !word.text.empty() ? word.text : "?", word.span);
}

void Context::ShellText(std::string text, std::string shell, Span cause) {
  Nested nested;
  nested.kind = Nested::Kind::kShellText;
  nested.text = std::move(text);
  nested.shell = shell;
  nested.command.span = cause;
  nested.command.assignments = command.assignments;
  if (cwd != place.cwd) nested.cwd = cwd;
  Add(Op::kExec, std::move(shell), cause);
  out.nested.push_back(std::move(nested));
}

void Context::Shell(const Word& text) {
  if (text.exact() && !text.may_be_several) return ShellText(text.text, "sh", text.span);
  Add(Op::kExec, "sh", text.span);
  Unknown(UnknownText(command.words_from, "shell-text"), text.span);
}

void Context::Run(std::vector<Word> argv, bool words_unknown) {
  if (argv.empty()) return;
  Nested nested;
  nested.kind = Nested::Kind::kCommand;
  nested.command.span = argv.front().span;
  nested.command.argv = std::move(argv);
  if (words_unknown) {
    Word more;
    more.may_be_several = true;
    more.span = command.span;
    nested.command.argv.push_back(more);
  }
  nested.command.assignments = command.assignments;
  nested.command.input = command.input;
  nested.words_unknown = words_unknown;
  if (cwd != place.cwd) nested.cwd = cwd;
  out.nested.push_back(std::move(nested));
}

void Context::ProjectCode(Span cause) { Unknown("project-code", cause); }

void Context::Script(const Word& file) {
  Path(Op::kRead, file);
  if (file.exact() && !file.text.empty()) out.scripts.push_back(Resolve(file.text));
  ProjectCode(file.span);
}

const Word* Context::Variable(std::string_view name) const {
  const Word* found = nullptr;
  for (const auto& [key, value] : command.assignments)
    if (key == name) found = &value;
  return found;
}

Word Exactly(std::string text, Span span) {
  Word word;
  word.known = Word::Known::kExactly;
  word.text = std::move(text);
  word.span = span;
  return word;
}

Word Rest(const Word& word, size_t skip) {
  Word rest = word;
  if (skip > 0 && rest.ambient != Ambient::kNo) rest.ambient = Ambient::kPart;
  rest.text.erase(0, std::min(skip, rest.text.size()));
  rest.file_names = word.file_names && skip < word.text.size();  // of -o*/x nothing is left that a slash could not begin
  if (rest.known == Word::Known::kPrefix && rest.text.empty()) rest.known = Word::Known::kNothing;
  return rest;
}

ProgramName NameProgram(const Word& word, const Context& c) {
  ProgramName name;
  if (!word.exact() || word.text.empty() || word.may_be_several) {
    name.object = "?";
    return name;
  }
  if (word.text.find('/') == std::string::npos) {
    name.base = word.text;
    name.object = word.text;
    const Program* program = FindProgram(word.text);
    if (IsShell(word.text)) {
      name.object = word.text;
    } else if (program && program->object.size > 0) {
      name.object = View(program->object) == "name" ? word.text : std::string(View(program->object));
    } else if (program) {
      name.object = std::string(View(program->dir)) + "/" + word.text;
    }
    return name;
  }
  name.path = c.Resolve(word.text);
  name.object = name.path;
  const std::string_view dir = DirName(name.path);
  const std::string_view base = BaseName(name.path);
  const bool system = std::find(std::begin(kSystemDirs), std::end(kSystemDirs), dir) != std::end(kSystemDirs);
  if (system) {
    name.base = std::string(base);
    if (IsShell(base)) name.object = std::string(base);
  } else {
    name.in_project = true;
  }
  return name;
}

}  // namespace checkrein::analysis
