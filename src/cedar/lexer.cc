#include "cedar/lexer.h"

#include <algorithm>

namespace checkrein::cedar {
namespace {

bool IsIdentStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsIdentPart(char c) { return IsIdentStart(c) || IsDigit(c); }

// Bytes of the white-space character at the beginning of `text`; 0 when there is none.
size_t SpaceSize(std::string_view text) {
  const char c = text[0];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  if (static_cast<unsigned char>(c) < 0x80) return 0;
  static constexpr std::string_view kSpaces[] = {
      "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
      "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
      "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  for (const std::string_view space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(uint32_t c, std::string* out) {
  const auto put = [out](uint32_t byte) { *out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 63));
    }
    put(0x80 | (c >> 6 & 63));
  }
  put(0x80 | (c & 63));
}

// Reads the escape at text[*at] == '\\' and moves *at behind it. nullopt when it is none; *at then stands where the bad part ends.
std::optional<uint32_t> Escape(std::string_view text, size_t* at) {
  const size_t from = *at;
  const char c = from + 1 < text.size() ? text[from + 1] : '\0';
  *at = std::min(from + 2, text.size());
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '\\': return '\\';
    case '0': return 0;
    case '\'': return '\'';
    case '"': return '"';
    default: break;
  }
  if (c == 'x') {
    *at = std::min(from + 4, text.size());
    const int high = from + 2 < text.size() ? HexDigit(text[from + 2]) : -1, low = from + 3 < text.size() ? HexDigit(text[from + 3]) : -1;
    if (high < 0 || high > 7 || low < 0) return std::nullopt;
    return static_cast<uint32_t>(high * 16 + low);
  }
  if (c != 'u') return std::nullopt;
  const size_t close = text.find('}', from);
  if (close == std::string_view::npos || from + 2 >= text.size() || text[from + 2] != '{') return std::nullopt;
  *at = close + 1;
  uint32_t value = 0;
  int digits = 0;
  for (const char d : text.substr(from + 3, close - from - 3)) {
    if (d == '_' && digits > 0) continue;  // \u{1_0}: as in Rust, whose literals these are
    if (HexDigit(d) < 0 || ++digits > 6) return std::nullopt;
    value = value * 16 + static_cast<uint32_t>(HexDigit(d));
  }
  if (digits == 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  return value;
}

}  // namespace

void Lexer::SkipSpace() {
  while (at_ < text_.size()) {
    if (text_.substr(at_, 2) == "//") {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    } else if (const size_t size = SpaceSize(text_.substr(at_)); size > 0) {
      at_ += size;
    } else {
      return;
    }
  }
}

Token Lexer::Next() {
  SkipSpace();
  const size_t from = at_;
  const auto token = [&](Token::Kind kind) { return Token{kind, {static_cast<uint32_t>(from), static_cast<uint32_t>(at_)}}; };
  if (at_ == text_.size()) return token(Token::Kind::kEnd);
  const char c = text_[at_];
  if (IsIdentStart(c)) {
    while (at_ < text_.size() && IsIdentPart(text_[at_])) ++at_;
    return token(Token::Kind::kIdent);
  }
  if (IsDigit(c)) {
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return token(Token::Kind::kInteger);
  }
  if (c == '"') return String(from);
  if (c == '?' && at_ + 1 < text_.size() && IsIdentStart(text_[at_ + 1])) {
    ++at_;
    while (at_ < text_.size() && IsIdentPart(text_[at_])) ++at_;
    return token(Token::Kind::kSlot);
  }
  return Punctuation(from);
}

Token Lexer::String(size_t from) {
  Token::Kind kind = Token::Kind::kInvalid;  // until the closing quote is seen
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '"') {
      ++at_;
      kind = Token::Kind::kString;
      break;
    }
    if (text_[at_] == '\\') {
      if (++at_ == text_.size() || text_[at_] == '\n') break;  // a backslash does not continue a line
    }
  }
  return {kind, {static_cast<uint32_t>(from), static_cast<uint32_t>(at_)}};
}

Token Lexer::Punctuation(size_t from) {
  using K = Token::Kind;
  struct Row {
    std::string_view text;
    K kind;
  };
  static constexpr Row kRows[] = {
      {"::", K::kColons}, {"==", K::kEqual}, {"!=", K::kNotEqual}, {"<=", K::kLessEqual}, {">=", K::kGreaterEqual}, {"||", K::kOr}, {"&&", K::kAnd},
      {"@", K::kAt}, {".", K::kDot}, {",", K::kComma}, {";", K::kSemicolon}, {":", K::kColon}, {"(", K::kOpen}, {")", K::kClose},
      {"{", K::kOpenBrace}, {"}", K::kCloseBrace}, {"[", K::kOpenBracket}, {"]", K::kCloseBracket}, {"<", K::kLess}, {">", K::kGreater},
      {"+", K::kPlus}, {"-", K::kMinus}, {"*", K::kStar}, {"/", K::kSlash}, {"%", K::kPercent}, {"!", K::kNot}, {"=", K::kAssign}, {"?", K::kQuestion}};
  const std::string_view rest = text_.substr(at_, 2);
  for (const Row& row : kRows) {
    if (rest.starts_with(row.text)) {
      at_ += row.text.size();
      return {row.kind, {static_cast<uint32_t>(from), static_cast<uint32_t>(at_)}};
    }
  }
  ++at_;
  while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) ++at_;  // a whole character
  return {K::kInvalid, {static_cast<uint32_t>(from), static_cast<uint32_t>(at_)}};
}

UnescapedPattern UnescapePattern(std::string_view literal) {
  const std::string_view text = literal.substr(1, literal.size() - 2);
  Pattern pattern{{""}};
  for (size_t i = 0; i < text.size();) {
    const size_t from = i;
    if (text[i] == '*') {
      pattern.parts.emplace_back();
      ++i;
    } else if (text.substr(i, 2) == "\\*") {
      pattern.parts.back() += '*';
      i += 2;
    } else if (text[i] == '\\') {
      const auto c = Escape(text, &i);
      if (!c) return {std::nullopt, std::string(text.substr(from, i - from))};
      AppendUtf8(*c, &pattern.parts.back());
    } else if (text[i] == '\r') {
      return {std::nullopt, "a carriage return"};
    } else {
      pattern.parts.back() += text[i++];
    }
  }
  return {std::move(pattern), ""};
}

Unescaped UnescapeString(std::string_view literal) {
  const std::string_view text = literal.substr(1, literal.size() - 2);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t from = i;
    if (text[i] == '\\') {
      const auto c = Escape(text, &i);
      if (!c) return {std::nullopt, std::string(text.substr(from, i - from))};
      AppendUtf8(*c, &out);
    } else if (text[i] == '\r') {
      return {std::nullopt, "a carriage return"};
    } else {
      const size_t end = std::min(text.find_first_of("\\\r", i), text.size());
      out += text.substr(i, end - i);
      i = end;
    }
  }
  return {std::move(out), ""};
}

bool IsReserved(std::string_view identifier) {
  static constexpr std::string_view kWords[] = {"true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"};
  return std::find(std::begin(kWords), std::end(kWords), identifier) != std::end(kWords);
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && IsIdentStart(text[0]) && std::all_of(text.begin(), text.end(), IsIdentPart);
}

bool IsQualifiedName(std::string_view text) {
  while (true) {
    const size_t colons = text.find("::");
    const std::string_view part = text.substr(0, colons);
    if (!IsIdentifier(part) || IsReserved(part)) return false;
    if (colons == std::string_view::npos) return true;
    text.remove_prefix(colons + 2);
  }
}

}  // namespace checkrein::cedar
