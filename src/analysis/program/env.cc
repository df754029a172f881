// env, sudo and doas: assignments before the command, -S which cuts one word into many.
#include "analysis/program/describe.h"

namespace checkrein::analysis {
namespace {

// env -S TEXT, where TEXT has no quotes, escapes or variables. Nothing: not followed.
std::optional<std::vector<Word>> Cut(const Word& text) {
  if (!text.exact() || text.text.find_first_of("\\\"'$#") != std::string::npos) return std::nullopt;
  std::vector<Word> words;
  for (size_t at = 0; at < text.text.size();) {
    const size_t start = text.text.find_first_not_of(" \t\n\r\v\f", at);
    if (start == std::string::npos) break;
    at = std::min(text.text.find_first_of(" \t\n\r\v\f", start), text.text.size());
    words.push_back(Exactly(text.text.substr(start, at - start), text.span));
  }
  return words;
}

bool IsAssignment(const Word& word) {
  const size_t equals = word.text.find('=');
  return equals != std::string::npos && equals > 0 && (word.exact() || word.known == Word::Known::kPrefix);
}

}  // namespace

Then DescribeEnv(Context& c, const Parsed& p) {
  DescribeOptions(c, p);
  std::vector<Word> words = p.arguments;
  if (const Given* given = p.Find("-S --split-string"); given && given->value) {
    auto cut = Cut(*given->value);
    if (!cut) {
      c.Unknown("program", given->span);
      return Then::kDone;
    }
    cut->insert(cut->end(), words.begin(), words.end());
    if (!cut->empty() && cut->front().text.starts_with('-')) c.Unknown("option", given->span);
    words = std::move(*cut);
  }
  size_t first = 0;
  Command base = c.command;
  if (p.Has("-i --ignore-environment -")) base.assignments.clear();
  for (; first < words.size() && IsAssignment(words[first]); ++first) {
    const size_t equals = words[first].text.find('=');
    base.assignments.emplace_back(words[first].text.substr(0, equals), Rest(words[first], equals + 1));
  }
  for (const Given* given : p.All("-u --unset"))
    if (given->value)
      std::erase_if(base.assignments, [given](const auto& a) { return a.first == given->value->text; });
  if (first == words.size()) {
    // With nothing to run, env prints the environment: that holds the keys.
    if (p.name() == "env") c.PathText(Op::kRead, "/proc/self/environ", c.command.span);
    if (p.Has("-s --shell -i --login")) StdinIsCode(c, "sh");
    return Then::kDone;
  }
  if (p.Has("-e --edit")) {  // sudoedit: the words are files
    for (size_t i = first; i < words.size(); ++i) c.Path(Op::kWrite, words[i]);
    c.Unknown("editor", c.command.span);
    return Then::kDone;
  }
  c.Run(std::vector<Word>(words.begin() + static_cast<std::ptrdiff_t>(first), words.end()), false);
  c.out.nested.back().command.assignments = base.assignments;
  return Then::kDone;
}

}  // namespace checkrein::analysis
