#include "advisories/inventory/agent_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "advisories/inventory/tree_for_test.h"
#include "base/bytes.h"

namespace checkrein::advisories {
namespace {

TEST(AgentFiles, AreFoundByKindWithTheirDigests) {
  const Tree tree;
  const std::pair<const char*, const char*> kFiles[] = {
      {".claude/agents/a.md", "sub-agent"}, {".claude/commands/c.md", "command"}, {".claude/settings.json", "settings"}, {".claude/skills/s/SKILL.md", "skill"}, {".claude/skills/s/run.sh", "skill"},
      {".codex/config.toml", "settings"}, {".cursor/rules/r.mdc", "instructions"}, {".cursorrules", "instructions"}, {".gemini/settings.json", "settings"}, {".github/copilot-instructions.md", "instructions"},
      {".mcp.json", "mcp"}, {".opencode/plugin/p.js", "plug-in"}, {".vscode/tasks.json", "editor"}, {"AGENTS.md", "instructions"}, {"deep/er/CLAUDE.md", "instructions"},
  };
  for (const auto& [path, kind] : kFiles) tree.Write(std::string("w/") + path, std::string("text of ") + path);
  tree.Write("w/src/main.c", "int main;");
  tree.Write("w/node_modules/x/CLAUDE.md", "not ours");
  tree.Write("w/.git/hooks/pre-commit", "");
  const AgentFiles found = FindAgentFiles(tree.At("w"), tree.At("h"));
  EXPECT_THAT(found.incomplete, testing::IsEmpty());
  ASSERT_EQ(found.files.size(), std::size(kFiles));
  for (const AgentFile& file : found.files) {
    const auto* row = std::find_if(std::begin(kFiles), std::end(kFiles), [&](const auto& r) { return file.path == r.first; });
    ASSERT_NE(row, std::end(kFiles)) << file.path;
    EXPECT_EQ(file.kind, row->second) << file.path;
    EXPECT_EQ(HexEncode(file.digest), HexEncode(Sha256("text of " + file.path)));
  }
}

TEST(AgentFiles, WhatCannotBeReadIsSaid) {
  const Tree tree;
  tree.Write("secret", "x");
  tree.Link(tree.At("secret"), "w/CLAUDE.md");
  tree.Link("nowhere", "w/AGENTS.md");
  tree.Link(tree.At("w"), "w/loop");
  const AgentFiles found = FindAgentFiles(tree.At("w"), tree.At("h"));
  ASSERT_EQ(found.files.size(), 2u);
  EXPECT_THAT(found.files[0].trouble, testing::HasSubstr("there is no such file"));
  EXPECT_THAT(found.files[1].note, testing::HasSubstr("leads out of the workspace"));
  EXPECT_TRUE(FindAgentFiles("", tree.At("h")).files.empty());
}

}  // namespace
}  // namespace checkrein::advisories
