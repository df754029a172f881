// awk: a program may run commands (system, |, |&, getline), read files (getline <) and write them (print >). The program is cut into
// tokens; commands and file names that are one string constant are followed, anything else is unknown. POSIX awk, gawk, mawk.
#include <string>

#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

struct Token {
  enum class Kind : uint8_t { kEnd, kName, kNumber, kString, kRegex, kMark };
  Kind kind = Kind::kEnd;
  std::string text;
  bool exact = true;  // of a string: without escapes that awks read differently
};

class AwkText {
 public:
  AwkText(Context& c, std::string_view text, Span span) : c_(c), text_(text), span_(span) {}

  void Go() {
    Cut();
    if (lost_) return c_.Unknown("code", span_);
    int depth = 0;
    bool printing = false;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.kind == Token::Kind::kString && token.text.starts_with("/inet")) Inet(token.text);
      if (token.kind == Token::Kind::kName) {
        if (token.text == "print" || token.text == "printf") printing = true;
        if (token.text == "system") Call(i + 1);
        if (token.text == "getline") Getline(i);
        if (token.text == "ARGV" || token.text == "ARGC") Apply(std::nullopt, Use::kRead);  // files that it reads may be put there
        if (token.text == "ENVIRON") c_.PathText(Op::kRead, "/proc/self/environ", span_);
        continue;
      }
      if (token.kind != Token::Kind::kMark) continue;
      if (token.text == "(" || token.text == "[") ++depth;
      if (token.text == ")" || token.text == "]") --depth;
      if (token.text == ";" || token.text == "\n" || token.text == "{" || token.text == "}") {
        printing = false;
        depth = 0;
      }
      if (token.text == "@") return c_.Unknown("code", span_);  // @include, @load, indirect calls
      if (token.text == "|" || token.text == "|&") Pipe(i);
      if (printing && depth <= 0 && (token.text == ">" || token.text == ">>")) Constant(i + 1, Use::kWrite);
    }
  }

 private:
  enum class Use : uint8_t { kCommand, kWrite, kRead };

  // The string at tokens_[i], if the expression there is this constant alone.
  void Constant(size_t i, Use use) {
    const bool parenthesis = At(i).text == "(" && At(i).kind == Token::Kind::kMark;
    const Token& token = At(parenthesis ? i + 1 : i);
    const Token& next = At(parenthesis ? i + 2 : i + 1);
    const bool ends = next.kind == Token::Kind::kEnd || (next.kind == Token::Kind::kMark && (next.text == ";" || next.text == "\n" || next.text == "}" || next.text == ")" || next.text == "|" || next.text == "&&" || next.text == "||" || next.text == ">"));
    const bool known = token.kind == Token::Kind::kString && token.exact && ends;
    Apply(known ? std::optional<std::string>(token.text) : std::nullopt, use);
  }

  void Apply(const std::optional<std::string>& text, Use use) {
    if (use == Use::kCommand) {
      if (text) return c_.ShellText(*text, "sh", span_);
      c_.Add(Op::kExec, "sh", span_);
      return c_.Unknown("shell-text", span_);
    }
    const Op op = use == Use::kWrite ? Op::kWrite : Op::kRead;
    if (!text) {
      c_.Add(op, "?", span_);
      return c_.Partial("awk makes a file name");
    }
    if (text->starts_with("/inet")) return;
    if (*text == "-" || *text == "/dev/stdout" || *text == "/dev/stderr" || *text == "/dev/stdin") return;
    c_.PathText(op, *text, span_);
  }

  // gawk's /inet/tcp/LOCAL-PORT/HOST/PORT; HOST 0 listens.
  void Inet(const std::string& text) {
    std::vector<std::string> parts{""};
    for (const char c : text) {
      if (c == '/') {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    if (parts.size() < 6) return c_.Unknown("network-program", span_);
    if (parts[4] == "0") return c_.Add(Op::kListen, parts[3], span_);
    c_.ConnectHost(Exactly(parts[4] + ":" + parts[5], span_), 0);
  }

  void Call(size_t i) {
    const bool one = At(i).text == "(" && At(i + 1).kind == Token::Kind::kString && At(i + 1).exact && At(i + 2).kind == Token::Kind::kMark && At(i + 2).text == ")";
    Apply(one ? std::optional<std::string>(At(i + 1).text) : std::nullopt, Use::kCommand);
  }

  void Getline(size_t i) {
    size_t next = i + 1;
    if (At(next).kind == Token::Kind::kName) ++next;
    if (At(next).text == "$") return Apply(std::nullopt, Use::kRead);
    if (At(next).kind == Token::Kind::kMark && At(next).text == "[") return Apply(std::nullopt, Use::kRead);
    if (At(next).kind == Token::Kind::kMark && At(next).text == "<") Constant(next + 1, Use::kRead);
  }

  // CMD | getline: what stands before it; print | CMD: what stands after.
  void Pipe(size_t i) {
    const Token& next = At(i + 1);
    if (next.kind == Token::Kind::kName && next.text == "getline") {
      const bool alone = i > 0 && tokens_[i - 1].kind == Token::Kind::kString && tokens_[i - 1].exact && (i == 1 || (tokens_[i - 2].kind == Token::Kind::kMark && (tokens_[i - 2].text == "{" || tokens_[i - 2].text == "(" || tokens_[i - 2].text == ";" || tokens_[i - 2].text == "\n")));
      return Apply(alone ? std::optional<std::string>(tokens_[i - 1].text) : std::nullopt, Use::kCommand);
    }
    Constant(i + 1, Use::kCommand);
  }

  const Token& At(size_t i) const {
    static const Token kEnd{};
    return i < tokens_.size() ? tokens_[i] : kEnd;
  }

  // A slash starts a regular expression where a value could not stand before it.
  bool ValueBefore() const {
    if (tokens_.empty()) return false;
    const Token& last = tokens_.back();
    if (last.kind == Token::Kind::kMark) return last.text == ")" || last.text == "]" || last.text == "$" || last.text == "++" || last.text == "--";
    if (last.kind == Token::Kind::kName) return last.text != "print" && last.text != "printf" && last.text != "return" && last.text != "in" && last.text != "case" && last.text != "getline";
    return true;
  }

  // The escape \C at at_: octal digits and control characters, alike in all awks. False: they differ.
  bool Escape(char c, std::string& text) {
    constexpr std::string_view kNames = "abfrv", kValues = "\a\b\f\r\v";
    if (const size_t name = kNames.find(c); name != std::string_view::npos) {
      text += kValues[name];
      return true;
    }
    if (c < '0' || c > '7') return false;
    int value = 0;
    size_t digits = 0;
    for (; digits < 3 && at_ + digits < text_.size() && text_[at_ + digits] >= '0' && text_[at_ + digits] <= '7'; ++digits) value = value * 8 + (text_[at_ + digits] - '0');
    at_ += digits - 1;
    text += static_cast<char>(value);
    return true;
  }

  void Delimited(char end, Token::Kind kind) {
    std::string text;
    bool bracket = false, exact = true;
    for (++at_; at_ < text_.size() && (bracket || text_[at_] != end); ++at_) {
      if (kind == Token::Kind::kRegex && text_[at_] == '[') bracket = true;
      if (text_[at_] == ']') bracket = false;
      if (text_[at_] == '\n') break;
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        const char c = text_[at_];
        if (c == 'n') {
          text += '\n';
        } else if (c == 't') {
          text += '\t';
        } else if (c == '"' || c == '\\' || c == '/') {
          text += c;
        } else if (kind == Token::Kind::kString) {
          exact = Escape(c, text) && exact;
        }
        continue;
      }
      text += text_[at_];
    }
    if (at_ >= text_.size() || text_[at_] != end) lost_ = true;
    ++at_;
    tokens_.push_back({kind, std::move(text), exact});
  }

  static bool Letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool Digit(char c) { return c >= '0' && c <= '9'; }

  void Cut() {
    while (at_ < text_.size() && !lost_) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
        at_ += 2;
      } else if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == '"') {
        Delimited('"', Token::Kind::kString);
      } else if (c == '/' && !ValueBefore()) {
        Delimited('/', Token::Kind::kRegex);
      } else if (Letter(c) || Digit(c)) {
        const size_t start = at_;
        while (at_ < text_.size() && (Letter(text_[at_]) || Digit(text_[at_]) || text_[at_] == ':')) ++at_;
        tokens_.push_back({Letter(c) ? Token::Kind::kName : Token::Kind::kNumber, std::string(text_.substr(start, at_ - start)), true});
      } else {
        Mark();
      }
    }
  }

  void Mark() {
    for (const std::string_view mark : {"|&", "||", "&&", ">>", ">=", "<=", "==", "!=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "!~"})
      if (text_.substr(at_).starts_with(mark)) {
        tokens_.push_back({Token::Kind::kMark, std::string(mark), true});
        at_ += 2;
        return;
      }
    tokens_.push_back({Token::Kind::kMark, std::string(1, text_[at_++]), true});
  }

  Context& c_;
  std::string_view text_;
  Span span_;
  size_t at_ = 0;
  bool lost_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

Then DescribeAwk(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  const auto texts = p.All("-e --source");
  size_t first_file = 0;
  for (const Given* given : texts) {
    if (given->value && given->value->exact()) {
      AwkText(c, given->value->text, given->value->span).Go();
    } else {
      c.Unknown("code", given->span);
    }
  }
  if (texts.empty() && !p.Has("-f --file -E --exec")) {
    if (p.arguments.empty()) return Then::kDone;
    const Word& text = p.arguments.front();
    if (text.exact() && !text.may_be_several) {
      AwkText(c, text.text, text.span).Go();
    } else {
      c.Unknown("code", text.span);
    }
    first_file = 1;
  }
  for (size_t i = first_file; i < p.arguments.size(); ++i) ApplyRole(c, p, Role::kRead, p.arguments[i]);
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

}  // namespace checkrein::analysis
