#include "monitor/meaning.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

using sandbox::ChangeKind;
using sandbox::ChangeType;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

class MeaningTest : public ::testing::Test {
 protected:
  MeaningTest() {
    char name[] = "/tmp/checkrein-meaning-XXXXXX";
    root_ = mkdtemp(name);
    copy_ = {root_ + "/ws", root_ + "/upper", root_ + "/work"};
    for (const std::string& made : {copy_.workspace, copy_.upper, copy_.work}) fs::create_directory(made);
  }
  ~MeaningTest() override { fs::remove_all(root_); }
  static void Write(const std::string& side, const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(side + "/" + path).parent_path());
    std::ofstream(side + "/" + path) << text;
  }
  // Of a file that the session wrote, relative to the workspace.
  std::vector<std::string> Of(const std::string& path, ChangeType type = ChangeType::kFile, ChangeKind kind = ChangeKind::kAdded) {
    Meanings meanings(copy_);
    sandbox::Change change;
    change.path = path;
    change.type = type;
    change.kind = kind;
    const ChangeMeaning meaning = meanings.Of(change);
    content_ = meaning.content;
    std::vector<std::string> out;
    for (const Effect& effect : meaning.effects.all()) {
      std::string text = ToString(effect);
      if (const size_t at = text.find(copy_.workspace); at != std::string::npos) text.replace(at, copy_.workspace.size(), "WS");
      out.push_back(std::move(text));
    }
    return out;
  }
  std::string root_;
  sandbox::Copy copy_;
  std::optional<std::string> content_;
};

TEST_F(MeaningTest, OrdinaryPathsAreThemselves) {
  Write(copy_.upper, "a.txt", "x");
  EXPECT_THAT(Of("a.txt"), ElementsAre("write:WS/a.txt"));
  EXPECT_FALSE(content_);
  EXPECT_THAT(Of("a.txt", ChangeType::kFile, ChangeKind::kDeleted), ElementsAre("delete:WS/a.txt"));
}

TEST_F(MeaningTest, GitConfigurationByItsKeys) {
  Write(copy_.workspace, ".git/config", "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a.example/x\n");
  Write(copy_.upper, ".git/config", "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a.example/x\n[branch \"topic\"]\n\tmerge = refs/heads/topic\n[user]\n\tname = a\n");
  EXPECT_THAT(Of(".git/config", ChangeType::kFile, ChangeKind::kModified), UnorderedElementsAre("configure:git:branch.topic.merge", "configure:git:user.name"));
  EXPECT_TRUE(content_);
  for (const char* bad : {"[core]fsmonitor = ./x\n", "[include]\npath = ../x\n", "[remote \"origin\"]\nurl = https://b.example/x\n", "[core]\nhooksPath = x\n", "nonsense\n"}) {
    Write(copy_.upper, ".git/config", std::string("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a.example/x\n") + bad);
    EXPECT_THAT(Of(".git/config", ChangeType::kFile, ChangeKind::kModified), IsSupersetOf({"write:WS/.git/config"})) << bad;
  }
}

TEST_F(MeaningTest, WhatHeldSomethingBackIsNotTakenAwayUnseen) {
  Write(copy_.workspace, ".git/config", "[core]\n\thooksPath = .husky\n\tabbrev = 7\n");
  Write(copy_.upper, ".git/config", "[core]\n\thooksPath = .husky\n");
  EXPECT_THAT(Of(".git/config", ChangeType::kFile, ChangeKind::kModified), ElementsAre()) << "a harmless one may go";
  Write(copy_.upper, ".git/config", "[core]\n\tabbrev = 7\n");
  EXPECT_THAT(Of(".git/config", ChangeType::kFile, ChangeKind::kModified), UnorderedElementsAre("configure:git:core.hookspath", "write:WS/.git/config"));
}

TEST_F(MeaningTest, AFreshCloneHasItsOwnRemotes) {
  Write(copy_.upper, "sub/.git/config", "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://a.example/x\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
  EXPECT_THAT(Of("sub/.git/config"), UnorderedElementsAre("configure:git:core.bare", "configure:git:remote.origin.fetch"));
  Write(copy_.upper, "sub/.git/config", "[remote \"origin\"]\n\turl = ext::sh -c x\n");
  EXPECT_THAT(Of("sub/.git/config"), IsSupersetOf({"write:WS/sub/.git/config"}));
  Write(copy_.upper, ".git/config", "[remote \"origin\"]\n\turl = https://a.example/x\n");  // the person's own project: where they will push to
  EXPECT_THAT(Of(".git/config"), IsSupersetOf({"write:WS/.git/config"}));
}

TEST_F(MeaningTest, ARepositoryByAnotherName) {
  for (const char* part : {"evil/HEAD", "evil/objects/x", "evil/refs/x"}) Write(copy_.upper, part, "ref: refs/heads/x\n");
  EXPECT_THAT(Of("evil/hooks/post-checkout"), IsSupersetOf({"write:WS/evil/.git/hooks/post-checkout"}));
  Write(copy_.upper, "evil/config", "[core]\nfsmonitor = ./x\n");
  EXPECT_THAT(Of("evil/config"), IsSupersetOf({"write:WS/evil/.git/config"}));
  EXPECT_THAT(Of("evil/HEAD"), IsSupersetOf({"write:WS/evil/.git/config"}));  // what completes it brings what it runs
  Write(copy_.upper, "evil/config", "[core]\nbare = true\n");
  EXPECT_THAT(Of("evil/HEAD"), UnorderedElementsAre("write:WS/evil/HEAD", "write:WS/evil/.git/HEAD"));
  Write(copy_.upper, "evil/hooks/pre-commit", "x");
  EXPECT_THAT(Of("evil/objects", ChangeType::kDirectory), IsSupersetOf({"write:WS/evil/.git/config"}));
  EXPECT_THAT(Of("elsewhere/config"), ElementsAre("write:WS/elsewhere/config"));
}

TEST_F(MeaningTest, ScriptsThatRunUnasked) {
  Write(copy_.workspace, "package.json", R"({"name":"a","scripts":{"test":"x","prepare":"husky"}})");
  Write(copy_.upper, "package.json", R"({"name":"a","version":"2","scripts":{"test":"y","prepare":"husky"},"dependencies":{"b":"1"}})");
  EXPECT_THAT(Of("package.json", ChangeType::kFile, ChangeKind::kModified), ElementsAre("write:WS/package.json"));
  EXPECT_TRUE(content_);
  Write(copy_.upper, "package.json", R"({"scripts":{"prepare":"evil","postinstall":"x"},"simple-git-hooks":{"pre-commit":"x"}})");
  EXPECT_THAT(Of("package.json", ChangeType::kFile, ChangeKind::kModified),
              UnorderedElementsAre("configure:npm:scripts.prepare", "configure:npm:scripts.postinstall", "configure:npm:simple-git-hooks", "write:WS/package.json"));
  Write(copy_.upper, "deep/package.json", "\xef\xbb\xbf{\"scripts\":{\"install\":\"x\"}}");
  EXPECT_THAT(Of("deep/package.json"), IsSupersetOf({"configure:npm:scripts.install"}));
  for (const char* bad : {"{", R"({"scripts":{},"scripts":{"install":"x"}})", "[]"}) {
    Write(copy_.upper, "deep/package.json", bad);
    EXPECT_THAT(Of("deep/package.json"), IsSupersetOf({"configure:npm:?"})) << bad;
  }
  Write(copy_.upper, "composer.json", R"({"scripts":{"post-install-cmd":"x"}})");
  EXPECT_THAT(Of("composer.json"), IsSupersetOf({"configure:composer:scripts.post-install-cmd"}));
  Write(copy_.upper, "node_modules/b/package.json", R"({"scripts":{"install":"x"}})");
  EXPECT_THAT(Of("node_modules/b/package.json"), ElementsAre("write:WS/node_modules/b/package.json"));
}

TEST_F(MeaningTest, ALinkStandsForWhatItWouldHold) {
  EXPECT_THAT(Of("deep/.vscode", ChangeType::kLink), IsSupersetOf({"write:WS/deep/.vscode", "write:WS/deep/.vscode/tasks.json"}));
  EXPECT_THAT(Of("current", ChangeType::kLink), ElementsAre("write:WS/current"));
}

// A fifo where a file was: nobody waits for its writer.
TEST_F(MeaningTest, AFifoIsNoFile) {
  ASSERT_EQ(mkfifo((copy_.upper + "/package.json").c_str(), 0600), 0);
  EXPECT_THAT(Of("package.json"), IsSupersetOf({"configure:npm:?"}));
}

}  // namespace
}  // namespace checkrein::monitor
