// Approvals by digest, between the process that may look at files and the locked child that may read what is in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisories/pins/watch.h"
#include "monitor/live_world.h"

namespace checkrein::monitor {

// The session's files; what lies outside of `workspace` and is not in the session (a person's own settings, of which `run` shows it none) is
// looked at where this process has it. Borrows `world`.
advisories::Eyes EyesOf(const LiveWorld& world, const std::string& workspace);

// Every file in which `client` looks for MCP servers, as the session sees them: only read, never parsed, for a repository wrote some.
std::vector<advisories::ConfigText> ReadConfigs(const LiveWorld& world, const std::string& home, const std::string& workspace, std::string_view client);

std::string EncodePins(const advisories::PinReport& report);
std::optional<advisories::PinReport> DecodePins(std::string_view bytes);
std::string EncodeConfigs(const std::vector<advisories::ConfigText>& texts);
std::optional<std::vector<advisories::ConfigText>> DecodeConfigs(std::string_view bytes);

}  // namespace checkrein::monitor
