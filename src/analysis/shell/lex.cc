// Tokens and words. The caller says where the word stands (Where), as bash's lexer asks its parser.
//
//   token      = operator | word | assignment | io-number | io-variable | "((" arith "))" | newline | end ;
//   operator   = ";" | ";;" | ";&" | ";;&" | "&" | "&&" | "|" | "||" | "|&" | "(" | ")"
//              | "<" | ">" | ">>" | "<>" | ">|" | "<&" | ">&" | "&>" | "&>>" | "<<" | "<<-" | "<<<" ;
//   io-number  = digits, just before "<" or ">" ;      io-variable = "{" name "}", likewise ;
//   assignment = name [ "[" subscript "]" ] ["+"] "=" ( [word] | "(" { word | "[" subscript "]" ["+"] "=" [word] | newline } ")" ) ;
//   comment    = "#" {char}, where a token could begin ;
#include "analysis/shell/characters.h"
#include "analysis/shell/reader.h"

namespace checkrein::analysis::shell {

const Token& Reader::Peek(Where place) {
  if (!has_token_) {
    Token token;
    if (!failed()) Lex(token, place);
    token_ = std::move(token);
    if (!token_.joined.empty()) token_.plain = token_.joined;  // a short string's bytes move with it
    has_token_ = true;
  }
  return token_;
}

Token Reader::Take(Where place) {
  Peek(place);
  has_token_ = false;
  last_end_ = token_.span.end;
  Token out = std::move(token_);
  if (!out.joined.empty()) out.plain = out.joined;
  return out;
}

void Reader::SkipBlanks() {
  for (;;) {
    const int c = PeekChar();
    if (c == ' ' || c == '\t') {
      ++pos_;
    } else if (c == '#') {
      const size_t newline = source_.substr(0, end_).find('\n', pos_);
      pos_ = newline == std::string_view::npos ? end_ : static_cast<Pos>(newline);
      return;
    } else {
      return;
    }
  }
}

void Reader::Lex(Token& token, Where place) {
  SkipBlanks();
  const Pos at = pos_;
  token.span = {at, at};
  const int c = PeekChar();
  if (c == kNone) return;
  if (c == '\n') {
    token.kind = Token::Kind::kNewline;
    if (!here_documents_.empty()) GatherHereDocuments(pos_);
    GetRaw();
    token.span.end = at + 1;
    return;
  }
  if (place != Where::kRegex && IsMeta(c)) {
    const Pos start = pos_;
    GetRaw();
    if ((c != '<' && c != '>') || PeekChar() != '(') {
      LexOperator(token, c, place);
      token.span.end = pos_;
      return;
    }
    pos_ = start;
  }
  LexWord(token, place);
  token.span.end = pos_;
}

bool Reader::LexOperator(Token& token, int c, Where place) {
  using K = Token::Kind;
  const auto next = [this](char want) {
    if (PeekChar() != want) return false;
    GetRaw();
    return true;
  };
  switch (c) {
    case ';': token.kind = next(';') ? (next('&') ? K::kCaseNext : K::kCaseBreak) : (next('&') ? K::kCaseFall : K::kSemi); return true;
    case '&': token.kind = next('&') ? K::kAndAnd : (next('>') ? (next('>') ? K::kAndDoubleGreat : K::kAndGreat) : K::kAmp); return true;
    case '|': token.kind = next('|') ? K::kOrOr : (next('&') ? K::kPipeBoth : K::kPipe); return true;
    case ')': token.kind = K::kClose; return true;
    case '(': token.kind = K::kOpen; return place == Where::kCommand && PeekChar() == '(' ? LexArithmetic(token) : true;
    case '<':
      if (next('<')) {
        token.kind = next('-') ? K::kHereTabs : (next('<') ? K::kHereString : K::kHere);
      } else {
        token.kind = next('&') ? K::kLessAnd : (next('>') ? K::kLessGreat : K::kLess);
      }
      return true;
    default: token.kind = next('>') ? K::kDoubleGreat : (next('&') ? K::kGreatAnd : (next('|') ? K::kClobber : K::kGreat)); return true;
  }
}

// After one parenthesis, at the second. What does not end in two is nested subshells: back to one.
bool Reader::LexArithmetic(Token& token) {
  const Pos outer = pos_;
  GetRaw();
  const Pos begin = pos_;
  const auto known = parens_.find(pos_ - 1);
  if (known != parens_.end()) {
    pos_ = known->second;
  } else {
    if (!Match('(', ')', 0)) return false;
    parens_[begin - 1] = pos_;
  }
  const Pos end = pos_ - 1;
  if (PeekChar() != ')') {
    pos_ = outer;
    return true;
  }
  GetRaw();
  token.kind = Token::Kind::kArithmetic;
  token.word.span = {begin, end};
  token.word.parts = BuildRange(begin, end, Mode::kArithmetic);
  return true;
}

void Reader::FinishWord(Token& token) {
  if (token.kind != Token::Kind::kWord || token.compound || token.word.parts.size() != 1) return;
  Part& part = token.word.parts.front();
  if (part.kind != Part::Kind::kLiteral) return;
  const Span span = token.word.span;
  token.plain = Raw(span.begin, span.end);
  if (token.plain != part.text) {
    token.joined = part.text;
    token.plain = token.joined;
  }
}

void Reader::LexWord(Token& token, Where place) {
  token.kind = Token::Kind::kWord;
  token.word.span.begin = pos_;
  if (place <= Where::kAssignments || place == Where::kDeclaration) {
    if (LexAssignmentHead(token, place)) return;
  } else if (place == Where::kElements && PeekChar() == '[') {
    const Pos begin = pos_;
    GetRaw();
    if (!Match('[', ']', kSubscript)) return;
    const Pos end = pos_;
    const bool plus = PeekChar() == '+';
    if (plus) GetRaw();
    if (PeekChar() == '=') {
      GetRaw();
      token.kind = Token::Kind::kAssignment;
      token.assignment.append = plus;
      token.assignment.subscript.emplace();
      token.assignment.subscript->span = {begin + 1, end - 1};
      token.assignment.subscript->parts = BuildRange(begin + 1, end - 1, Mode::kUnquoted);
      token.word.span.begin = pos_;
    } else {
      pos_ = end;
      token.word.parts = BuildRange(begin, end, Mode::kUnquoted);
    }
  }
  std::vector<Part>& parts = token.word.parts;
  while (!failed()) {
    const int c = PeekChar();
    if (c == kNone || !LexWordPart(parts, c, place)) break;
  }
  token.word.span.end = pos_;
  const int c = PeekChar();
  if (token.kind == Token::Kind::kAssignment) {
    token.assignment.value = std::move(token.word);
    token.assignment.span = {token.span.begin, pos_};
    return;
  }
  FinishWord(token);
  if ((c == '<' || c == '>') && !token.plain.empty() && place != Where::kCondition) {
    bool digits = token.plain.size() < 10;
    for (const char d : token.plain) digits = digits && IsDigit(d);
    if (digits) token.kind = Token::Kind::kIoNumber;
    std::string_view inner = token.plain;
    if (inner.size() > 2 && inner.front() == '{' && inner.back() == '}') {
      inner = inner.substr(1, inner.size() - 2);
      if (IsName(inner.substr(0, inner.find('[')))) token.kind = Token::Kind::kIoVariable;
    }
  }
}

// One piece of a word; false at its end.
bool Reader::LexWordPart(std::vector<Part>& parts, int c, Where place) {
  if (LexPatternOrRegex(parts, c, place)) return !failed();
  const Pos at = pos_;
  if (IsMeta(c)) {
    if (c != '<' && c != '>') return false;
    GetRaw();
    if (PeekChar() != '(') {
      pos_ = at;
      return false;
    }
    return BuildQuote(parts, at, c, Mode::kUnquoted) && !failed();
  }
  GetRaw();
  if (c == '\\') {
    BuildEscape(parts, at, Mode::kUnquoted);
  } else if (c == '$') {
    if (PeekChar() == '$') {  // $$ is taken whole: `$$(x)` holds no substitution
      GetRaw();
      Part& part = parts.emplace_back();
      part.kind = Part::Kind::kParameter;
      part.span = {at, pos_};
      part.parameter = std::make_unique<Parameter>();
      part.parameter->name = "$";
    } else if (!BuildExpansion(parts, at, Mode::kUnquoted)) {
      AppendLiteral(parts, at, at + 1);
    }
  } else if (c == '`') {
    parts.push_back(ReadBackquoted(at, Mode::kUnquoted));
  } else if (!BuildQuote(parts, at, c, Mode::kUnquoted)) {
    while (pos_ < end_ && IsPlain(source_[pos_])) ++pos_;
    AppendLiteral(parts, at, pos_);
  }
  return !failed();
}

void Reader::AppendLiteral(std::vector<Part>& parts, Pos begin, Pos end) {
  if (parts.empty() || parts.back().kind != Part::Kind::kLiteral) {
    parts.emplace_back();
    parts.back().span.begin = begin;
  }
  parts.back().text += Raw(begin, end);
  parts.back().span.end = end;
}

// ( and | in a regular expression; @(..) and the like where extended globs are on.
bool Reader::LexPatternOrRegex(std::vector<Part>& parts, int c, Where place) {
  const Pos at = pos_;
  if (place == Where::kRegex && c == '|') {
    GetRaw();
    AppendLiteral(parts, at, pos_);
    return true;
  }
  const bool pattern = (extglob_ || place == Where::kConditionPattern) && (c == '@' || c == '!' || c == '?' || c == '*' || c == '+');
  if (!pattern && !(place == Where::kRegex && c == '(')) return false;
  GetRaw();
  if (pattern) {
    if (PeekChar() != '(') {
      pos_ = at;
      return false;
    }
    GetRaw();
  }
  const Pos begin = pos_;
  if (!Match('(', ')', 0)) return true;
  if (!pattern) {
    AppendLiteral(parts, at, begin);
    for (Part& part : BuildRange(begin, pos_ - 1, Mode::kUnquoted)) parts.push_back(std::move(part));
    AppendLiteral(parts, pos_ - 1, pos_);
    return true;
  }
  Part& part = parts.emplace_back();
  part.kind = Part::Kind::kExtendedGlob;
  part.span = {at, pos_};
  part.text = Raw(at, pos_);
  part.parts = BuildRange(begin, pos_ - 1, Mode::kUnquoted);
  return true;
}

// name=, name+=, name[..]=, name=(..). True when the token is complete; otherwise the word goes on after what was read.
bool Reader::LexAssignmentHead(Token& token, Where place) {
  const Pos begin = pos_;
  Assignment& assignment = token.assignment;
  if (!ReadName(assignment.name)) return false;
  int c = PeekChar();
  if (c == '[' && place != Where::kDeclaration) {
    GetRaw();
    const Pos inner = pos_;
    if (!Match('[', ']', kSubscript)) return true;
    const Pos end = pos_ - 1;
    c = PeekChar();
    const Pos after = pos_;
    if (c == '+') GetRaw();
    if (PeekChar() == '=') {
      assignment.subscript.emplace();
      assignment.subscript->span = {inner, end};
      assignment.subscript->parts = BuildRange(inner, end, Mode::kUnquoted);
      pos_ = after;
    } else {  // a word like any other
      pos_ = after;
      token.word.parts = BuildRange(begin, after, Mode::kUnquoted);
      return false;
    }
  }
  assignment.append = PeekChar() == '+';
  if (assignment.append) GetRaw();
  if (PeekChar() != '=') {
    if (!assignment.subscript) pos_ = begin;
    return false;
  }
  GetRaw();
  if (PeekChar() == '(') {
    GetRaw();
    if (!LexCompound(assignment)) return true;
    if (place != Where::kDeclaration) token.kind = Token::Kind::kAssignment;
    token.compound = true;
    token.word.span.end = pos_;
    assignment.span = token.word.span;
    if (place == Where::kDeclaration) {
      AppendLiteral(token.word.parts, begin, pos_);
    }
    const int next = PeekChar();
    if (next != kNone && !IsMeta(next)) {  // a=(1)b: bash reads on, and the value is the text
      while (!failed()) {
        const int more = PeekChar();
        if (more == kNone || !LexWordPart(token.word.parts, more, place)) break;
      }
    }
    return true;
  }
  if (place == Where::kDeclaration) {
    pos_ = begin;
    return false;
  }
  token.kind = Token::Kind::kAssignment;
  token.word.span.begin = pos_;
  return false;
}

// After the parenthesis of name=(, to after the closing one.
bool Reader::LexCompound(Assignment& assignment) {
  const Deeper deeper(*this);
  assignment.array.emplace();
  while (!failed()) {
    Token token = Take(Where::kElements);
    switch (token.kind) {
      case Token::Kind::kNewline: continue;
      case Token::Kind::kClose: return true;
      case Token::Kind::kWord: assignment.array->push_back({std::nullopt, false, std::move(token.word)}); continue;
      case Token::Kind::kAssignment:
        assignment.array->push_back({std::move(token.assignment.subscript), token.assignment.append, std::move(token.assignment.value)});
        continue;
      case Token::Kind::kEnd: return Fail(SyntaxError::Kind::kUnclosed, "end of text while looking for the matching `)'");
      default: return FailSyntax(token);
    }
  }
  return false;
}

}  // namespace checkrein::analysis::shell
