// JSON by descent, with a place for every value. An own reader: the library that base/json uses tells no places, and takes no comma
// before a closing bracket.
//
//   value  = object | array | string | number | "true" | "false" | "null"
//   object = "{" [ member { "," member } [","] ] "}"     member = string ":" value     (the last comma: with comments only)
//   array  = "[" [ value { "," value } [","] ] "]"
#include <cmath>
#include <cstdlib>
#include <unordered_set>

#include "base/bytes.h"
#include "notation/read.h"

namespace checkrein::notation {
namespace {

class Reader {
 public:
  Reader(std::string_view text, std::string_view name, Dialect dialect, const Limits& limits)
      : text_(text), name_(name), relaxed_(dialect == Dialect::kJsonWithComments), limits_(limits) {}

  Result<Node> Read() {
    if (text_.starts_with("\xEF\xBB\xBF") && relaxed_) at_ = line_start_ = 3;  // editors write one
    Node root;
    if (!Space() || !Value(root, 0)) return Failure();
    if (!Space()) return Failure();
    if (at_ < text_.size()) {
      Fail("something follows the value");
      return Failure();
    }
    return root;
  }

 private:
  Error Failure() const { return {kind_, Place(name_, wrong_at_) + ": " + wrong_}; }

  bool FailAt(Position at, std::string what, Error::Kind kind = Error::Kind::kInvalid) {
    if (wrong_.empty()) {
      wrong_ = std::move(what);
      wrong_at_ = at;
      kind_ = kind;
    }
    return false;
  }
  bool Fail(std::string what) { return FailAt(Here(), std::move(what)); }
  Position Here() const { return {line_, static_cast<uint32_t>(at_ - line_start_ + 1)}; }
  bool More() const { return at_ < text_.size(); }
  char Now() const { return More() ? text_[at_] : '\0'; }

  void NewLine() {
    ++line_;
    line_start_ = at_;
  }

  bool Space() {
    while (More()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++at_;
        NewLine();
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == '/' && relaxed_) {
        if (!Comment()) return false;
      } else {
        return true;
      }
    }
    return true;
  }

  bool Comment() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      while (More() && text_[at_] != '\n') ++at_;
      return true;
    }
    if (!rest.starts_with("/*")) return Fail("no value begins with /");
    const Position begin = Here();
    for (at_ += 2; !text_.substr(at_).starts_with("*/"); ++at_) {
      if (!More()) return FailAt(begin, "this comment has no end");
      if (text_[at_] == '\n') {
        ++at_;
        NewLine();
        --at_;
      }
    }
    at_ += 2;
    return true;
  }

  bool Value(Node& node, size_t depth) {
    node.at = Here();
    if (++values_ > limits_.max_values) return FailAt(node.at, "more than " + std::to_string(limits_.max_values) + " values", Error::Kind::kLimit);
    switch (Now()) {
      case '{': return Table(node, depth);
      case '[': return List(node, depth);
      case '"': node.kind = Node::Kind::kText; return String(node.text);
      case 't': node.boolean = true; node.kind = Node::Kind::kBoolean; return Word("true");
      case 'f': node.kind = Node::Kind::kBoolean; return Word("false");
      case 'n': return Word("null");
      default: return Number(node);
    }
  }

  bool Word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return Fail("a value belongs here");
    at_ += word.size();
    return true;
  }

  bool Enter(Position begin, size_t depth) {
    if (depth >= limits_.max_depth) return FailAt(begin, "nested deeper than " + std::to_string(limits_.max_depth), Error::Kind::kLimit);
    ++at_;
    return Space();
  }

  // After an item: true in `more` when another follows.
  bool Separator(char close, bool& more) {
    if (!Space()) return false;
    if (Now() == close) {
      ++at_;
      more = false;
      return true;
    }
    if (Now() != ',') return Fail(std::string("a comma or ") + close + " belongs here");
    ++at_;
    if (!Space()) return false;
    more = !(relaxed_ && Now() == close);
    if (!more) ++at_;
    return true;
  }

  bool List(Node& node, size_t depth) {
    node.kind = Node::Kind::kList;
    if (!Enter(node.at, depth)) return false;
    if (Now() == ']') {
      ++at_;
      return true;
    }
    for (bool more = true; more;) {
      if (!Value(node.items.emplace_back(), depth + 1) || !Separator(']', more)) return false;
    }
    return true;
  }

  bool Table(Node& node, size_t depth) {
    node.kind = Node::Kind::kTable;
    if (!Enter(node.at, depth)) return false;
    if (Now() == '}') {
      ++at_;
      return true;
    }
    std::unordered_set<std::string> names;
    for (bool more = true; more;) {
      Member& member = node.members.emplace_back();
      member.at = Here();
      if (Now() != '"') return Fail("a name in quotes belongs here");
      if (!String(member.name)) return false;
      if (!names.insert(member.name).second) return FailAt(member.at, "the name \"" + Shown(member.name) + "\" is there twice");
      if (!Space()) return false;
      if (Now() != ':') return Fail("a colon belongs here");
      ++at_;
      if (!Space() || !Value(member.value, depth + 1) || !Separator('}', more)) return false;
    }
    return true;
  }

  // Of an untrusted name, what may stand in a message.
  static std::string Shown(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, 64)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out;
  }

  bool String(std::string& out) {
    const Position begin = Here();
    ++at_;
    while (true) {
      const size_t from = at_;
      while (More() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20) ++at_;
      out.append(text_.substr(from, at_ - from));
      if (!More()) return FailAt(begin, "this string has no end");
      if (text_[at_] == '"') break;
      if (text_[at_] != '\\') return Fail("a control character in a string");
      if (!Escape(out)) return false;
    }
    ++at_;
    if (!IsUtf8(out)) return FailAt(begin, "ill-formed UTF-8 in a string");
    return true;
  }

  bool Escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (const size_t known = kLetters.find(c); c != '\0' && known != std::string_view::npos) {
      out += kMeant[known];
      at_ += 2;
      return true;
    }
    if (c != 'u') return Fail("no such escape in a string");
    uint32_t code = 0;
    if (!Hex(code)) return false;
    if (code >= 0xDC00 && code <= 0xDFFF) return Fail("half of a surrogate pair");
    if (code >= 0xD800 && code <= 0xDBFF) {
      uint32_t low = 0;
      if (!text_.substr(at_).starts_with("\\u") || !Hex(low) || low < 0xDC00 || low > 0xDFFF) return Fail("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    Append(code, out);
    return true;
  }

  bool Hex(uint32_t& code) {
    const std::optional<Bytes> bytes = at_ + 6 <= text_.size() ? HexDecode(text_.substr(at_ + 2, 4)) : std::nullopt;
    if (!bytes) return Fail("four hexadecimal digits belong behind \\u");
    code = static_cast<uint32_t>((*bytes)[0] << 8 | (*bytes)[1]);
    at_ += 6;
    return true;
  }

  static void Append(uint32_t code, std::string& out) {
    const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
      byte(0xC0 | code >> 6);
    } else if (code < 0x10000) {
      byte(0xE0 | code >> 12);
      byte(0x80 | (code >> 6 & 0x3F));
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
      byte(0x80 | (code >> 6 & 0x3F));
    }
    byte(0x80 | (code & 0x3F));
  }

  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  bool Digits() {
    const size_t from = at_;
    while (IsDigit(Now())) ++at_;
    return at_ > from;
  }

  bool Number(Node& node) {
    const size_t from = at_;
    if (Now() == '-') ++at_;
    const size_t first = at_;
    if (!Digits()) return FailAt(node.at, "a value belongs here");
    if (text_[first] == '0' && at_ > first + 1) return FailAt(node.at, "a number with a leading zero");
    bool whole = true;
    if (Now() == '.') {
      whole = false;
      ++at_;
      if (!Digits()) return Fail("digits belong behind the point");
    }
    if (Now() == 'e' || Now() == 'E') {
      whole = false;
      ++at_;
      if (Now() == '+' || Now() == '-') ++at_;
      if (!Digits()) return Fail("digits belong in the exponent");
    }
    const std::string written(text_.substr(from, at_ - from));
    if (whole) {
      errno = 0;
      node.kind = Node::Kind::kInteger;
      node.integer = std::strtoll(written.c_str(), nullptr, 10);
      return errno == 0 || FailAt(node.at, "number out of range");
    }
    node.kind = Node::Kind::kReal;
    node.real = std::strtod(written.c_str(), nullptr);
    return std::isfinite(node.real) || FailAt(node.at, "number out of range");
  }

  std::string_view text_, name_;
  bool relaxed_;
  const Limits& limits_;
  size_t at_ = 0, line_start_ = 0, values_ = 0;
  uint32_t line_ = 1;
  std::string wrong_;
  Position wrong_at_;
  Error::Kind kind_ = Error::Kind::kInvalid;
};

}  // namespace

Result<Node> ParseJson(std::string_view text, std::string_view name, Dialect dialect, const Limits& limits) {
  return Reader(text, name, dialect, limits).Read();
}

}  // namespace checkrein::notation
