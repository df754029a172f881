// The tables of tools. Rows are facts about the pinned clients (docs/clients.md), not policy.
#pragma once

#include <span>
#include <string_view>

#include "agent/event.h"

namespace checkrein::agent {

struct ToolRow {
  std::string_view name;
  ToolCall::Kind kind = ToolCall::Kind::kUnknown;
  // The argument that says on what: command, path(s), url, patch. Several spellings are separated by '|', the first present
  // counts. A trailing '?' means it may be absent. "" = none.
  std::string_view object;
  // A second argument: kShell the directory, kSearch the pattern, kFetch the words given to a search engine.
  std::string_view second;
  // Every other argument known, separated by spaces; "*" = the tool has no effect of its own whatever its arguments.
  std::string_view others;
};

// The rows of `client`; a view of static data.
std::span<const ToolRow> ToolTable(Client client);

}  // namespace checkrein::agent
