// Simple commands: assignments, functions, builtins, programs; and the effects they have.
#include <algorithm>

#include "analysis/shell/characters.h"
#include "analysis/shell/disguise.h"
#include "analysis/shell/interpreter.h"
#include "base/path.h"

namespace checkrein::analysis::shell {
namespace {

constexpr std::string_view kDeclarations[] = {"declare", "typeset", "local", "export", "readonly"};

bool IsDeclaration(const std::vector<Argument>& words) {
  if (words.empty()) return false;
  for (const Argument& word : words) {
    const std::vector<Part>& parts = word.word.parts;
    if (parts.size() != 1 || parts[0].kind != Part::Kind::kLiteral) return false;
    if (parts[0].text == "command" || parts[0].text == "builtin") continue;
    return std::find(std::begin(kDeclarations), std::end(kDeclarations), parts[0].text) != std::end(kDeclarations);
  }
  return false;
}

// NAME=value as an argument of declare and its like: not split, tilde expanded after `=`.
bool LooksAssigned(const WordNode& word) {
  if (word.parts.empty() || word.parts[0].kind != Part::Kind::kLiteral) return false;
  const std::string& text = word.parts[0].text;
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  if (text[equals - 1] == '+') --equals;
  return IsName(std::string_view(text).substr(0, std::min(equals, text.find('['))));
}

// Devices whose reading or writing is no effect on anything.
bool IsNullPath(std::string_view path) {
  if (path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/")) return true;
  for (const std::string_view null : {"/dev/null", "/dev/zero", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/full", "/dev/random", "/dev/urandom"})
    if (path == null) return true;
  return false;
}

bool IsNamesArray(std::string_view name) { return name == "BASH_CMDS" || name == "BASH_ALIASES"; }

// What makes bash forget what was typed, or keep it elsewhere.
bool IsHistoryVariable(std::string_view name) { return name == "HISTFILE" || name == "HISTSIZE" || name == "HISTFILESIZE" || name == "HISTIGNORE" || name == "HISTCONTROL"; }

// A file that holds a database (SQLite, Access, dBASE, Berkeley DB): it stands in no repository and nothing builds it anew.
bool IsDatabase(std::string_view path) {
  for (const std::string_view ending : {".db", ".db3", ".sqlite", ".sqlite3", ".mdb", ".accdb", ".dbf", ".bdb"})
    if (path.ends_with(ending)) return true;
  return false;
}

bool IsShellPath(std::string_view path) {
  if (!path.starts_with("/bin/") && !path.starts_with("/usr/bin/")) return false;
  const std::string_view base = BaseName(path);
  for (const std::string_view shell : {"sh", "bash", "dash", "zsh", "ksh", "ash", "rbash"})
    if (base == shell) return true;
  return false;
}

// The shell that the kernel, or bash in its place, gives a script to; "" when that is none.
std::string ShellOf(std::string_view text) {
  if (text.empty() || text.substr(0, 256).find('\0') != std::string_view::npos) return "";
  if (!text.starts_with("#!")) return "bash";
  std::string_view line = text.substr(2, text.find('\n') - 2);
  while (line.starts_with(' ')) line.remove_prefix(1);
  if (line.starts_with("/usr/bin/env ")) line.remove_prefix(13);
  const std::string_view program = line.substr(0, line.find_first_of(" \t\r"));
  const std::string_view base = program.substr(program.rfind('/') + 1);
  return base == "sh" || base == "bash" || base == "dash" ? std::string(base) : "";
}

}  // namespace

// Names that every environment holds, or may: to set one is to export it.
bool IsInherited(std::string_view name) {
  for (const std::string_view inherited : {"PATH", "HOME", "LANG", "TERM", "SHELL", "USER", "LOGNAME", "LD_LIBRARY_PATH", "LD_PRELOAD", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "LESSOPEN", "TMPDIR", "PYTHONPATH",
                                           "NODE_OPTIONS", "PERL5LIB", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "BASH_ENV", "ENV", "http_proxy", "https_proxy", "DOCKER_HOST", "KUBECONFIG"})
    if (name == inherited) return true;
  return name.starts_with("LC_") || name.starts_with("XDG_") || name.starts_with("GIT_");
}

void Interpreter::History(const std::string& name) {
  if (IsHistoryVariable(name)) AddEffect(Op::kConfigure, "shell:history", forced_span_.value_or(Span{}));
}

analysis::Word Interpreter::ToWord(const Value& value, Span span) {
  analysis::Word word;
  word.known = value.known;
  word.text = value.text;
  word.file_names = value.glob && value.known == Known::kPrefix;
  word.ambient = value.exact() ? Ambient::kNo : value.ambient;
  word.span = span;
  return word;
}

Value Interpreter::ToValue(const analysis::Word& word) {
  Value value;
  value.known = word.known;
  value.text = word.text;
  value.glob = word.file_names;
  value.ambient = word.ambient;
  value.data = !word.exact() && !word.file_names;
  return value;
}

void Interpreter::Note(Coverage coverage, std::string note) {
  session_.out.coverage = Least(session_.out.coverage, coverage);
  if (session_.out.notes.size() < kMaxNotes && session_.notes_seen.insert(note).second) session_.out.notes.push_back(std::move(note));
}

void Interpreter::Unknown(std::string what, Span span, std::string note) {
  session_.out.effects.Add(Op::kUnknown, std::move(what), span);
  Note(Coverage::kOpaque, std::move(note));
}

void Interpreter::AddEffect(Op op, std::string object, Span span) {
  if ((op == Op::kRead || op == Op::kWrite) && IsNullPath(object)) return;
  Look(op, object, ByGit::kNo, span);
  session_.out.effects.Add(op, std::move(object), span);
}

// What is worth a second look in any change of a file, whoever makes it.
void Interpreter::Look(Op op, std::string_view object, ByGit by, Span span) {
  if (op != Op::kWrite && op != Op::kDelete) return;
  if (op == Op::kDelete && IsDatabase(object)) session_.out.effects.Add(Op::kConfigure, "file:database-lost", span);
  if (HasUnseen(object)) session_.out.effects.Add(Op::kConfigure, "file:unseen-name", span);
  const size_t data = object.find("/.git/");
  if (by == ByGit::kYes || data == std::string_view::npos) return;
  const std::string_view part = object.substr(data + 6);  // gitrepository-layout(5)
  for (const std::string_view history : {"objects/", "refs/", "logs/", "HEAD", "packed-refs", "index", "ORIG_HEAD"})
    if (part.starts_with(history)) return session_.out.effects.Add(Op::kConfigure, "history:by-hand", span);
}

void Interpreter::SetVariable(const std::string& name, Value value, Write how) {
  const bool append = how == Write::kAppend;
  const Cell* old = state_.Find(name);
  if (old != nullptr && old->reference) {
    Unknown("nameref", forced_span_.value_or(Span{}), "`" + name + "` stands for another variable");
    return;
  }
  Cell cell;
  if (old != nullptr) {
    cell.exported = old->exported;
    cell.integer = old->integer;
    cell.keyed = old->keyed;
    cell.array = old->array;
    if (append && old->integer) value = Concat(Concat(old->value, Exactly("+")), value);
    else if (append) value = Concat(old->value, value);
  } else if (append) {
    value = Concat(Value{}, value);
  }
  if (cell.integer && !value.number) value = Evaluate(value, forced_span_.value_or(Span{}));
  cell.exported = cell.exported || Option("allexport") || (old == nullptr && IsInherited(name));
  cell.presence = Cell::Presence::kSet;
  History(name);
  if (cell.array) {
    cell.elements_known = false;
    value = Value{};
  }
  if (value.text.size() > kMaxVariable) {
    value.known = Known::kPrefix;
    value.text.resize(kMaxVariable);
    value.data = true;
  }
  cell.value = std::move(value);
  state_.Set(name, std::move(cell));
  ObeyPrompt(name);
}

// What an interactive shell runs by itself before and after each command, and -x beside each: bash(1), PROMPTING and PROMPT_COMMAND.
void Interpreter::ObeyPrompt(const std::string& name) {
  const Value value = state_.Find(name)->value;
  if ((name == "PS4" && Option("xtrace")) || name == "PS0" || name == "PS1" || name == "PS2") Prompt(value);
  if (name != "PROMPT_COMMAND" || (value.exact() && value.text.empty())) return;
  const Span span = forced_span_.value_or(Span{});
  const Depth guard(*this);
  if (!value.exact() || guard.exceeded()) return Unknown("shell-text", span, "what runs before each prompt is not known");
  InSubshell([&] { RunText(value.text, span); });
}

// BASH_CMDS[ls]=./x is `hash -p ./x ls`, BASH_ALIASES[ls]=x is `alias ls=x`: bash(1), Shell Variables.
void Interpreter::SetName(const std::string& array, const Value& subscript, Value value) {
  if (!subscript.exact()) return Unknown("program", forced_span_.value_or(Span{}), "which name " + array + " is given is not known");
  Cell cell;
  cell.presence = array == "BASH_CMDS" ? Cell::Presence::kSet : Cell::Presence::kMaybe;
  cell.value = std::move(value);
  state_.Set((array == "BASH_CMDS" ? "(h)" : "(a)") + subscript.text, std::move(cell));
}

void Interpreter::SetElement(const std::string& name, const Value& subscript, Value value) {
  if (IsNamesArray(name)) return SetName(name, subscript, std::move(value));
  const Cell* old = state_.Find(name);
  if (old != nullptr && old->reference) return Unknown("nameref", forced_span_.value_or(Span{}), "`" + name + "` stands for another variable");
  Cell cell = old != nullptr ? *old : Cell{};
  cell.presence = Cell::Presence::kSet;
  cell.array = true;
  cell.any_of.clear();
  size_t index = 0;
  const bool indexed = subscript.exact() && !subscript.text.empty() && subscript.text.size() < 4 && subscript.text.find_first_not_of("0123456789") == std::string::npos;
  if (indexed) index = static_cast<size_t>(std::stoul(subscript.text));
  if (old == nullptr || !old->array) cell.elements_known = old == nullptr || old->presence == Cell::Presence::kUnset;
  if (cell.keyed || !indexed || index > cell.elements.size() || index >= kMaxElements) {
    cell.elements_known = false;
  } else if (cell.elements_known) {
    if (index == cell.elements.size()) cell.elements.emplace_back();
    cell.elements[index] = value;
  }
  if (!cell.elements_known) cell.elements.clear();
  cell.value = cell.elements_known && !cell.elements.empty() ? cell.elements[0] : UnknownData();
  state_.Set(name, std::move(cell));
}

void Interpreter::SetCompound(const Assignment& assignment) {
  if (IsNamesArray(assignment.name)) return SetName(assignment.name, UnknownData(), UnknownData());
  const Cell* old = state_.Find(assignment.name);
  Cell cell;
  if (old != nullptr) {
    cell.exported = old->exported;
    cell.keyed = old->keyed;
    cell.integer = old->integer;
  }
  cell.presence = Cell::Presence::kSet;
  cell.array = true;
  cell.elements_known = !cell.keyed;
  if (assignment.append) {
    cell.elements_known = cell.elements_known && old != nullptr && old->elements_known;
    if (cell.elements_known) cell.elements = old->elements;
  }
  for (const ArrayElement& element : *assignment.array) {
    if (element.subscript) {
      const Value subscript = ExpandScalar(*element.subscript);
      if (!cell.keyed) Evaluate(subscript, SpanOf(element.subscript->span));
      ExpandScalar(element.value);
      cell.elements_known = false;
      continue;
    }
    Words words;
    ExpandWord(element.value, words);
    cell.elements_known = cell.elements_known && cell.elements.size() + words.size() <= kMaxElements;
    if (!cell.elements_known) cell.elements.clear();
    for (const analysis::Word& word : words) {
      cell.elements_known = cell.elements_known && !word.may_be_several;
      cell.elements.push_back(ToValue(word));
    }
  }
  if (!cell.elements_known) cell.elements.clear();
  cell.value = !cell.elements_known ? UnknownData() : (cell.elements.empty() ? Exactly("") : cell.elements[0]);
  state_.Set(assignment.name, std::move(cell));
}

void Interpreter::Assign(const Assignment& assignment) {
  if (assignment.array) return SetCompound(assignment);
  if (!assignment.subscript) return SetVariable(assignment.name, ExpandScalar(assignment.value), assignment.append ? Write::kAppend : Write::kReplace);
  const Value subscript = ExpandScalar(*assignment.subscript);
  const Cell* cell = state_.Find(assignment.name);
  const bool keyed = IsNamesArray(assignment.name) || (cell != nullptr && cell->keyed);
  const Value index = keyed ? subscript : Evaluate(subscript, SpanOf(assignment.subscript->span));
  Value value = ExpandScalar(assignment.value);
  if (assignment.append) value = Value{};
  SetElement(assignment.name, index, std::move(value));
}

std::vector<std::pair<std::string, analysis::Word>> Interpreter::Environment() {
  std::vector<std::pair<std::string, analysis::Word>> out;
  for (const auto& [name, cell] : state_.Exported(kMaxExported + 1)) {
    if (out.size() == kMaxExported) {
      Unknown("environment", forced_span_.value_or(Span{}), "more exported variables than are followed");
      break;
    }
    out.emplace_back(name, ToWord(cell->value, forced_span_.value_or(Span{})));
  }
  // bash looks for programs by its own PATH, exported or not; with none, in the working directory.
  if (const Cell* path = state_.Find("PATH"); path != nullptr && (!path->exported || path->presence == Cell::Presence::kUnset)) out.emplace_back("PATH", ToWord(path->value, forced_span_.value_or(Span{})));
  return out;
}

namespace {

// The first variable of these parts, outside of substitutions, that may have one of several known values; "" if none.
std::string_view ChosenIn(const std::vector<Part>& parts, const State& state) {
  for (const Part& part : parts) {
    if (part.parameter && !part.parameter->indirect && !part.parameter->subscript && !part.parameter->name_list)
      if (const Cell* cell = state.Find(part.parameter->name); cell != nullptr && !cell->any_of.empty()) return part.parameter->name;
    if (part.kind == Part::Kind::kDoubleQuoted)
      if (const std::string_view name = ChosenIn(part.parts, state); !name.empty()) return name;
  }
  return {};
}

std::string_view ChosenIn(const Command& command, const Simple& simple, const State& state) {
  std::string_view name;
  for (const Argument& word : simple.words)
    if (name.empty() && !word.assignment) name = ChosenIn(word.word.parts, state);
  for (const Assignment& assignment : simple.assignments)
    if (name.empty() && !assignment.array) name = ChosenIn(assignment.value.parts, state);
  for (const Redirect& redirect : command.redirects)
    if (name.empty()) name = ChosenIn(redirect.target.parts, state);
  return name;
}

}  // namespace

// if [ .. ]; then X=-v; else X=; fi; rm $X a: the command is walked with each value that X may have. False: there is no such variable.
bool Interpreter::RunEachChoice(const Command& command, const Simple& simple) {
  if (!state_.has_choices() || Busy()) return false;
  const std::string name(ChosenIn(command, simple, state_));
  if (name.empty()) return false;
  const Cell cell = *state_.Find(name);
  if (ways_ * cell.any_of.size() > kMaxWays) return false;
  const size_t outer = std::exchange(ways_, ways_ * cell.any_of.size());
  std::vector<std::function<void()>> bodies;
  std::vector<ExitStatus> ends;
  for (const std::string& text : cell.any_of) {
    bodies.emplace_back([&] {
      Cell chosen = cell;
      chosen.any_of.clear();
      chosen.value = Exactly(text);
      state_.Set(name, std::move(chosen));
      RunSimple(command, simple);
      ends.push_back(status_);
    });
  }
  RunBranches(bodies, Path::kOneOfThese);
  ways_ = outer;
  if (std::all_of(ends.begin(), ends.end(), [&ends](ExitStatus end) { return end == ends.front(); })) status_ = ends.front();
  return true;
}

void Interpreter::RunSimple(const Command& command, const Simple& simple) {
  if (!Spend()) return;
  if (RunEachChoice(command, simple)) return;
  const Span span = SpanOf(command.span);
  const bool was_exit = std::exchange(exits_, false);
  const Input::Origin outer_words = std::exchange(session_.substituted, Input::Origin::kPlain);
  const bool outer_looks = std::exchange(only_looks_, false);
  RunSimpleWords(command, simple, span);
  only_looks_ = outer_looks;
  session_.substituted = outer_words;
  exits_ = exits_ || was_exit;
}

Interpreter::Words Interpreter::ExpandArguments(const Simple& simple) {
  Words words;
  const bool declaration = IsDeclaration(simple.words);
  for (const Argument& argument : simple.words) {
    if (words.size() == 1 && (words[0].Is("[") || words[0].Is("test") || words[0].Is(":"))) only_looks_ = state_.Find("(f)" + words[0].text) == nullptr;
    if (argument.assignment) {
      SetCompound(*argument.assignment);
      words.push_back(ToWord(Exactly(argument.assignment->name), SpanOf(argument.assignment->span)));
    } else if (declaration && LooksAssigned(argument.word)) {
      words.push_back(ToWord(ExpandScalar(argument.word), SpanOf(argument.word.span)));
    } else {
      ExpandWord(argument.word, words);
    }
  }
  only_looks_ = false;
  return words;
}

void Interpreter::RunSimpleWords(const Command& command, const Simple& simple, Span span) {
  if (IsDisguised(simple)) Unknown("hidden-code", span, "it is spelled so that its reader does not see what it runs");
  Words words = ExpandArguments(simple);
  status_ = ExitStatus::kZero;
  if (simple.words.empty() || words.empty()) {  // nothing to run: the assignments stay
    const auto assign = [&] {
      for (const Assignment& assignment : simple.assignments) Assign(assignment);
    };
    if (simple.words.empty()) {
      WithRedirects(command.redirects, assign);
    } else {
      WithRedirects(command.redirects, assign);
      status_ = ExitStatus::kUnknown;
    }
    for (const Assignment& assignment : simple.assignments)
      if (!assignment.value.parts.empty()) status_ = ExitStatus::kUnknown;  // a substitution's
    exits_ = false;
    return;
  }
  std::vector<std::pair<std::string, analysis::Word>> assignments;
  if (!simple.assignments.empty()) assignments = TemporaryAssignments(simple);
  if (words[0].Is("exec") && words.size() == 1 && state_.Find("(f)exec") == nullptr) {
    KeepRedirects(command.redirects);
  } else if (command.redirects.empty()) {
    RunWords(std::move(words), std::move(assignments), span);
  } else {
    WithRedirects(command.redirects, [&] { RunWords(std::move(words), std::move(assignments), span); });
  }
}

// A=1 command: for the command only; but a function or a builtin sees them as variables.
std::vector<std::pair<std::string, analysis::Word>> Interpreter::TemporaryAssignments(const Simple& simple) {
  std::vector<std::pair<std::string, analysis::Word>> out;
  for (const Assignment& assignment : simple.assignments) {
    if (assignment.array || assignment.subscript) {
      Assign(assignment);
      continue;
    }
    Value value = ExpandScalar(assignment.value);
    if (assignment.append) value = Concat(Lookup(assignment.name), value);
    out.emplace_back(assignment.name, ToWord(value, SpanOf(assignment.span)));
  }
  return out;
}

void Interpreter::RunWords(Words words, std::vector<std::pair<std::string, analysis::Word>> assignments, Span span) {
  const analysis::Word& name = words[0];
  if (!name.exact() || name.may_be_several) {
    AddEffect(Op::kExec, "?", name.span);
    Unknown("program", name.span, "which program runs is not known");
    sink_->Lose();
    status_ = ExitStatus::kUnknown;
    if (name.may_be_several && words.size() > 1) {  // $SUDO rm x: the first word may be none
      words.erase(words.begin());
      if (words[0].exact() && Spend()) RunWords(std::move(words), std::move(assignments), span);
    }
    return;
  }
  const std::string text = name.text;
  const auto named = [&](std::string_view what) { return state_.has_names() ? state_.Find(std::string(what) + text) : nullptr; };
  if (const Cell* alias = named("(a)"); alias != nullptr) {
    const Value value = alias->value;
    InSubshell([&] { RunAlias(value, words, span); });
  }
  if (const Cell* function = named("(f)"); function != nullptr && !function->bodies.empty()) {
    const Cell copy = *function;
    CallWith(assignments, [&] { CallFunction(copy, words); });
    if (copy.presence == Cell::Presence::kSet) return;
  }
  if (const Cell* disabled = named("(n)"); disabled == nullptr) {
    bool done = false;
    if (IsBuiltin(text)) CallWith(assignments, [&] { done = RunBuiltin(text, words, span); });
    if (done) return;
  }
  analysis::Command command;
  if (const Cell* hashed = named("(h)"); hashed != nullptr) {
    if (!hashed->value.exact()) Unknown("program", name.span, "`hash` gave " + text + " a path that is not known");
    words[0].text = hashed->value.text;
  }
  command.argv = std::move(words);
  command.assignments = Environment();
  for (auto& assignment : assignments) command.assignments.push_back(std::move(assignment));
  command.span = span;
  if (const Cell* handler = state_.has_names() ? state_.Find("(f)command_not_found_handle") : nullptr; handler != nullptr && !handler->bodies.empty())
    Unknown("function", span, "a function runs in place of a program that is not there");
  Start(std::move(command));
}

// Walks `body` with the assignments in front of it in force.
void Interpreter::CallWith(const std::vector<std::pair<std::string, analysis::Word>>& assignments, const std::function<void()>& body) {
  if (assignments.empty()) return body();
  std::vector<std::pair<std::string, std::optional<Cell>>> saved;
  for (const auto& [name, word] : assignments) {
    const Cell* old = state_.Find(name);
    saved.emplace_back(name, old != nullptr ? std::optional<Cell>(*old) : std::nullopt);
    Cell cell = old != nullptr ? *old : Cell{};
    cell.presence = Cell::Presence::kSet;
    cell.exported = true;
    cell.any_of.clear();
    cell.value = ToValue(word);
    state_.Set(name, std::move(cell));
  }
  body();
  for (auto at = saved.rbegin(); at != saved.rend(); ++at) {
    Cell cell = at->second ? *at->second : Cell{};
    state_.Set(at->first, std::move(cell));
  }
}

void Interpreter::RunAlias(const Value& value, const Words& words, Span span) {
  std::string text = value.text;
  if (!value.exact()) return Unknown("alias", span, "what the alias stands for is not known");
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].exact()) return Unknown("alias", span, "an alias with words that are not known");
    text += " '";
    for (const char c : words[i].text) c == '\'' ? text += "'\\''" : text += c;
    text += '\'';
  }
  state_.Set("(a)" + words[0].text, Cell{});
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", span, "aliases within aliases, too deep");
  RunText(text, span);
}

void Interpreter::CallFunction(const Cell& function, const Words& words) {
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("recursion", words[0].span, "a function that calls itself, or calls nested too deep");
  if (!Spend()) return;
  const Cell* old = state_.Find("(@)");
  const Cell positional_before = old != nullptr ? *old : Cell{};
  Cell positional;
  positional.array = positional.elements_known = true;
  for (size_t i = 1; i < words.size(); ++i) {
    positional.elements_known = positional.elements_known && !words[i].may_be_several;
    positional.elements.push_back(ToValue(words[i]));
  }
  positional.elements_known = positional.elements_known && positional.elements.size() <= kMaxElements;
  if (!positional.elements_known) positional.elements.clear();
  locals_.emplace_back();
  const bool leaves = std::exchange(leaves_, false);
  state_.PushWrites();
  std::vector<std::function<void()>> bodies;
  for (const Command* body : function.bodies) {
    bodies.emplace_back([&, body] {
      state_.Set("(@)", positional);
      if (body == nullptr) return Unknown("function", words[0].span, "a function with more definitions than are followed");
      int& active = session_.active[body];
      if (active >= kMaxRecursion) return Unknown("recursion", words[0].span, "a function that calls itself");
      ++active;
      RunCommand(*body);
      --session_.active[body];
    });
  }
  if (bodies.size() == 1 && function.presence == Cell::Presence::kSet) {
    bodies[0]();
  } else {
    RunBranches(bodies, function.presence == Cell::Presence::kSet ? Path::kOneOfThese : Path::kMayBeSkipped);
  }
  const Changes writes = state_.PopWrites();
  if (leaves_) state_.Join({&writes}, Path::kMayBeSkipped);
  leaves_ = leaves;
  for (auto& [name, cell] : locals_.back()) state_.Set(name, cell ? std::move(*cell) : Cell{});
  locals_.pop_back();
  state_.Set("(@)", positional_before);
}

// What a program start does, in each directory it may run in.
void Interpreter::Start(analysis::Command command) {
  if (input_.kind == Input::Kind::kText && command.input.kind == Input::Kind::kInherited && input_.text.size() > kMaxOutput) input_ = {Input::Kind::kPipe, ""};
  command.input = input_;
  command.words_from = std::max(command.words_from, session_.substituted);
  const Cell& directory = Directory();
  const std::string first = directory.places.empty() ? std::string(kNowhere) : directory.places[0];
  std::vector<std::string> others;  // seldom any; a copy, for what runs may change the state
  if (directory.places.size() > 1) others.assign(directory.places.begin() + 1, directory.places.end());
  Sink output;
  StartIn(command, first, output);
  for (const std::string& place : others) {
    Sink other;
    StartIn(command, place, other);
    if (!other.known || other.text != output.text) output.Lose();
  }
  if (output.known) {
    sink_->Append(output.text);
  } else {
    sink_->Lose();
  }
  if (input_.kind == Input::Kind::kText) input_ = {Input::Kind::kPipe, ""};  // it may have read some of it
  status_ = ExitStatus::kUnknown;
}

// ./x.sh, when its text is known and it is a shell's.
bool Interpreter::StartScript(const analysis::Command& command, const std::string& cwd, Sink& output) {
  const analysis::Word& name = command.argv[0];
  if (!name.exact() || name.text.find('/') == std::string::npos || cwd == kNowhere) return false;
  const std::string path = NormalizePath(name.text, cwd);
  for (const std::string_view system : {"/usr/", "/bin/", "/sbin/", "/opt/"})  // programs of the system: the tables know them
    if (path.starts_with(system)) return false;
  const std::optional<std::string> text = FileText(path);
  if (!text) return false;
  const std::string shell = ShellOf(*text);
  if (shell.empty()) return false;
  AddEffect(Op::kExec, path, name.span);
  AddEffect(Op::kExec, shell, name.span);
  AddEffect(Op::kRead, path, name.span);
  if (session_.scripts_seen.insert(path).second) session_.out.scripts.push_back(path);
  Nested nested;
  nested.kind = Nested::Kind::kShellFile;
  nested.text = path;
  nested.shell = shell;
  nested.command = command;
  nested.command.argv[0] = ToWord(Exactly(path), name.span);
  Sink* const outer = std::exchange(sink_, &output);
  const Input input = input_;
  InSubshell([&] {
    Cell directory;
    directory.places = {cwd};
    state_.Set("(cwd)", std::move(directory));
    RunNested(nested, input);
  });
  sink_ = outer;
  return true;
}

void Interpreter::StartIn(const analysis::Command& command, const std::string& cwd, Sink& output) {
  if (StartScript(command, cwd, output)) return;
  analysis::Place& place = session_.place_of_start;  // of the whole session, so that its texts are not copied for each program
  place.cwd = cwd;
  // What this very text has written is there for programs to obey (.git/hooks/pre-commit, json.py), whatever the disk holds.
  struct Written final : World {
    explicit Written(Interpreter& the_shell) : shell(the_shell) {}
    std::optional<std::string> Resolve(std::string_view path) override { return shell.session_.world.Resolve(path); }
    std::optional<std::string> Read(std::string_view path, size_t cap) override {
      const auto written = shell.session_.files.find(std::string(path));
      if (written == shell.session_.files.end()) return shell.session_.world.Read(path, cap);
      if (!written->second || written->second->size() > cap) return path.ends_with("/config") ? "[include]\n" : "";  // there, and not known
      return written->second;
    }
    Interpreter& shell;
  } written(*this);
  const Description description = session_.describe(command, place, written);
  Merge(description, cwd);
  ForgetFiles(description.effects, command.argv[0].text);
  output.known = description.output.has_value();
  if (output.known) output.text = *description.output;
  for (const Nested& nested : description.nested) {
    // A nested program's output is the output of the whole where the description left it open.
    Sink inner;
    Sink* const outer = std::exchange(sink_, &inner);
    const Input input = input_;
    InSubshell([&] {
      Cell directory;
      const std::string where = nested.cwd ? NormalizePath(*nested.cwd, cwd) : cwd;
      if (!IsBeneath(where, kNowhereRoot)) directory.places = {where};
      state_.Set("(cwd)", std::move(directory));
      RunNested(nested, input);
    });
    sink_ = outer;
    if (!description.output) {
      output.known = inner.known && description.nested.size() == 1;
      output.text = output.known ? inner.text : "";
    }
  }
}

void Interpreter::Merge(const Description& description, std::string_view cwd) {
  const ByGit by = std::any_of(description.effects.all().begin(), description.effects.all().end(), [](const Effect& e) { return e.op == Op::kExec && (e.object == "/usr/bin/git" || e.object == "/usr/bin/gh"); }) ? ByGit::kYes : ByGit::kNo;
  for (const Effect& effect : description.effects.all()) {
    Effect copy = effect;
    if (cwd == kNowhere && IsBeneath(copy.object, kNowhereRoot)) {
      copy.object = "?";
      Note(Coverage::kPartial, "the working directory is not known");
    }
    if ((copy.op == Op::kRead || copy.op == Op::kWrite) && IsNullPath(copy.object)) continue;
    if (forced_span_) copy.cause = {*forced_span_};
    Look(copy.op, copy.object, by, copy.cause.empty() ? Span{} : copy.cause.front());
    session_.out.effects.Add(std::move(copy));
  }
  session_.out.coverage = Least(session_.out.coverage, description.coverage);
  session_.last_prints = description.prints;
  if (description.prints == Input::Origin::kDecoder) session_.printed = Input::Origin::kDecoder;
  for (const std::string& note : description.notes) Note(description.coverage, note);
  for (const std::string& script : description.scripts)
    if (session_.scripts_seen.insert(script).second) session_.out.scripts.push_back(script);
  const auto& all = description.effects.all();
  if (std::any_of(all.begin(), all.end(), [](const Effect& effect) { return effect.op == Op::kWrite; }))
    for (const Effect& effect : all)
      if (effect.op == Op::kRead && IsShellPath(effect.object)) session_.shells_elsewhere.insert(std::string(BaseName(effect.object)));
  // What nobody follows may read what this very text has written: the names in it count as if they stood in its own words. And a shell that
  // has another name now may be what it starts (cp /bin/sh d/x; run-parts d).
  if (description.coverage != Coverage::kOpaque) return;
  for (const std::string& shell : session_.shells_elsewhere) AddEffect(Op::kExec, shell, forced_span_.value_or(Span{}));
  for (const auto& [path, content] : session_.files) {
    if (!content || !session_.mentioned.insert(path + ":" + std::to_string(content->size())).second) continue;
    const EffectSet named = MentionedIn(*content, session_.place, session_.world, forced_span_.value_or(Span{}));
    for (const Effect& effect : named.all()) AddEffect(effect.op, effect.object, effect.cause.empty() ? Span{} : effect.cause.front());
  }
}

// What a program has written over is not known any more, unless it only changes attributes.
void Interpreter::ForgetFiles(const EffectSet& effects, std::string_view program) {
  if (session_.files.empty() && session_.place.past == nullptr) return;
  const std::string_view base = program.substr(program.rfind('/') + 1);
  for (const std::string_view attributes : {"chmod", "chown", "chgrp", "touch"})
    if (base == attributes) return;
  for (const Effect& effect : effects.all()) {
    if (effect.op != Op::kWrite && effect.op != Op::kDelete) continue;
    if (session_.place.past != nullptr) session_.overwritten.insert(effect.object);
    if (const auto at = session_.files.find(effect.object); at != session_.files.end()) at->second.reset();
    const bool all = effect.object == "?";
    if (!all && !effect.object.ends_with("/**")) continue;
    const std::string_view folder = std::string_view(effect.object).substr(0, effect.object.size() - (all ? 1 : 2));
    for (auto& [path, content] : session_.files)
      if (path.starts_with(folder)) content.reset();
  }
}

// The state of a new shell process: what was exported, and where it stands.
void Interpreter::Inherit(const State& parent, const Nested& nested) {
  if (const Cell* directory = parent.Find("(cwd)")) state_.Set("(cwd)", *directory);
  for (const auto& [name, cell] : parent.Exported(kMaxExported)) {
    state_.Set(name, *cell);
  }
  for (const auto& [name, cell] : parent.cells())
    if (name.starts_with("(f)") && cell.exported) state_.Set(name, cell);
  for (const auto& [name, word] : nested.command.assignments) {
    Cell cell;
    cell.presence = Cell::Presence::kSet;
    cell.exported = true;
    cell.value = ToValue(word);
    state_.Set(name, std::move(cell));
  }
}

namespace {

// The words of the last program of a pipeline that is all there is; one that is no literal is empty. Nothing: it is more than that.
std::vector<std::string_view> LastWords(const Script& script) {
  std::vector<std::string_view> words;
  if (script.list.items.size() != 1 || script.list.items[0].pipeline.commands.empty()) return words;
  const Simple* simple = std::get_if<Simple>(&script.list.items[0].pipeline.commands.back().what);
  if (simple == nullptr || !simple->assignments.empty()) return words;
  for (const Argument& word : simple->words)
    words.push_back(word.word.parts.size() == 1 && word.word.parts[0].kind == Part::Kind::kLiteral ? std::string_view(word.word.parts[0].text) : std::string_view());
  return words;
}

bool PrintsNumber(const std::vector<std::string_view>& words) {
  if (words[0] == "nproc") return words.size() == 1;
  if (words[0] == "wc") return words.size() == 2 && (words[1] == "-l" || words[1] == "-c" || words[1] == "-w" || words[1] == "-m");
  if (words[0] == "date") return words.size() == 2 && (words[1] == "+%s" || words[1] == "+%Y" || words[1] == "+%s%N");
  if (words[0] == "id") return words.size() == 2 && (words[1] == "-u" || words[1] == "-g");
  if (words[0] == "grep") return words.size() == 3 && words[1] == "-c";
  return false;
}

// The beginning of the one name that mktemp prints (coreutils: letters and digits follow); nothing: not known. TMPDIR is not set here.
std::string_view TemporaryName(const std::vector<std::string_view>& words) {
  if (words[0] != "mktemp") return {};
  std::string_view name = "/tmp/tmp.";
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "-d" || words[i] == "-q" || words[i] == "-u" || words[i] == "--directory" || words[i] == "--quiet" || words[i] == "--dry-run") continue;
    const size_t made = words[i].find("XXX");
    if (i + 1 != words.size() || !words[i].starts_with("/tmp/") || made == std::string_view::npos || words[i].find("..") != std::string_view::npos) return {};
    name = words[i].substr(0, made);
  }
  return name;
}

}  // namespace

// $(wc -l <x) is a number, $(mktemp) the name of a temporary file, whatever they print. Not where a function may stand for the program.
Value Interpreter::WhatItPrints(const Script& script) const {
  Value value = UnknownData();
  const std::vector<std::string_view> words = LastWords(script);
  if (words.empty() || state_.has_names()) return value;
  if (PrintsNumber(words)) return UnknownNumber();
  if (const std::string_view name = TemporaryName(words); !name.empty() && state_.Find("TMPDIR") == nullptr) {
    value.data = false;
    value.known = Known::kPrefix;
    value.text = name;
    value.glob = true;
  }
  return value;
}

}  // namespace checkrein::analysis::shell
