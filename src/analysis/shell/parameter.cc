// ${..}: the object and its operator. The text between the braces is [pos_, end_); anything that does not read as a parameter
// is a "bad substitution", which bash reports only when it expands it.
#include "analysis/shell/characters.h"
#include "analysis/shell/reader.h"

namespace checkrein::analysis::shell {

bool Reader::FillHead(Parameter& parameter) {
  const int c = PeekChar();
  if (c == kNone) return false;
  if (IsDigit(c)) {
    for (int d = PeekChar(); d != kNone && IsDigit(d); d = PeekChar()) parameter.name += static_cast<char>(GetRaw());
    return true;
  }
  if (!ReadName(parameter.name)) {
    if (!IsSpecialParameter(c)) return false;
    parameter.name = std::string(1, static_cast<char>(GetRaw()));
    return true;
  }
  if (PeekChar() != '[') return true;
  GetRaw();
  const Pos begin = pos_;
  if (!Match('[', ']', kSubscript)) {
    if (error_->kind != SyntaxError::Kind::kTooDeep) error_.reset();
    return false;
  }
  parameter.subscript.emplace();
  parameter.subscript->span = {begin, pos_ - 1};
  parameter.subscript->parts = BuildRange(begin, pos_ - 1, Mode::kUnquoted);
  return true;
}

bool Reader::FillParameter(Parameter& parameter, unsigned flags) {
  const int c = PeekChar();
  const Pos start = pos_;
  if (c == '#') {  // a length, if nothing but an object follows
    GetRaw();
    if (PeekChar() != kNone && FillHead(parameter) && PeekChar() == kNone) return parameter.length = true;
    if (failed()) return false;
    pos_ = start;
    parameter = Parameter{};
    parameter.braced = true;
  } else if (c == '!') {
    GetRaw();
    const int next = PeekChar();
    if (next != kNone && (IsNameStart(next) || IsDigit(next) || next == '@' || next == '*' || next == '#')) {
      parameter.indirect = true;
    } else {
      pos_ = start;
    }
  }
  if (!FillHead(parameter)) return false;
  if (parameter.indirect && IsName(parameter.name) && !parameter.subscript && pos_ + 1 == end_ && (source_[pos_] == '*' || source_[pos_] == '@')) {
    parameter.op = std::string(1, static_cast<char>(GetRaw()));
    return parameter.name_list = true;
  }
  return PeekChar() == kNone || FillOperator(parameter, flags);
}

WordNode Reader::BuildOperand(Mode mode, int stop) {
  WordNode word;
  word.span.begin = pos_;
  const bool stopped = Build(word.parts, mode, stop);
  word.span.end = stopped ? pos_ - 1 : pos_;
  return word;
}

bool Reader::FillOperator(Parameter& parameter, unsigned flags) {
  const bool in_double = (flags & kInDouble) != 0;
  const char c = static_cast<char>(GetRaw());
  parameter.op = std::string(1, c);
  const int next = PeekChar();
  switch (c) {
    case ':':
      if (next != '-' && next != '=' && next != '?' && next != '+') return FillSlice(parameter);
      parameter.op += static_cast<char>(GetRaw());
      [[fallthrough]];
    case '-': case '=': case '?': case '+':
      parameter.operand = BuildOperand(in_double ? Mode::kDoubleBrace : Mode::kUnquoted, kNone);
      return !failed();
    case '#': case '%': case '^': case ',': case '~':
      if (next == c) parameter.op += static_cast<char>(GetRaw());
      parameter.operand = BuildOperand(Mode::kUnquoted, kNone);
      return !failed();
    case '/': {
      if (next == '/' || next == '#' || next == '%') parameter.op += static_cast<char>(GetRaw());
      std::vector<Part> first;  // the pattern's first character never ends it
      const Pos begin = pos_;
      if (PeekChar() == '/') {
        GetRaw();
        Part& part = first.emplace_back();
        part.text.push_back('/');
        part.span = {begin, pos_};
      }
      parameter.operand = BuildOperand(Mode::kUnquoted, '/');
      if (!first.empty()) {
        parameter.operand.span.begin = begin;
        parameter.operand.parts.insert(parameter.operand.parts.begin(), std::move(first.front()));
      }
      if (parameter.operand.span.end < pos_) parameter.second = BuildOperand(Mode::kUnquoted, kNone);
      return !failed();
    }
    case '@':
      if (next == kNone) return false;
      parameter.operand = BuildOperand(Mode::kUnquoted, kNone);
      return !failed();
    default:
      return false;
  }
}

// After the first colon: offset, and length after a colon that belongs to no `?:` and no parenthesis.
bool Reader::FillSlice(Parameter& parameter) {
  const Pos begin = pos_;
  Pos colon = end_;
  int depth = 0, questions = 0;
  while (colon == end_) {
    const Pos at = pos_;
    const int c = Get();
    if (c == kNone) break;
    if (c == '\\') {
      GetRaw();
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (c == '?') {
      ++questions;
    } else if (c == ':' && depth == 0 && questions-- == 0) {
      colon = at;
    } else if (c == '\'' || c == '"' || c == '`') {
      if (!Match(static_cast<char>(c), static_cast<char>(c), 0)) break;
    } else if (c == '$') {
      if (const auto kept = kept_.find(at); kept != kept_.end()) {
        pos_ = kept->second.span.end;
      } else if (PeekChar() == '{' || PeekChar() == '(' || PeekChar() == '[') {
        Part part = ReadDollar(at, kInDouble);
        kept_.insert_or_assign(at, std::move(part));
      }
    }
  }
  if (failed()) {
    if (error_->kind != SyntaxError::Kind::kTooDeep) error_.reset();
    return false;
  }
  parameter.operand.span = {begin, colon};
  parameter.operand.parts = BuildRange(begin, colon, Mode::kArithmetic);
  if (colon < end_) {
    parameter.second.emplace();
    parameter.second->span = {colon + 1, end_};
    parameter.second->parts = BuildRange(colon + 1, end_, Mode::kArithmetic);
  }
  return !failed();
}

}  // namespace checkrein::analysis::shell
