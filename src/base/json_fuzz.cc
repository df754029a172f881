// Whatever the bytes, the reader answers without crashing, and what it accepts it prints and reads back to the same value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = checkrein::json::Parse({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto again = checkrein::json::Parse(value->Dump());
  if (!again || !(*again == *value)) std::abort();
  return 0;
}
