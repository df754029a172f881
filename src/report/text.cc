#include "report/text.h"

#include <cstdint>
#include <cstdio>

#include "base/bytes.h"

namespace checkrein::report {
namespace {

// Characters that are not seen, or change how others are seen: Unicode's general categories Cc, Cf, Zl, Zp, and the tag characters.
bool IsInvisible(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

size_t SequenceLength(unsigned char first) { return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4; }

uint32_t Decode(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first;
  uint32_t c = first & (0xFFu >> (sequence.size() + 1));
  for (const char next : sequence.substr(1)) c = c << 6 | (static_cast<unsigned char>(next) & 0x3Fu);
  return c;
}

}  // namespace

std::string Plain(std::string_view text) {
  std::string out;
  char escape[16];
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::string_view sequence = text.substr(at, SequenceLength(byte));
    if (!IsUtf8(sequence)) {
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      out += escape;
      ++at;
      continue;
    }
    const uint32_t c = Decode(sequence);
    at += sequence.size();
    if (c == '\n' || c == '\t') {
      out += c == '\n' ? "\\n" : "\\t";
    } else if (IsInvisible(c)) {
      std::snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02x" : "\\u{%x}", c);
      out += escape;
    } else {
      out += sequence;
    }
  }
  return out;
}

}  // namespace checkrein::report
