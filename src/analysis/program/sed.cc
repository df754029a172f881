// sed: a script may run programs (e, s///e), read (r, R) and write files (w, W, s///w). GNU sed 4.9.
//   script = { [addresses] ["!"] command }        command = "{" | "}" | letter [argument]
#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

class Script {
 public:
  Script(Context& c, std::string_view text, Span span) : c_(c), text_(text), span_(span) {}

  void Go() {
    while (at_ < text_.size() && !lost_) Command();
    if (lost_) c_.Unknown("code", span_);
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == ';' || text_[at_] == '\r')) ++at_;
  }

  enum class Part : uint8_t { kPattern, kPlain };

  // Past a bracket expression, `at_` on its `[`. In a pattern the delimiter is an ordinary character there (GNU sed 4.9, busybox).
  bool SkipBracket() {
    ++at_;
    if (Peek() == '^') ++at_;
    if (Peek() == ']') ++at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == ']') return true;
      if (text_[at_] == '[' && at_ + 1 < text_.size() && (text_[at_ + 1] == ':' || text_[at_ + 1] == '.' || text_[at_ + 1] == '=')) {
        const char end[] = {text_[at_ + 1], ']'};
        const size_t close = text_.find(std::string_view(end, 2), at_ + 2);
        if (close == std::string_view::npos) return false;
        at_ = close + 1;
      }
    }
    return false;
  }

  // Past the text up to an unescaped `delimiter`.
  bool SkipTo(char delimiter, Part part) {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (part == Part::kPattern && text_[at_] == '[' && delimiter != '[') {
        if (!SkipBracket()) return false;
      } else if (text_[at_] == delimiter) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  void Address() {
    const char c = Peek();
    if (c == '/' || c == '\\') {
      ++at_;
      char delimiter = '/';
      if (c == '\\') {
        delimiter = Peek();
        ++at_;
      }
      if (!SkipTo(delimiter, Part::kPattern)) lost_ = true;
      while (Peek() == 'I' || Peek() == 'M') ++at_;
    } else {
      while ((Peek() >= '0' && Peek() <= '9') || Peek() == '$' || Peek() == '~' || Peek() == '+') ++at_;
    }
  }

  std::string_view Line() {
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end;
    return line;
  }

  std::string_view FileName() {
    while (Peek() == ' ' || Peek() == '\t') ++at_;
    return Line();
  }

  void File(Op op) {
    const std::string_view name = FileName();
    if (name.empty() || name == "/dev/stdout" || name == "/dev/stderr" || name == "/dev/stdin") return;
    c_.PathText(op, name, span_);
  }

  void Substitute() {
    const char delimiter = Peek();
    ++at_;
    if (delimiter == '\0' || delimiter == '\n' || delimiter == '\\' || !SkipTo(delimiter, Part::kPattern) || !SkipTo(delimiter, Part::kPlain)) {
      lost_ = true;
      return;
    }
    while (at_ < text_.size()) {
      const char flag = text_[at_];
      if (flag == 'w') {
        ++at_;
        return File(Op::kWrite);
      }
      if (flag == 'e') {
        c_.Add(Op::kExec, "sh", span_);
        c_.Unknown("shell-text", span_);
      } else if (!(flag == 'g' || flag == 'p' || flag == 'i' || flag == 'I' || flag == 'm' || flag == 'M' || (flag >= '0' && flag <= '9'))) {
        return;
      }
      ++at_;
    }
  }

  // a, i, c: text to the end of the line, which a backslash continues.
  void TextArgument() {
    while (at_ < text_.size() && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2u : 1u;
  }

  void Command() {
    SkipBlanks();
    if (at_ >= text_.size()) return;
    Address();
    while (Peek() == ' ' || Peek() == '\t') ++at_;
    if (Peek() == ',') {
      ++at_;
      while (Peek() == ' ' || Peek() == '\t') ++at_;
      Address();
    }
    while (Peek() == ' ' || Peek() == '!' || Peek() == '\t') ++at_;
    if (lost_ || at_ >= text_.size()) return;
    Verb(text_[at_++]);
  }

  void Verb(char verb) {
    switch (verb) {
      case '{': case '}': case '=': case 'd': case 'D': case 'g': case 'G': case 'h': case 'H': case 'n': case 'N': case 'p': case 'P': case 'x': case 'z': case 'F': return;
      case '#': Line(); return;
      case ':': case 'b': case 't': case 'T': {
        while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != ';' && text_[at_] != '}') ++at_;
        return;
      }
      case 'l': case 'L': case 'q': case 'Q': while (Peek() == ' ' || (Peek() >= '0' && Peek() <= '9')) ++at_; return;
      case 'a': case 'i': case 'c': return TextArgument();
      case 's': return Substitute();
      case 'y': {
        const char delimiter = Peek();
        ++at_;
        if (delimiter == '\0' || !SkipTo(delimiter, Part::kPlain) || !SkipTo(delimiter, Part::kPlain)) lost_ = true;
        return;
      }
      case 'r': case 'R': return File(Op::kRead);
      case 'w': case 'W': return File(Op::kWrite);
      case 'e': {
        const std::string_view text = FileName();
        c_.Add(Op::kExec, "sh", span_);
        if (text.empty()) return c_.Unknown("shell-text", span_);
        return c_.ShellText(std::string(text), "sh", span_);
      }
      default: lost_ = true;
    }
  }

  Context& c_;
  std::string_view text_;
  Span span_;
  size_t at_ = 0;
  bool lost_ = false;
};

void OneScript(Context& c, const Word& word) {
  if (!word.exact() || word.may_be_several) return c.Unknown("code", word.span);
  Script(c, word.text, word.span).Go();
}

// -i.bak keeps what was there under another name; `*` in the suffix stands for the file's, a `/` leads elsewhere.
void Backups(Context& c, const Parsed& p, const Word& suffix, size_t first_file) {
  for (size_t i = first_file; i < p.arguments.size(); ++i) {
    const Word& file = p.arguments[i];
    if (!suffix.exact() || !file.exact() || suffix.text.find_first_of("*/") != std::string::npos) {
      c.PathText(Op::kWrite, ".", suffix.span, Tree::kWhole);
      if (suffix.text.find('/') != std::string::npos || !suffix.exact()) c.Add(Op::kWrite, "?", suffix.span), c.Partial("where the old file is kept is not known");
    } else {
      c.PathText(Op::kWrite, file.text + suffix.text, suffix.span);
    }
  }
}

}  // namespace

Then DescribeSed(Context& c, const Parsed& p) {
  const auto texts = p.All("-e --expression");
  const auto files = p.All("-f --file");
  const bool sandboxed = p.Has("--sandbox");  // sed then refuses e, r and w
  size_t first_file = 0;
  if (!sandboxed) {
    std::string joined;  // several -e are one script: `-e 'a\' -e text`
    bool known = !texts.empty();
    for (const Given* given : texts) {
      if (!given->value || !given->value->exact() || given->value->may_be_several) known = false;
      if (given->value) joined += given->value->text + "\n";
    }
    if (known) OneScript(c, Exactly(joined, texts.front()->span));
    if (!known && !texts.empty()) c.Unknown("code", texts.front()->span);
    for (const Given* given : files)
      if (given->value) c.Unknown("code", given->span);
  }
  if (texts.empty() && files.empty()) {
    if (!p.arguments.empty() && !sandboxed) OneScript(c, p.arguments.front());
    first_file = 1;
  }
  const bool in_place = p.Has("-i --in-place");
  for (size_t i = first_file; i < p.arguments.size(); ++i) ApplyRole(c, p, in_place ? Role::kReadWrite : Role::kRead, p.arguments[i]);
  if (const Given* given = p.Find("-i --in-place"); given && given->value) Backups(c, p, *given->value, first_file);
  DescribeOptions(c, p);
  if (p.may_hide_arguments) c.Partial("a word may be several");
  return Then::kDone;
}

}  // namespace checkrein::analysis
