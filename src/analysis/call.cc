#include "analysis/analysis.h"
#include "analysis/tool_call.h"
#include "base/path.h"

namespace checkrein::analysis {

Analysis AnalyzeCall(const agent::ToolCall& call, const Place& place, World& world) {
  if (call.kind != agent::ToolCall::Kind::kShell) return AnalyzeToolArguments(call, place, world);
  Place there = place;
  if (!call.workdir.empty()) there.cwd = NormalizePath(call.workdir, place.cwd);
  return AnalyzeCommand(call.command, there, world);
}

}  // namespace checkrein::analysis
