// dd: words of the form name=value.
#include "analysis/program/describe.h"

namespace checkrein::analysis {

Then DescribeDd(Context& c, const Parsed& p) {
  for (const Word& word : p.arguments) {
    const size_t equals = word.text.find('=');
    if (equals == std::string::npos) {
      if (!word.exact()) c.Add(Op::kWrite, "?", word.span);
      c.Partial("a word of dd is not known");
      continue;
    }
    const std::string_view name = std::string_view(word.text).substr(0, equals);
    if (name == "if") c.Path(Op::kRead, Rest(word, equals + 1));
    if (name == "of") c.Path(Op::kWrite, Rest(word, equals + 1));
  }
  return Then::kDone;
}

}  // namespace checkrein::analysis
