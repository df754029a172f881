// AnalyzeCommand with the knowledge of programs left open, for tests that bring a table of their own.
#pragma once

#include "analysis/analysis.h"
#include "analysis/command.h"

namespace checkrein::analysis::shell {

using Describe = Description (*)(const analysis::Command&, const analysis::Place&, World&);

Analysis AnalyzeWith(std::string_view command, const analysis::Place& place, World& world, Describe describe);

}  // namespace checkrein::analysis::shell
