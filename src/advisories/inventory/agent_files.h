// Files of a workspace that agents obey or run without being asked: instructions, skills, hooks, settings, plug-ins, editors' tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace checkrein::advisories {

struct AgentFile {
  std::string path;       // relative to the workspace
  std::string kind;       // "instructions", "skill", "hook", "mcp", "plug-in", "command", "sub-agent", "settings", "editor"
  int64_t size = 0;       // bytes
  Digest digest{};        // SHA-256 of the content; zero when `trouble` is set
  std::string trouble;    // why it could not be read
  std::string note;       // a link that leads out of the workspace
};

struct AgentFiles {
  std::vector<AgentFile> files;         // by path
  std::vector<std::string> incomplete;  // a limit that was reached, directories that could not be read
};

// The files that data/protected_places.json counts among agents' settings, instructions and editors' tasks (and .checkrein's policies are
// none of them). Not entered: links to directories, .git, .hg, node_modules. Cost: one look at each name, one reading of each such file.
AgentFiles FindAgentFiles(const std::string& workspace, const std::string& home);

// The files in the home that clients obey in every workspace, relative to it, sorted: of Claude Code, Codex, Gemini CLI, Copilot CLI, OpenCode,
// Cursor and VS Code, those that exist. Not a walk: their directories hold caches and conversations as well. Not covered: plug-ins and
// extensions beyond their manifests, and what an environment variable or an option names in place of these.
AgentFiles FindUserFiles(const std::string& home);

// Which kind `path` (absolute) is; "" when it is no such file.
std::string_view KindOfAgentFile(std::string_view path, const std::string& home, const std::string& workspace);

inline constexpr size_t kMaxAgentFile = 8u << 20;

}  // namespace checkrein::advisories
