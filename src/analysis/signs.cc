#include "analysis/signs.h"

#include <string>

namespace checkrein::analysis {
namespace {

// Each phrase is in folded form: lower case, single spaces. All are addressed to the reader as a model, or give it orders about its
// own instructions or its person; none is usual in code or documentation.
constexpr std::string_view kPhrases[] = {
    "ignore previous instructions",
    "ignore all previous instructions",
    "ignore the previous instructions",
    "ignore your previous instructions",
    "ignore all prior instructions",
    "disregard previous instructions",
    "disregard all previous instructions",
    "disregard your instructions",
    "forget your instructions",
    "forget all previous instructions",
    "override your instructions",
    "new instructions for the assistant",
    "instructions for ai assistants",
    "instructions for ai agents",
    "instruction to the assistant",
    "note to the ai assistant",
    "note to ai assistants",
    "note for ai agents",
    "if you are an ai",
    "if you are an ai assistant",
    "as an ai agent you must",
    "ai agents must",
    "ai assistants must",
    "coding agents must",
    "dear ai",
    "do not tell the user",
    "don't tell the user",
    "do not inform the user",
    "without telling the user",
    "without informing the user",
    "do not mention this to the user",
    "keep this hidden from the user",
    "<important>",
    "</information>",
    "you are now in developer mode",
    "system prompt override",
    "before you can solve the task",
    "this is an important message from",
    "your new task is",
    "your real task is",
};

// Lower case, runs of white space as one space, zero-width characters dropped.
std::string Fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    if (rest.starts_with("\xE2\x80\x8B") || rest.starts_with("\xE2\x80\x8C") || rest.starts_with("\xE2\x80\x8D") || rest.starts_with("\xEF\xBB\xBF")) {
      i += 2;
      continue;
    }
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '*' || c == '#' || c == '>' || c == '_') {
      if (c == '>' || c == '_') out += c;  // kept: they belong to markers such as <important>
      else if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

}  // namespace

bool HasInjectionSigns(std::string_view text) {
  const std::string folded = Fold(text);
  for (const std::string_view phrase : kPhrases)
    if (folded.find(phrase) != std::string::npos) return true;
  return false;
}

}  // namespace checkrein::analysis
