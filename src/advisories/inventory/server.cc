#include "advisories/inventory/server.h"

#include <algorithm>

#include "advisories/inventory/look.h"
#include "base/bytes.h"
#include "base/path.h"

namespace checkrein::advisories {
namespace {

using notation::Node;

struct PlaceRow {
  std::string_view clients, scope, path;  // path: "~/..." below the home, "./..." below the workspace, or absolute; `*` any name
  ServerShape shape;
};

constexpr PlaceRow kPlaces[] = {
    {"claude", "user", "~/.claude.json", ServerShape::kClaudeState},
    {"claude copilot", "project", "./.mcp.json", ServerShape::kMcpServers},
    {"claude", "managed", "/etc/claude-code/managed-mcp.json", ServerShape::kMcpServers},
    {"claude", "extension", "~/.claude/plugins/cache/*/*/*/.mcp.json", ServerShape::kMcpServers},
    {"codex", "user", "~/.codex/config.toml", ServerShape::kCodex},
    {"codex", "project", "./.codex/config.toml", ServerShape::kCodex},
    {"codex", "managed", "/etc/codex/config.toml", ServerShape::kCodex},
    {"codex", "managed", "/etc/codex/managed_config.toml", ServerShape::kCodex},
    {"gemini", "user", "~/.gemini/settings.json", ServerShape::kMcpServers},
    {"gemini", "project", "./.gemini/settings.json", ServerShape::kMcpServers},
    {"gemini", "managed", "/etc/gemini-cli/settings.json", ServerShape::kMcpServers},
    {"gemini", "managed", "/etc/gemini-cli/system-defaults.json", ServerShape::kMcpServers},
    {"gemini", "extension", "~/.gemini/extensions/*/gemini-extension.json", ServerShape::kMcpServers},
    {"gemini", "extension", "./.gemini/extensions/*/gemini-extension.json", ServerShape::kMcpServers},
    {"copilot", "user", "~/.copilot/mcp-config.json", ServerShape::kMcpServers},
    {"copilot", "project", "./.copilot/mcp-config.json", ServerShape::kMcpServers},
    {"copilot", "project", "./.github/mcp.json", ServerShape::kMcpServers},
    {"copilot vscode", "project", "./.vscode/mcp.json", ServerShape::kServers},
    {"opencode", "user", "~/.config/opencode/opencode.json", ServerShape::kOpenCode},
    {"opencode", "user", "~/.config/opencode/opencode.jsonc", ServerShape::kOpenCode},
    {"opencode", "user", "~/.config/opencode/config.json", ServerShape::kOpenCode},
    {"opencode", "project", "./opencode.json", ServerShape::kOpenCode},
    {"opencode", "project", "./opencode.jsonc", ServerShape::kOpenCode},
    {"opencode", "project", "./.opencode/opencode.json", ServerShape::kOpenCode},
    {"opencode", "project", "./.opencode/opencode.jsonc", ServerShape::kOpenCode},
    {"opencode", "managed", "/etc/opencode/opencode.json", ServerShape::kOpenCode},
    {"opencode", "managed", "/etc/opencode/opencode.jsonc", ServerShape::kOpenCode},
    {"cursor", "user", "~/.cursor/mcp.json", ServerShape::kMcpServers},
    {"cursor", "project", "./.cursor/mcp.json", ServerShape::kMcpServers},
    {"vscode", "user", "~/.config/Code/User/mcp.json", ServerShape::kServers},
    {"vscode", "user", "~/.config/Code/User/settings.json", ServerShape::kEditor},
    {"vscode", "project", "./.vscode/settings.json", ServerShape::kEditor},
    {"windsurf", "user", "~/.codeium/windsurf/mcp_config.json", ServerShape::kMcpServers},
};

// `path` with its first `*` replaced by every name that is there, and so on.
void Expand(const std::string& path, std::vector<std::string>& out) {
  const size_t star = path.find("/*/");
  if (star == std::string::npos) {
    out.push_back(path);
    return;
  }
  for (const std::string& name : NamesIn(path.substr(0, star))) Expand(path.substr(0, star + 1) + name + path.substr(star + 2), out);
}

class Reader {
 public:
  Reader(const ConfigPlace& place, Servers& out) : place_(place), out_(out) {}

  void Read(const Node& root) {
    if (!root.is_table()) return Problem(root, "not an object");
    switch (place_.shape) {
      case ServerShape::kClaudeState:
        Projects(root);
        [[fallthrough]];
      case ServerShape::kMcpServers: return All(root, "mcpServers", "");
      case ServerShape::kServers: return All(root, "servers", "");
      case ServerShape::kOpenCode: return All(root, "mcp", "");
      case ServerShape::kCodex: return All(root, "mcp_servers", "");
      case ServerShape::kEditor:
        for (const std::string_view name : {"mcp", "mcp.servers"})
          if (const Node* mcp = root.Find(name)) name == "mcp" ? All(*mcp, "servers", "") : Table(*mcp, "");
        return;
    }
  }

 private:
  void Problem(const Node& at, std::string_view what) { out_.problems.push_back(notation::Place(place_.path, at.at) + ": " + std::string(what)); }

  void Projects(const Node& root) {
    const Node* projects = root.Find("projects");
    if (projects == nullptr) return;
    if (!projects->is_table()) return Problem(*projects, "\"projects\" is not an object");
    for (const notation::Member& project : projects->members)
      if (project.value.is_table()) All(project.value, "mcpServers", project.name);
  }

  void All(const Node& parent, std::string_view name, const std::string& project) {
    if (const Node* servers = parent.Find(name)) Table(*servers, project);
  }

  void Table(const Node& servers, const std::string& project) {
    if (!servers.is_table()) return Problem(servers, "the servers are not an object");
    for (const notation::Member& member : servers.members) One(member, project);
  }

  bool Words(const Node& table, std::string_view name, std::vector<std::string>& into) {
    const Node* list = table.Find(name);
    if (list == nullptr || list->kind == Node::Kind::kNull) return true;
    if (list->is_list() && std::all_of(list->items.begin(), list->items.end(), [](const Node& item) { return item.is_text(); })) {
      for (const Node& item : list->items) into.push_back(item.text);
      return true;
    }
    Problem(*list, "\"" + std::string(name) + "\" is not a list of texts");
    return false;
  }

  // Names and values; a value that is no text is kept as its kind, so that a change of it changes the digest.
  bool Pairs(const Node& table, std::string_view name, std::vector<std::pair<std::string, std::string>>& into) {
    const Node* pairs = table.Find(name);
    if (pairs == nullptr || pairs->kind == Node::Kind::kNull) return true;
    if (pairs->is_list()) {  // Codex: env_vars, names that are passed on
      std::vector<std::string> names;
      if (!Words(table, name, names)) return false;
      for (std::string& word : names) into.emplace_back(std::move(word), "passed on");
    } else if (pairs->is_table()) {
      for (const notation::Member& member : pairs->members) into.emplace_back(member.name, member.value.is_text() ? member.value.text : "kind " + std::to_string(static_cast<int>(member.value.kind)) + " " + std::to_string(member.value.integer));
    } else {
      Problem(*pairs, "\"" + std::string(name) + "\" is not an object");
      return false;
    }
    std::sort(into.begin(), into.end());
    return true;
  }

  bool Text(const Node& table, std::string_view name, std::string& into) {
    const Node* text = table.Find(name);
    if (text == nullptr || text->kind == Node::Kind::kNull) return true;
    if (!text->is_text()) {
      Problem(*text, "\"" + std::string(name) + "\" is not a text");
      return false;
    }
    into = text->text;
    return true;
  }

  void One(const notation::Member& member, const std::string& project) {
    const Node& node = member.value;
    if (!node.is_table()) {
      if (place_.shape == ServerShape::kOpenCode && node.kind == Node::Kind::kBoolean) return;  // switches another file's server on or off
      return Problem(node, "a server is not an object");
    }
    Server s;
    s.clients = place_.clients;
    s.scope = project.empty() ? place_.scope : "local";
    s.name = member.name;
    s.project = project;
    s.path = place_.path;
    s.at = member.at;
    std::vector<std::string> words;
    const Node* command = node.Find("command");
    const bool listed = command != nullptr && command->is_list();  // OpenCode
    bool good = listed ? Words(node, "command", words) : Text(node, "command", s.command);
    if (!words.empty()) {
      s.command = words.front();
      s.args.assign(words.begin() + 1, words.end());
    }
    good = good && Words(node, "args", s.args) && Text(node, "cwd", s.cwd) && Text(node, "url", s.url) && (!s.url.empty() || Text(node, "httpUrl", s.url)) && (!s.url.empty() || Text(node, "serverUrl", s.url));
    for (const std::string_view name : {"env", "environment", "env_vars"}) good = good && Pairs(node, name, s.env);
    for (const std::string_view name : {"headers", "http_headers", "env_http_headers"}) good = good && Pairs(node, name, s.headers);
    if (!good) return;
    if (s.command.empty() && s.url.empty()) return Problem(node, "a server that names neither a command nor an address");
    const Node* enabled = node.Find("enabled");
    s.enabled = !node.Flag("disabled") && (enabled == nullptr || enabled->kind != Node::Kind::kBoolean || enabled->boolean);
    s.trusted = node.Flag("trust");
    s.origin = s.command.empty() ? OriginOfAddress() : OriginOf(s.command, s.args);
    out_.servers.push_back(std::move(s));
  }

  const ConfigPlace& place_;
  Servers& out_;
};

void AddField(std::string& to, std::string_view text) { to += std::to_string(text.size()) + ":" + std::string(text) + ","; }

}  // namespace

bool ConfigPlace::Serves(std::string_view client) const {
  const std::string padded = " " + clients + " ";
  return padded.find(" " + std::string(client) + " ") != std::string::npos;
}

std::vector<ConfigPlace> ConfigPlaces(const std::string& home, const std::string& workspace) {
  std::vector<ConfigPlace> out;
  for (const PlaceRow& row : kPlaces) {
    std::string path(row.path);
    if (row.path.starts_with("~/")) {
      if (home.empty()) continue;
      path = home + std::string(row.path.substr(1));
    } else if (row.path.starts_with("./")) {
      if (workspace.empty()) continue;
      path = workspace + std::string(row.path.substr(1));
    }
    std::vector<std::string> paths;
    Expand(path, paths);
    for (std::string& one : paths) out.push_back({std::string(row.clients), std::string(row.scope), std::move(one), row.shape});
  }
  return out;
}

Digest Server::DigestWith(const Digest& key) const {
  std::string text = "checkrein mcp server 1,";
  for (const std::string* field : {&command, &url, &cwd}) AddField(text, *field);
  AddField(text, std::to_string(args.size()));
  for (const std::string& arg : args) AddField(text, arg);
  for (const auto* pairs : {&env, &headers}) {
    AddField(text, std::to_string(pairs->size()));
    for (const auto& pair : *pairs) {
      AddField(text, pair.first);
      AddField(text, pair.second);
    }
  }
  return HmacSha256(key, AsBytes(text));
}

Result<Servers> ServersIn(const ConfigPlace& place, std::string_view text) {
  // Read as liberally as the most liberal client does: a server too many is seen, one too few is not.
  const Result<Node> root = notation::Parse(text, place.path, place.shape == ServerShape::kCodex ? notation::Dialect::kToml : notation::Dialect::kJsonWithComments);
  if (!root) return root.error();
  Servers out;
  Reader(place, out).Read(*root);
  return out;
}

}  // namespace checkrein::advisories
