// Whatever the bytes are: an answer or an error, no crash. The first byte names the dialect.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "notation/document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using checkrein::notation::Dialect;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)checkrein::notation::Parse(text, "f", static_cast<Dialect>(data[0] % 3));
  return 0;
}
