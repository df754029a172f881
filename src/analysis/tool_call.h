// Tool calls that are no shell commands: their arguments are the effects. Used by AnalyzeCall only.
#pragma once

#include "analysis/analysis.h"

namespace checkrein::analysis {

Analysis AnalyzeToolArguments(const agent::ToolCall& call, const Place& place, World& world);

}  // namespace checkrein::analysis
