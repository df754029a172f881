#include "analysis/program/git_setting.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

using Settings = std::vector<GitSetting>;

TEST(GitConfig, IsReadAsGitReadsIt) {
  EXPECT_EQ(ReadGitConfig("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a.example/x.git # home\n\tFetch=+refs/heads/*:refs/remotes/origin/*\n"),
            (Settings{{"core.bare", "false"}, {"remote.origin.url", "https://a.example/x.git"}, {"remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"}}));
  EXPECT_EQ(ReadGitConfig("[core] fsmonitor = ./x"), (Settings{{"core.fsmonitor", "./x"}}));  // on the header's own line
  EXPECT_EQ(ReadGitConfig("[CORE]\r\nFsMonitor=./x\r\n"), (Settings{{"core.fsmonitor", "./x"}}));
  EXPECT_EQ(ReadGitConfig("[core]fsmo\\\nnitor=x"), std::nullopt);  // no line goes on within a name
  EXPECT_EQ(ReadGitConfig("[core]\nfsmonitor = \"./a\\\nb\" c\\\n  d ; e\n"), (Settings{{"core.fsmonitor", "./ab c  d"}}));
  EXPECT_EQ(ReadGitConfig("[alias]\nst\n"), (Settings{{"alias.st", "true"}}));
  EXPECT_EQ(ReadGitConfig("[url \"https://a\\\"]\\\\\"]\ninsteadOf = b\n"), (Settings{{"url.https://a\"]\\.insteadof", "b"}}));
  EXPECT_EQ(ReadGitConfig("[section.SUB]\nkey = v"), (Settings{{"section.sub.key", "v"}}));
  EXPECT_EQ(ReadGitConfig("\xef\xbb\xbf# only words\n; and these\n"), Settings{});
}

TEST(GitConfig, WhatIsNotPlainlyOfTheGrammarIsNotRead) {
  for (const char* text : {"key = value", "[core\nbare = 1", "[]\na=b", "[core]\n1a = b", "[core]\na b = c", "[core]\na = \"open\n", "[core]\na = \\x", "[core \"x]\na=b", "[core]x]\n", "[core x]\na=b"})
    EXPECT_EQ(ReadGitConfig(text), std::nullopt) << text;
  EXPECT_EQ(ReadGitConfig(std::string_view("[core]\na = b\0c\n", 15)), std::nullopt);
}

TEST(GitConfig, WhatRunsLeadsElsewhereOrIsNotKnownIsNotHarmless) {
  for (const char* key : {"core.fsmonitor", "core.hookspath", "core.sshcommand", "filter.x.smudge", "diff.x.textconv", "alias.st", "include.path", "includeif.gitdir:x.path", "core.worktree", "remote.origin.url",
                          "url.x.insteadof", "credential.helper", "gpg.ssh.defaultkeycommand", "submodule.x.update", "no.such.key", "trailer.x.cmd", "core.attributesfile", "core.excludesfile"})
    EXPECT_FALSE(IsHarmlessGitSetting(key, "x")) << key;
  for (const char* key : {"user.name", "core.bare", "branch.main.merge", "remote.origin.fetch", "core.repositoryformatversion"}) EXPECT_TRUE(IsHarmlessGitSetting(key, "x")) << key;
  EXPECT_FALSE(IsHarmlessGitSetting("branch.main.remote", "ext::sh -c x"));
}

}  // namespace
}  // namespace checkrein::analysis
