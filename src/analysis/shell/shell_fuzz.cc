// Whatever the bytes, parser, printer and interpreter answer: no crash, no endless loop, every node within the text, what is printed
// prints itself again, and a script that bash refuses is never fully covered. Before a byte 1 stands an earlier call of the session.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "analysis/analysis.h"
#include "analysis/shell/parser.h"
#include "analysis/shell/print.h"

namespace {

using namespace checkrein::analysis;
using namespace checkrein::analysis::shell;

// bash itself prints some scripts so that they do not read back; but what reads back must then print as it stands.
void PrintTwice(const Function& function) {
  const std::string once = PrintFunction(function);
  const Script again = Parse(once);
  if (again.error || again.list.items.size() != 1 || again.list.items[0].pipeline.commands.size() != 1) return;
  const Function* same = std::get_if<Function>(&again.list.items[0].pipeline.commands[0].what);
  if (same != nullptr) PrintFunction(*same);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Script script = Parse(text);
  for (const Item& item : script.list.items)
    for (const Command& command : item.pipeline.commands) {
      if (command.span.begin > command.span.end || command.span.end > size) std::abort();
      if (const Function* function = std::get_if<Function>(&command.what)) PrintTwice(*function);
    }
  checkrein::analysis::NoWorld world;
  const Analysis analysis = AnalyzeCommand(text, Place{}, world);
  if (script.error && analysis.coverage == checkrein::Coverage::kFull) std::abort();
  const size_t cut = text.find('\x01');
  if (cut == std::string_view::npos) return 0;
  Past past;
  Place place;
  place.past = &past;
  Analysis earlier = AnalyzeCommand(text.substr(0, cut), place, world);
  past.Follow(earlier.left, Past::Ran::kSurely);
  for (WrittenFile& file : earlier.written) past.AddFile(std::move(file));
  const Analysis later = AnalyzeCommand(text.substr(cut + 1), place, world);
  // A kept shell is looked at beside a new one: it never takes an effect away.
  const Analysis alone = AnalyzeCommand(text.substr(cut + 1), Place{}, world);
  for (const checkrein::Effect& effect : alone.effects.all())
    if (!later.effects.Contains(effect) && effect.op != checkrein::Op::kUnknown) {
      // A script that an earlier call wrote is read in place of being unknown; what it then does may differ.
      if (past.files.empty()) std::abort();
    }
  past.Follow(later.left, Past::Ran::kPerhaps);
  return 0;
}
