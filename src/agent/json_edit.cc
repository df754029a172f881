#include "agent/json_edit.h"

#include "base/json.h"

namespace checkrein::agent {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

size_t SkipBlanks(std::string_view text, size_t at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at;
}

// `at` stands on the opening quote; one past the closing one.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

// `at` stands on the first byte of a value; one past its last. No recursion: only brackets are counted.
size_t SkipValue(std::string_view text, size_t at) {
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
      continue;
    } else if (c == '}' || c == ']') {
      --depth;
      ++at;
    } else if (depth == 0 && c != ',' && c != ':' && !IsBlank(c)) {
      while (at < text.size() && !IsBlank(text[at]) && text[at] != ',' && text[at] != '}' && text[at] != ']') ++at;
    } else {
      ++at;
      continue;
    }
    if (depth == 0) return at;
  }
  return text.size();
}

}  // namespace

Span RootSpan(std::string_view text) {
  const size_t begin = SkipBlanks(text, 0);
  return {begin, SkipValue(text, begin)};
}

std::optional<Span> MemberSpan(std::string_view text, Span object, std::string_view key) {
  size_t at = SkipBlanks(text, object.begin + 1);
  while (at < object.end && text[at] == '"') {
    const size_t key_end = SkipString(text, at);
    const auto name = json::Parse(text.substr(at, key_end - at));
    const size_t value = SkipBlanks(text, SkipBlanks(text, key_end) + 1);  // past the colon
    const size_t end = SkipValue(text, value);
    if (name && name->string() != nullptr && *name->string() == key) return Span{value, end};
    at = SkipBlanks(text, SkipBlanks(text, end) + 1);  // past the comma or the closing brace
  }
  return std::nullopt;
}

std::optional<size_t> LastElementEnd(std::string_view text, Span container) {
  size_t at = container.end - 1;  // the closing bracket
  while (at > container.begin && IsBlank(text[at - 1])) --at;
  if (at == container.begin + 1) return std::nullopt;
  return at;
}

}  // namespace checkrein::agent
