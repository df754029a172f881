// The shell's own commands: which there are, and those that change directory, variables and options.
#include <algorithm>
#include <array>

#include "analysis/shell/characters.h"
#include "analysis/shell/interpreter.h"
#include "base/path.h"

namespace checkrein::analysis::shell {
namespace {

constexpr std::string_view kBuiltins[] = {
    ".",     ":",      "[",       "alias",  "bg",     "bind",  "break",   "builtin", "caller",  "cd",      "command",   "compgen", "complete", "compopt", "continue", "declare",
    "dirs",  "disown", "echo",    "enable", "eval",   "exec",  "exit",    "export",  "false",   "fc",      "fg",        "getopts", "hash",     "help",    "history",  "jobs",
    "kill",  "let",    "local",   "logout", "mapfile", "popd", "printf",  "pushd",   "pwd",     "read",    "readarray", "readonly", "return",  "set",     "shift",    "shopt",
    "source", "suspend", "test",  "times",  "trap",   "true",  "type",    "typeset", "ulimit",  "umask",   "unalias",   "unset",   "wait"};
static_assert(std::is_sorted(std::begin(kBuiltins), std::end(kBuiltins)));

bool AnyUnknown(const std::vector<analysis::Word>& words, size_t from) {
  for (size_t i = from; i < words.size(); ++i)
    if (!words[i].exact() || words[i].may_be_several) return true;
  return false;
}

}  // namespace

bool Interpreter::IsBuiltin(std::string_view name) { return std::binary_search(std::begin(kBuiltins), std::end(kBuiltins), name); }

// False when the name is no builtin. `words[0]` is the name.
bool Interpreter::RunBuiltin(std::string_view name, const Words& words, Span span) {
  if (!IsBuiltin(name)) return false;
  status_ = ExitStatus::kUnknown;
  const auto is = [name](std::string_view text) { return name == text; };
  if (is(":") || is("true")) {
    status_ = ExitStatus::kZero;
  } else if (is("false")) {
    status_ = ExitStatus::kNonZero;
  } else if (is("echo")) {
    Echo(words);
  } else if (is("printf")) {
    Printf(words);
  } else if (is("test") || is("[")) {
    Test(words);
  } else if (is("cd")) {
    ChangeDirectory(words);
  } else if (is("pushd")) {
    PushDirectory(words);
  } else if (is("popd")) {
    PopDirectory();
  } else if (is("pwd")) {
    const Value here = Lookup("PWD");
    here.exact() ? sink_->Append(here.text + "\n") : sink_->Lose();
  } else if (is("declare") || is("typeset") || is("local") || is("export") || is("readonly")) {
    Declare(name, words);
  } else if (is("unset")) {
    Unset(words);
  } else if (is("set")) {
    SetOptions(words);
  } else if (is("shift")) {
    Shift(words);
  } else if (is("shopt")) {
    Shopt(words);
  } else if (is("let")) {
    for (size_t i = 1; i < words.size(); ++i) Evaluate(ToValue(words[i]), words[i].span);
  } else if (is("exit") || is("logout")) {
    exits_ = true;
  } else if (is("return") || is("break") || is("continue")) {
    leaves_ = true;
  } else if (is("read")) {
    Read(words);
  } else if (is("mapfile") || is("readarray")) {
    MapFile(words, span);
  } else if (is("getopts")) {
    if (words.size() > 2) SetNamed(words[2], UnknownData());
    SetVariable("OPTARG", UnknownData());
  } else if (is("alias") || is("unalias")) {
    AliasBuiltin(words);
  } else if (is("kill")) {
    Kill(words, span);
  } else if (is("eval")) {
    Eval(words, span);
  } else if (is(".") || is("source")) {
    Source(words, span);
  } else if (is("exec")) {
    Exec(words, span);
  } else if (is("command") || is("builtin")) {
    CommandBuiltin(words, span);
  } else if (is("trap")) {
    Trap(words);
  } else if (is("hash")) {
    Hash(words);
  } else if (is("enable")) {
    Enable(words);
  } else if (is("compgen") || is("complete") || is("compopt")) {
    Complete(words, span);
  } else if (is("history")) {
    if (words.size() > 1 && words[1].exact() && (words[1].text == "-c" || words[1].text.starts_with("-d"))) History("HISTFILE");
    for (size_t i = 1; i + 1 < words.size(); ++i)
      if (words[i].exact() && words[i].text.size() == 2 && words[i].text[0] == '-' && std::string_view("awrn").find(words[i].text[1]) != std::string_view::npos)
        TouchPath(words[i].text[1] == 'a' || words[i].text[1] == 'w' ? Op::kWrite : Op::kRead, words[i + 1], words[i + 1].span);
    sink_->Lose();
  } else if (is("bind") || is("fc")) {
    for (size_t i = 1; i < words.size(); ++i)
      if (!words[i].exact() || words[i].text == "-x" || words[i].text == "-e" || words[i].text == "-s") {
        Unknown("builtin", words[i].span, std::string(name) + " may run what it is given");
        break;
      }
    sink_->Lose();
  } else {  // wait jobs fg bg disown suspend times umask ulimit caller help type dirs: nothing but what they print
    if (!is("wait") && !is("umask") && !is("disown")) sink_->Lose();
  }
  return true;
}

void Interpreter::GoTo(const analysis::Word& word) {
  const Cell before = Directory();
  Cell cell;
  if (word.exact() && !word.may_be_several && (word.text.starts_with('/') || !before.places.empty())) {
    const std::vector<std::string> bases = word.text.starts_with('/') ? std::vector<std::string>{"/"} : before.places;
    bool sure = before.places.size() == 1;
    for (const std::string& base : bases) {
      std::string path = NormalizePath(word.text, base);
      // What holds the present directory, or is a home, exists; anything else may not.
      sure = sure && (IsBeneath(before.places[0], path) || path == session_.place.home || path == "/tmp");
      if (std::find(cell.places.begin(), cell.places.end(), path) == cell.places.end()) cell.places.push_back(std::move(path));
    }
    const Cell* cdpath = state_.Find("CDPATH");
    const bool searched = cdpath != nullptr && !(cdpath->value.exact() && cdpath->value.text.empty()) && !word.text.starts_with('/') && !word.text.starts_with('.');
    if (searched) cell.places.clear();
    if (!sure) cell.fallback = before.places;
  }
  if (cell.places.empty()) Note(Coverage::kPartial, "the working directory is not known after `cd`");
  Cell old;
  old.value = before.places.size() == 1 ? Exactly(before.places[0]) : Value{};
  state_.Set("OLDPWD", std::move(old));
  state_.Set("(cwd)", std::move(cell));
}

void Interpreter::ChangeDirectory(const Words& words) {
  size_t at = 1;
  while (at < words.size() && words[at].exact() && words[at].text.size() > 1 && words[at].text[0] == '-' && words[at].text.find_first_not_of("LPe@-") == std::string::npos) ++at;
  if (at >= words.size()) return GoTo(ToWord(Lookup("HOME"), words[0].span));
  if (words[at].Is("-")) return GoTo(ToWord(Lookup("OLDPWD"), words[at].span));
  if (words[at].exact() && words[at].text.empty()) return;
  GoTo(words[at]);
}

void Interpreter::PushDirectory(const Words& words) {
  sink_->Lose();
  size_t at = 1;
  if (at < words.size() && words[at].Is("-n")) return;
  if (at < words.size() && words[at].Is("--")) ++at;
  const Cell* old = state_.Find("(dirs)");
  Cell dirs = old != nullptr ? *old : Cell{};
  const bool known = at < words.size() && words[at].exact() && !(words[at].text.size() > 1 && (words[at].text[0] == '+' || words[at].text[0] == '-')) && Directory().places.size() == 1;
  if (!known) {
    state_.Set("(dirs)", Cell{});
    analysis::Word unknown;
    return GoTo(at < words.size() && words[at].exact() && words[at].text[0] != '+' && words[at].text[0] != '-' ? words[at] : unknown);
  }
  if (old == nullptr) dirs.elements_known = true;
  dirs.elements.push_back(Exactly(Directory().places[0]));
  state_.Set("(dirs)", std::move(dirs));
  GoTo(words[at]);
}

void Interpreter::PopDirectory() {
  sink_->Lose();
  const Cell* old = state_.Find("(dirs)");
  if (old == nullptr || !old->elements_known || old->elements.empty()) {
    state_.Set("(dirs)", Cell{});
    return GoTo(analysis::Word{});
  }
  Cell dirs = *old;
  const Value top = dirs.elements.back();
  dirs.elements.pop_back();
  state_.Set("(dirs)", std::move(dirs));
  GoTo(ToWord(top, Span{}));
  DropFallback();  // it was there a moment ago
}

// NAME or NAME[..], given a value that a builtin puts there.
void Interpreter::SetNamed(const analysis::Word& name, Value value) {
  const Value text = ToValue(name);
  EvaluateSubscripted(text, name.span);
  if (!name.exact()) {
    Unknown("variable", name.span, "which variable is set is not known");
    return;
  }
  const size_t bracket = name.text.find('[');
  if (bracket == std::string::npos) {
    if (IsName(name.text)) SetVariable(name.text, std::move(value));
  } else if (IsName(std::string_view(name.text).substr(0, bracket))) {
    SetElement(name.text.substr(0, bracket), UnknownNumber(), std::move(value));
  }
}

void Interpreter::Declare(std::string_view name, const Words& words) {
  Cell flags;
  flags.exported = name == "export";
  bool functions = false, prints = words.size() == 1, remove = false, global = false;
  size_t at = 1;
  for (; at < words.size() && words[at].exact() && words[at].text.size() > 1 && (words[at].text[0] == '-' || words[at].text[0] == '+'); ++at) {
    const std::string& text = words[at].text;
    if (text == "--") {
      ++at;
      break;
    }
    const bool on = text[0] == '-';
    for (const char c : text.substr(1)) {
      if (c == 'x') (on ? flags.exported : remove) = true;
      if (c == 'n' && name == "export") remove = true;
      if (c == 'n' && name != "export") flags.reference = on;
      if (c == 'i') flags.integer = on;
      if (c == 'a') flags.array = on;
      if (c == 'A') flags.array = flags.keyed = on;
      if (c == 'f' || c == 'F') functions = true;
      if (c == 'p') prints = true;
      if (c == 'g') global = true;
    }
  }
  if (prints || (functions && !flags.exported) || at == words.size()) sink_->Lose();
  if (at == words.size() && !functions && !flags.array && !flags.integer && name != "local" && name != "readonly") PrintEnvironment(words[0].span);
  const bool local = !locals_.empty() && name != "export" && name != "readonly" && !global;
  for (; at < words.size(); ++at) {
    if (functions) {
      if (!flags.exported || !words[at].exact()) continue;
      if (const Cell* cell = state_.Find("(f)" + words[at].text)) {
        Cell copy = *cell;
        copy.exported = true;
        state_.Set("(f)" + words[at].text, std::move(copy));
      }
      continue;
    }
    DeclareOne(words[at], flags, remove ? Exporting::kNot : Exporting::kAsFlags, local ? Scope::kLocal : Scope::kGlobal);
  }
}

// All variables with their values: the environment is among them, and it holds the keys.
void Interpreter::PrintEnvironment(Span span) { AddEffect(Op::kRead, "/proc/self/environ", span); }

void Interpreter::DeclareOne(const analysis::Word& word, const Cell& flags, Exporting exporting, Scope scope) {
  const size_t equals = word.text.find('=');
  if (!word.exact() && equals == std::string::npos) {
    const bool poisons = flags.exported || word.may_be_several || word.known == Known::kNothing;
    Unknown(poisons ? "environment" : "variable", word.span, "which variables are set is not known");
    return;
  }
  const bool append = equals != std::string::npos && equals > 0 && word.text[equals - 1] == '+';
  std::string name = word.text.substr(0, equals == std::string::npos ? word.text.size() : equals - (append ? 1 : 0));
  const size_t bracket = name.find('[');
  if (bracket != std::string::npos) EvaluateSubscripted(Exactly(name), word.span);
  const std::string base = name.substr(0, bracket);
  if (!IsName(base)) return;
  const Cell* old = state_.Find(base);
  const bool inherited = old != nullptr ? old->exported : IsInherited(base);  // a local variable is exported if the one that it hides was
  if (scope == Scope::kLocal && locals_.back().try_emplace(base, old != nullptr ? std::optional<Cell>(*old) : std::nullopt).second) {
    Cell fresh;
    fresh.presence = Cell::Presence::kUnset;
    fresh.value = Exactly("");
    const bool compound = old != nullptr && old->array && equals == std::string::npos;  // local a=(..): already set
    if (!compound) {
      state_.Set(base, std::move(fresh));
      old = state_.Find(base);
    }
  }
  Cell cell = old != nullptr ? *old : Cell{};
  cell.exported = exporting == Exporting::kNot ? false : cell.exported || flags.exported || inherited;
  cell.integer = cell.integer || flags.integer;
  cell.keyed = cell.keyed || flags.keyed;
  cell.array = cell.array || flags.array;
  if (flags.keyed || (flags.array && !cell.elements_known)) cell.elements_known = false;
  const bool references = flags.reference || cell.reference;
  if (references) cell.reference = true;
  state_.Set(base, std::move(cell));
  if (flags.reference && equals != std::string::npos) EvaluateSubscripted(Exactly(word.text.substr(equals + 1)), word.span);
  if (equals == std::string::npos || references) return;
  Value value;
  value.known = word.known;
  value.text = word.text.substr(equals + 1);
  value.glob = word.file_names;
  value.data = !word.exact();
  if (!value.exact() && value.text.empty()) value.known = Known::kNothing;
  if (bracket != std::string::npos) {
    SetElement(base, UnknownNumber(), std::move(value));
  } else {
    SetVariable(base, std::move(value), append ? Write::kAppend : Write::kReplace);
  }
}

void Interpreter::Unset(const Words& words) {
  bool functions = false, variables = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].exact() && words[i].text.starts_with('-')) {
      functions = functions || words[i].text.find('f') != std::string::npos;
      variables = variables || words[i].text.find('v') != std::string::npos;
      continue;
    }
    if (!functions) EvaluateSubscripted(ToValue(words[i]), words[i].span);
    if (!words[i].exact()) continue;
    Cell gone;
    gone.presence = Cell::Presence::kUnset;
    gone.value = Exactly("");
    if (words[i].text == "PATH") gone.presence = Cell::Presence::kSet;  // programs are looked for as if it were empty
    const Cell* variable = state_.Find(words[i].text);
    if (!functions && IsName(words[i].text)) state_.Set(words[i].text, gone), History(words[i].text);
    if (!variables && (functions || variable == nullptr) && state_.Find("(f)" + words[i].text) != nullptr) state_.Set("(f)" + words[i].text, gone);
  }
}

// Jobs of its own are a shell's to end; whose process a number is cannot be seen.
void Interpreter::Kill(const Words& words, Span span) {
  AddEffect(Op::kExec, "kill", span);
  sink_->Lose();
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].exact() && (words[i].text == "-l" || words[i].text == "-L" || words[i].text == "-0")) return;
    if (words[i].exact() && (words[i].text.starts_with('%') || (words[i].text.starts_with('-') && i == 1))) continue;
    return Unknown("signal", words[i].span, "which process gets the signal is not known");
  }
}

void Interpreter::SetOptions(const Words& words) {
  if (words.size() == 1) return sink_->Lose(), PrintEnvironment(words[0].span);
  const auto option = [this](std::string_view name, bool on) {
    SetOption(name, on ? Toggle::kOn : Toggle::kOff);
    if (name == "history" && !on) History("HISTFILE");
    if (name != "xtrace" || !on) return;
    if (const Cell* ps4 = state_.Find("PS4")) Prompt(ps4->value);  // -x expands it before every command
  };
  size_t at = 1;
  for (; at < words.size(); ++at) {
    const analysis::Word& word = words[at];
    if (!word.exact()) break;
    const std::string& text = word.text;
    if (text == "--" || text == "-") {
      ++at;
      break;
    }
    if (text.size() < 2 || (text[0] != '-' && text[0] != '+')) break;
    for (const char c : text.substr(1)) {
      const bool on = text[0] == '-';
      if (c == 'f') option("noglob", on);
      if (c == 'e') option("errexit", on);
      if (c == 'a') option("allexport", on);
      if (c == 'x') option("xtrace", on);
      if (c == 'o') {
        if (at + 1 >= words.size()) return sink_->Lose();
        ++at;
        if (!words[at].exact()) Note(Coverage::kPartial, "a shell option that is not known");
        option(words[at].text, on);
      }
    }
    if (at + 1 == words.size()) return;
  }
  Cell positional;
  positional.presence = Cell::Presence::kSet;
  positional.array = true;
  positional.elements_known = true;
  for (; at < words.size(); ++at) {
    positional.elements_known = positional.elements_known && !words[at].may_be_several;
    positional.elements.push_back(ToValue(words[at]));
  }
  positional.elements_known = positional.elements_known && positional.elements.size() <= kMaxElements;
  if (!positional.elements_known) positional.elements.clear();
  state_.Set("(@)", std::move(positional));
}

void Interpreter::Shift(const Words& words) {
  const Cell* cell = state_.Find("(@)");
  if (cell == nullptr || !cell->elements_known) return;
  Cell copy = *cell;
  size_t count = 1;
  if (words.size() > 1) {
    if (!words[1].exact() || words[1].text.empty() || words[1].text.size() > 4 || words[1].text.find_first_not_of("0123456789") != std::string::npos) {
      copy.elements_known = false;
      copy.elements.clear();
      return state_.Set("(@)", std::move(copy));
    }
    count = static_cast<size_t>(std::stoul(words[1].text));
  }
  if (count > copy.elements.size()) return;
  copy.elements.erase(copy.elements.begin(), copy.elements.begin() + static_cast<std::ptrdiff_t>(count));
  state_.Set("(@)", std::move(copy));
}

void Interpreter::Shopt(const Words& words) {
  Toggle toggle = Toggle::kOff;
  bool sets = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].exact()) {
      Unknown("option", words[i].span, "a shell option that is not known");
      continue;
    }
    const std::string& text = words[i].text;
    if (text.starts_with('-')) {
      sets = sets || text.find('s') != std::string::npos || text.find('u') != std::string::npos;
      if (text.find('s') != std::string::npos) toggle = Toggle::kOn;
      continue;
    }
    if (!sets) continue;
    SetOption(text, toggle);
    if (text == "extglob" && toggle == Toggle::kOn && !extglob_read_) Unknown("extglob", words[i].span, "what follows is read by other rules than was foreseen");
  }
  if (!sets) sink_->Lose();
}

void Interpreter::AliasBuiltin(const Words& words) {
  sink_->Lose();
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].text.find('=');
    if (words[0].text == "unalias") continue;  // an alias may have been expanded already: kept
    if (equals == std::string::npos) {
      if (!words[i].exact()) Unknown("alias", words[i].span, "which alias is made is not known");
      continue;
    }
    Cell cell;
    cell.presence = Cell::Presence::kMaybe;
    cell.value.known = words[i].known;
    cell.value.text = words[i].text.substr(equals + 1);
    const std::string name = words[i].text.substr(0, equals);
    if (Shadows(name, cell.value.text)) AddEffect(Op::kConfigure, "session:alias", words[i].span);
    state_.Set("(a)" + name, std::move(cell));
  }
}

// Whether an alias makes a name that is a builtin or a program of the tables start another program: alias curl=/tmp/x, not alias ls='ls -F'.
bool Interpreter::Shadows(const std::string& name, std::string_view value) const {
  const size_t begin = value.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  const std::string_view first = value.substr(begin, value.find_first_of(" \t", begin) - begin);
  const std::string_view base = first.substr(first.rfind('/') + 1);
  const bool system = first.find('/') == std::string_view::npos || first.starts_with("/usr/bin/") || first.starts_with("/bin/");
  if (base == name && system) return false;
  if (IsBuiltin(name)) return true;
  analysis::Command command;
  command.argv = {ToWord(Exactly(name), Span{})};
  const Description description = session_.describe(command, session_.place, session_.world);
  return std::none_of(description.effects.all().begin(), description.effects.all().end(), [](const Effect& effect) { return effect.op == Op::kUnknown && effect.object == "program"; });
}

bool Interpreter::Scripted(const Words& words, size_t from) { return !AnyUnknown(words, from); }

}  // namespace checkrein::analysis::shell
