// One line for each row, in three lanes: said, did, happened.
//
//   Lanes lanes(TerminalOf(STDOUT_FILENO));
//   lanes.Head() + lanes.Line(row)
//
// On a terminal the lanes are columns, cut to its width; elsewhere nothing is cut and ` | ` stands between them.
#pragma once

#include <string>

#include "report/row.h"
#include "report/terminal.h"

namespace checkrein::report {

enum class Shape : uint8_t { kColumns, kPlain };

class Lanes {
 public:
  Lanes(const Terminal& terminal, Shape shape) : terminal_(terminal), shape_(shape) {}
  std::string Head() const;            // "" when plain
  std::string Line(const Row& row) const;

  static constexpr size_t kGutter = 17;   // "#1234567 12:34:56" without a date
  static constexpr size_t kLeastColumns = 60;

 private:
  std::string Columns(const Row& row) const;
  size_t WidthOf(int lane) const;
  Terminal terminal_;
  Shape shape_;
};

// `text` in exactly `columns` columns: cut with an ellipsis, or filled with spaces. `text` is printable.
std::string InColumns(std::string_view text, size_t columns);

}  // namespace checkrein::report
