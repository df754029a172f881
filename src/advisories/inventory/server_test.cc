#include "advisories/inventory/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advisories/inventory/tree_for_test.h"

namespace checkrein::advisories {
namespace {

Servers Read(ServerShape shape, std::string_view text) {
  const ConfigPlace place{"client", "user", shape == ServerShape::kCodex ? "c.toml" : "c.json", shape};
  Result<Servers> servers = ServersIn(place, text);
  EXPECT_TRUE(servers.ok()) << servers.error().text;
  return servers ? std::move(servers).take() : Servers();
}

TEST(Server, IsReadFromEveryClientsShape) {
  const struct {
    ServerShape shape;
    const char* text;
  } kRows[] = {
      {ServerShape::kMcpServers, R"({"mcpServers":{"s":{"command":"npx","args":["-y","p@1.0.0"],"env":{"TOKEN":"t0p"},"cwd":"/w"}}})"},
      {ServerShape::kServers, R"({"servers":{"s":{"command":"npx","args":["-y","p@1.0.0"],"env":{"TOKEN":"t0p"},"cwd":"/w"}}, /* c */ })"},
      {ServerShape::kEditor, R"({"mcp":{"servers":{"s":{"command":"npx","args":["-y","p@1.0.0"],"env":{"TOKEN":"t0p"},"cwd":"/w"}}}})"},
      {ServerShape::kOpenCode, R"({"mcp":{"s":{"type":"local","command":["npx","-y","p@1.0.0"],"environment":{"TOKEN":"t0p"},"cwd":"/w"}}})"},
      {ServerShape::kCodex, "[mcp_servers.s]\ncommand = \"npx\"\nargs = [\"-y\", \"p@1.0.0\"]\nenv = { TOKEN = \"t0p\" }\ncwd = \"/w\"\n"},
  };
  const Digest key = Sha256("key");
  for (const auto& row : kRows) {
    const Servers read = Read(row.shape, row.text);
    EXPECT_THAT(read.problems, testing::IsEmpty());
    ASSERT_EQ(read.servers.size(), 1u) << row.text;
    const Server& s = read.servers[0];
    EXPECT_EQ(s.name, "s");
    EXPECT_EQ(s.command, "npx");
    EXPECT_THAT(s.args, testing::ElementsAre("-y", "p@1.0.0"));
    EXPECT_THAT(s.env, testing::ElementsAre(testing::Pair("TOKEN", "t0p")));
    EXPECT_TRUE(s.origin.pinned);
    EXPECT_TRUE(s.enabled);
    EXPECT_GT(s.at.line, 0u);
    // Whoever configures the same server in another client's words has the same server.
    EXPECT_EQ(s.DigestWith(key), Read(kRows[0].shape, kRows[0].text).servers[0].DigestWith(key));
  }
}

TEST(Server, OfClaudesStateBelongsToAProject) {
  const Servers read = Read(ServerShape::kClaudeState, R"({"mcpServers":{"a":{"command":"x"}},"projects":{"/w":{"mcpServers":{"b":{"type":"http","url":"https://h.example/mcp","headers":{"Authorization":"z"}}}},"/v":{}}})");
  ASSERT_EQ(read.servers.size(), 2u);
  EXPECT_EQ(read.servers[0].scope, "local");
  EXPECT_EQ(read.servers[0].project, "/w");
  EXPECT_EQ(read.servers[0].origin.kind, Origin::Kind::kRemote);
  EXPECT_EQ(read.servers[0].headers[0].first, "Authorization");
  EXPECT_EQ(read.servers[1].name, "a");
}

TEST(Server, DigestChangesWithEverythingThatStartsIt) {
  const Digest key = Sha256("key");
  const auto digest = [&](const char* text) { return Read(ServerShape::kMcpServers, text).servers.at(0).DigestWith(key); };
  const Digest first = digest(R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"E":"1"}}}})");
  const char* kOthers[] = {
      R"({"mcpServers":{"s":{"command":"x","args":["b c"],"env":{"E":"1"}}}})", R"({"mcpServers":{"s":{"command":"a","args":["b","c"],"env":{"E":"1"}}}})",
      R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"E":"2"}}}})", R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"F":"1"}}}})",
      R"({"mcpServers":{"s":{"command":"a","args":["b c"]}}})",                 R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"E":1}}}})",
      R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"E":"1"},"cwd":"/x"}}})",
      R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"E":"1"},"url":"https://h.example"}}})",
      R"({"mcpServers":{"s":{"command":"a","args":["b c"],"env":{"E":"1"},"headers":{"X":"1"}}}})",
  };
  for (const char* other : kOthers) EXPECT_NE(digest(other), first) << other;
  // Order of members, names of others and what only people read do not change it.
  EXPECT_EQ(digest(R"({"x":1,"mcpServers":{"s":{"env":{"E":"1"},"args":["b c"],"command":"a","description":"hi"}}})"), first);
  EXPECT_NE(Read(ServerShape::kMcpServers, R"({"mcpServers":{"s":{"command":"a"}}})").servers[0].DigestWith(Sha256("other")), digest(R"({"mcpServers":{"s":{"command":"a"}}})"));
}

TEST(Server, InAnotherShapeIsAProblemAndNoCrash) {
  const struct {
    const char* text;
    const char* problem;
  } kRows[] = {
      {"[]", "c.json:1:1: not an object"},
      {R"({"mcpServers":[]})", "c.json:1:15: the servers are not an object"},
      {R"({"mcpServers":{"s":1}})", "c.json:1:20: a server is not an object"},
      {R"({"mcpServers":{"s":{"command":1}}})", "c.json:1:31: \"command\" is not a text"},
      {R"({"mcpServers":{"s":{"command":"a","args":"b"}}})", "c.json:1:42: \"args\" is not a list of texts"},
      {R"({"mcpServers":{"s":{"command":"a","args":[1]}}})", "c.json:1:42: \"args\" is not a list of texts"},
      {R"({"mcpServers":{"s":{"command":"a","env":"b"}}})", "c.json:1:41: \"env\" is not an object"},
      {R"({"mcpServers":{"s":{}}})", "c.json:1:20: a server that names neither a command nor an address"},
  };
  for (const auto& row : kRows) {
    const Servers read = Read(ServerShape::kMcpServers, row.text);
    EXPECT_THAT(read.problems, testing::ElementsAre(row.problem)) << row.text;
    EXPECT_THAT(read.servers, testing::IsEmpty()) << row.text;
  }
  EXPECT_EQ(ServersIn({"c", "user", "f", ServerShape::kMcpServers}, R"({"mcpServers":{"s":{},"s":{}}})").error().text, "f:1:23: the name \"s\" is there twice");
}

TEST(Server, PlacesOfExtensionsAreThoseThatExist) {
  const Tree tree;
  tree.Write("h/.gemini/extensions/x/gemini-extension.json", "{}");
  size_t extensions = 0;
  for (const ConfigPlace& place : ConfigPlaces(tree.At("h"), tree.At("w"))) {
    if (place.scope == "extension") ++extensions;
    EXPECT_TRUE(place.path.starts_with('/')) << place.path;
    EXPECT_EQ(place.path.find('*'), std::string::npos) << place.path;
  }
  EXPECT_EQ(extensions, 1u);
  for (const ConfigPlace& place : ConfigPlaces("", "")) EXPECT_EQ(place.scope, "managed");
  EXPECT_TRUE((ConfigPlace{"claude copilot", "", "", {}}).Serves("copilot"));
  EXPECT_FALSE((ConfigPlace{"claude copilot", "", "", {}}).Serves("pilot"));
}

}  // namespace
}  // namespace checkrein::advisories
