// The tokens of policy and schema texts. White space (Unicode White_Space) and `//` comments are skipped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cedar/ast.h"
#include "cedar/source.h"

namespace checkrein::cedar {

struct Token {
  enum class Kind : uint8_t {
    kEnd, kIdent, kInteger, kString, kSlot,  // kSlot: ?name
    kAt, kDot, kComma, kSemicolon, kColon, kColons, kOpen, kClose, kOpenBrace, kCloseBrace, kOpenBracket, kCloseBracket,
    kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kOr, kAnd, kPlus, kMinus, kStar, kSlash, kPercent, kNot, kAssign,
    kQuestion,
    kInvalid,  // a byte or string that is no token
  };
  Kind kind = Kind::kEnd;
  Span span;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token Next();
  std::string_view TextOf(const Token& token) const { return text_.substr(token.span.begin, token.span.end - token.span.begin); }

 private:
  void SkipSpace();
  Token String(size_t from);
  Token Punctuation(size_t from);

  std::string_view text_;
  size_t at_ = 0;
};

// The text of a string literal (`token` with its quotes). `bad` is the offending part of the literal when there is no text.
struct Unescaped {
  std::optional<std::string> text;
  std::string bad;
};
Unescaped UnescapeString(std::string_view literal);

// The same for a `like` pattern, where `*` is a wildcard and `\*` an asterisk.
struct UnescapedPattern {
  std::optional<Pattern> pattern;
  std::string bad;
};
UnescapedPattern UnescapePattern(std::string_view literal);

// true false if then else in is like has __cedar: no attribute, type, variable or namespace may be called so.
bool IsReserved(std::string_view identifier);

bool IsIdentifier(std::string_view text);  // [_a-zA-Z][_a-zA-Z0-9]*, reserved words included

// Whether `text` is a qualified name as `A::B` with no reserved part and no spaces.
bool IsQualifiedName(std::string_view text);

}  // namespace checkrein::cedar
