#include "analysis/program/git_setting.h"

#include "analysis/command.h"
#include "analysis/program/example_for_test.h"
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

// What stands in the repository's own configuration runs with the next command there.
TEST(GitConfig, OfTheRepositoryCounts) {
  class Repository final : public World {
   public:
    explicit Repository(std::string config) : config_(std::move(config)) {}
    std::optional<std::string> Resolve(std::string_view path) override { return std::string(path); }
    std::optional<std::string> Read(std::string_view path, size_t) override {
      if (path.ends_with("/.git/HEAD")) return "ref: refs/heads/main\n";
      return path.ends_with("/.git/config") ? std::optional(config_) : std::nullopt;
    }

   private:
    std::string config_;
  };
  const auto runs_something = [](const char* config) {
    Repository world(config);
    return DescribeCommand(ReadCommand("git status"), Place{}, world).coverage == Coverage::kOpaque;
  };
  EXPECT_FALSE(runs_something("[core]\n\tbare = false\n\teditor = vim\n[remote \"origin\"]\n\turl = https://a.example/x.git\n"));
  for (const char* config : {"[core]\n\tfsmonitor = ./x\n", "[core] fsmonitor = ./x\n", "[filter \"a\"] clean = ./x", "[include]\n\tpath = ../x\n", "[core]\n\thooksPath = hooks\n", "[core\n"})
    EXPECT_TRUE(runs_something(config)) << config;
}

}  // namespace
}  // namespace checkrein::analysis
