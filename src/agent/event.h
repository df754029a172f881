// One neutral event for every client's dialect: nothing outside agent/ knows a client's JSON.
//
//   Result<Event> event = ReadEvent(Client::kClaude, "", bytes);  // agent/read.h
//   Wire wire = WriteAnswer(*event, answer);                      // agent/answer.h
//
// Everything in an Event was said by the client or the model: it is untrusted, and may narrow a decision, never widen it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace checkrein::agent {

enum class Client : uint8_t { kClaude, kCodex, kGemini, kCopilot, kOpenCode };
std::string_view ClientName(Client client);                       // "claude", "codex", "gemini", "copilot", "opencode"
std::optional<Client> ClientFromName(std::string_view name);

enum class Phase : uint8_t {
  kUnknown,       // an event that this version does not know: recorded, and denied where the client waits for an answer
  kSessionStart,
  kPrompt,        // the person's words: `text`
  kMessage,       // the model's words: `text`
  kBeforeTool,    // the only phase whose answer decides whether something runs
  kAfterTool,     // `output`, `failed`
  kPermission,    // the client asks whether its own permission prompt may be answered for it
  kTurnEnd,       // the model stopped; `text` is its last message where the client says so
  kSessionEnd,
  kNote,          // known, and of no consequence (sub-agent start, compaction, batches, ...): recorded in brief
};
std::string_view PhaseName(Phase phase);

// What kind of tool a call names, with the arguments that analysis needs in one place for all clients.
struct ToolCall {
  enum class Kind : uint8_t {
    kUnknown,  // a tool that this version does not know
    kShell,    // command, workdir
    kRead,     // paths
    kWrite,    // paths (content replaced or created)
    kEdit,     // paths (content changed in place, patches included)
    kDelete,   // paths
    kSearch,   // paths (roots searched), pattern
    kFetch,    // url
    kMcp,      // mcp_server, mcp_tool
    kAgent,    // starts a sub-agent
    kPlan,     // changes only the client's own plan, to-do list or mode; no effect outside the conversation
  };
  Kind kind = Kind::kUnknown;
  std::string name;        // as the client spells it: "Bash", "run_shell_command", "mcp__fs__read"
  std::string call_id;     // joins before and after; "" where the client gives none
  std::string command;     // kShell: the text for the shell, byte for byte
  std::string workdir;     // where it runs if that is not Event::cwd; "" otherwise
  std::string description; // the model's stated intent for this call; "" if none
  std::vector<std::string> paths;    // as written by the client: not normalised; "." where a search takes the default; a search also
                                     // names what an absolute or climbing file pattern reaches. No client measured expands "~" after its hook.
  std::vector<std::string> deletes;  // kEdit, kDelete: those of `paths` that a patch removes or moves away
  std::string pattern;     // kSearch: what is sought; kFetch without a url: the words given to the client's own search engine
  std::string url;         // kFetch; "" where the client chooses the hosts, or the call names more than one
  std::string mcp_server;  // "" where the name does not say where the server's part ends
  std::string mcp_tool;
  // The client shows neither the directory nor the shell that it will really use (Codex drops both from what it sends).
  bool hides_place = false;
  // Arguments that this version does not know for a tool that it does: each is an `unknown` effect.
  std::vector<std::string> unknown_arguments;
  json::Value arguments;   // all of them, as the client sent them; always an object
};

struct Event {
  Client client = Client::kClaude;
  Phase phase = Phase::kUnknown;
  std::string name;             // the client's own name of the event: "PreToolUse"
  std::string session;          // the client's session id
  std::string turn;             // turn or prompt id; "" if none
  std::string cwd;
  std::string transcript_path;  // where the client keeps the conversation; "" if it does not say. Never opened without checks.
  std::string permission_mode;  // the client's own words, e.g. "bypassPermissions"
  std::string agent_id;         // set inside a sub-agent
  std::string text;             // kPrompt, kMessage, kTurnEnd
  std::optional<ToolCall> call; // kBeforeTool, kAfterTool, kPermission
  std::string output;           // kAfterTool: what the tool gave back, as text
  bool failed = false;          // kAfterTool: the client says that the tool failed
};

}  // namespace checkrein::agent
