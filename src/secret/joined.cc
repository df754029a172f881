#include <algorithm>
#include <cstdint>
#include <string>

#include "secret/scan.h"

namespace checkrein::secret {
namespace {

bool IsPart(char c) { return In(Charset::kWord, c) || c == '/' || c == '+' || c == '.'; }

// How many bytes at `at` a shell takes away between two parts of a word: quotes, and a backslash before a line's end. The backslash may be
// doubled and the quote escaped once more, as in a command inside JSON.
size_t Seam(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '"' || c == '\'') return 1;
  if (c != '\\' || at + 1 == text.size()) return 0;
  const char next = text[at + 1];
  if (next == '\n' || next == '"' || next == '\'') return 2;
  return text.substr(at).starts_with("\\\\\\n") ? 4 : text.substr(at).starts_with("\\\\n") ? 3 : 0;
}

}  // namespace

void FindJoined(std::string_view text, std::vector<Finding>& found) {
  std::string joined;
  std::vector<uint32_t> from;     // where each character of `joined` stands in `text`
  std::vector<size_t> seams;      // places in `joined` before which something was taken away
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    for (size_t n; end < text.size() && (n = Seam(text, end)) > 0;) end += n;
    if (end > at && at > 0 && IsPart(text[at - 1]) && end < text.size() && IsPart(text[end])) {
      seams.push_back(joined.size());
      at = end;
      continue;
    }
    const size_t keep = std::max(end, at + 1);
    for (; at < keep; ++at) {
      joined += text[at];
      from.push_back(static_cast<uint32_t>(at));
    }
  }
  if (seams.empty()) return;
  std::vector<Finding> inside;
  FindPrefixed(joined, inside);
  FindByContext(joined, inside);
  for (const Finding& finding : inside) {
    const auto seam = std::upper_bound(seams.begin(), seams.end(), finding.begin);
    if (seam == seams.end() || *seam >= finding.end) continue;  // whole in the text as well
    found.push_back({finding.rule, from[finding.begin], from[finding.end - 1] + size_t{1}});
  }
}

}  // namespace checkrein::secret
