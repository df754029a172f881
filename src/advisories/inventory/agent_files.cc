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

AgentFiles FindAgentFiles(const std::string& workspace, const std::string& home) {
  AgentFiles out;
  if (!workspace.empty() && workspace != "/") Walker(workspace, home, out).Walk(workspace, 0);
  std::sort(out.files.begin(), out.files.end(), [](const AgentFile& a, const AgentFile& b) { return a.path < b.path; });
  return out;
}

}  // namespace checkrein::advisories
