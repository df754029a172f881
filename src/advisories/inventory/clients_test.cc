#include "advisories/inventory/clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "advisories/inventory/package_file.h"
#include "advisories/inventory/tree_for_test.h"

namespace checkrein::advisories {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kClaude = R"({"name":"@anthropic-ai/claude-code","version":"2.1.1","bin":{"claude":"bin/claude.exe"}})";

// A search that sees nothing of this machine but what the test names. System prefixes stay: none of them may hold a client here.
Search In(const Tree& tree) {
  Search search;
  search.home = tree.At("h");
  search.proc = "";
  return search;
}

std::vector<FoundClient> Below(const Tree& tree, const ClientInventory& inventory) {
  std::vector<FoundClient> out;
  for (const FoundClient& client : inventory.clients)
    if (client.what.path.starts_with(tree.root())) out.push_back(client);
  return out;
}

TEST(Clients, EveryManagersPrefixIsSearched) {
  const char* kPrefixes[] = {"h/.npm-global/lib", "h/.nvm/versions/node/v22.1.0/lib", "h/.local/share/fnm/node-versions/v20/installation/lib", "h/.volta/tools/image/packages/@anthropic-ai/claude-code/lib",
                             "h/.claude/local", "h/.bun/install/global", "h/.npm/_npx/0123abcd", "h/.asdf/installs/nodejs/20.0.0/lib", "h", "h/n/lib"};
  for (const char* prefix : kPrefixes) {
    const Tree tree;
    const std::string package = std::string(prefix) + "/node_modules/@anthropic-ai/claude-code";
    tree.Write(package + "/package.json", kClaude);
    tree.Program(package + "/bin/claude.exe");
    const std::vector<FoundClient> found = Below(tree, FindClients(In(tree)));
    ASSERT_EQ(found.size(), 1u) << prefix;
    EXPECT_EQ(found[0].what.client, "claude");
    EXPECT_EQ(found[0].what.version, "2.1.1");
    EXPECT_EQ(found[0].what.path, tree.At(package + "/bin/claude.exe")) << prefix;
    EXPECT_EQ(found[0].what.source, tree.At(package + "/package.json"));
    EXPECT_FALSE(found[0].would_run);
  }
}

TEST(Clients, NpmrcNamesThePrefix) {
  const Tree tree;
  tree.Write("h/.npmrc", "registry=https://r.example\n prefix = ${HOME}/mine/\n");
  tree.Write("h/mine/lib/node_modules/@openai/codex/package.json", R"({"name":"@openai/codex","version":"0.1.0"})");
  EXPECT_EQ(Below(tree, FindClients(In(tree))).size(), 1u);
}

TEST(Clients, TheFirstInPathIsWhatRuns) {
  const Tree tree;
  for (const char* at : {"one", "two"}) {
    const std::string package = std::string(at) + "/lib/node_modules/@anthropic-ai/claude-code";
    tree.Write(package + "/package.json", kClaude);
    tree.Program(package + "/bin/claude.exe");
    tree.Link("../lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe", std::string(at) + "/bin/claude");
  }
  Search search = In(tree);
  search.path = {tree.At("empty"), tree.At("two/bin"), tree.At("one/bin"), "."};
  const std::vector<FoundClient> found = Below(tree, FindClients(search));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].would_run);
  EXPECT_TRUE(found[1].would_run);
  EXPECT_THAT(found[1].what.path, HasSubstr("/two/"));
  EXPECT_THAT(found[1].found_by, ElementsAre("PATH: " + tree.At("two/bin/claude")));
}

TEST(Clients, InstallersLayoutsTellTheVersion) {
  const Tree tree;
  tree.Program("h/.local/share/claude/versions/2.0.64");
  tree.Program("h/.local/share/claude/versions/2.1.0");
  tree.Link(tree.At("h/.local/share/claude/versions/2.1.0"), "h/.local/bin/claude");
  tree.Program("h/.codex/packages/standalone/releases/0.137.0-x86_64-unknown-linux-musl/bin/codex");
  tree.Program("h/.local/share/cursor-agent/versions/2026.01.02-abc/cursor-agent");
  tree.Program("h/.opencode/bin/opencode");
  Search search = In(tree);
  search.path = {tree.At("h/.local/bin")};
  const std::vector<FoundClient> found = Below(tree, FindClients(search));
  std::vector<std::string> seen;
  for (const FoundClient& client : found) seen.push_back(client.what.client + " " + client.what.version + (client.would_run ? " runs" : ""));
  EXPECT_THAT(seen, ElementsAre("claude 2.0.64", "claude 2.1.0 runs", "codex 0.137.0", "cursor 2026.01.02-abc", "opencode "));
}

TEST(Clients, AStartScriptLeadsToItsPackage) {
  const Tree tree;
  tree.Write("p/store/node_modules/@google/gemini-cli/package.json", R"({"name":"@google/gemini-cli","version":"0.61.0"})");
  tree.Write("p/store/node_modules/@google/gemini-cli/bundle/gemini.js", "");
  tree.Program("p/bin/gemini", "#!/bin/sh\nbasedir=$(dirname \"$0\")\nexec node \"$basedir/../store/node_modules/@google/gemini-cli/bundle/gemini.js\" \"$@\"\n");
  tree.Program("p/bin/copilot", "#!/bin/sh\nexec something\n");
  Search search = In(tree);
  search.path = {tree.At("p/bin")};
  const std::vector<FoundClient> found = Below(tree, FindClients(search));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what.client, "copilot");
  EXPECT_EQ(found[0].what.version, "");
  EXPECT_EQ(found[0].what.package, "");
  EXPECT_EQ(found[1].what.client, "gemini");
  EXPECT_EQ(found[1].what.version, "0.61.0");
  EXPECT_THAT(found[1].notes, Contains(HasSubstr("started by the script")));
}

TEST(Clients, AHostilePackageIsAFindingAndNoCrash) {
  const std::string kPackages[] = {
      std::string(100000, '['), "{\"name\":\"x\xff\"}", "", "[]", R"({"name":["a"]})", R"({"name":"@anthropic-ai/claude-code","version":"1\u001b[2J"})", R"({"name":"a b","version":"1"})",
      R"({"name":"@anthropic-ai/claude-code","version":1})", R"({"name":"a","name":"b"})", "{\"name\":\"" + std::string(5000, 'a') + "\"}", std::string(2u << 20, ' '),
  };
  for (const std::string& text : kPackages) {
    const Tree tree;
    tree.Write("h/node_modules/@anthropic-ai/claude-code/package.json", text);
    const ClientInventory inventory = FindClients(In(tree));
    ASSERT_EQ(inventory.problems.size(), 1u) << text.substr(0, 60);
    EXPECT_THAT(inventory.problems[0].text, HasSubstr("/package.json"));
    EXPECT_THAT(inventory.problems[0].text, testing::Not(HasSubstr("\x1b")));
    const std::vector<FoundClient> found = Below(tree, inventory);
    ASSERT_EQ(found.size(), 1u) << text.substr(0, 60);
    EXPECT_EQ(found[0].what.version, "") << "an unknown version is said to be unknown";
  }
  const Tree tree;
  ASSERT_EQ(mkfifo(tree.At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadPackageFile(tree.At("fifo"), "").error().kind, Error::Kind::kInvalid);
  tree.Write("out.json", R"({"name":"a","version":"1","bin":{"a":"../../../../bin/sh","b":"/bin/sh"}})");
  EXPECT_EQ(ReadPackageFile(tree.At("out.json"), "a")->program, "");
  EXPECT_EQ(ReadPackageFile(tree.At("out.json"), "b")->program, "");
}

TEST(Clients, ALinkOutOfTheHomeIsSaid) {
  const Tree tree;
  const std::string package = "elsewhere/node_modules/@anthropic-ai/claude-code";
  tree.Write(package + "/package.json", kClaude);
  tree.Program(package + "/bin/claude.exe");
  tree.Link(tree.At("elsewhere/node_modules"), "h/node_modules");
  tree.Write("h/x", "");
  const std::vector<FoundClient> found = Below(tree, FindClients(In(tree)));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].what.path, tree.At(package + "/bin/claude.exe"));
  EXPECT_THAT(found[0].notes, ElementsAre(AllOf(HasSubstr("leads out of " + tree.At("h")), HasSubstr(tree.At("elsewhere")))));
}

// A procfs of our own: exe and cwd are links, cmdline is text.
TEST(Clients, ProcessesAreIdentifiedByWhatTheyRun) {
  const Tree tree;
  const std::string main = "m/node_modules/@openai/codex", platform = "m/node_modules/@openai/codex-linux-x64";
  tree.Write(main + "/package.json", R"({"name":"@openai/codex","version":"0.169.0","bin":{"codex":"bin/codex.js"}})");
  tree.Program(main + "/bin/codex.js");
  tree.Write(platform + "/package.json", R"({"name":"@openai/codex","version":"0.169.0-linux-x64"})");
  tree.Program(platform + "/vendor/x/codex");
  tree.Program("bin/node");
  const auto process = [&](const char* pid, const std::string& exe, const std::string& line) {
    tree.Link(exe, std::string("proc/") + pid + "/exe");
    tree.Link(tree.At("m"), std::string("proc/") + pid + "/cwd");
    tree.Write(std::string("proc/") + pid + "/cmdline", line);
  };
  using std::string_literals::operator""s;
  process("10", tree.At(platform + "/vendor/x/codex"), "codex\0exec\0"s);
  process("11", tree.At("bin/node"), "node\0--no-warnings\0node_modules/@openai/codex/bin/codex.js\0exec\0"s);
  process("12", tree.At("bin/node"), "node\0/nothing.js\0"s);
  process("13", "/usr/bin/cat", "cat\0claude\0"s);
  process("14", tree.At("gone/claude") + " (deleted)", "claude\0"s);
  process("15", "/nowhere/else", std::string(200000, 'x'));
  tree.Write("proc/self/x", "");
  Search search = In(tree);
  search.proc = tree.At("proc");
  const ClientInventory inventory = FindClients(search);
  std::vector<std::string> seen;
  for (const FoundClient& client : inventory.clients)
    if (!client.processes.empty())
      seen.push_back(client.what.client + " " + client.what.version + " " + testing::PrintToString(client.processes));
  EXPECT_THAT(seen, ElementsAre("claude  { 14 }", "codex 0.169.0 { 10, 11 }"));
  for (const FoundClient& client : inventory.clients) {
    if (client.what.client == "claude" && !client.processes.empty()) {
      EXPECT_THAT(client.notes, Contains(HasSubstr("replaced or removed")));
    }
  }
}

}  // namespace
}  // namespace checkrein::advisories
