// Printable text never misleads, is UTF-8, and is a fixed point.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "effect/printable.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = Printable(text);
  if (!IsUtf8(shown) || Printable(shown) != shown) std::abort();
  for (size_t at = 0; at < shown.size();) {
    const CodePoint c = DecodeUtf8(shown, at);
    if (c.size == 0 || IsMisleading(c.value)) std::abort();
    at += c.size;
  }
  const std::string brief = PrintableShort(text, 20);
  if (!IsUtf8(brief) || Printable(brief) != brief) std::abort();
  size_t points = 0;
  for (size_t at = 0; at < brief.size(); ++points) at += DecodeUtf8(brief, at).size;
  if (points > 20) std::abort();
  return 0;
}
