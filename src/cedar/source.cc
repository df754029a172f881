#include "cedar/source.h"

#include <algorithm>
#include <array>

namespace checkrein::cedar {
namespace {

constexpr size_t kWindow = 140;  // bytes of a line that are shown at most

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

struct Place {
  uint32_t line, column;
  size_t line_begin, line_end, at;  // bytes in the text
};

Place Locate(const SourceView& source, Span span) {
  const std::string_view text = source.text;
  Place p{source.line, source.column, 0, 0, std::min<size_t>(span.begin, text.size())};
  for (size_t i = 0; i < p.at; ++i) {
    if (text[i] == '\n') {
      ++p.line;
      p.line_begin = i + 1;
    }
  }
  if (p.line_begin > 0) p.column = 1;
  for (size_t i = p.line_begin; i < p.at; ++i) p.column += !IsContinuation(text[i]);
  p.line_end = std::min(text.find('\n', p.at), text.size());
  return p;
}

std::string Label(const SourceView& source, const Place& p) {
  return std::string(source.file) + ":" + std::to_string(p.line) + ":" + std::to_string(p.column);
}

}  // namespace

std::string Where(const SourceView& source, Span span) { return Label(source, Locate(source, span)); }

std::string Point(const SourceView& source, Span span, std::string_view what) {
  const Place p = Locate(source, span);
  std::string out = Label(source, p) + ": " + std::string(what);
  size_t from = p.line_begin;
  if (p.at - from > kWindow / 2) {
    from = p.at - kWindow / 2;
    while (from < p.at && IsContinuation(source.text[from])) ++from;
  }
  size_t to = std::min(p.line_end, from + kWindow);
  while (to > from && to < p.line_end && IsContinuation(source.text[to])) --to;
  std::string shown, pad;
  for (size_t i = from; i < to; ++i) {
    const char c = source.text[i];
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;  // a policy must not drive the terminal
    shown += control ? ' ' : c;
    if (i < p.at && !IsContinuation(c)) pad += ' ';
  }
  const size_t end = std::clamp<size_t>(span.end, p.at + 1, std::max(to, p.at + 1));
  size_t width = 0;
  for (size_t i = p.at; i < end; ++i) width += i >= source.text.size() || !IsContinuation(source.text[i]);
  return out + "\n  " + shown + "\n  " + pad + std::string(std::max<size_t>(width, 1), '^');
}

size_t EditDistance(std::string_view a, std::string_view b) {
  constexpr size_t kMax = 64;
  if (a.size() > kMax || b.size() > kMax) return std::max(a.size(), b.size());
  std::array<std::array<size_t, kMax + 1>, 3> rows{};  // two back, one back, this
  for (size_t j = 0; j <= b.size(); ++j) rows[1][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    rows[2][0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t best = std::min({rows[1][j] + 1, rows[2][j - 1] + 1, rows[1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = std::min(best, rows[0][j - 2] + 1);
      rows[2][j] = best;
    }
    rows[0] = rows[1];
    rows[1] = rows[2];
  }
  return rows[1][b.size()];
}

}  // namespace checkrein::cedar
