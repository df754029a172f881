#include "analysis/program/git_setting.h"

#include <utility>

#include "base/ascii.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxSettings = 10'000;

bool IsAlphanumeric(char c) { return (AsciiLower(c) >= 'a' && AsciiLower(c) <= 'z') || (c >= '0' && c <= '9'); }

//   file    = { blank | comment | header | setting }
//   header  = "[" section [ blank '"' sub-section '"' | "." sub-section ] "]"        what follows on the line is read like a line
//   setting = name [ blanks "=" value ] end-of-line
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::optional<std::vector<GitSetting>> All();

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\n' : text_[at_]; }
  // "\r\n" ends a line as "\n" does.
  char Next() {
    if (AtEnd()) return '\n';
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    return text_[at_++];
  }
  void SkipBlanks() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t')) ++at_;
  }
  void SkipLine() {
    while (!AtEnd() && Next() != '\n') {
    }
  }
  bool Header();
  bool Setting();
  bool Value(std::string& value);

  std::string_view text_;
  size_t at_ = 0;
  std::string section_;
  std::vector<GitSetting> found_;
};

std::optional<std::vector<GitSetting>> Reader::All() {
  if (text_.find('\0') != std::string_view::npos) return std::nullopt;
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark, which git skips too
  while (!AtEnd()) {
    const char c = Peek();
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else if (c == '#' || c == ';') {
      SkipLine();
    } else if (c == '[' ? !Header() : !Setting()) {
      return std::nullopt;
    }
    if (found_.size() > kMaxSettings) return std::nullopt;
  }
  return std::move(found_);
}

bool Reader::Header() {
  ++at_;
  std::string name;
  while (!AtEnd() && (IsAlphanumeric(Peek()) || Peek() == '-' || Peek() == '.')) name += AsciiLower(Next());
  if (name.empty()) return false;
  if (Peek() == ' ' || Peek() == '\t') {
    SkipBlanks();
    if (Next() != '"') return false;
    name += '.';
    for (;;) {
      char c = Next();
      if (c == '"') break;
      if (c == '\\') c = Next();
      if (c == '\n') return false;
      name += c;
    }
  }
  if (Next() != ']') return false;
  section_ = std::move(name);
  return true;
}

bool Reader::Setting() {
  std::string name;
  while (!AtEnd() && (IsAlphanumeric(Peek()) || Peek() == '-')) name += AsciiLower(Next());
  if (name.empty() || !((name[0] >= 'a' && name[0] <= 'z')) || section_.empty()) return false;
  SkipBlanks();
  std::string value = "true";
  const char c = Next();
  if (c == '=') {
    if (!Value(value)) return false;
  } else if (c == '#' || c == ';') {
    SkipLine();
  } else if (c != '\n') {
    return false;
  }
  found_.push_back({section_ + "." + name, std::move(value)});
  return true;
}

bool Reader::Value(std::string& value) {
  value.clear();
  std::string blanks;  // within a value they count, at its end they do not
  for (bool quoted = false;;) {
    const char c = Next();
    if (c == '\n') return !quoted;
    if (!quoted && (c == ' ' || c == '\t')) {
      if (!value.empty()) blanks += c;
      continue;
    }
    if (!quoted && (c == '#' || c == ';')) {
      SkipLine();
      return true;
    }
    value += std::exchange(blanks, "");
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\') {
      const char escaped = Next();
      if (escaped == '\n') continue;
      const size_t which = std::string_view("tbn\"\\").find(escaped);
      if (which == std::string_view::npos) return false;
      value += "\t\b\n\"\\"[which];
    } else {
      value += c;
    }
  }
}

}  // namespace

std::optional<std::vector<GitSetting>> ReadGitConfig(std::string_view text) { return Reader(text).All(); }

}  // namespace checkrein::analysis
