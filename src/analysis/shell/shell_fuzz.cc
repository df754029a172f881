// Whatever the bytes, parser and interpreter answer: no crash, no endless loop, every node within the text, and a script that bash
// refuses is never fully covered.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "analysis/analysis.h"
#include "analysis/shell/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace checkrein::analysis::shell;
  const Script script = Parse({reinterpret_cast<const char*>(data), size});
  for (const Item& item : script.list.items)
    for (const Command& command : item.pipeline.commands)
      if (command.span.begin > command.span.end || command.span.end > size) std::abort();
  checkrein::analysis::NoWorld world;
  const checkrein::analysis::Analysis analysis = checkrein::analysis::AnalyzeCommand({reinterpret_cast<const char*>(data), size}, checkrein::analysis::Place{}, world);
  if (script.error && analysis.coverage == checkrein::Coverage::kFull) std::abort();
  return 0;
}
