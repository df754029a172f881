#include "monitor/check_line.h"

#include <optional>

#include "agent/read.h"
#include "analysis/analysis.h"
#include "base/path.h"
#include "effect/printable.h"
#include "monitor/earned.h"
#include "monitor/judge.h"

namespace checkrein::monitor {
namespace {

constexpr size_t kMaxLabels = 64;   // far above those that any policy knows
constexpr size_t kMaxEarlier = 64;  // a session longer than that is what the hook is for

// What a line asks about.
struct Question {
  analysis::Place place;
  policy::Circumstances circumstances;
  std::string command;
  std::vector<std::string> after;     // commands that the session ran before
  std::optional<agent::Event> event;  // in place of the command
};

Error Wrong(std::string_view key, std::string_view what) { return {Error::Kind::kInvalid, json::Quote(key) + ": " + std::string(what)}; }

// The text at `key`, or `otherwise` where the line has none.
Result<std::string> TextOr(const json::Value& line, std::string_view key, std::string otherwise) {
  const json::Value* value = line.Find(key);
  if (value == nullptr) return otherwise;
  if (value->string() == nullptr) return Wrong(key, "must be a string");
  if (value->string()->find('\0') != std::string::npos) return Wrong(key, "has a NUL, which no command or path can hold");
  return *value->string();
}

Result<std::string> DirectoryOr(const json::Value& line, std::string_view key, const std::string& otherwise) {
  Result<std::string> path = TextOr(line, key, otherwise);
  if (!path) return path.error();
  if (!path->starts_with('/')) return Wrong(key, "must be an absolute path");
  return NormalizePath(*path, "/");
}

Result<std::vector<std::string>> Labels(const json::Value& line) {
  std::vector<std::string> labels;
  const json::Value* value = line.Find("labels");
  if (value == nullptr) return labels;
  if (value->array() == nullptr || value->array()->size() > kMaxLabels) return Wrong("labels", "must be a list of at most 64 strings");
  for (const json::Value& label : *value->array()) {
    if (label.string() == nullptr) return Wrong("labels", "must be a list of at most 64 strings");
    labels.push_back(*label.string());
  }
  return labels;
}

Result<std::vector<std::string>> Earlier(const json::Value& line) {
  std::vector<std::string> commands;
  const json::Value* value = line.Find("after");
  if (value == nullptr) return commands;
  if (value->array() == nullptr || value->array()->size() > kMaxEarlier) return Wrong("after", "must be a list of at most 64 strings");
  for (const json::Value& command : *value->array()) {
    if (command.string() == nullptr || command.string()->find('\0') != std::string::npos) return Wrong("after", "must be a list of at most 64 strings, without NUL");
    commands.push_back(*command.string());
  }
  return commands;
}

Result<agent::Event> EventOf(const json::Value& line) {
  const json::Value *client = line.Find("client"), *event = line.Find("event");
  if (client == nullptr || client->string() == nullptr) return Wrong("client", "must be a string, for there is an event");
  const std::optional<agent::Client> known = agent::ClientFromName(*client->string());
  if (!known) return Wrong("client", "must be one of claude, codex, gemini, copilot, opencode");
  if (event->object() == nullptr) return Wrong("event", "must be an object");
  const Result<std::string> name = TextOr(line, "event_name", "");
  if (!name) return name.error();
  Result<agent::Event> read = agent::ReadEvent(*known, *name, event->Dump());
  if (!read) return Wrong("event", read.error().text);
  if (read->phase == agent::Phase::kUnknown) return Wrong("event", "this version does not know events of this name");
  if ((read->phase != agent::Phase::kBeforeTool && read->phase != agent::Phase::kPermission) || !read->call)
    return Wrong("event", "asks for no decision: only what comes before a tool call does");
  return read;
}

Result<Question> QuestionOf(const json::Value& line) {
  Question q;
  const json::Value* command = line.Find("command");
  const bool has_event = line.Find("event") != nullptr;
  if ((command != nullptr) == has_event) return Error{Error::Kind::kInvalid, "a line needs either \"command\" or \"client\" and \"event\""};
  if (has_event) {
    Result<agent::Event> event = EventOf(line);
    if (!event) return event.error();
    q.event = std::move(event).take();
    q.circumstances.client = agent::ClientName(q.event->client);
    q.circumstances.depth = q.event->agent_id.empty() ? 0 : 1;
    q.place.cwd = NormalizePath(q.event->cwd, "/");
  } else {
    Result<std::string> text = TextOr(line, "command", "");
    if (!text) return text.error();
    q.command = std::move(text).take();
  }
  for (const auto& [key, path] : {std::pair{"cwd", &q.place.cwd}, std::pair{"home", &q.place.home}, std::pair{"workspace", &q.place.workspace}}) {
    Result<std::string> directory = DirectoryOr(line, key, *path);
    if (!directory) return directory.error();
    *path = std::move(directory).take();
  }
  // As the hook takes it: a session that starts in "/" or the home has no workspace, or everything would lie in it.
  if (q.event && line.Find("workspace") == nullptr) q.place.workspace = WorkspaceFrom(q.place.cwd, q.place.home);
  Result<std::string> shell = TextOr(line, "shell", q.place.shell);
  if (!shell) return shell.error();
  q.place.shell = std::move(shell).take();
  Result<std::vector<std::string>> labels = Labels(line);
  if (!labels) return labels.error();
  q.circumstances.labels = std::move(labels).take();
  Result<std::vector<std::string>> after = Earlier(line);
  if (!after) return after.error();
  q.after = std::move(after).take();
  return q;
}

json::Value Listed(const std::vector<std::string>& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::Value Answer(const json::Value* id, const analysis::Analysis& analysis, const policy::Decision& decision) {
  json::Array effects;
  for (const Effect& effect : analysis.effects.all()) effects.emplace_back(ToString(effect));
  json::Value out;
  if (id != nullptr) out.Set("id", *id);
  out.Set("verdict", VerdictName(decision.verdict)).Set("contained_after_approval", decision.contained_after_approval);
  out.Set("coverage", CoverageName(analysis.coverage)).Set("parsed", analysis.parsed).Set("effects", std::move(effects));
  return out.Set("policies", Listed(decision.policies)).Set("why", decision.why);
}

json::Value Refused(const json::Value* id, const std::string& error) {
  policy::Decision denied;
  denied.why = "denied: this line cannot be judged";
  return Answer(id, {}, denied).Set("error", Printable(error));
}

json::Value Decided(const json::Value* id, Question q, const CheckSetup& setup) {
  analysis::NoWorld world;
  analysis::Past past;
  if (!q.after.empty()) q.place.past = &past;
  for (const std::string& command : q.after) {
    analysis::Analysis earlier = analysis::AnalyzeCommand(command, q.place, world);
    past.Follow(earlier.left, analysis::Past::Ran::kSurely);
    for (analysis::WrittenFile& file : earlier.written) past.AddFile(std::move(file));
  }
  const analysis::Analysis analysis =
      q.event ? analysis::AnalyzeCall(*q.event->call, q.place, world) : analysis::AnalyzeCommand(q.command, q.place, world);
  q.circumstances.home = q.place.home;
  q.circumstances.workspace = q.place.workspace;
  q.circumstances.coverage = analysis.coverage;
  q.circumstances.commands = analysis.commands;
  q.circumstances.model_hosts = setup.model_hosts;
  q.circumstances.registries = setup.registries;
  q.circumstances.shields = setup.shields;
  q.circumstances.personal = setup.personal;
  if (setup.personal == nullptr || setup.personal->empty()) return Answer(id, analysis, setup.policies->Decide(analysis.effects, q.circumstances));
  // Nobody can look whether it is there, so it is.
  ReadingPlace reading{q.place.home, q.place.workspace, WorkspaceSecrets::kNone, setup.personal, {}, {}, {}};
  if (q.event && (q.event->call->kind == agent::ToolCall::Kind::kMcp || q.event->call->kind == agent::ToolCall::Kind::kUnknown)) reading.named = PathsNamedIn(q.event->call->arguments, q.place.cwd, q.place.home);
  if (!EarnedByReading(analysis, reading, past).note.empty()) q.circumstances.labels.emplace_back("pii");
  return Answer(id, analysis, setup.policies->Decide(analysis.effects, q.circumstances));
}

}  // namespace

json::Value CheckLine(std::string_view line, const CheckSetup& setup) {
  json::Limits limits;
  limits.max_bytes = kMaxCheckLine;
  const Result<json::Value> read = json::Parse(line, limits);
  if (!read) return Refused(nullptr, read.error().text);
  if (read->object() == nullptr) return Refused(nullptr, "a line must be one JSON object");
  const json::Value* id = read->Find("id");
  if (id == nullptr && setup.id == CheckSetup::Id::kNeeded) return Refused(nullptr, "\"id\": a line needs one");
  if (id != nullptr && id->string() == nullptr && id->integer() == nullptr) return Refused(nullptr, "\"id\": must be a string or an integer");
  Result<Question> question = QuestionOf(*read);
  if (!question) return Refused(id, question.error().text);
  return Decided(id, std::move(question).take(), setup);
}

}  // namespace checkrein::monitor
