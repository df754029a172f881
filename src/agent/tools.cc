#include "agent/tools.h"

#include <algorithm>
#include <optional>

#include "agent/patch.h"
#include "agent/tool_table.h"

namespace checkrein::agent {
namespace {

using Kind = ToolCall::Kind;

Error Bad(const ToolName& tool, std::string_view what) {
  return Error{Error::Kind::kInvalid, "tool " + json::Quote(tool.name) + ": " + std::string(what)};
}

bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// The words of `list` between `separator`s, each given to `visit` until it says true.
template <typename Visit>
bool AnyWord(std::string_view list, char separator, Visit visit) {
  while (!list.empty()) {
    const size_t end = list.find(separator);
    if (visit(list.substr(0, end))) return true;
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return false;
}

// A column such as "path|file_path?".
struct Column {
  std::string_view names;
  bool optional = false;
};

Column ReadColumn(std::string_view column) {
  if (column.ends_with('?')) return {column.substr(0, column.size() - 1), true};
  return {column, false};
}

const json::Value* FindAny(const json::Value& arguments, std::string_view names) {
  const json::Value* found = nullptr;
  AnyWord(names, '|', [&](std::string_view name) { return (found = arguments.Find(name)) != nullptr; });
  return found;
}

// One string, or a list of them. Empty strings are refused: nobody could say what they name.
Result<std::vector<std::string>> ReadStrings(const ToolName& tool, const json::Value& value, std::string_view names) {
  std::vector<std::string> strings;
  if (const std::string* one = value.string()) {
    strings.push_back(*one);
  } else if (const json::Array* many = value.array()) {
    for (const json::Value& item : *many) {
      if (item.string() == nullptr) return Bad(tool, json::Quote(names) + " must hold only strings");
      strings.push_back(*item.string());
    }
  } else {
    return Bad(tool, json::Quote(names) + " must be a string");
  }
  for (const std::string& text : strings) {
    if (text.empty()) return Bad(tool, json::Quote(names) + " is empty");
    if (HasNul(text)) return Bad(tool, json::Quote(names) + " holds a NUL character");
  }
  if (strings.empty()) return Bad(tool, json::Quote(names) + " is empty");
  return strings;
}

Result<std::string> ReadString(const ToolName& tool, const json::Value& value, std::string_view names) {
  if (value.string() == nullptr) return Bad(tool, json::Quote(names) + " must be a string");
  if (HasNul(*value.string())) return Bad(tool, json::Quote(names) + " holds a NUL character");
  return *value.string();
}

// The one web address in `text`, if there is exactly one.
std::string OnlyUrl(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || text.find("://", scheme + 3) != std::string_view::npos) return "";
  size_t begin = scheme;
  while (begin > 0 && static_cast<unsigned char>(text[begin - 1]) > ' ') --begin;
  size_t end = scheme;
  while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ') ++end;
  const std::string_view word = text.substr(begin, end - begin);
  return word.starts_with("http://") || word.starts_with("https://") ? std::string(word) : "";
}

// The model's own words about a call, for the record.
std::string StatedIntent(const json::Value& arguments) {
  for (const std::string_view name : {"description", "instruction", "justification", "reason", "displayDescription"})
    if (const std::string_view text = arguments.Text(name); !text.empty()) return std::string(text);
  return "";
}

struct McpName {
  std::string_view server, tool;
};

// `name` cut at `separator`, if it can be cut at one place only.
std::optional<McpName> SplitOnce(std::string_view name, std::string_view separator) {
  const size_t at = name.find(separator);
  if (at == std::string_view::npos || at == 0 || at + separator.size() >= name.size()) return std::nullopt;
  if (name.find(separator, at + 1) != std::string_view::npos) return std::nullopt;
  return McpName{name.substr(0, at), name.substr(at + separator.size())};
}

// The MCP call that `tool` is. Copilot's preToolUse joins server and tool by "-" and OpenCode by "_", as their own and custom
// tools may be named: neither can be told apart, so neither is taken for one.
std::optional<McpName> ReadMcpName(const ToolName& tool) {
  if (!tool.mcp_server.empty() && !tool.mcp_tool.empty()) return McpName{tool.mcp_server, tool.mcp_tool};
  const bool two_underscores = tool.client == Client::kClaude || tool.client == Client::kCodex;
  if (two_underscores && tool.name.starts_with("mcp__")) {
    const std::string_view rest = tool.name.substr(5);
    return SplitOnce(rest, "__").value_or(McpName{"", rest});
  }
  if (tool.client == Client::kCopilot) return SplitOnce(tool.name, "/");  // as its permissionRequest writes them
  return std::nullopt;
}

// The directory that a file pattern reaches beyond the root it is searched from, if it does: patterns may be absolute or climb.
// "/" where only the matching would tell.
std::optional<std::string> EscapeOf(std::string_view pattern, std::string_view root) {
  const bool absolute = pattern.starts_with('/') || pattern.starts_with('~');
  const bool choice = pattern.find("{/") != std::string_view::npos || pattern.find(",/") != std::string_view::npos;
  if (!absolute && !choice && pattern.find("..") == std::string_view::npos) return std::nullopt;
  const std::string_view literal = pattern.substr(0, pattern.find_first_of("*?[{\\!(+@"));
  if (choice || pattern.substr(literal.size()).find("..") != std::string_view::npos) return "/";
  const std::string directory(literal == pattern ? literal : literal.substr(0, literal.rfind('/') + 1));
  return absolute ? directory : std::string(root) + "/" + directory;
}

class CallReader {
 public:
  CallReader(const ToolName& tool, json::Value arguments) : tool_(tool) {
    call_.name = tool.name;
    call_.call_id = tool.call_id;
    call_.arguments = std::move(arguments);
    call_.description = StatedIntent(call_.arguments);
  }

  Result<ToolCall> Read() {
    const auto rows = ToolTable(tool_.client);
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ToolRow& r) { return r.name == tool_.name; });
    // A client that names a server means that server's tool, whatever its name.
    if (row == rows.end() || !tool_.mcp_server.empty()) {
      if (const std::optional<McpName> mcp = ReadMcpName(tool_)) {
        call_.kind = Kind::kMcp;
        call_.mcp_server = mcp->server;
        call_.mcp_tool = mcp->tool;
      }
      return std::move(call_);
    }
    if (tool_.name == "Monitor" && call_.arguments.Find("command") == nullptr) return std::move(call_);  // opens a socket: unknown
    call_.kind = row->kind;
    if (const Status status = ReadObject(*row); !status) return status.error();
    if (const Status status = ReadSecond(*row); !status) return status.error();
    NoteUnknownArguments(*row);
    Refine();
    return std::move(call_);
  }

 private:
  Status ReadObject(const ToolRow& row) {
    const Column column = ReadColumn(row.object);
    const json::Value* value = FindAny(call_.arguments, column.names);
    if (value == nullptr || (column.optional && value->is_null())) {
      if (!column.optional && !column.names.empty()) return Bad(tool_, json::Quote(column.names) + " is missing");
      if (row.kind == Kind::kSearch) call_.paths.emplace_back(".");
      return Done{};
    }
    if (row.kind == Kind::kShell || row.kind == Kind::kFetch) {
      Result<std::string> text = ReadString(tool_, *value, column.names);
      if (!text) return text.error();
      (row.kind == Kind::kShell ? call_.command : call_.url) = std::move(text).take();
      return Done{};
    }
    Result<std::vector<std::string>> strings = ReadStrings(tool_, *value, column.names);
    if (!strings) return strings.error();
    call_.paths = std::move(strings).take();
    return Done{};
  }

  Status ReadSecond(const ToolRow& row) {
    const json::Value* value = row.second.empty() ? nullptr : FindAny(call_.arguments, row.second);
    if (value == nullptr || value->is_null()) return Done{};
    if (row.kind != Kind::kShell && value->string() == nullptr) return Bad(tool_, json::Quote(row.second) + " must be a string");
    if (row.kind != Kind::kShell) {
      call_.pattern = *value->string();
      return Done{};
    }
    Result<std::string> text = ReadString(tool_, *value, row.second);
    if (!text) return text.error();
    call_.workdir = std::move(text).take();
    return Done{};
  }

  void NoteUnknownArguments(const ToolRow& row) {
    if (row.others == "*") return;
    const Column column = ReadColumn(row.object);
    for (const json::Member& member : *call_.arguments.object()) {
      const auto same = [&](std::string_view name) { return name == member.first; };
      if (!AnyWord(column.names, '|', same) && member.first != row.second && !AnyWord(row.others, ' ', same))
        call_.unknown_arguments.push_back(member.first);
    }
  }

  // Tools whose arguments need more than the table can say.
  void Refine() {
    if (tool_.client == Client::kGemini && tool_.name == "web_fetch") call_.url = OnlyUrl(call_.pattern);
    if (tool_.client == Client::kCodex && tool_.name == "Bash") call_.hides_place = true;
    if (call_.kind == Kind::kSearch && (tool_.name == "Glob" || tool_.name == "glob"))
      if (std::optional<std::string> escape = EscapeOf(call_.pattern, call_.paths.front())) call_.paths.push_back(*std::move(escape));
    const bool patch = tool_.name == "apply_patch" || (tool_.client == Client::kOpenCode && tool_.name == "patch");
    if (!patch) return;
    PatchPaths found = ReadPatchPaths(call_.paths.front());
    call_.paths = std::move(found.paths);
    call_.deletes = std::move(found.deletes);
    if (!found.understood)
      call_.kind = Kind::kUnknown;
    else if (call_.deletes.size() == call_.paths.size())
      call_.kind = Kind::kDelete;
  }

  const ToolName& tool_;
  ToolCall call_;
};

}  // namespace

Result<ToolCall> ReadToolCall(const ToolName& tool, json::Value arguments) {
  if (tool.name.empty() || HasNul(tool.name)) return Bad(tool, "the name is empty or holds a NUL character");
  if (arguments.object() == nullptr) return Bad(tool, "the arguments must be an object");
  return CallReader(tool, std::move(arguments)).Read();
}

}  // namespace checkrein::agent
