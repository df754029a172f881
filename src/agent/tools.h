// Which tool a call names, per client: the table of all tools that the pinned clients offer, and the one place that turns a
// client's arguments into a ToolCall.
//
//   Result<ToolCall> call = ReadToolCall({Client::kClaude, "Bash", "toolu_1"}, std::move(arguments));
//
// A tool that is not in the table is Kind::kUnknown; a known tool whose main argument is missing or of another type is an error,
// for then either the client has changed or somebody lies. Sources: the tool lists that the pinned clients sent to a scripted
// model (docs/clients.md), their published types, and the events they handed to a hook.
#pragma once

#include <string_view>

#include "agent/event.h"
#include "base/result.h"

namespace checkrein::agent {

struct ToolName {
  Client client = Client::kClaude;
  std::string_view name;
  std::string_view call_id;
  // What the client says beside the name about an MCP call; "" if nothing.
  std::string_view mcp_server;
  std::string_view mcp_tool;
};

// `arguments` must be an object. Errors: kInvalid. Cost: linear in the arguments.
Result<ToolCall> ReadToolCall(const ToolName& tool, json::Value arguments);

}  // namespace checkrein::agent
