// AnalyzeCommand: the shell's way into the rest of the module.
#include "analysis/analysis.h"
#include "analysis/command.h"
#include "analysis/shell/analyze.h"
#include "analysis/shell/interpreter.h"

namespace checkrein::analysis {
namespace shell {

Analysis AnalyzeWith(std::string_view command, const analysis::Place& place, World& world, Describe describe) {
  Analysis out;
  out.coverage = Coverage::kFull;
  Session session(out, world, place, describe);
  out.parsed = Interpreter(session).RunWhole(command);
  if (place.shell != "bash" && place.shell != "sh" && place.shell != "dash") {
    out.coverage = Least(out.coverage, Coverage::kPartial);
    out.notes.push_back("the client's shell is " + place.shell + ", and the command was read as bash reads it");
  }
  return out;
}

}  // namespace shell

Analysis AnalyzeCommand(std::string_view command, const Place& place, World& world) { return shell::AnalyzeWith(command, place, world, &DescribeCommand); }

}  // namespace checkrein::analysis
