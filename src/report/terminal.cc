#include "report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "effect/printable.h"

namespace checkrein::report {
namespace {

constexpr size_t kLeastColumns = 20;
constexpr size_t kMostColumns = 160;  // longer lines are hard to read

struct Cell {
  std::string text;
  size_t columns = 0;
  bool marked = false;
};

// One line of source, cut into what takes the place of each of its characters.
std::vector<Cell> Cells(std::string_view line, size_t offset, const std::vector<Span>& spans) {
  std::vector<Cell> cells;
  for (size_t at = 0; at < line.size();) {
    const size_t size = std::max<size_t>(DecodeUtf8(line, at).size, 1);
    Cell cell;
    cell.text = Printable(line.substr(at, size));
    cell.columns = ColumnsOfText(cell.text);
    const size_t position = offset + at;
    cell.marked = std::any_of(spans.begin(), spans.end(), [position](const Span& s) { return s.begin <= position && position < s.end; });
    cells.push_back(std::move(cell));
    at += size;
  }
  return cells;
}

// Two lines: the text of the cells that fit, and the marks.
std::string Marked(const Terminal& terminal, const std::vector<Cell>& cells, size_t indent) {
  const size_t room = std::max(terminal.columns, kLeastColumns + indent) - indent;
  size_t total = 0;
  for (const Cell& cell : cells) total += cell.columns;
  size_t first = 0;
  if (total > room) {
    const auto mark = std::find_if(cells.begin(), cells.end(), [](const Cell& c) { return c.marked; });
    const size_t marked = static_cast<size_t>(mark - cells.begin());
    first = marked > room / 4 ? marked - room / 4 : 0;
  }
  std::string text(indent, ' '), marks(indent, ' ');
  size_t used = 0;
  if (first > 0) {
    text += "...";
    marks += "   ";
    used = 3;
  }
  for (size_t i = first; i < cells.size(); ++i) {
    if (used + cells[i].columns + (i + 1 < cells.size() ? 3 : 0) > room) {
      text += "...";
      break;
    }
    used += cells[i].columns;
    text += cells[i].text;
    marks.append(cells[i].columns, cells[i].marked ? '^' : ' ');
  }
  while (!marks.empty() && marks.back() == ' ') marks.pop_back();
  return text + "\n" + Paint(terminal, Tone::kWarning, marks) + "\n";
}

}  // namespace

Terminal TerminalOf(int fd) {
  Terminal terminal;
  if (isatty(fd) == 0) return terminal;
  const char* term = std::getenv("TERM");
  if (std::getenv("NO_COLOR") == nullptr && term != nullptr && std::string_view(term) != "dumb") terminal.colour = Colour::kYes;
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.columns = std::clamp<size_t>(size.ws_col, kLeastColumns, kMostColumns);
  return terminal;
}

std::string Paint(const Terminal& terminal, Tone tone, std::string_view text) {
  if (terminal.colour == Colour::kNo || tone == Tone::kPlain || text.empty()) return std::string(text);
  const char* code = "0";
  switch (tone) {
    case Tone::kPlain: break;
    case Tone::kGood: code = "32"; break;
    case Tone::kWarning: code = "33"; break;
    case Tone::kBad: code = "31"; break;
    case Tone::kFaint: code = "2"; break;
    case Tone::kStrong: code = "1"; break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Tone ToneOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
    case Verdict::kContain: return Tone::kGood;
    case Verdict::kAsk: return Tone::kWarning;
    case Verdict::kDeny: break;
  }
  return Tone::kBad;
}

size_t ColumnsOfText(std::string_view printable) {
  size_t columns = 0;
  for (size_t at = 0; at < printable.size();) {
    const CodePoint c = DecodeUtf8(printable, at);
    columns += c.size == 0 ? 1 : static_cast<size_t>(ColumnsOf(c.value));
    at += std::max<size_t>(c.size, 1);
  }
  return columns;
}

std::string Fold(const Terminal& terminal, std::string_view text, size_t indent) {
  const size_t room = std::max(terminal.columns, kLeastColumns + indent) - indent;
  std::string out;
  std::string line;
  size_t used = 0;
  const auto flush = [&] {
    out += std::string(indent, ' ') + line + "\n";
    line.clear();
    used = 0;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const size_t columns = ColumnsOfText(word);
    if (used > 0 && used + 1 + columns > room) flush();
    if (used > 0) {
      line += ' ';
      ++used;
    }
    line += word;
    used += columns;
    at = end + 1;
  }
  if (!line.empty() || out.empty()) flush();
  return out;
}

std::string Underline(const Terminal& terminal, std::string_view source, const std::vector<Span>& spans, size_t indent) {
  std::string out;
  size_t shown = 0, left_out = 0;
  for (size_t at = 0; at <= source.size();) {
    const size_t end = std::min(source.find('\n', at), source.size());
    const bool touched = std::any_of(spans.begin(), spans.end(), [at, end](const Span& s) { return s.begin < s.end && s.begin < end && s.end > at; });
    if (touched && shown == kMaxMarkedLines) ++left_out;
    if (touched && shown < kMaxMarkedLines) {
      ++shown;
      out += Marked(terminal, Cells(source.substr(at, end - at), at, spans), indent);
    }
    at = end + 1;
  }
  if (left_out > 0) out += std::string(indent, ' ') + "(" + std::to_string(left_out) + " more lines)\n";
  return out;
}

}  // namespace checkrein::report
