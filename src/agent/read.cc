#include "agent/read.h"

#include <algorithm>
#include <span>

#include "agent/tools.h"

namespace checkrein::agent {
namespace {

// One event of a client: what it means here, and where its text stands ("" = it has none).
struct EventRow {
  std::string_view name;
  Phase phase = Phase::kUnknown;
  std::string_view text;
};

constexpr auto kClaudeEvents = std::to_array<EventRow>({
    {"SessionStart", Phase::kSessionStart, ""},
    {"UserPromptSubmit", Phase::kPrompt, "prompt"},
    {"MessageDisplay", Phase::kMessage, "delta"},
    {"PreToolUse", Phase::kBeforeTool, ""},
    {"PostToolUse", Phase::kAfterTool, ""},
    {"PostToolUseFailure", Phase::kAfterTool, ""},
    {"PermissionRequest", Phase::kPermission, ""},
    {"Stop", Phase::kTurnEnd, "last_assistant_message"},
    {"SubagentStop", Phase::kTurnEnd, "last_assistant_message"},
    {"SessionEnd", Phase::kSessionEnd, ""},
    {"SubagentStart", Phase::kNote, ""},
    {"PostToolBatch", Phase::kNote, ""},
    {"PermissionDenied", Phase::kNote, ""},
    {"StopFailure", Phase::kNote, ""},
    {"Notification", Phase::kNote, ""},
    {"PreCompact", Phase::kNote, ""},
    {"PostCompact", Phase::kNote, ""},
    {"InstructionsLoaded", Phase::kNote, ""},
    {"CwdChanged", Phase::kNote, ""},
    {"FileChanged", Phase::kNote, ""},
    {"TaskCreated", Phase::kNote, ""},
    {"TaskCompleted", Phase::kNote, ""},
});

constexpr auto kCodexEvents = std::to_array<EventRow>({
    {"SessionStart", Phase::kSessionStart, ""},
    {"UserPromptSubmit", Phase::kPrompt, "prompt"},
    {"PreToolUse", Phase::kBeforeTool, ""},
    {"PostToolUse", Phase::kAfterTool, ""},
    {"PermissionRequest", Phase::kPermission, ""},
    {"Stop", Phase::kTurnEnd, "last_assistant_message"},
    {"SubagentStop", Phase::kTurnEnd, "last_assistant_message"},
    {"SessionEnd", Phase::kSessionEnd, ""},
    {"SubagentStart", Phase::kNote, ""},
    {"PreCompact", Phase::kNote, ""},
    {"PostCompact", Phase::kNote, ""},
});

constexpr auto kGeminiEvents = std::to_array<EventRow>({
    {"SessionStart", Phase::kSessionStart, ""},
    {"BeforeAgent", Phase::kPrompt, "prompt"},
    {"AfterModel", Phase::kMessage, ""},  // its text: ReadModelText
    {"BeforeTool", Phase::kBeforeTool, ""},
    {"AfterTool", Phase::kAfterTool, ""},
    {"AfterAgent", Phase::kTurnEnd, "prompt_response"},
    {"SessionEnd", Phase::kSessionEnd, ""},
    {"BeforeModel", Phase::kNote, ""},
    {"BeforeToolSelection", Phase::kNote, ""},
    {"PreCompress", Phase::kNote, ""},
    {"Notification", Phase::kNote, ""},
});

constexpr auto kCopilotEvents = std::to_array<EventRow>({
    {"sessionStart", Phase::kSessionStart, ""},
    {"userPromptSubmitted", Phase::kPrompt, "prompt"},
    {"preToolUse", Phase::kBeforeTool, ""},
    {"postToolUse", Phase::kAfterTool, ""},
    {"postToolUseFailure", Phase::kAfterTool, ""},
    {"permissionRequest", Phase::kPermission, ""},
    {"agentStop", Phase::kTurnEnd, ""},
    {"subagentStop", Phase::kNote, ""},
    {"sessionEnd", Phase::kSessionEnd, ""},
    {"subagentStart", Phase::kNote, ""},
    {"preCompact", Phase::kNote, ""},
    {"errorOccurred", Phase::kNote, ""},
    {"notification", Phase::kNote, ""},
});

// What our plugin sends (docs/format/event.md).
constexpr auto kOpenCodeEvents = std::to_array<EventRow>({
    {"session.created", Phase::kSessionStart, ""},
    {"chat.message", Phase::kPrompt, ""},                // its text: ReadParts
    {"experimental.text.complete", Phase::kMessage, ""}, // its text: output.text
    {"tool.execute.before", Phase::kBeforeTool, ""},
    {"tool.execute.after", Phase::kAfterTool, ""},
    {"session.idle", Phase::kTurnEnd, ""},
    {"session.deleted", Phase::kSessionEnd, ""},
});

// How a client spells what all of them say.
struct Dialect {
  std::span<const EventRow> events;
  std::string_view event, session, turn, cwd, transcript;
  std::string_view tool, arguments, call_id, result;
};

constexpr Dialect DialectOf(Client client) {
  switch (client) {
    case Client::kClaude:
      return {kClaudeEvents, "hook_event_name", "session_id", "prompt_id",   "cwd",
              "transcript_path", "tool_name", "tool_input", "tool_use_id", "tool_response"};
    case Client::kCodex:
      return {kCodexEvents, "hook_event_name", "session_id", "turn_id",     "cwd",
              "transcript_path", "tool_name", "tool_input", "tool_use_id", "tool_response"};
    case Client::kGemini:
      return {kGeminiEvents, "hook_event_name", "session_id", "", "cwd", "transcript_path", "tool_name", "tool_input", "",
              "tool_response"};
    case Client::kCopilot:
      return {kCopilotEvents, "hookName", "sessionId", "", "cwd", "transcriptPath", "toolName", "toolArgs", "", "toolResult"};
    case Client::kOpenCode:
      return {kOpenCodeEvents, "event", "sessionID", "", "directory", "", "tool", "args", "callID", ""};
  }
  return {};
}

Error Bad(std::string_view what) { return Error{Error::Kind::kInvalid, "event: " + std::string(what)}; }

enum class Need { kRequired, kOptional };

// A string that names something: no NUL, and null stands for absent.
Result<std::string> ReadName(const json::Value& object, std::string_view key, Need need) {
  const json::Value* value = key.empty() ? nullptr : object.Find(key);
  if (value == nullptr || value->is_null()) {
    if (need == Need::kRequired) return Bad(json::Quote(key) + " is missing");
    return std::string();
  }
  const std::string* text = value->string();
  if (text == nullptr) return Bad(json::Quote(key) + " must be a string");
  if (text->find('\0') != std::string::npos) return Bad(json::Quote(key) + " holds a NUL character");
  if (text->empty() && need == Need::kRequired) return Bad(json::Quote(key) + " is empty");
  return *text;
}

Result<std::string> ReadText(const json::Value& object, std::string_view key) {
  const json::Value* value = key.empty() ? nullptr : object.Find(key);
  if (value == nullptr || value->is_null()) return std::string();
  if (value->string() == nullptr) return Bad(json::Quote(key) + " must be a string");
  return *value->string();
}

// The text of a list of parts, as strings or as objects with a "text"; one per line.
std::string ReadParts(const json::Value& parts) {
  std::string text;
  if (parts.array() == nullptr) return text;
  for (const json::Value& part : *parts.array()) {
    const std::string_view piece = part.string() != nullptr ? std::string_view(*part.string()) : part.Text("text");
    if (piece.empty()) continue;
    if (!text.empty()) text += '\n';
    text += piece;
  }
  return text;
}

// The words and thoughts of a Gemini AfterModel event.
std::string ReadModelText(const json::Value& response) {
  const json::Value& candidates = response.At("candidates");
  if (candidates.array() != nullptr && !candidates.array()->empty())
    if (std::string text = ReadParts(candidates.array()->front().At("content").At("parts")); !text.empty()) return text;
  return std::string(response.Text("text"));
}

// What a tool gave back, as text: the clients' shapes first, whatever else there is as JSON.
std::string OutputText(const json::Value& result) {
  if (result.is_null()) return "";
  if (result.string() != nullptr) return *result.string();
  if (result.array() != nullptr) return ReadParts(result);
  for (const std::string_view key : {"llmContent", "textResultForLlm", "output", "content"}) {
    const json::Value& part = result.At(key);
    if (part.string() != nullptr) return *part.string();
    if (part.array() != nullptr) return ReadParts(part);
  }
  if (result.Find("stdout") != nullptr || result.Find("stderr") != nullptr)
    return std::string(result.Text("stdout")) + std::string(result.Text("stderr"));
  if (const json::Value& file = result.At("file"); file.Find("content") != nullptr) return std::string(file.Text("content"));
  return result.Dump();
}

json::Value TakeMember(json::Value* object, std::string_view key) {
  if (object->object() != nullptr)
    for (json::Member& member : *object->object())
      if (member.first == key) return std::move(member.second);
  return {};
}

class EventReader {
 public:
  EventReader(Client client, std::string_view event_name, json::Value root)
      : dialect_(DialectOf(client)), command_line_name_(event_name), root_(std::move(root)) {
    event_.client = client;
  }

  Result<Event> Read() {
    if (root_.object() == nullptr) return Bad("must be a JSON object");
    if (const Status status = ReadPhase(); !status) return status.error();
    if (const Status status = ReadPlace(); !status) return status.error();
    if (const Status status = ReadWords(); !status) return status.error();
    if (event_.phase == Phase::kAfterTool) ReadResult();
    if (HasCall())
      if (const Status status = ReadCall(); !status) return status.error();
    return std::move(event_);
  }

 private:
  bool HasCall() const {
    return event_.phase == Phase::kBeforeTool || event_.phase == Phase::kAfterTool || event_.phase == Phase::kPermission;
  }
  bool IsOpenCode() const { return event_.client == Client::kOpenCode; }
  // Where the client keeps what belongs to the call and the session: OpenCode nests it.
  const json::Value& Body() const { return IsOpenCode() ? root_.At("input") : root_; }

  Status ReadPhase() {
    Result<std::string> name = ReadName(root_, dialect_.event, Need::kOptional);
    if (!name) return name.error();
    event_.name = std::move(name).take();
    if (event_.name.empty()) event_.name = command_line_name_;
    if (event_.name.empty()) return Bad("nothing names the event");
    if (!command_line_name_.empty() && event_.name != command_line_name_)
      return Bad("is named " + json::Quote(event_.name) + ", but " + json::Quote(command_line_name_) + " on the command line");
    const auto row = std::find_if(dialect_.events.begin(), dialect_.events.end(), [&](const EventRow& r) { return r.name == event_.name; });
    if (row != dialect_.events.end()) row_ = *row;
    event_.phase = row_.phase;
    if (IsOpenCode() && event_.phase != Phase::kUnknown && Body().object() == nullptr) return Bad("\"input\" must be an object");
    return Done{};
  }

  Status ReadPlace() {
    const Need need = event_.phase == Phase::kUnknown ? Need::kOptional : Need::kRequired;
    struct Row {
      const json::Value& object;
      std::string_view key;
      Need need;
      std::string Event::* to;
    };
    const Row rows[] = {{Body(), dialect_.session, need, &Event::session},
                        {root_, dialect_.cwd, need, &Event::cwd},
                        {root_, dialect_.turn, Need::kOptional, &Event::turn},
                        {root_, dialect_.transcript, Need::kOptional, &Event::transcript_path},
                        {root_, "permission_mode", Need::kOptional, &Event::permission_mode},
                        {root_, "agent_id", Need::kOptional, &Event::agent_id}};
    for (const Row& row : rows) {
      Result<std::string> text = ReadName(row.object, row.key, row.need);
      if (!text) return text.error();
      event_.*row.to = std::move(text).take();
    }
    if (need == Need::kRequired && !event_.cwd.starts_with('/')) return Bad(json::Quote(dialect_.cwd) + " must be an absolute path");
    return Done{};
  }

  Status ReadWords() {
    Result<std::string> text = ReadText(root_, row_.text);
    if (!text) return text.error();
    event_.text = std::move(text).take();
    if (event_.client == Client::kGemini && event_.phase == Phase::kMessage) event_.text = ReadModelText(root_.At("llm_response"));
    if (IsOpenCode() && event_.phase == Phase::kPrompt) event_.text = ReadParts(root_.At("output").At("parts"));
    if (IsOpenCode() && event_.phase == Phase::kMessage) event_.text = root_.At("output").Text("text");
    return Done{};
  }

  void ReadResult() {
    const json::Value& result = IsOpenCode() ? root_.At("output") : root_.At(dialect_.result);
    event_.output = OutputText(result);
    const std::string_view type = result.Text("resultType");  // Copilot
    event_.failed = event_.name.ends_with("Failure") || (!type.empty() && type != "success") || !result.At("error").is_null();
    if (event_.output.empty() && event_.failed) event_.output = OutputText(root_.At("error"));
  }

  Status ReadCall() {
    const json::Value& body = Body();
    Result<std::string> name = ReadName(body, dialect_.tool, Need::kRequired);
    if (!name) return name.error();
    Result<std::string> call_id = ReadName(body, dialect_.call_id, Need::kOptional);
    if (!call_id) return call_id.error();
    ToolName tool{event_.client, *name, *call_id, "", ""};
    if (const Status status = ReadMcp(&tool); !status) return status.error();
    Result<ToolCall> call = ReadToolCall(tool, TakeArguments());
    if (!call) return call.error();
    event_.call = std::move(call).take();
    return Done{};
  }

  json::Value TakeArguments() {
    if (!IsOpenCode()) {
      const bool copilot_permission = event_.client == Client::kCopilot && event_.phase == Phase::kPermission;
      return TakeMember(&root_, copilot_permission ? "toolInput" : dialect_.arguments);
    }
    json::Value holder = TakeMember(&root_, event_.phase == Phase::kBeforeTool ? "output" : "input");
    return TakeMember(&holder, dialect_.arguments);
  }

  // The server that a client names beside the call: Gemini names the tool too, Claude leaves it in the joined name.
  Status ReadMcp(ToolName* tool) {
    if (event_.client == Client::kGemini) {
      mcp_ = TakeMember(&root_, "mcp_context");
      if (mcp_.is_null()) return Done{};
      tool->mcp_server = mcp_.Text("server_name");
      tool->mcp_tool = mcp_.Text("tool_name");
      if (tool->mcp_server.empty() || tool->mcp_tool.empty()) return Bad("\"mcp_context\" names no server or tool");
    }
    if (event_.client != Client::kClaude) return Done{};
    mcp_ = TakeMember(&root_, "mcp_server");
    if (mcp_.is_null()) return Done{};
    tool->mcp_server = mcp_.Text("name");
    const std::string prefix = "mcp__" + std::string(tool->mcp_server) + "__";
    if (!tool->mcp_server.empty() && tool->name.starts_with(prefix)) tool->mcp_tool = tool->name.substr(prefix.size());
    return Done{};
  }

  Dialect dialect_;
  std::string_view command_line_name_;
  json::Value root_;
  json::Value mcp_;  // ToolName's views of the server stand in it
  EventRow row_;
  Event event_;
};

}  // namespace

Result<Event> ReadEvent(Client client, std::string_view event_name, std::string_view bytes) {
  Result<json::Value> root = json::Parse(bytes);
  if (!root) return Error{root.error().kind, "event: " + root.error().text};
  return EventReader(client, event_name, std::move(root).take()).Read();
}

}  // namespace checkrein::agent
