// echo, printf, test, read: builtins about text.
#include <algorithm>

#include "analysis/shell/characters.h"
#include "analysis/shell/interpreter.h"

namespace checkrein::analysis::shell {
namespace {

// echo -e and printf %b: escapes as in $'..', with \c ending everything and \0nnn for octals.
std::string Escapes(std::string_view text, bool& stop) {
  std::string raw;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      raw += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'c') {
      stop = true;
      break;
    }
    if (c == '0') {
      int code = 0;
      size_t n = 0;
      while (n < 3 && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '7') {
        code = code * 8 + (text[++i] - '0');
        ++n;
      }
      raw += static_cast<char>(static_cast<unsigned char>(code));
      continue;
    }
    if (c == '\'' || c == '"' || c == '?') {
      raw += '\\';
      raw += c;
      continue;
    }
    if (c >= '1' && c <= '7') {
      raw += '\\';
      raw += c;
      continue;
    }
    size_t length = 2;
    if (c == 'x' || c == 'u' || c == 'U') {
      const size_t most = c == 'x' ? 2 : (c == 'u' ? 4 : 8);
      while (length < most + 2 && i - 1 + length < text.size() && std::isxdigit(static_cast<unsigned char>(text[i - 1 + length])) != 0) ++length;
    }
    raw += DecodeAnsi(text.substr(i - 1, length));
    i += length - 2;
  }
  return raw;
}

// printf's format on known arguments. Nothing: a conversion that is not followed.
std::optional<std::string> Format(const std::string& format, const std::vector<std::string>& arguments) {
  std::string out;
  size_t next = 0;
  do {
    const size_t before = next;
    for (size_t i = 0; i < format.size(); ++i) {
      const char c = format[i];
      if (c == '\\') {
        size_t length = 2;
        if (i + 1 < format.size() && format[i + 1] >= '0' && format[i + 1] <= '7') {
          while (length < 4 && i + length < format.size() && format[i + length] >= '0' && format[i + length] <= '7') ++length;
        } else if (i + 1 < format.size() && (format[i + 1] == 'x' || format[i + 1] == 'u' || format[i + 1] == 'U')) {
          const size_t most = format[i + 1] == 'x' ? 4 : (format[i + 1] == 'u' ? 6 : 10);
          while (length < most && i + length < format.size() && std::isxdigit(static_cast<unsigned char>(format[i + length])) != 0) ++length;
        } else if (i + 1 < format.size() && format[i + 1] == 'c') {
          return std::nullopt;
        }
        out += DecodeAnsi(std::string_view(format).substr(i, length));
        i += length - 1;
        continue;
      }
      if (c != '%') {
        out += c;
        continue;
      }
      size_t at = i + 1;
      bool left = false, zero = false;
      for (; at < format.size() && (format[at] == '-' || format[at] == '0'); ++at) (format[at] == '-' ? left : zero) = true;
      size_t width = 0;
      for (; at < format.size() && IsDigit(static_cast<unsigned char>(format[at])) && width < 1000; ++at) width = width * 10 + static_cast<size_t>(format[at] - '0');
      if (at >= format.size() || width >= 1000) return std::nullopt;
      i = at;
      if (format[at] == '%') {
        out += '%';
        continue;
      }
      const std::string argument = next < arguments.size() ? arguments[next] : "";
      ++next;
      std::string text;
      bool stop = false;
      switch (format[at]) {
        case 's': text = argument; break;
        case 'b': text = Escapes(argument, stop); break;
        case 'c': text = argument.substr(0, 1); break;
        case 'd': case 'i':
          if (argument.empty()) {
            text = "0";
          } else if (argument.size() < 16 && argument.find_first_not_of("0123456789-") == std::string::npos && !(argument.size() > 1 && argument[0] == '0')) {
            text = argument;
          } else {
            return std::nullopt;
          }
          break;
        default: return std::nullopt;
      }
      if (text.size() < width) left ? text.append(width - text.size(), ' ') : text.insert(0, width - text.size(), zero && format[at] != 's' ? '0' : ' ');
      out += text;
      if (stop) return out;
      if (out.size() > kMaxOutput) return std::nullopt;
    }
    if (next == before) break;
  } while (next < arguments.size());
  return out;
}

}  // namespace

void Interpreter::Echo(const Words& words) {
  status_ = ExitStatus::kZero;
  bool newline = true, escapes = Option("xpg_echo");
  size_t at = 1;
  for (; at < words.size() && words[at].exact() && words[at].text.size() > 1 && words[at].text[0] == '-' && words[at].text.find_first_not_of("neE", 1) == std::string::npos; ++at) {
    for (const char c : words[at].text.substr(1)) {
      if (c == 'n') newline = false;
      if (c != 'n') escapes = c == 'e';
    }
  }
  std::string text;
  for (size_t i = at; i < words.size(); ++i) {
    if (!words[i].exact() || words[i].may_be_several) return sink_->Lose();
    if (i > at) text += ' ';
    text += words[i].text;
  }
  bool stop = false;
  if (escapes) text = Escapes(text, stop);
  if (newline && !stop) text += '\n';
  sink_->Append(text);
}

void Interpreter::Printf(const Words& words) {
  size_t at = 1;
  std::optional<analysis::Word> variable;
  if (at < words.size() && words[at].exact() && words[at].text.starts_with("-v")) {
    if (words[at].text.size() > 2) {
      analysis::Word name = words[at];
      name.text.erase(0, 2);
      variable = std::move(name);
    } else if (at + 1 < words.size()) {
      variable = words[++at];
    }
    ++at;
  }
  if (at < words.size() && words[at].Is("--")) ++at;
  std::optional<std::string> text;
  if (at < words.size() && Scripted(words, at)) {
    std::vector<std::string> arguments;
    for (size_t i = at + 1; i < words.size(); ++i) arguments.push_back(words[i].text);
    text = Format(words[at].text, arguments);
  }
  status_ = ExitStatus::kZero;
  if (variable) return SetNamed(*variable, text ? Exactly(*text) : UnknownData());
  text ? sink_->Append(*text) : sink_->Lose();
}

// test and [: reading what a file is counts as reading it; -v and -R evaluate a subscript.
void Interpreter::Test(const Words& words) {
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    const analysis::Word& op = words[i];
    const analysis::Word& operand = words[i + 1];
    if (!op.exact()) continue;
    if (op.text == "-v" || op.text == "-R") EvaluateSubscripted(ToValue(operand), operand.span);
    const bool binary = op.text == "-nt" || op.text == "-ot" || op.text == "-ef";
    if (binary && i > 1) LookAt(words[i - 1], words[i - 1].span);
    const bool unary = op.text.size() == 2 && op.text[0] == '-' && std::string_view("abcdefghkprsuwxGLNOS").find(op.text[1]) != std::string_view::npos;
    const bool bracket = operand.Is("]") && i + 2 == words.size();
    const bool joins = (op.text == "-a") && i > 1 && !words[i - 1].Is("!") && !words[i - 1].Is("(") && !words[i - 1].Is("[");
    if ((unary || binary) && !bracket && !joins) LookAt(operand, operand.span);
  }
}

// [ -f FILE ]: whether it is there. Of a file that is not known nothing is read but that.
void Interpreter::LookAt(const analysis::Word& word, Span span) {
  if (word.exact() || word.file_names) TouchPath(Op::kRead, word, span);
}

void Interpreter::Read(const Words& words) {
  bool array = false, any = false;
  size_t at = 1;
  for (; at < words.size() && words[at].exact() && words[at].text.size() > 1 && words[at].text[0] == '-'; ++at) {
    const std::string& text = words[at].text;
    if (text == "--") {
      ++at;
      break;
    }
    const size_t takes = text.find_first_of("adinNptu", 1);
    // What is typed is not shown: a password is asked for.
    if (words[0].Is("read") && input_.kind == Input::Kind::kInherited && text.find('s', 1) < takes) AddEffect(Op::kConfigure, "session:terminal", words[at].span);
    if (takes == std::string::npos) continue;
    if (text[takes] == 'a') array = true;
    if (takes + 1 == text.size()) {
      ++at;
      if (array && text[takes] == 'a' && at < words.size()) {
        SetNamed(words[at], UnknownData());
        any = true;
      }
    } else if (text[takes] == 'a') {
      analysis::Word name = words[at];
      name.text.erase(0, takes + 1);
      SetNamed(name, UnknownData());
      any = true;
    }
  }
  for (; at < words.size(); ++at) {
    SetNamed(words[at], UnknownData());
    any = true;
  }
  if (!any) SetVariable("REPLY", UnknownData());
  if (input_.kind == Input::Kind::kText) input_ = {Input::Kind::kPipe, ""};
}

void Interpreter::MapFile(const Words& words, Span span) {
  std::string name = "MAPFILE";
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i].exact() && words[i].text.starts_with('-')) {
      const std::string& option = words[i].text;
      const size_t takes = option.find_first_of("dnOsuCc", 1);
      if (takes == std::string::npos) continue;
      const bool callback = option[takes] == 'C';
      analysis::Word value = words[i];
      if (takes + 1 < option.size()) {
        value.text.erase(0, takes + 1);
      } else if (i + 1 < words.size()) {
        value = words[++i];
      }
      if (callback) RunCallback(value, span);
      continue;
    }
    SetNamed(words[i], UnknownData());
    name.clear();
  }
  Cell cell;
  cell.presence = Cell::Presence::kSet;
  cell.array = true;
  cell.value = UnknownData();
  if (!name.empty()) state_.Set(name, std::move(cell));
  if (input_.kind == Input::Kind::kText) input_ = {Input::Kind::kPipe, ""};
}

}  // namespace checkrein::analysis::shell
