// MCP servers, from the configuration of every client: what each would start or call.
//
//   for (const ConfigPlace& place : ConfigPlaces(home, workspace))
//     if (text of place.path) ServersIn(place, text)
//
// Values of environment variables and headers may be secrets: they enter the digest and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "advisories/inventory/origin.h"
#include "base/digest.h"
#include "notation/document.h"

namespace checkrein::advisories {

enum class ServerShape : uint8_t {
  kMcpServers,    // {"mcpServers": {NAME: ...}}
  kClaudeState,   // that, and projects.PATH.mcpServers
  kServers,       // {"servers": {NAME: ...}}
  kOpenCode,      // {"mcp": {NAME: {type, command: [...], environment}}}
  kCodex,         // [mcp_servers.NAME]
  kEditor,        // {"mcp": {"servers": {NAME: ...}}}
};

struct ConfigPlace {
  std::string clients;   // whose configuration it is, parted by spaces: "claude copilot"
  std::string scope;     // "user", "project", "managed", "extension"
  std::string path;      // absolute
  ServerShape shape = ServerShape::kMcpServers;
  bool Serves(std::string_view client) const;
};
// Every place that there may be; those in directories of extensions only as far as they exist. `home`, `workspace`: "" for none.
std::vector<ConfigPlace> ConfigPlaces(const std::string& home, const std::string& workspace);

struct Server {
  std::string clients, scope, name;
  std::string project;     // of Claude's local scope: for which directory
  std::string path;        // the file
  notation::Position at;
  std::string command, url, cwd;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env, headers;  // sorted by name; values are secrets
  bool enabled = true;     // as far as this file says
  bool trusted = false;    // the file says that its calls need no asking
  Origin origin;
  // HMAC over everything by which the client starts or calls it.
  Digest DigestWith(const Digest& key) const;
};

struct Servers {
  std::vector<Server> servers;
  std::vector<std::string> problems;  // "FILE:LINE:COL: ...": what is there in another shape than the client's
};
// Errors: kInvalid, kLimit (a file that does not parse). A problem leaves out that one server.
Result<Servers> ServersIn(const ConfigPlace& place, std::string_view text);

inline constexpr size_t kMaxConfigFile = 4u << 20;  // Claude's state file grows to hundreds of kilobytes

}  // namespace checkrein::advisories
