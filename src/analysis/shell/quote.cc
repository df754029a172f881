// Characters, quoting and expansions.
//
// Where a construct ends follows bash's lexer (Match: parentheses and quotes are paired without understanding the rest); what it
// holds is built from that stretch afterwards. Match keeps every substitution that it had to read in full, so that no text is read
// twice per level:
//
//   word        = { literal | "\" char | "'" {char} "'" | "$'" {char | escape} "'" | ["$"] '"' double '"' | expansion | process } ;
//   double      = { char | "\" ("$" | "`" | '"' | "\" | newline) | expansion } ;
//   expansion   = "$" name | "$" digit | "$" special | "${" parameter "}" | "$(" list ")" | "`" text "`" | "$((" arith "))" | "$[" arith "]" ;
//   process     = ("<(" | ">(") list ")" ;
//   parameter   = "#" object | ["!"] object [operator] | "!" name ("*" | "@") ;
//   object      = (name | digits | special) [ "[" subscript "]" ] ;
//   operator    = (":-" | "-" | ":=" | "=" | ":?" | "?" | ":+" | "+" | "#" | "##" | "%" | "%%" | "^" | "^^" | "," | ",," | "~" | "~~") word
//               | ":" arith [ ":" arith ] | ("/" | "//" | "/#" | "/%") word [ "/" word ] | "@" letter ;
//   special     = "*" | "@" | "#" | "?" | "-" | "$" | "!" ;
#include "analysis/shell/characters.h"
#include "analysis/shell/reader.h"

namespace checkrein::analysis::shell {
namespace {

bool OpensDollar(int c) { return c == '(' || c == '{' || c == '['; }

void AddLiteral(std::vector<Part>& out, uint32_t begin, uint32_t end, std::string_view text) {
  if (!out.empty() && out.back().kind == Part::Kind::kLiteral) {
    out.back().text += text;
    out.back().span.end = end;
    return;
  }
  Part& part = out.emplace_back();
  part.text = text;
  part.span = {begin, end};
}

Part MakePart(Part::Kind kind, uint32_t begin, uint32_t end) {
  Part part;
  part.kind = kind;
  part.span = {begin, end};
  return part;
}

}  // namespace

Reader::Pos Reader::AfterNewline(Pos newline) const {
  if (!resume_.empty())
    if (const auto at = resume_.find(newline); at != resume_.end()) return at->second;
  return newline + 1;
}

int Reader::GetRaw() {
  if (pos_ >= end_) return kNone;
  const char c = source_[pos_];
  pos_ = c == '\n' ? AfterNewline(pos_) : pos_ + 1;
  return static_cast<unsigned char>(c);
}

int Reader::Get() {
  while (pos_ + 1 < end_ && source_[pos_] == '\\' && source_[pos_ + 1] == '\n') pos_ = AfterNewline(pos_ + 1);
  return GetRaw();
}

int Reader::PeekChar() {
  while (pos_ + 1 < end_ && source_[pos_] == '\\' && source_[pos_ + 1] == '\n') pos_ = AfterNewline(pos_ + 1);
  return pos_ < end_ ? static_cast<unsigned char>(source_[pos_]) : kNone;
}

bool Reader::Fail(SyntaxError::Kind kind, std::string text) {
  if (!error_) error_ = SyntaxError{kind, pos_, std::move(text)};
  return false;
}

// Moves to just after the `close` that pairs with an `open` already read.
bool Reader::Match(char open, char close, unsigned flags) {
  const Deeper deeper(*this);
  const unsigned inherited = open == '"' ? kInDouble : flags & kInDouble;
  std::vector<Pos> opened;  // open == '(': where the inner ones stand
  int count = 1;
  bool escaped = false, was_dollar = false, was_angle = false;
  Pos before = pos_;  // of the character before this one
  while (!failed()) {
    const Pos at = pos_;
    const int c = open == '\'' || escaped ? GetRaw() : Get();
    if (c == kNone) return Fail(SyntaxError::Kind::kUnclosed, std::string("end of text while looking for the matching `") + close + "'");
    if (escaped) {
      escaped = false;
      continue;
    }
    if (c == close) {
      --count;
    } else if ((open == '{' && was_dollar && c == '{') || ((flags & kFirstClose) == 0 && c == open)) {
      ++count;
    }
    if (open == '(' && c == ')' && !opened.empty()) {
      parens_[opened.back()] = pos_;
      opened.pop_back();
    }
    if (count == 0) return true;
    if (open == '\'') {
      escaped = (flags & kAllowEscape) != 0 && c == '\\';
      continue;
    }
    if (c == '\\') escaped = true;
    bool dollar = false;
    if (open != close) {
      if (c == '\'' || c == '"' || c == '`') {
        if (!Match(static_cast<char>(c), static_cast<char>(c), inherited | (was_dollar && c == '\'' ? unsigned{kAllowEscape} : 0U))) return false;
      } else {
        dollar = was_dollar && (((flags & (kSubscript | kBrace)) != 0 && OpensDollar(c)) || ((flags & kArith) != 0 && c == '('));
        if (!dollar && (flags & (kSubscript | kBrace)) != 0 && was_angle && c == '(') {
          if (const auto kept = kept_.find(before); kept != kept_.end()) {
            pos_ = kept->second.span.end;
          } else {
            Part part = ReadProcess(before);
            kept_.insert_or_assign(before, std::move(part));
          }
        } else if (!dollar && open == '(' && c == '(') {
          opened.push_back(pos_ - 1);
        }
      }
    } else if (open == '"' && c == '`') {
      if (!Match('`', '`', inherited)) return false;
    } else {
      dollar = open != '`' && was_dollar && OpensDollar(c);
    }
    if (dollar) {
      if (c == open) --count;
      if (const auto kept = kept_.find(before); kept != kept_.end()) {
        pos_ = kept->second.span.end;
      } else {
        --pos_;
        Part part = ReadDollar(before, inherited);
        kept_.insert_or_assign(before, std::move(part));
      }
    }
    was_angle = (c == '<' || c == '>') && !was_angle;
    was_dollar = c == '$' && !was_dollar;
    before = at;
    while (before + 1 < end_ && source_[before] == '\\' && source_[before + 1] == '\n') before = AfterNewline(before + 1);
  }
  return false;
}

Part Reader::ReadDollar(Pos begin, unsigned flags) {
  const int c = Get();
  if (c == '{') return ReadParameter(begin, flags);
  if (c == '[') return ReadSubscriptArithmetic(begin);
  if (PeekChar() == '(') return ReadArithmetic(begin);
  return ReadSubstitution(begin, Part::Kind::kCommand);
}

// After the opening parenthesis, to after the closing one.
Part Reader::ReadSubstitution(Pos begin, Part::Kind kind) {
  const Deeper deeper(*this);
  Part part = MakePart(kind, begin, begin);
  part.script = std::make_unique<Script>();
  if (failed()) return part;
  std::vector<HereDocument*> outer;
  outer.swap(here_documents_);
  const bool tolerant = std::exchange(tolerant_, false);
  ++substitutions_;
  if (SkipNewlines() && Peek(Where::kCommand).kind != Token::Kind::kClose) ReadCompoundList(part.script->list);
  if (!failed()) {
    const Token close = Take(Where::kCommand);
    if (close.kind == Token::Kind::kEnd) {
      Fail(SyntaxError::Kind::kUnclosed, "end of text while looking for the matching `)'");
    } else if (close.kind != Token::Kind::kClose) {
      FailSyntax(close);
    }
  }
  if (!failed() && !here_documents_.empty()) {  // bash warns, and reads them from the lines after this one
    size_t newline = source_.substr(0, end_).find('\n', pos_);
    if (newline == std::string_view::npos) newline = end_;
    GatherHereDocuments(static_cast<Pos>(newline));
  }
  --substitutions_;
  tolerant_ = tolerant;
  here_documents_.swap(outer);
  part.span.end = pos_;
  return part;
}

// After `$(`, at the second parenthesis. What does not end in two that pair with the first two is a command after all.
Part Reader::ReadArithmetic(Pos begin) {
  const Pos inner = pos_;
  Part part = MakePart(Part::Kind::kArithmetic, begin, begin);
  if (!Match('(', ')', kArith)) return part;
  const Pos after = pos_;
  const auto pair = parens_.find(inner);
  if (pair != parens_.end() && pair->second == after - 1) {
    part.parts = BuildRange(inner + 1, after - 2, Mode::kArithmetic);
    part.span.end = after;
    return part;
  }
  return ReadCommandWithin(begin, inner, Part::Kind::kCommand);
}

// After `<(` or `>(`. With a second parenthesis bash pairs parentheses first and reads the commands only when it runs them.
Part Reader::ReadProcess(Pos begin) {
  const Part::Kind kind = source_[begin] == '<' ? Part::Kind::kProcessIn : Part::Kind::kProcessOut;
  if (PeekChar() != '(') return ReadSubstitution(begin, kind);
  const Pos inner = pos_;
  if (!Match('(', ')', kArith)) return MakePart(kind, begin, begin);
  return ReadCommandWithin(begin, inner, kind);
}

// The commands in [inner, pos_), whose faults show only when it runs.
Part Reader::ReadCommandWithin(Pos begin, Pos inner, Part::Kind kind) {
  const Pos after = pos_;
  const bool tolerant = std::exchange(tolerant_, true);
  const Pos end = std::exchange(end_, after);
  pos_ = inner;
  Part part = ReadSubstitution(begin, kind);
  if (failed() && error_->kind != SyntaxError::Kind::kTooDeep) {
    error_.reset();
    has_token_ = false;
    part = Broken(begin, after);
    CountText(Raw(begin, after));
  }
  tolerant_ = tolerant;
  end_ = end;
  pos_ = after;
  part.span.end = after;
  part.text = Raw(begin, after);
  return part;
}

Part Reader::ReadSubscriptArithmetic(Pos begin) {  // $[..], after the bracket
  const Pos inner = pos_;
  Part part = MakePart(Part::Kind::kArithmetic, begin, begin);
  part.bracketed = true;
  if (!Match('[', ']', kArith)) return part;
  part.parts = BuildRange(inner, pos_ - 1, Mode::kArithmetic);
  part.span.end = pos_;
  return part;
}

Part Reader::ReadParameter(Pos begin, unsigned flags) {  // after `${`
  const Pos inner = pos_;
  Part part = MakePart(Part::Kind::kParameter, begin, begin);
  if (!Match('{', '}', kFirstClose | kBrace | (flags & kInDouble))) return part;
  const Deeper deeper(*this);
  const Pos after = pos_;
  part.parameter = std::make_unique<Parameter>();
  part.parameter->braced = true;
  const Pos end = std::exchange(end_, after - 1);
  const bool tolerant = std::exchange(tolerant_, true);
  pos_ = inner;
  if (!FillParameter(*part.parameter, flags) && !failed()) part = Broken(begin, after);
  tolerant_ = tolerant;
  end_ = end;
  pos_ = after;
  part.span.end = after;
  return part;
}

Part Reader::ReadBackquoted(Pos begin, Mode mode) {  // after the opening one
  Part part = MakePart(Part::Kind::kCommand, begin, begin);
  part.backquoted = true;
  std::string text;
  for (int c = Get(); c != '`'; c = Get()) {
    if (c == kNone) {
      Fail(SyntaxError::Kind::kUnclosed, "end of text while looking for the matching ``'");
      return part;
    }
    part.text += static_cast<char>(c);
    if (c == '\\') {
      const int next = GetRaw();
      if (next == kNone) continue;
      part.text += static_cast<char>(next);
      const bool removed = next == '$' || next == '`' || next == '\\' || (next == '"' && mode != Mode::kUnquoted && mode != Mode::kHereBody);
      if (!removed) text += '\\';
      text += static_cast<char>(next);
    } else {
      text += static_cast<char>(c);
    }
  }
  part.span.end = pos_;
  if (depth_ + 1 > kMaxDepth) {
    Fail(SyntaxError::Kind::kTooDeep, "nested too deep");
    return part;
  }
  part.script = std::make_unique<Script>(Parse(text, extglob_ ? Extglob::kOn : Extglob::kOff, depth_ + 1));
  Count(part.script->commands);
  part.script->span_is_whole = true;
  if (part.script->error && part.script->error->kind == SyntaxError::Kind::kTooDeep) Fail(SyntaxError::Kind::kTooDeep, "nested too deep");
  return part;
}

Part Reader::ReadSingle(Pos begin) {  // after the quote
  Part part = MakePart(Part::Kind::kSingleQuoted, begin, begin);
  for (int c = GetRaw(); c != '\''; c = GetRaw()) {
    if (c == kNone) {
      Fail(SyntaxError::Kind::kUnclosed, "end of text while looking for the matching `''");
      return part;
    }
    part.text += static_cast<char>(c);
  }
  part.span.end = pos_;
  return part;
}

Part Reader::ReadAnsi(Pos begin) {  // after $'
  Part part = MakePart(Part::Kind::kAnsiQuoted, begin, begin);
  std::string raw;
  for (int c = GetRaw(); c != '\''; c = GetRaw()) {
    if (c == kNone) {
      Fail(SyntaxError::Kind::kUnclosed, "end of text while looking for the matching `''");
      return part;
    }
    raw += static_cast<char>(c);
    if (c == '\\') {
      const int next = GetRaw();
      if (next != kNone) raw += static_cast<char>(next);
    }
  }
  part.text = DecodeAnsi(raw);
  part.spelled = SpellsPlainly(raw);
  part.span.end = pos_;
  return part;
}

Part Reader::ReadDouble(Pos begin, Part::Kind kind) {  // after the quote
  const Deeper deeper(*this);
  Part part = MakePart(kind, begin, begin);
  if (!failed() && !Build(part.parts, Mode::kDouble, '"')) Fail(SyntaxError::Kind::kUnclosed, "end of text while looking for the matching `\"'");
  part.span.end = pos_;
  return part;
}

Part Reader::Broken(Pos begin, Pos end) const {
  Part part = MakePart(Part::Kind::kBroken, begin, end);
  part.text = Raw(begin, end);
  return part;
}

std::vector<Part> Reader::BuildRange(Pos begin, Pos end, Mode mode) {
  const Deeper deeper(*this);
  std::vector<Part> out;
  const Pos pos = std::exchange(pos_, begin);
  const Pos limit = std::exchange(end_, end);
  const bool tolerant = std::exchange(tolerant_, true);
  if (!failed()) Build(out, mode, kNone);
  tolerant_ = tolerant;
  end_ = limit;
  pos_ = pos;
  return out;
}

bool Reader::Build(std::vector<Part>& out, Mode mode, int stop) {
  while (!failed()) {
    PeekChar();
    const Pos at = pos_;
    const int c = GetRaw();
    if (c == kNone || c == stop) return c != kNone;
    if (c == '\\') {
      BuildEscape(out, at, mode);
    } else if (c == '$') {
      if (!BuildExpansion(out, at, mode)) AddLiteral(out, at, pos_, "$");
    } else if (c == '`') {
      Part part = ReadBackquoted(at, mode);
      if (failed() && tolerant_ && error_->kind != SyntaxError::Kind::kTooDeep) {
        error_.reset();
        part = Broken(at, end_);
        pos_ = end_;
      }
      out.push_back(std::move(part));
    } else if (!BuildQuote(out, at, c, mode)) {
      Pos run = pos_;  // a run of characters that mean nothing anywhere
      while (c != '\n' && run < end_ && IsPlain(source_[run])) ++run;
      AddLiteral(out, at, run, Raw(at, run));
      pos_ = run;
    }
  }
  return false;
}

void Reader::BuildEscape(std::vector<Part>& out, Pos at, Mode mode) {
  if (pos_ >= end_) return AddLiteral(out, at, pos_, "\\");
  const char next = source_[pos_];
  bool removes = mode == Mode::kUnquoted || next == '$' || next == '`' || next == '\\';
  removes = removes || (next == '"' && mode != Mode::kHereBody) || (next == '}' && mode == Mode::kDoubleBrace);
  if (!removes) return AddLiteral(out, at, pos_, "\\");
  GetRaw();
  Part& part = out.emplace_back(MakePart(Part::Kind::kEscaped, at, pos_));
  part.text = std::string(1, next);
}

// Quotes and process substitutions; false when `c` is none of them here.
bool Reader::BuildQuote(std::vector<Part>& out, Pos at, int c, Mode mode) {
  const bool angle = (c == '<' || c == '>') && mode != Mode::kHereBody && PeekChar() == '(';
  if (!(c == '\'' && mode == Mode::kUnquoted) && !(c == '"' && mode != Mode::kHereBody) && !angle) return false;
  if (angle) {
    const auto kept = kept_.find(at);
    if (kept != kept_.end()) {
      Part part = std::move(kept->second);
      kept_.erase(kept);
      pos_ = part.span.end;
      if (mode == Mode::kUnquoted) {
        out.push_back(std::move(part));
      } else {
        AddLiteral(out, at, pos_, Raw(at, pos_));  // read for its syntax only: it means nothing between double quotes
      }
      return true;
    }
    if (mode != Mode::kUnquoted) return false;
  }
  Part part;
  if (c == '\'') {
    part = ReadSingle(at);
  } else if (c == '"') {
    part = ReadDouble(at, Part::Kind::kDoubleQuoted);
  } else {
    GetRaw();
    part = ReadProcess(at);
  }
  if (failed() && tolerant_ && error_->kind != SyntaxError::Kind::kTooDeep) {
    error_.reset();
    has_token_ = false;
    part = Broken(at, end_);
    pos_ = end_;
  }
  out.push_back(std::move(part));
  return true;
}

// After a `$`; false when it is only a dollar sign.
bool Reader::BuildExpansion(std::vector<Part>& out, Pos at, Mode mode) {
  if (!kept_.empty()) {
    if (const auto kept = kept_.find(at); kept != kept_.end()) {
      pos_ = kept->second.span.end;
      out.push_back(std::move(kept->second));
      kept_.erase(kept);
      return true;
    }
  }
  const int c = PeekChar();
  const Pos start = pos_;
  Part part;
  if (OpensDollar(c)) {
    const std::vector<HereDocument*> waiting = here_documents_;
    part = ReadDollar(at, mode == Mode::kUnquoted ? 0U : unsigned{kInDouble});
    if (failed() && tolerant_ && error_->kind != SyntaxError::Kind::kTooDeep) {
      error_.reset();
      has_token_ = false;
      here_documents_ = waiting;
      part = Broken(at, end_);
      pos_ = end_;
    }
  } else if (mode == Mode::kUnquoted && (c == '\'' || c == '"')) {
    GetRaw();
    part = c == '\'' ? ReadAnsi(at) : ReadDouble(at, Part::Kind::kLocaleQuoted);
    if (failed() && tolerant_ && error_->kind != SyntaxError::Kind::kTooDeep) {
      error_.reset();
      part = Broken(at, end_);
      pos_ = end_;
    }
  } else {
    part = MakePart(Part::Kind::kParameter, at, at);
    part.parameter = std::make_unique<Parameter>();
    if (c != kNone && IsDigit(c)) {
      part.parameter->name = std::string(1, static_cast<char>(GetRaw()));
    } else if (!ReadName(part.parameter->name)) {
      if (c == kNone || !IsSpecialParameter(c)) {
        pos_ = start;
        return false;
      }
      part.parameter->name = std::string(1, static_cast<char>(GetRaw()));
    }
    part.span.end = pos_;
  }
  out.push_back(std::move(part));
  return true;
}

bool Reader::ReadName(std::string& name) {
  int c = PeekChar();
  if (c == kNone || !IsNameStart(c)) return false;
  for (; c != kNone && IsNameChar(c); c = PeekChar()) {
    Pos run = pos_;
    while (run < end_ && IsNameChar(static_cast<unsigned char>(source_[run]))) ++run;
    name += Raw(pos_, run);
    pos_ = run;
  }
  return true;
}

}  // namespace checkrein::analysis::shell
