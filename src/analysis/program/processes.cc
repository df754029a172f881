// Programs that look at other processes: ps, strace.
#include <utility>

#include "analysis/program/describe.h"

namespace checkrein::analysis {

// Letters of ps after which a value follows: the rest of the word, or the next one.
constexpr std::string_view kValues = "CGNOUgknopqstu";     // -eo pid,comm
constexpr std::string_view kBsdValues = "OkNnopqtU";         // axo pid,comm

// ps reads words without a dash as BSD's options, combined; an `e` among them shows every process's environment, and that holds the keys.
Then DescribePs(Context& c, const Parsed& p) {
  bool value = false;
  for (const Word& word : p.arguments) {
    const std::string_view text = word.text;
    if (std::exchange(value, false) && !word.may_be_several) continue;
    const bool dash = text.starts_with('-');
    const size_t end = text.starts_with("--") ? std::string_view::npos : text.find_first_of(dash ? kValues : kBsdValues, dash ? 1 : 0);
    value = word.exact() && end != std::string_view::npos && end + 1 == text.size();
    if (dash || (word.exact() && text.find_first_not_of("0123456789,") == std::string_view::npos)) continue;
    if (!word.exact()) c.Partial("a word that is not known may ask ps for environments");
    if (text.substr(0, end).find('e') != std::string_view::npos) c.Path(Op::kRead, Exactly("/proc/*/environ", word.span));
  }
  return Then::kDone;
}

// strace -o '|PROGRAM' and '!PROGRAM' give the trace to a shell's command.
Then DescribeStrace(Context& c, const Parsed& p) {
  if (const Given* given = p.Find("-o --output"); given && given->value && (given->value->text.starts_with('|') || given->value->text.starts_with('!'))) c.Shell(Rest(*given->value, 1));
  return Then::kTable;
}

}  // namespace checkrein::analysis
