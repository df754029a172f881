// xargs: runs a command with words from its input. The words are known only where the input is.
#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

constexpr size_t kMaxWords = 64;  // of a known input that are followed one by one

// The input's words, if it is known and plain: quotes and backslashes are not followed.
std::optional<std::vector<Word>> KnownWords(const Context& c, const Parsed& p) {
  const Input& input = c.command.input;
  if (input.kind != Input::Kind::kText || input.text.find_first_of("'\"\\") != std::string::npos) return std::nullopt;
  if (p.Has("-a --arg-file -E -e --eof -x --exit -d --delimiter")) return std::nullopt;
  const bool nul = p.Has("-0 --null");
  std::vector<Word> words;
  std::string current;
  const std::string_view separators = nul ? std::string_view("\0", 1) : std::string_view(" \t\n");
  for (const char byte : input.text + std::string(1, separators.back())) {
    if (separators.find(byte) == std::string_view::npos) {
      current += byte;
    } else if (!current.empty()) {
      words.push_back(Exactly(current, c.command.span));
      current.clear();
      if (words.size() > kMaxWords) return std::nullopt;
    }
  }
  return words;
}

Word Filled(const Word& word, std::string_view mark) {
  if (mark.empty() || !word.exact() || word.text.find(mark) == std::string::npos) return word;
  Word filled;
  filled.span = word.span;
  return filled;
}

// -I: one command for each line, with its blanks in front cut.
std::optional<std::vector<std::string>> KnownLines(const Context& c, const Parsed& p) {
  const Input& input = c.command.input;
  if (input.kind != Input::Kind::kText || input.text.find_first_of("'\"\\") != std::string::npos) return std::nullopt;
  if (p.Has("-a --arg-file -E -e --eof -x --exit -d --delimiter -0 --null -n --max-args -L -l --max-lines")) return std::nullopt;
  std::vector<std::string> lines;
  for (size_t at = 0; at < input.text.size();) {
    const size_t end = std::min(input.text.find('\n', at), input.text.size());
    std::string line = input.text.substr(at, end - at);
    line.erase(0, line.find_first_not_of(" \t"));
    if (!line.empty()) lines.push_back(std::move(line));
    if (lines.size() > kMaxWords) return std::nullopt;
    at = end + 1;
  }
  return lines;
}

Word Replaced(const Word& word, const std::string& mark, const std::string& line) {
  if (!word.exact() || mark.empty()) return word;
  Word out = word;
  for (size_t at = 0; (at = out.text.find(mark, at)) != std::string::npos; at += line.size()) out.text.replace(at, mark.size(), line);
  return out;
}

}  // namespace

Then DescribeXargs(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  if (p.arguments.empty()) return Then::kDone;  // echo
  const Given* replace = p.Find("-I -i --replace");
  std::string mark;
  if (replace) mark = replace->value && replace->value->exact() && !replace->value->text.empty() ? replace->value->text : "{}";
  const auto known = KnownWords(c, p);
  std::vector<Word> argv;
  for (const Word& word : p.arguments) argv.push_back(Filled(word, mark));
  if (known && !replace) {
    argv.insert(argv.end(), known->begin(), known->end());
    c.Run(std::move(argv), false);
  } else if (const auto lines = replace ? KnownLines(c, p) : std::nullopt) {
    for (const std::string& line : *lines) {
      argv.clear();
      for (const Word& word : p.arguments) argv.push_back(Replaced(word, mark, line));
      c.Run(argv, false);
      c.out.nested.back().command.input = Input{};
    }
    return Then::kDone;
  } else {
    const bool filled_program = argv.front().known == Word::Known::kNothing;
    c.Run(std::move(argv), !replace);
    if (filled_program) c.Unknown("program", c.command.span);
    c.out.nested.back().command.words_from = c.command.input.origin;
    c.Partial("the words that xargs adds are not known");
  }
  c.out.nested.back().command.input = Input{};  // /dev/null
  return Then::kDone;
}

}  // namespace checkrein::analysis
