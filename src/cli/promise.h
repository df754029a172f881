// The last lines of a screen that shows records or what they led to: what their mode cannot promise (report/promise.h).
#pragma once

#include <unistd.h>

#include <cstdio>

#include "report/promise.h"
#include "report/terminal.h"

namespace checkrein::cli {

// Where rows are piped to a program the lines go to standard error, so that what is piped stays what it is.
enum class Screen : uint8_t { kWords, kRows };
inline Screen RowsTo(int fd) { return isatty(fd) == 1 ? Screen::kWords : Screen::kRows; }

inline void TellPromises(const report::Modes& modes, Screen screen = Screen::kWords) {
  std::fflush(stdout);
  const bool words = screen == Screen::kWords;
  const report::Terminal terminal = report::TerminalOf(words ? STDOUT_FILENO : STDERR_FILENO);
  for (const std::string& line : modes.Lines()) std::fputs(report::Fold(terminal, "note: " + line, 0).c_str(), words ? stdout : stderr);
}

}  // namespace checkrein::cli
