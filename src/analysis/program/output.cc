// Programs that only print: what they print is kept where it is known, because a shell may read it. echo, printf, cat, base64 -d.
#include "analysis/program/describe.h"
#include "base/bytes.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxOutput = 1u << 20;  // bytes kept; a longer output is not known

enum class Escapes : uint8_t { kEcho, kFormat };  // `echo -e` and %b: \0nnn; printf's format: \nnn and quotes

// Nothing: an escape that is not followed.
std::optional<std::string> Unescape(std::string_view text, Escapes kind) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    constexpr std::string_view kFrom = "abefnrtv\\\"'";
    constexpr std::string_view kTo = "\a\b\x1b\f\n\r\t\v\\\"'";
    if (kind == Escapes::kEcho && (c == '"' || c == '\'' || (c >= '1' && c <= '7'))) return std::nullopt;
    if (const size_t at = kFrom.find(c); at != std::string_view::npos) {
      out += kTo[at];
    } else if (c >= '0' && c <= '7') {
      unsigned value = 0;
      size_t digits = 0;
      const size_t most = kind == Escapes::kEcho ? 4 : 3;
      while (digits < most && i < text.size() && text[i] >= '0' && text[i] <= '7') {
        value = value * 8 + static_cast<unsigned>(text[i++] - '0');
        ++digits;
      }
      --i;
      out += static_cast<char>(value & 0xff);
    } else if (c == 'x') {
      unsigned value = 0;
      size_t digits = 0;
      while (digits < 2 && i + 1 < text.size() && std::string_view("0123456789abcdefABCDEF").find(text[i + 1]) != std::string_view::npos) {
        const char d = text[++i];
        value = value * 16 + static_cast<unsigned>(d <= '9' ? d - '0' : (d | 32) - 'a' + 10);
        ++digits;
      }
      if (digits == 0) return std::nullopt;
      out += static_cast<char>(value);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool AllKnown(const std::vector<Word>& words) {
  for (const Word& word : words)
    if (!word.exact() || word.may_be_several) return false;
  return true;
}

}  // namespace

Then DescribeEcho(Context& c, const Parsed& p) {
  if (!AllKnown(p.arguments)) return Then::kDone;
  size_t first = 0;
  bool newline = true;
  bool escapes = false;
  for (; first < p.arguments.size(); ++first) {
    const std::string& word = p.arguments[first].text;
    if (word.size() < 2 || word[0] != '-' || word.find_first_not_of("neE", 1) != std::string::npos) break;
    for (const char letter : word.substr(1)) {
      if (letter == 'n') newline = false;
      if (letter != 'n') escapes = letter == 'e';
    }
  }
  std::string text;
  for (size_t i = first; i < p.arguments.size(); ++i) {
    if (i > first) text += ' ';
    text += p.arguments[i].text;
  }
  if (escapes) {
    if (text.find("\\c") != std::string::npos) return Then::kDone;
    auto plain = Unescape(text, Escapes::kEcho);
    if (!plain) return Then::kDone;
    text = std::move(*plain);
  }
  if (newline) text += '\n';
  if (text.size() <= kMaxOutput) c.out.output = std::move(text);
  return Then::kDone;
}

// Only %s, %b, %d of what is known, and %%: anything else is not followed.
Then DescribePrintf(Context& c, const Parsed& p) {
  if (p.arguments.empty() || !AllKnown(p.arguments)) return Then::kDone;
  size_t next = p.arguments.front().Is("--") ? 1 : 0;
  if (next >= p.arguments.size() || p.arguments[next].text.starts_with("-v")) return Then::kDone;
  const std::string format = p.arguments[next++].text;
  std::string out;
  for (bool again = true; again && out.size() <= kMaxOutput;) {
    bool used = false;
    std::string literal;
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%') {
        literal += format[i];
        if (format[i] == '\\' && i + 1 < format.size()) literal += format[++i];
        continue;
      }
      auto plain = Unescape(literal, Escapes::kFormat);
      if (!plain || i + 1 == format.size()) return Then::kDone;
      out += *plain;
      literal.clear();
      const char verb = format[++i];
      if (verb == '%') {
        out += '%';
      } else if (verb == 's' || verb == 'b' || verb == 'd') {
        std::string value = next < p.arguments.size() ? p.arguments[next].text : "";
        if (next < p.arguments.size()) ++next;
        used = true;
        if (verb == 'd') {
          if (value.empty()) value = "0";
          if (value.find_first_not_of("0123456789") != std::string::npos || (value.size() > 1 && value[0] == '0')) return Then::kDone;
        }
        if (verb == 'b') {
          auto unescaped = Unescape(value, Escapes::kEcho);
          if (!unescaped || value.find("\\c") != std::string::npos) return Then::kDone;
          value = std::move(*unescaped);
        }
        out += value;
      } else {
        return Then::kDone;
      }
    }
    auto plain = Unescape(literal, Escapes::kFormat);
    if (!plain) return Then::kDone;
    out += *plain;
    again = used && next < p.arguments.size();
  }
  if (out.size() <= kMaxOutput) c.out.output = std::move(out);
  return Then::kDone;
}

Then DescribeCat(Context& c, const Parsed& p) {
  const bool plain = p.options.empty() && (p.arguments.empty() || (p.arguments.size() == 1 && p.arguments.front().Is("-")));
  if (plain && c.command.input.kind == Input::Kind::kText) c.out.output = c.command.input.text;
  return Then::kTable;
}

Then DescribeBase64(Context& c, const Parsed& p) {
  const bool from_input = p.arguments.empty() || p.arguments.front().Is("-");
  if (p.Has("-d --decode -D") && from_input && c.command.input.kind == Input::Kind::kText) {
    std::string text;
    for (const char byte : c.command.input.text)
      if (byte != '\n') text += byte;
    if (const auto bytes = Base64Decode(text)) c.out.output = std::string(AsText(*bytes));
  }
  return Then::kTable;
}

}  // namespace checkrein::analysis
