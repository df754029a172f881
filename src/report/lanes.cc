#include "report/lanes.h"

#include <algorithm>

#include "effect/printable.h"

namespace checkrein::report {
namespace {

Tone ToneOfRow(const Row& row) { return row.lane == Lane::kBad ? Tone::kBad : row.lane == Lane::kNotice ? Tone::kWarning : Tone::kPlain; }

Tone ToneOfDeed(const Row& row) {
  if (!row.is_action()) return row.kind == "refused" ? Tone::kBad : Tone::kPlain;
  if (row.course == "denied") return Tone::kBad;
  return row.verdict == "allow" ? Tone::kGood : row.verdict == "deny" ? Tone::kBad : Tone::kWarning;
}

// That an action was denied shows where it stands; that it differed, and that something else is grave, where it happened.
Tone ToneOfEvent(const Row& row) {
  if (row.differs()) return Tone::kBad;
  return row.is_action() && row.lane == Lane::kBad ? Tone::kPlain : ToneOfRow(row);
}

std::string ClockOf(const Row& row) { return row.time.size() >= 19 ? row.time.substr(11, 8) : std::string(8, ' '); }

}  // namespace

std::string InColumns(std::string_view text, size_t columns) {
  std::string out;
  size_t used = 0;
  size_t fits = 0;  // bytes of `out` after which an ellipsis still has room
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    const size_t size = std::max<size_t>(c.size, 1);
    const size_t width = static_cast<size_t>(ColumnsOf(c.value));
    if (used + width > columns) {
      out.resize(fits);
      out += "…";
      return out + std::string(columns - std::min(columns, ColumnsOfText(out)), ' ');
    }
    out += text.substr(at, size);
    used += width;
    if (used + 1 <= columns) fits = out.size();
    at += size;
  }
  return out + std::string(columns - used, ' ');
}

size_t Lanes::WidthOf(int lane) const {
  const size_t left = std::max(terminal_.columns, kLeastColumns) - kGutter - 4;  // two spaces between lanes
  const size_t said = left / 4, did = left * 2 / 5;
  return lane == 0 ? said : lane == 1 ? did : left - said - did;
}

std::string Lanes::Head() const {
  if (shape_ == Shape::kPlain) return "";
  return Paint(terminal_, Tone::kFaint, InColumns("", kGutter) + InColumns("said", WidthOf(0)) + "  " + InColumns("did", WidthOf(1)) + "  happened") + "\n";
}

std::string Lanes::Columns(const Row& row) const {
  std::string number = "#" + std::to_string(row.index);
  std::string mark = row.labels.empty() ? " " : std::find(row.labels.begin(), row.labels.end(), "secret") != row.labels.end() ? "▐" : "▌";
  std::string out = Paint(terminal_, Tone::kFaint, InColumns(number, kGutter - 11) + " " + ClockOf(row)) + (row.labels.empty() ? mark : Paint(terminal_, Tone::kWarning, mark)) + " ";
  out += Paint(terminal_, Tone::kFaint, InColumns(row.said, WidthOf(0))) + "  ";
  out += Paint(terminal_, ToneOfDeed(row), InColumns(row.did, WidthOf(1))) + (row.differs() ? Paint(terminal_, Tone::kBad, " ≠") : "  ");
  return out + Paint(terminal_, ToneOfEvent(row), InColumns(row.happened, WidthOf(2))) + "\n";
}

std::string Lanes::Line(const Row& row) const {
  if (row.said.empty() && row.did.empty() && row.happened.empty()) return "";
  if (shape_ == Shape::kColumns) return Columns(row);
  std::string out = "#" + std::to_string(row.index) + " | " + row.time + " | " + row.said + " | " + row.did + " | " + row.happened;
  for (const std::string& label : row.labels) out += " | " + label;
  return out + "\n";
}

}  // namespace checkrein::report
