#include "analysis/shell/disguise.h"

#include <algorithm>

#include "analysis/shell/brace.h"
#include "analysis/shell/characters.h"

namespace checkrein::analysis::shell {
namespace {

using Kind = Part::Kind;

constexpr size_t kMinLetters = 3;  // of a value that is spelled in escapes: a separator (IFS=$'\x20') is no text

bool IsPlainText(const Part& part) {
  const auto text = [](const Part& inner) { return inner.kind == Kind::kLiteral || inner.kind == Kind::kEscaped; };
  if (part.kind == Kind::kDoubleQuoted || part.kind == Kind::kLocaleQuoted) return std::all_of(part.parts.begin(), part.parts.end(), text);
  return text(part) || part.kind == Kind::kSingleQuoted || part.kind == Kind::kAnsiQuoted;
}

std::string TextOf(const Part& part) {
  if (part.kind != Kind::kDoubleQuoted && part.kind != Kind::kLocaleQuoted) return part.text;
  std::string text;
  for (const Part& inner : part.parts) text += inner.text;
  return text;
}

// Whether text that can be read stands right beside the part, with a letter or digit of a name there.
bool ReadsOnBefore(const std::vector<Part>& parts, size_t i) {
  if (i == 0 || !IsPlainText(parts[i - 1])) return false;
  const std::string text = TextOf(parts[i - 1]);
  return !text.empty() && IsNameChar(static_cast<unsigned char>(text.back()));
}

bool ReadsOnBehind(const std::vector<Part>& parts, size_t i) {
  if (i + 1 >= parts.size() || !IsPlainText(parts[i + 1])) return false;
  const std::string text = TextOf(parts[i + 1]);
  return !text.empty() && IsNameChar(static_cast<unsigned char>(text.front()));
}

// Quotes in the middle of a name that needs none: w'h'o, wh""oami.
bool IsIdleQuote(const std::vector<Part>& parts, size_t i) {
  const std::string text = TextOf(parts[i]);
  if (text.empty()) return ReadsOnBefore(parts, i) || ReadsOnBehind(parts, i);
  return (IsNameChar(static_cast<unsigned char>(text.front())) && ReadsOnBefore(parts, i)) || (IsNameChar(static_cast<unsigned char>(text.back())) && ReadsOnBehind(parts, i));
}

// $@ where there are no words, $() and $(echo am): what stands in the middle of a name and prints a part of it, or nothing.
bool IsFiller(const std::vector<Part>& parts, size_t i) {
  const Part& part = parts[i];
  if (part.kind == Kind::kParameter) return part.parameter && (part.parameter->name == "@" || part.parameter->name == "*") && (ReadsOnBefore(parts, i) || ReadsOnBehind(parts, i));
  const bool empty = part.script && part.script->list.items.empty();
  return empty ? ReadsOnBefore(parts, i) || ReadsOnBehind(parts, i) : ReadsOnBefore(parts, i) && ReadsOnBehind(parts, i);
}

bool HasDot(const std::vector<Part>& parts) {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.kind == Kind::kLiteral && part.text.find_first_of(".:") != std::string::npos; });
}

bool IsDisguisedName(const std::vector<Part>& parts) {
  if (parts.size() == 1 && parts[0].kind == Kind::kLiteral && parts[0].text.find('{') == std::string::npos) return false;
  if (HoldsBraces(parts) && ExpandBraces(parts).words.size() > 1) return true;
  for (size_t i = 0; i < parts.size(); ++i) {
    switch (parts[i].kind) {
      case Kind::kEscaped:  // \ls is how one passes by an alias, dir\tool.exe a path of Windows
        if (!parts[i].text.empty() && IsNameChar(static_cast<unsigned char>(parts[i].text[0])) && ReadsOnBefore(parts, i) && !HasDot(parts)) return true;
        break;
      case Kind::kSingleQuoted: case Kind::kAnsiQuoted: case Kind::kDoubleQuoted: case Kind::kLocaleQuoted:
        if (parts[i].spelled || (IsPlainText(parts[i]) && IsIdleQuote(parts, i))) return true;
        break;
      case Kind::kParameter: case Kind::kCommand:
        if (IsFiller(parts, i)) return true;
        break;
      default: break;
    }
  }
  return false;
}

bool SplitsAtIfs(const WordNode& word) {
  return std::any_of(word.parts.begin(), word.parts.end(), [](const Part& part) { return part.kind == Kind::kParameter && part.parameter && part.parameter->name == "IFS" && part.parameter->op.empty() && !part.parameter->length; });
}

bool IsSpelledText(const WordNode& value) {
  return std::any_of(value.parts.begin(), value.parts.end(), [](const Part& part) {
    return part.spelled && static_cast<size_t>(std::count_if(part.text.begin(), part.text.end(), [](char c) { return IsNameStart(static_cast<unsigned char>(c)); })) >= kMinLetters;
  });
}

}  // namespace

bool IsDisguised(const Simple& simple) {
  if (!simple.words.empty() && !simple.words[0].assignment && IsDisguisedName(simple.words[0].word.parts)) return true;
  for (const Argument& argument : simple.words)
    if (!argument.assignment && argument.word.parts.size() > 1 && SplitsAtIfs(argument.word)) return true;
  return std::any_of(simple.assignments.begin(), simple.assignments.end(), [](const Assignment& assignment) { return IsSpelledText(assignment.value); });
}

bool HasUnseen(std::string_view name) {
  for (size_t i = 0; i + 2 < name.size(); ++i) {
    const auto at = [&](size_t k) { return static_cast<unsigned char>(name[i + k]); };
    if (at(0) != 0xE2) continue;
    // U+200B to U+200F and U+202A to U+202E; U+2060 to U+2069: E2 80 8B.., E2 81 A0..
    const bool unseen = (at(1) == 0x80 && ((at(2) >= 0x8B && at(2) <= 0x8F) || (at(2) >= 0xAA && at(2) <= 0xAE))) || (at(1) == 0x81 && at(2) >= 0xA0 && at(2) <= 0xA9);
    const auto ascii = [&](size_t k) { return k < name.size() && IsNameChar(static_cast<unsigned char>(name[k])); };
    if (unseen && ((i > 0 && ascii(i - 1)) || ascii(i + 3))) return true;
  }
  return false;
}

}  // namespace checkrein::analysis::shell
