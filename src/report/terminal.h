// Text for a terminal: colour where one looks, lines folded at its width, and nothing of a stranger's that could move its cursor.
//
//   Terminal t = TerminalOf(STDOUT_FILENO);                    // the edge; all below is pure
//   Paint(t, Tone::kBad, "denied")                             // "\x1b[31mdenied\x1b[0m", or "denied"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "effect/effect.h"
#include "effect/verdict.h"

namespace checkrein::report {

enum class Colour : uint8_t { kNo, kYes };

struct Terminal {
  Colour colour = Colour::kNo;
  size_t columns = 80;
};

// Colour only where `fd` is a terminal, TERM is not "dumb" and NO_COLOR is not set; 80 columns where the width cannot be asked for.
Terminal TerminalOf(int fd);

enum class Tone { kPlain, kGood, kWarning, kBad, kFaint, kStrong };
std::string Paint(const Terminal& terminal, Tone tone, std::string_view text);
Tone ToneOf(Verdict verdict);

// Folds at spaces so that each line has at most terminal.columns columns (a longer word stands alone); `indent` spaces before every line.
// `text` is printable (effect/printable.h). Ends with a line break.
std::string Fold(const Terminal& terminal, std::string_view text, size_t indent);

// Columns that printable text takes.
size_t ColumnsOfText(std::string_view printable);

// The lines of `source` (untrusted) that `spans` touch, each made printable and followed by one that marks them with `^`. A line wider
// than the terminal is cut to a window around its first mark. At most kMaxMarkedLines of them; the rest is counted.
inline constexpr size_t kMaxMarkedLines = 12;
std::string Underline(const Terminal& terminal, std::string_view source, const std::vector<Span>& spans, size_t indent);

}  // namespace checkrein::report
