// eval, source, exec, command, trap, hash, enable, compgen: builtins that run something, now or later.
#include <algorithm>

#include "analysis/shell/interpreter.h"
#include "base/path.h"

namespace checkrein::analysis::shell {

void Interpreter::Eval(const Words& words, Span span) {
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", span, "evals within evals, too deep");
  size_t at = 1;
  if (at < words.size() && words[at].Is("--")) ++at;
  std::string text;
  for (size_t i = at; i < words.size(); ++i) {
    if (!words[i].exact() || words[i].may_be_several) {
      Unknown(UnknownText("eval"), words[i].span, "eval of a text that is not known");
      sink_->Lose();
      return;
    }
    if (i > at) text += ' ';
    text += words[i].text;
  }
  if (session_.substituted == Input::Origin::kDecoder) Unknown("hidden-code", span, "eval of a text that was encoded");
  RunText(text, span);
}

// A text that a builtin runs as a command, with more words after it.
void Interpreter::RunCallback(const analysis::Word& text, Span span) {
  if (!text.exact() || text.may_be_several) return Unknown("callback", text.span, "a callback that is not known");
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", span, "callbacks within callbacks, too deep");
  const size_t mark = state_.Mark();
  RunText(text.text + " \"$__checkrein_unknown\"", span);
  const Changes changes = state_.Rollback(mark);
  state_.Join({&changes}, Path::kMayBeSkipped);
  sink_->Lose();
}

void Interpreter::Source(const Words& words, Span span) {
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", span, "scripts within scripts, too deep");
  size_t at = 1;
  if (at < words.size() && words[at].Is("--")) ++at;
  if (at >= words.size()) return;
  const analysis::Word& word = words[at];
  if (!word.exact() || word.may_be_several) {
    TouchPath(Op::kRead, word, word.span);
    Unknown("script", word.span, "which script is read is not known");
    return sink_->Lose();
  }
  std::optional<std::string> text;
  const std::vector<std::string> places = Directory().places;
  if (word.text == "/dev/stdin" || word.text == "/dev/fd/0" || word.text == "/proc/self/fd/0") {
    if (input_.kind == Input::Kind::kText) text = input_.text;
    if (input_.kind == Input::Kind::kFile) text = FileText(input_.text);
    if (input_.kind == Input::Kind::kInherited) text = "";
    input_ = {Input::Kind::kPipe, ""};
  } else if (word.text.starts_with("/dev/fd/")) {
    text = FileText(word.text);
  } else {
    TouchPath(Op::kRead, word, word.span);
    if (word.text.starts_with('/') || places.size() == 1) {
      const std::string path = NormalizePath(word.text, places.empty() ? "/" : places[0]);
      const bool searched = word.text.find('/') == std::string::npos && state_.Find("PATH") != nullptr;
      if (!searched) text = FileText(path);
      if (session_.scripts_seen.insert(path).second) session_.out.scripts.push_back(path);
    }
  }
  if (!text) {
    Unknown(UnknownText("script"), word.span, "what " + word.text + " holds is not known");
    return sink_->Lose();
  }
  const Cell* old = state_.Find("(@)");
  const std::optional<Cell> positional = old != nullptr ? std::optional<Cell>(*old) : std::nullopt;
  const bool given = at + 1 < words.size();
  if (given) {
    Words arguments(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    analysis::Word set;
    set.known = Known::kExactly;
    set.text = "set";
    analysis::Word dashes = set;
    dashes.text = "--";
    arguments[0] = dashes;
    arguments.insert(arguments.begin(), set);
    SetOptions(arguments);
  }
  const bool leaves = std::exchange(leaves_, false);
  state_.PushWrites();
  RunText(*text, span);
  const Changes writes = state_.PopWrites();
  if (leaves_) state_.Join({&writes}, Path::kMayBeSkipped);
  leaves_ = leaves;
  if (given && positional) state_.Set("(@)", *positional);
}

void Interpreter::Exec(const Words& words, Span span) {
  size_t at = 1;
  for (; at < words.size() && words[at].exact() && words[at].text.size() > 1 && words[at].text[0] == '-'; ++at) {
    if (words[at].text == "--") {
      ++at;
      break;
    }
    if (words[at].text.ends_with('a')) ++at;
  }
  if (at >= words.size()) return;
  Words rest(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  RunProgram(std::move(rest), span);
  exits_ = true;
}

// The words as a program start, whatever functions and builtins there are.
void Interpreter::RunProgram(Words words, Span span) {
  if (!words[0].exact() || words[0].may_be_several) return RunWords(std::move(words), {}, span);  // says that it is not known
  analysis::Command command;
  command.argv = std::move(words);
  command.assignments = Environment();
  command.span = span;
  Start(std::move(command));
}

void Interpreter::CommandBuiltin(const Words& words, Span span) {
  size_t at = 1;
  for (; at < words.size() && words[at].exact() && words[at].text.size() > 1 && words[at].text[0] == '-'; ++at) {
    if (words[at].text == "--") {
      ++at;
      break;
    }
    if (words[0].text == "command" && words[at].text.find_first_of("vV") != std::string::npos) return sink_->Lose();
  }
  if (at >= words.size()) return;
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", span, "too deep to follow");
  Words rest(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  const bool exact = rest[0].exact() && !rest[0].may_be_several;
  const std::string name = rest[0].text;
  if (exact && state_.Find("(n)" + name) == nullptr && RunBuiltin(name, rest, span)) return;
  if (words[0].text == "builtin" && exact) return;
  RunProgram(std::move(rest), span);
}

void Interpreter::Trap(const Words& words) {
  size_t at = 1;
  if (at < words.size() && words[at].exact() && (words[at].text == "-p" || words[at].text == "-l" || words[at].text == "-P")) return sink_->Lose();
  if (at < words.size() && words[at].Is("--")) ++at;
  if (at >= words.size()) return sink_->Lose();
  const analysis::Word& action = words[at];
  if (!action.exact() || action.may_be_several) return Unknown("trap", action.span, "a trap that is not known");
  if (at + 1 >= words.size() || action.text == "-") return;  // back to the default; a trap that was set may still have run
  if (action.text.empty()) return;
  const Depth guard(*this);
  if (guard.exceeded()) return Unknown("depth", action.span, "traps within traps, too deep");
  InSubshell([&] { RunText(action.text, action.span); });  // it may run at once, and again at the end
  Cell cell;
  cell.presence = Cell::Presence::kSet;
  cell.value = Exactly(action.text);
  for (size_t i = at + 1; i < words.size(); ++i) {
    state_.Set("(t)" + words[i].text, cell);
    if (words[i].Is("DEBUG") || words[i].Is("RETURN")) AddEffect(Op::kConfigure, "session:trap", words[i].span);  // runs beside each command from now on
  }
}

void Interpreter::Hash(const Words& words) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].exact()) {
      Unknown("program", words[i].span, "`hash` of something that is not known");
      return;
    }
    if (words[i].text != "-p") continue;
    if (i + 2 >= words.size()) return;
    Cell cell;
    cell.presence = Cell::Presence::kSet;
    cell.value = ToValue(words[i + 1]);
    if (words[i + 2].exact()) state_.Set("(h)" + words[i + 2].text, std::move(cell));
    else Unknown("program", words[i + 2].span, "`hash` of a name that is not known");
    return;
  }
}

void Interpreter::Enable(const Words& words) {
  bool off = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].exact()) return Unknown("builtin", words[i].span, "which builtin is changed is not known");
    if (words[i].text.starts_with("-f")) {
      analysis::Word file = words[i];
      file.text.erase(0, 2);
      if (file.text.empty() && i + 1 < words.size()) file = words[i + 1];
      for (const std::string& object : PathObjects(file)) AddEffect(Op::kExec, object, file.span);
      return Unknown("library", file.span, "`enable -f` loads code into the shell");
    }
    if (words[i].text == "-n") {
      off = true;
    } else if (off && !words[i].text.starts_with('-')) {
      Cell cell;
      cell.presence = Cell::Presence::kSet;
      state_.Set("(n)" + words[i].text, std::move(cell));
    }
  }
  sink_->Lose();
}

// compgen runs at once; complete only names what an interactive shell would run, and no shell here is.
void Interpreter::Complete(const Words& words, Span span) {
  sink_->Lose();
  if (words[0].text != "compgen") return;
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (!words[i].exact()) continue;
    const std::string& option = words[i].text;
    const analysis::Word& value = words[i + 1];
    if (option == "-C") {
      RunCallback(value, span);
    } else if (option == "-F") {
      Words call{value};
      RunWords(std::move(call), {}, span);
    } else if (option == "-W") {
      if (!value.exact()) {
        Unknown("wordlist", value.span, "a word list that is not known is expanded");
      } else {
        const Depth guard(*this);
        if (!guard.exceeded()) ExpandParts(Keep(ParseExpandable(value.text)));
        else Unknown("depth", value.span, "too deep to follow");
      }
    }
  }
}

}  // namespace checkrein::analysis::shell
