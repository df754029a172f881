#include "monitor/clip.h"

namespace checkrein::monitor {

std::string Clip(std::string_view text, size_t cap) {
  if (text.size() <= cap) return std::string(text);
  size_t end = cap;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…[+" + std::to_string(text.size() - end) + " bytes]";
}

}  // namespace checkrein::monitor
