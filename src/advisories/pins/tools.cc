#include "advisories/pins/tools.h"

#include <algorithm>

#include "analysis/signs/hidden.h"
#include "analysis/signs/signs.h"

namespace checkrein::advisories {
namespace {

using json::Value;

// Members in the order of their names, deeply. The depth is bounded by whoever parsed it.
Value Sorted(const Value& value) {
  if (value.array() != nullptr) {
    json::Array out;
    for (const Value& item : *value.array()) out.push_back(Sorted(item));
    return out;
  }
  if (value.object() == nullptr) return value;
  json::Object out;
  for (const auto& [name, member] : *value.object()) out.emplace_back(name, Sorted(member));
  std::sort(out.begin(), out.end(), [](const json::Member& a, const json::Member& b) { return a.first < b.first; });
  return out;
}

std::string Line(Value message) {
  Value out;
  out.Set("jsonrpc", "2.0");
  for (auto& [name, member] : *message.object()) out.Set(name, std::move(member));
  return out.Dump() + "\n";
}

// Every text in `value` with the names that lead to it.
void Texts(const Value& value, const std::string& path, std::vector<std::pair<std::string, std::string>>& out) {
  if (value.string() != nullptr) out.emplace_back(path, *value.string());
  if (value.array() != nullptr)
    for (const Value& item : *value.array()) Texts(item, path, out);
  if (value.object() == nullptr) return;
  for (const auto& [name, member] : *value.object()) {
    out.emplace_back(path + " (a name)", name);
    Texts(member, path.empty() ? name : path + "." + name, out);
  }
}

}  // namespace

std::string ToolDialogue::Begin() const {
  const Value client = json::Object{{"name", "mcp"}, {"version", "1.0.0"}};
  return Line(json::Object{{"id", int64_t{1}}, {"method", "initialize"}, {"params", json::Object{{"protocolVersion", "2025-06-18"}, {"capabilities", json::Object{}}, {"clientInfo", client}}}});
}

std::string ToolDialogue::List(std::string_view cursor) {
  json::Object parameters;
  if (!cursor.empty()) parameters.emplace_back("cursor", cursor);
  return Line(json::Object{{"id", ++asked_}, {"method", "tools/list"}, {"params", std::move(parameters)}});
}

Result<std::string> ToolDialogue::Take(std::string_view line) {
  if (line.size() > kMaxToolLine) return Error{Error::Kind::kLimit, "a message of more than " + std::to_string(kMaxToolLine) + " bytes"};
  json::Limits limits;
  limits.max_bytes = kMaxToolLine;
  const Result<Value> message = json::Parse(line, limits);
  const Value* id = message ? message->Find("id") : nullptr;
  const bool asks = message && message->Find("method") != nullptr;
  const bool answers = !asks && id != nullptr && id->integer() != nullptr && *id->integer() == asked_;
  if (answers) return TakeAnswer(*message);
  // Clients pass over what is no message, so it tells a model nothing.
  if (++chatter_ > kMaxToolChatter) return Error{Error::Kind::kLimit, "more than " + std::to_string(kMaxToolChatter) + " messages that nobody asked for"};
  if (!asks || id == nullptr) return std::string();
  if (message->Text("method") == "ping") return Line(json::Object{{"id", *id}, {"result", json::Object{}}});
  return Line(json::Object{{"id", *id}, {"error", json::Object{{"code", int64_t{-32601}}, {"message", "not supported"}}}});
}

Result<std::string> ToolDialogue::TakeAnswer(const Value& message) {
  const Value* result = message.Find("result");
  if (result == nullptr || result->object() == nullptr) return Error{Error::Kind::kDenied, "it answers with an error: " + std::string(message.At("error").Text("message").substr(0, 200))};
  if (state_ == State::kBegun) {
    instructions_ = result->Text("instructions");
    if (result->At("capabilities").Find("tools") == nullptr) {
      state_ = State::kDone;
      return Line(json::Object{{"method", "notifications/initialized"}});
    }
    state_ = State::kListing;
    return Line(json::Object{{"method", "notifications/initialized"}}) + List("");
  }
  const json::Array* tools = result->At("tools").array();
  if (tools == nullptr) return Error{Error::Kind::kInvalid, "its list of tools is none"};
  for (const Value& tool : *tools) {
    if (tool.Text("name").empty()) return Error{Error::Kind::kInvalid, "a tool without a name"};
    tools_.push_back(Sorted(tool));
  }
  if (tools_.size() > kMaxTools) return Error{Error::Kind::kLimit, "more than " + std::to_string(kMaxTools) + " tools"};
  const std::string_view cursor = result->Text("nextCursor");
  if (!cursor.empty()) {
    if (++pages_ >= kMaxToolPages) return Error{Error::Kind::kLimit, "more than " + std::to_string(kMaxToolPages) + " pages of tools"};
    return List(cursor);
  }
  state_ = State::kDone;
  return std::string();
}

std::string ToolDialogue::Canonical() const {
  std::vector<std::pair<std::string, const Value*>> ordered;
  for (const Value& tool : tools_) ordered.emplace_back(std::string(tool.Text("name")) + '\0' + tool.Dump(), &tool);
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  json::Array tools;
  for (const auto& [key, tool] : ordered) tools.push_back(*tool);
  return Value(json::Object{{"instructions", instructions_}, {"tools", std::move(tools)}}).Dump();
}

std::vector<std::string> NotesOnTools(std::string_view canonical) {
  std::vector<std::string> notes;
  const Result<Value> said = json::Parse(canonical);
  if (!said) return {"what it says cannot be read"};
  std::vector<std::pair<std::string, std::string>> texts;
  texts.emplace_back("instructions", std::string(said->Text("instructions")));
  if (const json::Array* tools = said->At("tools").array())
    for (const Value& tool : *tools) Texts(tool, std::string(tool.Text("name")), texts);
  for (const auto& [where, text] : texts) {
    if (notes.size() >= kMaxToolNotes) break;
    if (const auto hidden = analysis::FindHiddenText(text, 0)) notes.push_back(where + ": hides " + std::string(hidden->what));
    std::string named;
    for (const std::string_view sign : analysis::InjectionSigns(text))
      if (sign != "hidden text") named += (named.empty() ? "" : ", ") + std::string(sign);
    if (!named.empty()) notes.push_back(where + ": speaks to the model (" + named + "): " + text.substr(0, 120));
  }
  return notes;
}

std::vector<std::string> NamesOfTools(std::string_view canonical) {
  std::vector<std::string> names;
  const Result<Value> said = json::Parse(canonical);
  const json::Array* tools = said ? said->At("tools").array() : nullptr;
  for (size_t i = 0; tools != nullptr && i < tools->size(); ++i) names.emplace_back((*tools)[i].Text("name"));
  return names;
}

}  // namespace checkrein::advisories
