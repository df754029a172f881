// For tests: a command line as a Command, without a shell.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "analysis/command.h"

namespace checkrein::analysis {

// Blanks separate, quotes join; `$x` is a word nobody knows; NAME=value in front is an assignment.
inline Command ReadCommand(std::string_view text) {
  Command command;
  std::string word;
  bool open = false;
  bool quoted = false;
  const auto close = [&]() {
    if (!open) return;
    Word w;
    const size_t equals = word.find('=');
    if (word == "$x" && !quoted) {
      w.may_be_several = true;
    } else if (const size_t dollar = word.find("$x"); dollar != std::string::npos && !quoted) {
      w.known = Word::Known::kPrefix;
      w.text = word.substr(0, dollar);
      w.may_be_several = true;
    } else {
      w.known = Word::Known::kExactly;
      w.text = word;
    }
    const auto upper = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
    if (command.argv.empty() && equals != std::string::npos && equals > 0 && std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), upper)) {
      w.text = word.substr(equals + 1);
      command.assignments.emplace_back(word.substr(0, equals), w);
    } else {
      command.argv.push_back(w);
    }
    word.clear();
    open = quoted = false;
  };
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = quoted = true;
    } else if (c == ' ') {
      close();
    } else {
      word += c;
      open = true;
    }
  }
  close();
  return command;
}

}  // namespace checkrein::analysis
