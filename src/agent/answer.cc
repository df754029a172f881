#include "agent/answer.h"

#include "base/bytes.h"

namespace checkrein::agent {
namespace {

using Kind = Answer::Kind;

constexpr std::string_view kNoReason = "denied, and no reason was given";
// Longer than any sentence we write; a client may cut or refuse more.
constexpr size_t kMaxReasonBytes = 4096;

// How many bytes at the start of `text` show nothing but steer the screen or end the line: controls (C0, DEL, and C1, which is
// C2 80..9F), line and paragraph separators and the marks that turn the reading direction (U+2028..202E, U+2066..2069).
size_t InvisibleBytes(std::string_view text) {
  const auto byte = [text](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return 2;
  if (byte(0) == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) return 3;
  if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return 3;
  return 0;
}

// One line of valid UTF-8 that no terminal or parser takes for anything but text.
std::string OneLine(std::string_view reason) {
  const std::string valid = ToValidUtf8(reason.substr(0, kMaxReasonBytes));
  std::string line;
  for (size_t i = 0; i < valid.size();) {
    const size_t skip = InvisibleBytes(std::string_view(valid).substr(i));
    line += skip == 0 ? valid[i] : ' ';
    i += skip == 0 ? 1 : skip;
  }
  return line.find_first_not_of(' ') == std::string::npos ? std::string(kNoReason) : line;
}

Wire Silence() { return {"", "", 0}; }
Wire Say(const json::Value& value) { return {value.Dump(), "", 0}; }

// The arguments of the call with the shell command replaced. The command is the one member that the tables call `command` or
// `cmd`; a call without it cannot be rewritten.
std::optional<json::Value> Rewritten(const Event& event, const std::string& command) {
  if (!event.call || event.call->kind != ToolCall::Kind::kShell || command.empty()) return std::nullopt;
  json::Value arguments = event.call->arguments;
  for (const char* key : {"command", "cmd"}) {
    const json::Value* present = arguments.Find(key);
    if (present == nullptr || present->string() == nullptr || *present->string() != event.call->command) continue;
    arguments.Set(key, command);
    return arguments;
  }
  return std::nullopt;
}

json::Value HookOutput(const Event& event) {
  json::Value output;
  output.Set("hookEventName", event.name);
  return output;
}

json::Value Wrap(json::Value output) {
  json::Value root;
  root.Set("hookSpecificOutput", std::move(output));
  return root;
}

// Claude Code and Codex: the same shape; Codex refuses any member that it does not know, an empty reason, a missing event name.
Wire SayClaude(const Event& event, std::string_view decision, std::string_view reason, const std::optional<json::Value>& arguments) {
  json::Value output = HookOutput(event);
  output.Set("permissionDecision", decision).Set("permissionDecisionReason", OneLine(reason));
  if (arguments) output.Set("updatedInput", *arguments);
  return Say(Wrap(std::move(output)));
}

Wire SayGemini(const Event& event, const std::optional<json::Value>& arguments) {
  json::Value root;
  root.Set("decision", "allow");
  if (arguments) root.Set("hookSpecificOutput", HookOutput(event).Set("tool_input", *arguments));
  return Say(root);
}

Wire SayCopilot(std::string_view decision, std::string_view reason, const std::optional<json::Value>& arguments) {
  json::Value root;
  root.Set("permissionDecision", decision).Set("permissionDecisionReason", OneLine(reason));
  if (arguments) root.Set("modifiedArgs", *arguments);
  return Say(root);
}

// Our plugin lets a call pass only when it reads exactly this (docs/format/event.md).
Wire SayOpenCode(const std::optional<json::Value>& arguments) {
  json::Value root;
  root.Set("decision", "allow");
  if (arguments) root.Set("args", *arguments);
  return Say(root);
}

Wire SayAllow(const Event& event, std::string_view reason, const std::optional<json::Value>& arguments) {
  switch (event.client) {
    case Client::kClaude: return SayClaude(event, "allow", reason, arguments);
    // Codex takes "allow" only beside a rewrite; for a call that stays as it is, silence is its way.
    case Client::kCodex: return arguments ? SayClaude(event, "allow", reason, arguments) : Silence();
    case Client::kGemini: return SayGemini(event, arguments);
    case Client::kCopilot: return SayCopilot("allow", reason, arguments);
    case Client::kOpenCode: return SayOpenCode(arguments);
  }
  return WriteRefusal("unknown client");
}

// Copilot CLI keeps standard error from the model, so its denial says the reason in JSON too; it blocks on exit 2 whatever stands
// on standard output (measured with this JSON, with half of it, with garbage and with its opposite).
Wire Deny(const Event& event, std::string_view reason) {
  Wire wire = WriteRefusal(reason);
  if (event.client == Client::kCopilot) wire.out = SayCopilot("deny", reason, std::nullopt).out;
  return wire;
}

Wire AnswerTool(const Event& event, const Answer& answer) {
  const std::string reason = answer.reason.empty() ? "permitted by policy" : answer.reason;
  switch (answer.kind) {
    case Kind::kDeny: return Deny(event, answer.reason);
    case Kind::kAllow: return SayAllow(event, reason, std::nullopt);
    case Kind::kNothing: return Deny(event, "no decision was made about this call");
    case Kind::kAsk:
      if (event.client == Client::kClaude) return SayClaude(event, "ask", answer.reason, std::nullopt);
      if (event.client == Client::kCopilot) return SayCopilot("ask", answer.reason, std::nullopt);
      return Deny(event, answer.reason);
    case Kind::kRewrite: {
      const std::optional<json::Value> arguments = Rewritten(event, answer.command);
      return arguments ? SayAllow(event, reason, arguments) : Deny(event, "this call cannot be rewritten to run contained");
    }
  }
  return Deny(event, "unknown decision");
}

// The client's own permission prompt may be answered for the person, or left to the person.
Wire AnswerPermission(const Event& event, const Answer& answer) {
  switch (answer.kind) {
    case Kind::kDeny: return WriteRefusal(answer.reason);
    case Kind::kAsk:
    case Kind::kNothing: return Silence();
    case Kind::kRewrite: return WriteRefusal("a permission request cannot be rewritten");
    case Kind::kAllow: break;
  }
  json::Value allow;
  allow.Set("behavior", "allow");
  if (event.client == Client::kCopilot) return Say(allow);
  if (event.client == Client::kClaude || event.client == Client::kCodex) return Say(Wrap(HookOutput(event).Set("decision", allow)));
  return Silence();
}

}  // namespace

bool CanAsk(Client client) { return client == Client::kClaude || client == Client::kCopilot; }

Wire WriteRefusal(std::string_view reason) { return {"", "checkrein: " + OneLine(reason) + "\n", 2}; }

Wire WriteAnswer(const Event& event, const Answer& answer) {
  if (event.phase == Phase::kBeforeTool) return AnswerTool(event, answer);
  if (event.phase == Phase::kPermission) return AnswerPermission(event, answer);
  if (answer.kind != Kind::kDeny) return Silence();
  Wire refusal = WriteRefusal(answer.reason);
  if (event.phase == Phase::kTurnEnd) refusal.exit_code = 0;
  return refusal;
}

}  // namespace checkrein::agent
