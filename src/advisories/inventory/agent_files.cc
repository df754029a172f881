#include "advisories/inventory/agent_files.h"

#include <sys/stat.h>

#include <algorithm>

#include "advisories/inventory/look.h"
#include "base/path.h"
#include "effect/places.h"

namespace checkrein::advisories {
namespace {

constexpr size_t kMaxEntries = 500'000;  // names looked at: a large monorepo has as many
constexpr int kMaxDepth = 40;

struct KindRow {
  std::string_view part, kind;  // `part`: of the path, with its slashes
};
// The first row that matches counts.
constexpr KindRow kKinds[] = {
    {"/skills/", "skill"},       {"/skill/", "skill"},       {"/hooks/", "hook"},       {"/hooks.json", "hook"},     {"/plugins/", "plug-in"},   {"/plugin/", "plug-in"},
    {"/extensions/", "plug-in"}, {"/commands/", "command"},  {"/command/", "command"},  {"/prompts/", "command"},    {"/agents/", "sub-agent"},  {"/agent/", "sub-agent"},
    {"/chatmodes/", "sub-agent"}, {"/.mcp.json", "mcp"},     {"/mcp.json", "mcp"},      {"/rules/", "instructions"}, {"/.cursorrules", "instructions"}, {"/instructions/", "instructions"},
};

// `*` stands for any name.
constexpr std::string_view kUserFiles[] = {
    ".claude.json", ".claude/settings.json", ".claude/settings.local.json", ".claude/CLAUDE.md", ".claude/agents/*", ".claude/commands/*", ".claude/rules/*", ".claude/skills/*/SKILL.md", ".claude/output-styles/*", ".claude/.env",
    ".codex/config.toml", ".codex/hooks.json", ".codex/AGENTS.md", ".codex/AGENTS.override.md", ".codex/prompts/*", ".codex/rules/*", ".codex/skills/*/SKILL.md", ".agents/skills/*/SKILL.md", ".codex/.env",
    ".gemini/settings.json", ".gemini/trustedFolders.json", ".gemini/GEMINI.md", ".gemini/.env", ".gemini/commands/*", ".gemini/skills/*/SKILL.md", ".gemini/policies/*", ".gemini/extensions/*/gemini-extension.json",
    ".copilot/config.json", ".copilot/settings.json", ".copilot/mcp-config.json", ".copilot/copilot-instructions.md", ".copilot/hooks/*", ".copilot/agents/*", ".copilot/skills/*/SKILL.md",
    ".config/opencode/opencode.json", ".config/opencode/opencode.jsonc", ".config/opencode/config.json", ".config/opencode/AGENTS.md", ".config/opencode/agent/*", ".config/opencode/agents/*",
    ".config/opencode/command/*", ".config/opencode/commands/*", ".config/opencode/plugin/*", ".config/opencode/plugins/*", ".config/opencode/skills/*/SKILL.md",
    ".cursor/mcp.json", ".cursor/hooks.json", ".cursor/cli-config.json", ".cursor/rules/*", ".codeium/windsurf/mcp_config.json", ".config/Code/User/settings.json", ".config/Code/User/tasks.json", ".config/Code/User/mcp.json",
};

// The files that `prefix` and then `pattern` mean below `home`.
void Expand(const std::string& home, std::string_view pattern, const std::string& prefix, std::vector<std::string>& out, AgentFiles& report) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    struct stat info{};
    const std::string path = prefix + std::string(pattern);
    if (lstat((home + "/" + path).c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) out.push_back(path);
    return;
  }
  const std::string directory = prefix + std::string(pattern.substr(0, star));
  const std::vector<std::string> names = NamesIn(home + "/" + directory);
  if (names.size() >= kMaxNames) report.incomplete.push_back(home + "/" + directory + ": more than " + std::to_string(kMaxNames) + " names");
  for (const std::string& name : names) Expand(home, pattern.substr(star + 1), directory + name, out, report);
}

class Walker {
 public:
  Walker(const std::string& workspace, const std::string& home, AgentFiles& out) : workspace_(workspace), home_(home), out_(out) {}

  void Walk(const std::string& directory, int depth) {
    if (depth > kMaxDepth) return Incomplete(directory + ": deeper than " + std::to_string(kMaxDepth) + " directories");
    const std::vector<std::string> names = NamesIn(directory);
    if (names.size() >= kMaxNames) Incomplete(directory + ": more than " + std::to_string(kMaxNames) + " names");
    for (const std::string& name : names) {
      if (entries_ > kMaxEntries) return;
      if (++entries_ > kMaxEntries) return Incomplete(workspace_ + ": more than " + std::to_string(kMaxEntries) + " files");
      const std::string path = directory + "/" + name;
      struct stat info{};
      if (lstat(path.c_str(), &info) != 0) continue;
      if (S_ISDIR(info.st_mode)) {
        if (name != ".git" && name != ".hg" && name != "node_modules") Walk(path, depth + 1);
      } else if (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) {
        Look(path);
      }
    }
  }

 private:
  void Incomplete(std::string what) { out_.incomplete.push_back(std::move(what)); }

  void Look(const std::string& path) {
    const std::string_view kind = KindOfAgentFile(path, home_, workspace_);
    if (kind.empty()) return;
    AgentFile file;
    file.path = path.substr(workspace_.size() + 1);
    file.kind = kind;
    const std::string real = RealPath(path).value_or("");
    const std::string real_workspace = RealPath(workspace_).value_or(workspace_);
    if (!real.empty() && !IsBeneath(real, real_workspace)) file.note = "a link that leads out of the workspace to " + real;
    const Result<std::string> text = ReadRegular(path, kMaxAgentFile);
    if (text) {
      file.size = static_cast<int64_t>(text->size());
      file.digest = Sha256(*text);
    } else {
      file.trouble = text.error().text;
    }
    out_.files.push_back(std::move(file));
  }

  const std::string& workspace_;
  const std::string& home_;
  AgentFiles& out_;
  size_t entries_ = 0;
};

}  // namespace

std::string_view KindOfAgentFile(std::string_view path, const std::string& home, const std::string& workspace) {
  std::string_view kind;
  for (const std::string_view group : PlaceGroups(path, home, workspace)) {
    if (group == "instructions") kind = "instructions";
    if (group == "agent-config" && kind.empty()) kind = "settings";
    if (group == "editor-tasks" && kind.empty()) kind = "editor";
  }
  if (kind.empty() || kind == "editor") return kind;
  for (const KindRow& row : kKinds)
    if (path.find(row.part) != std::string_view::npos && (row.part.ends_with('/') || path.ends_with(row.part))) return row.kind;
  return kind;
}

AgentFiles FindUserFiles(const std::string& home) {
  AgentFiles out;
  if (home.empty() || home == "/") return out;
  std::vector<std::string> paths;
  for (const std::string_view pattern : kUserFiles) Expand(home, pattern, "", paths, out);
  std::sort(paths.begin(), paths.end());
  for (std::string& path : paths) {
    AgentFile file;
    file.kind = "user";
    if (const std::optional<std::string> real = RealPath(home + "/" + path)) file.note = Departure(home + "/" + path, *real, home);
    file.path = std::move(path);
    out.files.push_back(std::move(file));
  }
  return out;
}

AgentFiles FindAgentFiles(const std::string& workspace, const std::string& home) {
  AgentFiles out;
  if (!workspace.empty() && workspace != "/") Walker(workspace, home, out).Walk(workspace, 0);
  std::sort(out.files.begin(), out.files.end(), [](const AgentFile& a, const AgentFile& b) { return a.path < b.path; });
  return out;
}

}  // namespace checkrein::advisories
