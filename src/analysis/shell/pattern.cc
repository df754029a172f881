#include "analysis/shell/pattern.h"

#include <string>

namespace checkrein::analysis::shell {
namespace {

bool InClass(std::string_view name, char c) {
  const auto is = [c](char from, char to) { return c >= from && c <= to; };
  const bool lower = is('a', 'z'), upper = is('A', 'Z'), digit = is('0', '9');
  if (name == "alpha") return lower || upper;
  if (name == "digit") return digit;
  if (name == "alnum") return lower || upper || digit;
  if (name == "upper") return upper;
  if (name == "lower") return lower;
  if (name == "space") return c == ' ' || is('\t', '\r');
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "xdigit") return digit || is('a', 'f') || is('A', 'F');
  if (name == "word") return lower || upper || digit || c == '_';
  return name == "punct" && is('!', '~') && !(lower || upper || digit);
}

// At `[`: where the bracket ends (after the `]`) and whether `c` is in it; 0 when it is no bracket expression.
struct Bracket { size_t end = 0; bool in = false; };
Bracket ReadBracket(std::string_view pattern, size_t at, char c) {
  size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool in = false;
  for (bool first = true; i < pattern.size(); first = false) {
    char low = pattern[i];
    if (low == ']' && !first) return {i + 1, in != negated};
    if (low == '[' && i + 1 < pattern.size() && pattern[i + 1] == ':') {
      const size_t close = pattern.find(":]", i + 2);
      if (close != std::string_view::npos) {
        in = in || InClass(pattern.substr(i + 2, close - i - 2), c);
        i = close + 2;
        continue;
      }
    }
    if (low == '\\' && i + 1 < pattern.size()) low = pattern[++i];
    ++i;
    char high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      high = pattern[i + 1];
      i += 2;
      if (high == '\\' && i < pattern.size()) high = pattern[i++];
    }
    in = in || (c >= low && c <= high);
  }
  return {};
}

bool Match(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size()) {
      const char c = pattern[p];
      if (c == '*') {
        star = p++;
        mark = t;
        continue;
      }
      if (t < text.size()) {
        if (c == '?') {
          ++p, ++t;
          continue;
        }
        const Bracket bracket = c == '[' ? ReadBracket(pattern, p, text[t]) : Bracket{};
        if (bracket.end > 0) {
          if (bracket.in) {
            p = bracket.end, ++t;
            continue;
          }
        } else {
          const size_t literal = c == '\\' && p + 1 < pattern.size() ? p + 1 : p;
          if (pattern[literal] == text[t]) {
            p = literal + 1, ++t;
            continue;
          }
        }
      }
    }
    if (star == std::string_view::npos || mark >= text.size()) return false;
    p = star + 1;
    t = ++mark;
  }
  return true;
}

}  // namespace

bool HasGlob(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '*' || pattern[i] == '?') {
      return true;
    } else if (pattern[i] == '[' && ReadBracket(pattern, i, 'x').end > 0) {
      return true;
    }
  }
  return false;
}

std::optional<bool> Matches(std::string_view pattern, std::string_view text) {
  if (pattern.size() * text.size() / 64 > kMaxPatternWork) return std::nullopt;
  for (const std::string_view odd : {"[[.", "[[=", "[.", "[="})
    if (pattern.find(odd) != std::string_view::npos) return std::nullopt;
  return Match(pattern, text);
}

}  // namespace checkrein::analysis::shell
