#include "analysis/signs/words.h"

#include <string>

#include "base/ascii.h"

namespace checkrein::analysis {
namespace {

bool InWord(unsigned char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; }

// The bytes of a zero-width character at the front of `rest`: U+200B to U+200D, U+2060, U+FEFF.
size_t ZeroWidth(std::string_view rest) {
  if (rest.starts_with("\xE2\x80\x8B") || rest.starts_with("\xE2\x80\x8C") || rest.starts_with("\xE2\x80\x8D")) return 3;
  return rest.starts_with("\xE2\x81\xA0") || rest.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

}  // namespace

std::vector<TextWord> WordsOf(std::string_view text, const Vocabulary& vocabulary) {
  std::vector<TextWord> out;
  bool begins = true;
  std::string word;
  const auto id = [&](std::string_view known) {
    const auto at = vocabulary.find(known);
    return at == vocabulary.end() ? WordId{0} : at->second;
  };
  const auto finish = [&] {
    while (word.ends_with('\'')) word.pop_back();
    if (word.empty()) return;
    out.push_back({id(word), begins});
    begins = false;
    word.clear();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0xE2) {
      if (const size_t bytes = ZeroWidth(text.substr(at)); bytes > 0) {
        at += bytes - 1;
        continue;
      }
      if (text.substr(at).starts_with("\xE2\x80\x99") && !word.empty()) {
        word += '\'';
        at += 2;
        continue;
      }
    }
    if (InWord(c)) {
      word += AsciiLower(static_cast<char>(c));
      continue;
    }
    if (c == '\'' && !word.empty()) {
      word += '\'';
      continue;
    }
    finish();
    if (c == '\n') begins = true;
    if (c <= ' ' || c == '*' || c == '_' || c == '#' || c == '"' || c == '\'' || c == '`' || c == '-') continue;
    out.push_back({id(text.substr(at, 1)), begins});
    if (c == '.' || c == '?' || c == '!' || c == ':' || c == ';') begins = true;
  }
  finish();
  return out;
}

}  // namespace checkrein::analysis
