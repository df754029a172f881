#include "agent/install.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::agent {
namespace {

using ::testing::HasSubstr;

const HookCommand kHook{{"/usr/bin/checkrein-hook"}};
const HookCommand kOtherHook{{"/opt/checkrein/bin/checkrein-hook", "--state", "/srv/state"}};

FileTemplate UserFile(Client client) { return ReadProfile(client)->user.front(); }

std::string InstallText(const FileTemplate& file, const FileText& present, const HookCommand& hook = kHook) {
  const Result<FileText> after = Install(file, hook, present);
  return after ? **after : "error: " + after.error().text;
}

// What people keep in these files, in every shape that the edit must leave alone.
const char* const kPresent[] = {
    "{}",
    "{ }\n",
    "{\n}\n",
    R"({"theme":"dark"})",
    "{\n    \"theme\": \"dark\",\n    \"permissions\": {\"allow\": [\"Bash(npm test:*)\"]}\n}\n",
    "{\n\t\"hooks\": {},\n\t\"z\": 1\n}",
    R"({"hooks":{"PreToolUse":[],"Stop":[{"hooks":[{"type":"command","command":"notify-send done"}]}]}})",
    "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\n        \"matcher\": \"Bash\",\n        \"hooks\": [\n          {\n            \"type\": \"command\",\n"
    "            \"command\": \"/home/u/lint.sh\"\n          }\n        ]\n      }\n    ]\n  },\n  \"model\": \"x\"\n}\n",
    R"({"h\u006foks":{"PostToolUse":[1,"two",{"hooks":[]}]},"odd":"}]{[\"\\","n":-1.5e3,"deep":[[[{"a":[]}]]]})",
    "  {\"hooks\" : { \"Other\" : [ ] } , \"a\" : null }  \r\n",
};

TEST(Install, UninstallGivesBackTheVeryBytes) {
  for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini}) {
    const FileTemplate file = UserFile(client);
    for (const HookCommand& hook : {kHook, kOtherHook})
      for (const char* present : kPresent) {
        const Result<FileText> installed = Install(file, hook, FileText(present));
        ASSERT_TRUE(installed.ok()) << present << installed.error().text;
        ASSERT_NE(**installed, present);
        EXPECT_TRUE(IsInstalled(file, hook, *installed)) << **installed;
        EXPECT_EQ(InstallText(file, *installed, hook), **installed) << "a second time changes nothing";
        EXPECT_EQ(*Uninstall(file, hook, *installed), FileText(present));
      }
    const Result<FileText> fresh = Install(file, kHook, std::nullopt);
    EXPECT_EQ(*Uninstall(file, kHook, *fresh), std::nullopt) << "a file that was not there is not there again";
  }
}

TEST(Install, KeepsEverythingElse) {
  const FileTemplate file = UserFile(Client::kClaude);
  for (const char* present : kPresent) {
    const json::Value before = *json::Parse(present);
    const json::Value after = *json::Parse(InstallText(file, FileText(present)));
    for (const auto& [key, value] : *before.object())
      EXPECT_TRUE(key == "hooks" || after.At(key) == value) << present;
    if (const json::Object* hooks = before.At("hooks").object())
      for (const auto& [event, entries] : *hooks) {
        const json::Array& now = *after.At("hooks").At(event).array();
        ASSERT_GE(now.size(), entries.array()->size());
        for (size_t i = 0; i < entries.array()->size(); ++i) EXPECT_EQ(now[i], (*entries.array())[i]) << present;
      }
    const json::Value& ours = after.At("hooks").At("PreToolUse").array()->back().At("hooks").array()->front();
    EXPECT_EQ(ours.Text("command"), "/usr/bin/checkrein-hook claude");
    EXPECT_EQ(ours.Text("onFailure"), "block");
  }
}

// Clients rewrite their settings: our entries are found by what they are, not by how they were written.
TEST(Install, SurvivesReformatting) {
  const FileTemplate file = UserFile(Client::kClaude);
  for (const char* present : kPresent) {
    const json::Value installed = *json::Parse(InstallText(file, FileText(present)));
    for (const std::string& text : {installed.Dump(), PrettyJson(installed) + "\n"}) {
      EXPECT_TRUE(IsInstalled(file, kHook, FileText(text)));
      const Result<FileText> after = Uninstall(file, kHook, FileText(text));
      ASSERT_TRUE(after.ok());
      EXPECT_THAT(after->value_or(""), testing::Not(HasSubstr("checkrein-hook")));
      // Containers that were empty may be gone; nothing else.
      const json::Value rest = after->has_value() ? *json::Parse(**after) : json::Value(json::Object{});
      const json::Value before = *json::Parse(present);
      for (const auto& [key, value] : *before.object())
        EXPECT_TRUE(key == "hooks" || rest.At(key) == value) << present;
    }
  }
}

TEST(Install, AnotherPathReplacesTheOld) {
  const FileTemplate file = UserFile(Client::kClaude);
  for (const char* present : kPresent) {
    const std::string old_text = InstallText(file, FileText(present), kOtherHook);
    EXPECT_FALSE(IsInstalled(file, kHook, FileText(old_text)));
    const std::string text = InstallText(file, FileText(old_text), kHook);
    EXPECT_THAT(text, testing::Not(HasSubstr("/opt/checkrein"))) << present;
    EXPECT_TRUE(IsInstalled(file, kHook, FileText(text)));
    EXPECT_EQ(InstallText(file, FileText(text), kHook), text);
  }
}

TEST(Install, WhatIsNotUnderstoodIsLeftAlone) {
  const FileTemplate file = UserFile(Client::kGemini);
  const std::pair<const char*, const char*> rows[] = {
      {"// my settings\n{}", "not plain JSON"},     {"[]", "must hold a JSON object"}, {"{\"hooks\":[]}", "must be an object"},
      {"{\"hooks\":{\"BeforeTool\":{}}}", "must be a list"}, {"{\"a\":1,\"a\":2}", "duplicate key"}, {"{", "not plain JSON"},
  };
  for (const auto& [present, why] : rows) {
    const Result<FileText> after = Install(file, kHook, FileText(present));
    ASSERT_FALSE(after.ok()) << present;
    EXPECT_THAT(after.error().text, HasSubstr(why));
    EXPECT_FALSE(Uninstall(file, kHook, FileText(present)).ok()) << present;
  }
}

TEST(Install, ANameOrPathThatAShellWouldReadOtherwiseIsRefused) {
  for (const char* word : {"/home/my user/checkrein-hook", "/a/$(id)/checkrein-hook", "/a;b/checkrein-hook", "/a'/checkrein-hook", "/usr/bin/other", "", "~/checkrein-hook"})
    for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini})
      EXPECT_FALSE(Install(UserFile(client), HookCommand{{word}}, std::nullopt).ok()) << word;
  EXPECT_FALSE(Install(UserFile(Client::kOpenCode), HookCommand{{"/a b/checkrein-hook"}}, std::nullopt).ok());
  EXPECT_FALSE(Install(UserFile(Client::kClaude), HookCommand{}, std::nullopt).ok());
}

TEST(Install, ForeignFilesWithoutOursAreNotTouchedByUninstall) {
  for (const char* present : kPresent) EXPECT_EQ(*Uninstall(UserFile(Client::kClaude), kHook, FileText(present)), FileText(present));
  EXPECT_EQ(*Uninstall(UserFile(Client::kClaude), kHook, std::nullopt), std::nullopt);
}

TEST(Install, FilesOfOurOwn) {
  for (const Client client : {Client::kCopilot, Client::kOpenCode}) {
    const FileTemplate file = UserFile(client);
    const Result<FileText> fresh = Install(file, kOtherHook, std::nullopt);
    ASSERT_TRUE(fresh.ok());
    EXPECT_THAT(**fresh, HasSubstr("/opt/checkrein/bin/checkrein-hook"));
    EXPECT_THAT(**fresh, testing::Not(HasSubstr("{hook")));
    EXPECT_TRUE(IsInstalled(file, kOtherHook, *fresh));
    EXPECT_EQ(*Uninstall(file, kOtherHook, *fresh), std::nullopt);
  }
}

TEST(Install, DifferencesAreReadable) {
  EXPECT_EQ(Difference("f", FileText("a\n"), FileText("a\n")), "");
  EXPECT_EQ(Difference("f", FileText("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), FileText("1\n2\n3\nX\n5\n6\n7\n8\n9\nY\n")),
            "f\n  ...\n  2\n  3\n- 4\n+ X\n  5\n  6\n  ...\n  8\n  9\n+ Y\n");
  EXPECT_EQ(Difference("f", std::nullopt, FileText("a\n")), "f (new)\n+ a\n");
  EXPECT_EQ(Difference("f", FileText("a\n"), std::nullopt), "f (removed)\n- a\n");
  const FileTemplate file = UserFile(Client::kCodex);
  const FileText before("{\n  \"hooks\": {}\n}\n");
  EXPECT_THAT(Difference("~/.codex/hooks.json", before, *Install(file, kHook, before)), HasSubstr("+             \"command\": \"/usr/bin/checkrein-hook codex\""));
}

TEST(Profile, EveryClientHasOne) {
  for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode}) {
    const Result<Profile> profile = ReadProfile(client);
    ASSERT_TRUE(profile.ok()) << profile.error().text;
    EXPECT_EQ(ClientOfProgram("/usr/local/bin/" + profile->program), client);
    EXPECT_FALSE(profile->state.empty());
    for (const StatePath& path : profile->state) {
      EXPECT_NE(path.path.front(), '/');
      EXPECT_EQ(path.path.find(".."), std::string::npos);
    }
    EXPECT_FALSE(profile->model_hosts.empty());
    for (const std::string& host : profile->model_hosts) EXPECT_THAT(host, testing::ContainsRegex("^[a-z0-9.-]+:[0-9]+$"));
    EXPECT_THAT(profile->keep_variables, testing::Contains("PATH"));
    // What the loader, an interpreter or the client itself takes orders from may not come in with the environment.
    for (const char* bad : {"LD_PRELOAD", "LD_LIBRARY_PATH", "NODE_OPTIONS", "BASH_ENV", "ENV", "PYTHONPATH", "OPENCODE_PURE", "OPENCODE_CONFIG",
                            "OPENCODE_TEST_MANAGED_CONFIG_DIR", "GEMINI_CLI_SYSTEM_SETTINGS_PATH", "CODEX_HOME", "CODEX_EXEC_SERVER_URL",
                            "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_SIMPLE", "BUN_OPTIONS", "GIT_SSH_COMMAND"})
      EXPECT_THAT(profile->keep_variables, testing::Not(testing::Contains(bad)));
  }
  EXPECT_EQ(ClientOfProgram("bash"), std::nullopt);
  EXPECT_EQ(ClientOfProgram(""), std::nullopt);
}

TEST(Profile, ManagedFilesAreFilledIn) {
  for (const Seat seat : {Seat::kSystem, Seat::kRun})
    for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode}) {
      const Result<std::vector<PlantedFile>> files = ManagedFiles(*ReadProfile(client), kOtherHook, seat);
      ASSERT_TRUE(files.ok());
      size_t mentions = 0;
      std::vector<std::string> paths;
      for (const PlantedFile& file : *files) {
        EXPECT_TRUE(file.path.starts_with("/etc/")) << file.path;
        EXPECT_EQ(file.content.find("{hook"), std::string::npos) << file.path;
        EXPECT_TRUE(!file.path.ends_with(".json") || json::Parse(file.content).ok()) << file.path;
        EXPECT_THAT(paths, testing::Not(testing::Contains(file.path)));
        paths.push_back(file.path);
        if (file.content.find("/opt/checkrein/bin/checkrein-hook") != std::string::npos) ++mentions;
      }
      EXPECT_GT(mentions, 0u) << ClientName(client);
      for (const PlantedFile& file : *files) EXPECT_EQ(file.needs_root_owner, client == Client::kGemini || client == Client::kCopilot) << file.path;
    }
  EXPECT_FALSE(ManagedFiles(*ReadProfile(Client::kCodex), HookCommand{{"/x\"\ny"}}, Seat::kRun).ok());
}

// What takes the client's own safety off belongs inside our sandbox only.
TEST(Profile, ASystemInstallationLoosensNothing) {
  for (const Client client : {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode}) {
    const Result<Profile> profile = ReadProfile(client);
    const Result<std::vector<PlantedFile>> files = ManagedFiles(*profile, kHook, Seat::kSystem);
    for (const PlantedFile& file : *files)
      for (const char* loose : {"danger-full-access", "approval_policy", "\"sandbox\"", "dontAsk", "decision = \"allow\"", "\"permission\":", "bypassPermissions"})
        EXPECT_EQ(file.content.find(loose), std::string::npos) << file.path << " " << loose;
  }
}

}  // namespace
}  // namespace checkrein::agent
