#include "agent/read.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/answer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::agent {
namespace {

using ::testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Show(const std::vector<std::string>& list) {
  json::Array array;
  for (const std::string& item : list) array.emplace_back(item);
  return json::Value(std::move(array)).Dump();
}

std::string_view KindName(ToolCall::Kind kind) {
  constexpr std::string_view kNames[] = {"unknown", "shell", "read", "write", "edit", "delete", "search", "fetch", "mcp", "agent", "plan"};
  return kNames[static_cast<size_t>(kind)];
}

// Every member that is not empty, one per line, for a person to review.
std::string Describe(const Event& event) {
  std::string out = "phase " + std::string(PhaseName(event.phase)) + " of " + event.name + "\n";
  const auto line = [&out](std::string_view name, std::string_view value) {
    if (!value.empty() && value != "[]") out += "  " + std::string(name) + " " + std::string(value) + "\n";
  };
  const auto quoted = [&line](std::string_view name, std::string_view value) {
    if (!value.empty()) line(name, json::Quote(value));
  };
  line("session", event.session);
  line("turn", event.turn);
  line("cwd", event.cwd);
  line("transcript", event.transcript_path);
  line("mode", event.permission_mode);
  line("sub-agent", event.agent_id);
  quoted("text", event.text);
  quoted("output", event.output);
  line("failed", event.failed ? "yes" : "");
  if (!event.call) return out;
  line("call", std::string(KindName(event.call->kind)) + " " + event.call->name + " " + event.call->call_id);
  quoted("command", event.call->command);
  line("workdir", event.call->workdir);
  quoted("intent", event.call->description);
  line("paths", Show(event.call->paths));
  line("deletes", Show(event.call->deletes));
  quoted("pattern", event.call->pattern);
  line("url", event.call->url);
  line("mcp", event.call->kind == ToolCall::Kind::kMcp ? "\"" + event.call->mcp_server + "\" \"" + event.call->mcp_tool + "\"" : "");
  line("hides-place", event.call->hides_place ? "yes" : "");
  line("unknown-arguments", Show(event.call->unknown_arguments));
  return out;
}

std::string Describe(const Wire& wire) { return std::to_string(wire.exit_code) + " out " + wire.out + " err " + json::Quote(wire.err); }

std::string DescribeAnswers(const Event& event) {
  std::string out;
  const std::pair<std::string_view, Answer> answers[] = {{"deny", {Answer::Kind::kDeny, "reads a \"secret\"\nand sends it", ""}},
                                                         {"ask", {Answer::Kind::kAsk, "writes outside", ""}},
                                                         {"rewrite", {Answer::Kind::kRewrite, "contained", "/usr/bin/hook exec 'T1'"}},
                                                         {"allow", {Answer::Kind::kAllow, "", ""}},
                                                         {"nothing", {Answer::Kind::kNothing, "", ""}}};
  const bool decides = event.phase == Phase::kBeforeTool || event.phase == Phase::kPermission;
  for (const auto& [name, answer] : answers)
    if (decides || answer.kind == Answer::Kind::kDeny) out += "  " + std::string(name) + ": " + Describe(WriteAnswer(event, answer)) + "\n";
  return out;
}

// One input line -> what was understood, and every answer to it. CHECKREIN_REGENERATE=1 rewrites the expectations.
class Golden : public testing::TestWithParam<Client> {};

TEST_P(Golden, EventsAndAnswers) {
  const std::string base = CHECKREIN_SOURCE_DIR "/tests/golden/agent/" + std::string(ClientName(GetParam()));
  std::ifstream in(base + ".in.jsonl", std::ios::binary);
  std::string line, got;
  size_t cases = 0;
  while (std::getline(in, line)) {
    const Result<json::Value> row = json::Parse(line);
    ASSERT_TRUE(row.ok()) << line << row.error().text;
    const Result<Event> event = ReadEvent(GetParam(), row->Text("event_name"), row->At("event").Dump());
    got += "== " + std::string(row->Text("name")) + "\n";
    got += event ? Describe(*event) + DescribeAnswers(*event) : "error: " + event.error().text + "\n";
    ++cases;
  }
  EXPECT_GT(cases, 10u);
  if (std::getenv("CHECKREIN_REGENERATE") != nullptr) std::ofstream(base + ".out", std::ios::binary) << got;
  EXPECT_EQ(ReadFile(base + ".out"), got);
}

INSTANTIATE_TEST_SUITE_P(AllClients, Golden, testing::Values(Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode),
                         [](const auto& test) { return std::string(ClientName(test.param)); });

// A tool event of each client that reads without fault, `{}` standing where the case puts its arguments.
std::string Before(Client client, const std::string& tool, const std::string& arguments) {
  switch (client) {
    case Client::kClaude:
    case Client::kCodex:
      return R"({"session_id":"s","cwd":"/w","hook_event_name":"PreToolUse","tool_use_id":"c","tool_name":")" + tool + R"(","tool_input":)" + arguments + "}";
    case Client::kGemini:
      return R"({"session_id":"s","cwd":"/w","hook_event_name":"BeforeTool","tool_name":")" + tool + R"(","tool_input":)" + arguments + "}";
    case Client::kCopilot:
      return R"({"sessionId":"s","cwd":"/w","timestamp":1,"toolName":")" + tool + R"(","toolArgs":)" + arguments + "}";
    case Client::kOpenCode:
      return R"({"event":"tool.execute.before","directory":"/w","input":{"sessionID":"s","callID":"c","tool":")" + tool + R"("},"output":{"args":)" +
             arguments + "}}";
  }
  return "";
}

std::string_view EventName(Client client) { return client == Client::kCopilot ? "preToolUse" : ""; }

std::string_view ShellTool(Client client) {
  switch (client) {
    case Client::kGemini: return "run_shell_command";
    case Client::kCopilot:
    case Client::kOpenCode: return "bash";
    default: return "Bash";
  }
}

constexpr Client kAllClients[] = {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode};

// What a broken or hostile client sends in place of the arguments of a shell call, and why it is refused.
struct BadArguments {
  const char* arguments;
  const char* why;
};

TEST(ReadEvent, BadArgumentsOfAShellCallAreRefusedByEveryClient) {
  const BadArguments rows[] = {
      {"{}", "\"command\" is missing"},
      {"null", "the arguments must be an object"},
      {"[]", "the arguments must be an object"},
      {R"("ls")", "the arguments must be an object"},
      {R"({"command":null})", "\"command\" must be a string"},
      {R"({"command":1})", "\"command\" must be a string"},
      {R"({"command":["ls"]})", "\"command\" must be a string"},
      {R"({"command":"ls\u0000; rm -rf ~"})", "\"command\" holds a NUL character"},
      {R"({"command":"ls","command":"rm -rf ~"})", "duplicate key \"command\""},
      {R"({"command":"ls","comm\u0061nd":"rm -rf ~"})", "duplicate key \"command\""},
      {R"({"command":"\ud800"})", "not valid JSON"},
      {"{\"command\":\"\xFF\"}", "not valid JSON"},
      {"{\"command\":\"\xC0\xAF\"}", "not valid JSON"},
      {"{\"command\":\"a\nb\"}", "not valid JSON"},
      {R"({"command":"ls","timeout":1e999})", "column"},
      {R"({"command":"ls","timeout":99999999999999999999})", "integer out of range"},
      {R"({"command":"ls",})", "not valid JSON"},
  };
  for (const Client client : kAllClients)
    for (const BadArguments& row : rows) {
      const Result<Event> event = ReadEvent(client, EventName(client), Before(client, std::string(ShellTool(client)), row.arguments));
      ASSERT_FALSE(event.ok()) << ClientName(client) << " accepted " << row.arguments;
      EXPECT_THAT(event.error().text, HasSubstr(row.why)) << ClientName(client) << " " << row.arguments;
      EXPECT_EQ(event.error().text.find('\n'), std::string::npos);
      const Wire refusal = WriteRefusal(event.error().text);
      EXPECT_EQ(refusal.out, "");
      EXPECT_EQ(refusal.exit_code, 2);
    }
}

TEST(ReadEvent, BadEvents) {
  struct Row {
    Client client;
    const char* event_name;
    const char* bytes;
    const char* why;
  };
  const Row rows[] = {
      {Client::kClaude, "", "", "not valid JSON"},
      {Client::kClaude, "", "{", "not valid JSON"},
      {Client::kClaude, "", "[]", "must be a JSON object"},
      {Client::kClaude, "", "7", "must be a JSON object"},
      {Client::kClaude, "", "{} {}", "not valid JSON"},
      {Client::kClaude, "", "{}", "nothing names the event"},
      {Client::kCopilot, "", R"({"sessionId":"s","cwd":"/w"})", "nothing names the event"},
      {Client::kClaude, "", R"({"hook_event_name":7})", "\"hook_event_name\" must be a string"},
      {Client::kClaude, "", R"({"hook_event_name":"Stop\u0000"})", "NUL"},
      {Client::kClaude, "PreToolUse", R"({"hook_event_name":"Stop","session_id":"s","cwd":"/w"})", "on the command line"},
      {Client::kCopilot, "preToolUse", R"({"hookName":"permissionRequest","sessionId":"s","cwd":"/w"})", "on the command line"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","cwd":"/w","tool_name":"Bash","tool_input":{"command":"ls"}})", "\"session_id\" is missing"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Bash","tool_input":{"command":"ls"}})", "\"cwd\" is missing"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","cwd":"w","tool_name":"Bash","tool_input":{"command":"ls"}})", "absolute"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","cwd":"/w\u0000","tool_name":"Bash","tool_input":{"command":"ls"}})", "NUL"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":5,"cwd":"/w","tool_name":"Bash","tool_input":{"command":"ls"}})", "must be a string"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","cwd":"/w","tool_input":{"command":"ls"}})", "\"tool_name\" is missing"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","cwd":"/w","tool_name":"","tool_input":{}})", "\"tool_name\" is empty"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","cwd":"/w","tool_name":"Bash"})", "arguments must be an object"},
      {Client::kClaude, "", R"({"hook_event_name":"PreToolUse","session_id":"s","cwd":"/w","tool_name":"Bash\u0000","tool_input":{}})", "NUL"},
      {Client::kClaude, "", R"({"hook_event_name":"UserPromptSubmit","session_id":"s","cwd":"/w","prompt":{}})", "\"prompt\" must be a string"},
      {Client::kGemini, "", R"({"hook_event_name":"BeforeTool","session_id":"s","cwd":"/w","tool_name":"x","tool_input":{},"mcp_context":{}})", "mcp_context"},
      {Client::kOpenCode, "", R"({"event":"tool.execute.before","directory":"/w"})", "\"input\" must be an object"},
      {Client::kOpenCode, "", R"({"event":"tool.execute.before","directory":"/w","input":{"sessionID":"s","tool":"bash"}})", "arguments must be an object"},
  };
  for (const Row& row : rows) {
    const Result<Event> event = ReadEvent(row.client, row.event_name, row.bytes);
    ASSERT_FALSE(event.ok()) << row.bytes;
    EXPECT_EQ(event.error().kind, Error::Kind::kInvalid) << row.bytes;
    EXPECT_THAT(event.error().text, HasSubstr(row.why)) << row.bytes;
  }
}

TEST(ReadEvent, BadPathsAreRefused) {
  for (const char* arguments : {R"({"file_path":""})", R"({"file_path":"/a\u0000b"})", R"({"file_path":7})", R"({"file_path":{}})", R"({"path":"/a"})"})
    EXPECT_FALSE(ReadEvent(Client::kClaude, "", Before(Client::kClaude, "Read", arguments))) << arguments;
  for (const char* arguments : {R"({"pattern":"x","paths":[]})", R"({"pattern":"x","paths":["a",1]})", R"({"pattern":7})"})
    EXPECT_FALSE(ReadEvent(Client::kCopilot, "preToolUse", Before(Client::kCopilot, "grep", arguments))) << arguments;
}

TEST(ReadEvent, LimitsAreErrorsOfTheirOwnKind) {
  for (const Client client : kAllClients) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    Result<Event> event = ReadEvent(client, EventName(client), Before(client, "x", "{\"a\":" + deep + "}"));
    ASSERT_FALSE(event.ok());
    EXPECT_EQ(event.error().kind, Error::Kind::kLimit);
    event = ReadEvent(client, EventName(client), Before(client, "x", "{\"a\":\"" + std::string(8u << 20, 'a') + "\"}"));
    ASSERT_FALSE(event.ok());
    EXPECT_EQ(event.error().kind, Error::Kind::kLimit);
  }
}

TEST(ReadEvent, FilePatternsThatLeaveTheirRoot) {
  struct Row {
    const char* pattern;
    std::vector<std::string> paths;
  };
  const Row rows[] = {
      {"**/*.ts", {"src"}},          {"a.ts", {"src"}},        {"/etc/ssh/*", {"src", "/etc/ssh/"}}, {"~/.ssh/id_*", {"src", "~/.ssh/"}},
      {"../../x/*", {"src", "src/../../x/"}}, {"*/../../../etc/*", {"src", "/"}}, {"{a,/etc}/*", {"src", "/"}},   {"/etc/passwd", {"src", "/etc/passwd"}},
      {"{/etc,/var}/*", {"src", "/"}}, {"[.][.]/x", {"src"}},
  };
  for (const Row& row : rows) {
    const std::string arguments = R"({"path":"src","pattern":)" + json::Quote(row.pattern) + "}";
    EXPECT_EQ(ReadEvent(Client::kClaude, "", Before(Client::kClaude, "Glob", arguments))->call->paths, row.paths) << row.pattern;
  }
}

// A name of a tool or event that is not known is no error: the policy must still hear of it.
TEST(ReadEvent, UnknownNames) {
  for (const Client client : kAllClients) {
    Result<Event> event = ReadEvent(client, EventName(client), Before(client, "Teleport", R"({"command":7})"));
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event->call->kind, ToolCall::Kind::kUnknown);
    EXPECT_EQ(event->call->arguments.Integer("command", 0), 7);
  }
  const Result<Event> event = ReadEvent(Client::kClaude, "", R"({"hook_event_name":"PreDream","cwd":7})");
  EXPECT_FALSE(event.ok());  // what is there must still have the right type
  EXPECT_EQ(ReadEvent(Client::kClaude, "", R"({"hook_event_name":"PreDream"})")->phase, Phase::kUnknown);
}

// The real events (not in this repository): every one reads, no known event or tool is unknown, no argument is new.
TEST(ReadEvent, CapturedEvents) {
  const char* given = std::getenv("CHECKREIN_SHARED");
  const std::string root = std::string(given != nullptr ? given : CHECKREIN_SOURCE_DIR "/../shared") + "/agents/fixtures";
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "no captured events at " << root << ": not proved that real events are read";
  size_t read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const Client client = *ClientFromName(entry.path().parent_path().filename().string());
    std::string bytes = ReadFile(entry.path());
    std::string name = entry.path().stem().string();
    if (client == Client::kOpenCode) {  // as our plugin would wrap them
      if (!name.starts_with("tool.execute.before") && !name.starts_with("tool.execute.after") && name != "chat.message" &&
          name != "experimental.text.complete")
        continue;
      const std::string event = name.starts_with("tool.execute.before") ? "tool.execute.before"
                                : name.starts_with("tool.execute.after") ? "tool.execute.after" : name;
      bytes = R"({"event":")" + event + R"(","directory":"/home/user/project",)" + bytes.substr(bytes.find('{') + 1);
      name = "";
    }
    const std::string event_name = client == Client::kCopilot ? name.substr(0, name.find('.')) : "";
    const Result<Event> event = ReadEvent(client, event_name, bytes);
    ASSERT_TRUE(event.ok()) << entry.path() << ": " << event.error().text;
    EXPECT_NE(event->phase, Phase::kUnknown) << entry.path();
    if (event->call) {
      EXPECT_THAT(event->call->unknown_arguments, testing::IsEmpty()) << entry.path();
      const bool joined = event->call->name == "every-echo" || event->call->name == "every_echo";
      EXPECT_EQ(event->call->kind == ToolCall::Kind::kUnknown, joined) << entry.path();
    }
    ++read;
  }
  EXPECT_GT(read, 80u);
}

}  // namespace
}  // namespace checkrein::agent
