// Words: brace expansion, then parameters, commands and arithmetic, then splitting, pathname patterns, quote removal.
#include <algorithm>

#include "analysis/shell/brace.h"
#include "analysis/shell/characters.h"
#include "analysis/shell/interpreter.h"
#include "analysis/shell/pattern.h"

namespace checkrein::analysis::shell {

// The fields that a word becomes, while it becomes them.
struct Interpreter::Fields {
  struct Field {
    Value value = Exactly("");
    std::string pattern;        // the same with quoted characters escaped, while it is exact
    bool globbed = false;       // an unquoted * ? or [ was seen
    bool quoted = false;        // holds quotes: stays even when empty
    bool several = false;
    bool started = false;
  };
  std::vector<Field> done;
  Field now;
  Span span;
  bool split = true;            // false: an assignment, one word whatever comes
  bool may_glob = true;

  void Close() {
    if (now.started || now.quoted) done.push_back(std::move(now));
    now = Field{};
  }
  void Add(const Value& value, bool quoted) {
    now.started = true;
    if (now.value.exact() && value.exact()) {
      for (const char c : value.text) {
        const bool special = c == '*' || c == '?' || c == '[';
        if ((quoted && (special || c == ']' || c == '-' || c == '!' || c == '^')) || c == '\\') now.pattern += '\\';
        now.pattern += c;
        now.globbed = now.globbed || (special && !quoted);
      }
    }
    now.value = Concat(std::move(now.value), value);
  }
};

std::optional<std::string> Interpreter::Separators() {
  const Cell* cell = state_.Find("IFS");
  if (cell == nullptr || cell->presence == Cell::Presence::kUnset) return " \t\n";
  if (!cell->value.exact()) return std::nullopt;
  return cell->value.text;
}

Interpreter::Words Interpreter::ExpandWords(const std::vector<WordNode>& words) {
  Words out;
  for (const WordNode& word : words) ExpandWord(word, out);
  return out;
}

void Interpreter::ExpandWord(const WordNode& word, Words& out) {
  if (word.parts.size() == 1 && word.parts[0].kind == Part::Kind::kLiteral && word.parts[0].text.find_first_of("{~*?[") == std::string::npos) {
    analysis::Word& plain = out.emplace_back();  // by far the most common word
    plain.known = Known::kExactly;
    plain.text = word.parts[0].text;
    plain.span = SpanOf(word.span);
    return;
  }
  if (!HoldsBraces(word.parts)) return ExpandUnbraced(word.parts, SpanOf(word.span), out);
  BraceExpansion braces = ExpandBraces(word.parts);
  if (braces.too_many) {
    analysis::Word& many = out.emplace_back();
    many.may_be_several = true;
    many.span = SpanOf(word.span);
    Note(Coverage::kPartial, "a brace expansion of more words than are followed");
    for (const Part& part : word.parts) {  // what they run, they run
      Fields aside;
      if (part.kind != Part::Kind::kLiteral) ExpandPart(part, aside, true);
    }
  }
  for (const std::vector<BracePiece>& pieces : braces.words) {
    Fields fields;
    fields.span = SpanOf(word.span);
    bool first = true;
    for (const BracePiece& piece : pieces) {
      if (piece.part != nullptr) {
        ExpandPart(*piece.part, fields, false);
      } else {
        std::string_view text = piece.text;
        if (first) fields.Add(Tilde(text), true);
        fields.Add(Exactly(std::string(text)), false);
      }
      first = false;
    }
    fields.Close();
    Finish(fields, out);
  }
}

// A leading ~ of an unquoted text: its value, and `text` without it.
Value Interpreter::Tilde(std::string_view& text) {
  if (!text.starts_with('~')) return Exactly("");
  const size_t end = std::min(text.find('/'), text.size());
  const std::string_view who = text.substr(1, end - 1);
  text.remove_prefix(end);
  if (who.empty()) return Lookup("HOME");
  if (who == "+") return Lookup("PWD");
  if (who == "-") return Lookup("OLDPWD");
  if (who == "root") return Exactly("/root");
  return Value{};
}

void Interpreter::ExpandUnbraced(const std::vector<Part>& parts, Span span, Words& out) {
  Fields fields;
  fields.span = span;
  bool first = true;
  for (const Part& part : parts) {
    if (first && part.kind == Part::Kind::kLiteral && part.text.starts_with('~')) {
      std::string_view text = part.text;
      const bool whole = text.find('/') != std::string_view::npos || parts.size() == 1;  // ~"x" is no tilde prefix
      fields.Add(whole ? Tilde(text) : Exactly(""), true);
      fields.Add(Exactly(std::string(text)), false);
    } else if (first && part.kind == Part::Kind::kLiteral && part.text.find('~') != std::string::npos && IsName(std::string_view(part.text).substr(0, part.text.find('=')))) {
      AddAssigned(part.text, fields, AtStart::kNo);  // x=~ as an argument
    } else {
      ExpandPart(part, fields, false);
    }
    first = false;
  }
  fields.Close();
  Finish(fields, out);
}

// Patterns become what they are known to name; then the fields are words.
void Interpreter::Finish(Fields& fields, Words& out) {
  const bool glob = !Option("noglob");
  for (Fields::Field& field : fields.done) {
    analysis::Word& word = out.emplace_back();
    word.span = fields.span;
    word.may_be_several = field.several;
    if (field.globbed && glob && (!field.value.exact() || HasGlob(field.pattern))) {
      size_t star = 0;  // the text before the first pattern character is sure
      for (size_t i = 0; i < field.pattern.size() && HasGlob(std::string_view(field.pattern).substr(i)); ++i) {
        const char c = field.pattern[i];
        if (c == '*' || c == '?' || c == '[') break;
        if (c == '\\') ++i;
        ++star;
      }
      const bool climbs = field.value.text.find("..", star) != std::string::npos;
      word.known = Known::kPrefix;
      word.text = field.value.text.substr(0, star);
      word.file_names = (field.value.exact() || field.value.glob || field.value.number) && !climbs && !word.text.starts_with('~');
      if (!word.file_names && word.text.empty()) word.known = Known::kNothing;
      word.may_be_several = true;
      continue;
    }
    word.known = field.value.known;
    word.text = std::move(field.value.text);
    word.file_names = field.value.glob && word.known == Known::kPrefix;
    if (!word.exact()) word.ambient = field.value.ambient;
  }
}

void Interpreter::AddSplit(const Value& value, Fields& fields) {
  const std::optional<std::string> separators = Separators();
  if (!fields.split) return fields.Add(value, false);
  if (!value.exact() || !separators) {
    if (value.number && separators && separators->find_first_of("0123456789-") == std::string::npos) return fields.Add(value, true);
    Value unknown = value;
    if (unknown.exact()) unknown = Value{};
    const size_t cut = separators ? unknown.text.find_first_of(*separators) : 0;
    if (cut != std::string::npos && cut < unknown.text.size()) {
      unknown.text.resize(cut);
      unknown.glob = false;
      if (cut == 0) unknown.known = Known::kNothing;
    }
    fields.Add(unknown, true);
    fields.now.several = true;
    if (!unknown.glob) fields.now.value.glob = false;
    return;
  }
  if (separators->empty()) {
    if (!value.text.empty()) fields.Add(value, false);
    return;
  }
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  const auto separates = [&](char c) { return separators->find(c) != std::string::npos; };
  const std::string& text = value.text;
  for (size_t i = 0; i < text.size();) {
    if (!separates(text[i])) {
      size_t end = i;
      while (end < text.size() && !separates(text[end])) ++end;
      fields.Add(Exactly(text.substr(i, end - i)), false);
      i = end;
      continue;
    }
    bool hard = false;  // a separator that is no white space makes a field of its own
    while (i < text.size() && separates(text[i])) {
      if (!is_space(text[i])) {
        if (hard) break;
        hard = true;
      }
      ++i;
    }
    if (hard) fields.now.started = true;
    fields.Close();
  }
}

void Interpreter::ExpandPart(const Part& part, Fields& fields, bool quoted) {
  switch (part.kind) {
    case Part::Kind::kLiteral: return fields.Add(Exactly(part.text), quoted);
    case Part::Kind::kEscaped: case Part::Kind::kSingleQuoted: case Part::Kind::kAnsiQuoted:
      fields.now.quoted = true;
      return fields.Add(Exactly(part.text), true);
    case Part::Kind::kDoubleQuoted: case Part::Kind::kLocaleQuoted: {
      // "$@" alone in its quotes may be no word at all
      const bool only_list = part.parts.size() == 1 && part.parts[0].kind == Part::Kind::kParameter && IsList(*part.parts[0].parameter);
      if (!only_list) fields.now.quoted = true;
      for (const Part& inner : part.parts) ExpandPart(inner, fields, true);
      return;
    }
    case Part::Kind::kParameter: return ExpandParameter(part, fields, quoted);
    case Part::Kind::kCommand: {
      const Value value = Charged(CommandValue(part));
      quoted ? fields.Add(value, true) : AddSplit(value, fields);
      return;
    }
    case Part::Kind::kArithmetic: {
      const Value value = Evaluate(ExpandParts(part.parts), SpanOf(part.span));
      quoted ? fields.Add(value, true) : AddSplit(value, fields);
      return;
    }
    case Part::Kind::kProcessIn: case Part::Kind::kProcessOut: return fields.Add(ReadProcess(part, SpanOf(part.span)), true);
    case Part::Kind::kExtendedGlob:
      for (const Part& inner : part.parts) {
        Fields aside;
        ExpandPart(inner, aside, true);
      }
      fields.Add(Exactly("*"), false);  // whatever it matches, it is files
      return;
    case Part::Kind::kBroken:
      Unknown("syntax", SpanOf(part.span), "bash refuses this expansion when it comes to it");
      fields.Add(Value{}, true);
      return;
  }
}

void Interpreter::ExpandParameter(const Part& part, Fields& fields, bool quoted) {
  const Parameter& parameter = *part.parameter;
  const bool star = !parameter.subscript ? parameter.name == "*" : (parameter.subscript->parts.size() == 1 && parameter.subscript->parts[0].text == "*");
  const bool plain = (parameter.op.empty() || parameter.op == ":") && !parameter.length && !parameter.indirect;
  if (IsList(parameter) && plain) {
    std::optional<std::vector<Value>> list = parameter.op.empty() ? ListOf(parameter) : SliceList(parameter);
    if (list)
      for (Value& value : *list) value = Charged(std::move(value));
    if (!list) {
      fields.Add(UnknownData(), true);
      fields.now.several = !quoted || !star;
      if (quoted && !star) fields.now.quoted = false;
      return;
    }
    if (quoted && star) {
      const std::optional<std::string> separators = Separators();
      Value all = Exactly("");
      for (size_t i = 0; i < list->size(); ++i) {
        if (i > 0) all = Concat(all, separators ? Exactly(separators->substr(0, 1)) : Value{});
        all = Concat(all, (*list)[i]);
      }
      return fields.Add(all, true);
    }
    for (size_t i = 0; i < list->size(); ++i) {
      if (i > 0) {
        if (fields.split) fields.Close(); else fields.Add(Exactly(" "), true);
      }
      if (quoted) {
        fields.Add((*list)[i], true);
        fields.now.quoted = true;
      } else {
        AddSplit((*list)[i], fields);
      }
    }
    return;
  }
  const bool keeps = !only_looks_ || parameter.op.ends_with('=');  // : ${TOKEN:=x} leaves the value in a variable of this text
  if (keeps && !parameter.length && !parameter.name_list && !parameter.indirect && !parameter.op.ends_with('+')) ReadEnvironment(parameter.name, SpanOf(part.span));
  const bool spent = session_.expanded > kMaxExpanded && parameter.op.empty() && !parameter.indirect && !parameter.subscript;
  const Value value = Charged(spent ? UnknownData() : ParameterValue(parameter));
  const bool makes_list = IsList(parameter) || parameter.name_list || (parameter.indirect && !value.exact());
  if (!quoted) {
    AddSplit(value, fields);
  } else {
    fields.Add(value, true);
  }
  if (makes_list && !parameter.length && !value.exact()) fields.now.several = true;
}

bool Interpreter::IsList(const Parameter& parameter) {
  if (parameter.subscript) return parameter.subscript->parts.size() == 1 && parameter.subscript->parts[0].kind == Part::Kind::kLiteral && (parameter.subscript->parts[0].text == "@" || parameter.subscript->parts[0].text == "*");
  return parameter.name == "@" || parameter.name == "*";
}

Value Interpreter::ExpandParts(const std::vector<Part>& parts) {
  Fields fields;
  fields.split = false;
  for (const Part& part : parts) ExpandPart(part, fields, true);
  Value out = std::move(fields.now.value);
  if (fields.now.several && out.exact()) out = Value{};
  return out;
}

// Literal text of an assignment: tildes count after `=` and `:` too, and at its very `start`.
void Interpreter::AddAssigned(std::string_view rest, Fields& fields, AtStart at) {
  bool start = at == AtStart::kYes;
  while (!rest.empty()) {
    if (start && rest.starts_with('~')) {
      const size_t end = std::min({rest.find('/'), rest.find(':'), rest.size()});
      std::string_view prefix = rest.substr(0, end);
      fields.Add(Tilde(prefix), true);
      rest.remove_prefix(end);
      start = false;
      continue;
    }
    const size_t next = rest.find_first_of(":=");
    const size_t take = next == std::string_view::npos ? rest.size() : next + 1;
    fields.Add(Exactly(std::string(rest.substr(0, take))), false);
    rest.remove_prefix(take);
    start = true;
  }
}

Value Interpreter::ExpandScalar(const WordNode& word) {
  Fields fields;
  fields.split = false;
  for (size_t i = 0; i < word.parts.size(); ++i) {
    const Part& part = word.parts[i];
    if (part.kind == Part::Kind::kLiteral && part.text.find('~') != std::string::npos) {
      AddAssigned(part.text, fields, i == 0 ? AtStart::kYes : AtStart::kNo);
      continue;
    }
    ExpandPart(part, fields, false);
  }
  return std::move(fields.now.value);
}

Value Interpreter::ExpandPattern(const WordNode& word) {
  Fields fields;
  fields.split = false;
  bool extended = false;
  for (const Part& part : word.parts) {
    extended = extended || part.kind == Part::Kind::kExtendedGlob;
    ExpandPart(part, fields, false);
  }
  if (!fields.now.value.exact() || extended) return Value{};
  return Exactly(fields.now.pattern);
}

Value Interpreter::CommandValue(const Part& part) {
  const Depth guard(*this);
  if (guard.exceeded()) {
    Unknown("depth", SpanOf(part.span), "nested too deep to follow");
    return UnknownData();
  }
  const List& list = part.script->list;
  if (list.items.size() == 1 && list.items[0].pipeline.commands.size() == 1 && !part.script->error) {  // $(<file)
    const Command& command = list.items[0].pipeline.commands[0];
    const Simple* simple = std::get_if<Simple>(&command.what);
    if (simple != nullptr && simple->words.empty() && simple->assignments.empty() && command.redirects.size() == 1 && command.redirects[0].kind == Redirect::Kind::kIn) {
      Value value = UnknownData();
      InSubshell([&] {
        WithRedirects(command.redirects, [&] {
          if (input_.kind == Input::Kind::kText) value = Exactly(input_.text);
        });
      });
      while (value.text.ends_with('\n')) value.text.pop_back();
      return value;
    }
  }
  Value otherwise;
  std::optional<std::string> text = Capture(*part.script, part.span, otherwise);
  return text ? Exactly(std::move(*text)) : otherwise;
}

// <(..) and >(..): a path under /dev/fd, as bash hands it over.
Value Interpreter::ReadProcess(const Part& part, Span span) {
  const Depth guard(*this);
  if (guard.exceeded()) {
    Unknown("depth", span, "nested too deep to follow");
    return {};
  }
  const std::string path = "/dev/fd/" + std::to_string(session_.next_descriptor--);
  if (part.kind == Part::Kind::kProcessIn) {
    Sink sink;
    Sink* const outer = std::exchange(sink_, &sink);
    const Input::Origin printed = std::exchange(session_.printed, Input::Origin::kPlain);
    InSubshell([&] { RunScript(*part.script); });
    session_.substituted = std::max(session_.substituted, session_.printed);
    session_.printed = printed;
    sink_ = outer;
    session_.files[path] = sink.known ? std::optional<std::string>(sink.text) : std::nullopt;
  } else {
    InSubshell([&] {
      input_ = {Input::Kind::kPipe, ""};
      RunScript(*part.script);
    });
    sink_->Lose();
    session_.files[path] = std::nullopt;
  }
  return Exactly(path);
}

}  // namespace checkrein::analysis::shell
