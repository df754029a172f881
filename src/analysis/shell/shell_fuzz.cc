// Whatever the bytes, the parser answers: no crash, no endless loop, and every node within the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "analysis/shell/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein::analysis::shell;
  const Script script = Parse({reinterpret_cast<const char*>(data), size});
  for (const Item& item : script.list.items)
    for (const Command& command : item.pipeline.commands)
      if (command.span.begin > command.span.end || command.span.end > size) std::abort();
  return 0;
}
