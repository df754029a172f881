#include "analysis/tool_call.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

using agent::ToolCall;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A world of a few links.
class Links final : public World {
 public:
  explicit Links(std::map<std::string, std::string> links) : links_(std::move(links)) {}
  std::optional<std::string> Resolve(std::string_view path) override {
    const auto found = links_.find(std::string(path));
    if (found == links_.end()) return std::string(path);
    if (found->second.empty()) return std::nullopt;
    return found->second;
  }
  std::optional<std::string> Read(std::string_view, size_t) override { return std::nullopt; }

 private:
  std::map<std::string, std::string> links_;
};

std::vector<std::string> Effects(const Analysis& analysis) {
  std::vector<std::string> out;
  for (const Effect& effect : analysis.effects.all()) out.push_back(ToString(effect));
  return out;
}

Analysis Analyzed(const ToolCall& call, World* world = nullptr) {
  NoWorld none;
  return AnalyzeToolArguments(call, Place{}, world ? *world : none);
}

ToolCall Paths(ToolCall::Kind kind, std::vector<std::string> paths) {
  ToolCall call;
  call.kind = kind;
  call.paths = std::move(paths);
  return call;
}

TEST(ToolCall, FileToolsAreTheirPaths) {
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kRead, {"a.c", "/etc/hosts"}))), ElementsAre("read:/home/user/project/a.c", "read:/etc/hosts"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {"../x/./y"}))), ElementsAre("write:/home/user/x/y"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kEdit, {"a"}))), ElementsAre("read:/home/user/project/a", "write:/home/user/project/a"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kDelete, {"d"}))), ElementsAre("delete:/home/user/project/d/**"));
  EXPECT_EQ(Analyzed(Paths(ToolCall::Kind::kRead, {"a"})).coverage, Coverage::kFull);
}

// As it stands, and as a client may open it: tests/clients, denied_names.
TEST(ToolCall, ANameIsReadAsClientsMayOpenIt) {
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kRead, {"~/x"}))), ElementsAre("read:/home/user/project/~/x", "read:/home/user/x"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {".envrc\n"}))), ElementsAre("write:/home/user/project/.envrc\n", "write:/home/user/project/.envrc"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {" \xc2\xa0~"}))), ElementsAre("write:/home/user/project/ \xc2\xa0~", "write:/home/user"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {"S\xe2\x84\xaaILL.md"}))), ElementsAre("write:/home/user/project/S\xe2\x84\xaaILL.md", "write:/home/user/project/SKILL.md"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {"~other/x"}))), ElementsAre("write:/home/user/project/~other/x"));
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {" "}))), ElementsAre("write:/home/user/project/ "));
}

// CVE-2026-25724, CVE-2026-39861: a link inside the workspace that leads out of it.
TEST(ToolCall, BothTheLinkAndWhereItLeadsCount) {
  Links world(std::map<std::string, std::string>{{"/home/user/project/notes.md", "/home/user/.bashrc"}});
  EXPECT_THAT(Effects(Analyzed(Paths(ToolCall::Kind::kWrite, {"notes.md"}), &world)), ElementsAre("write:/home/user/project/notes.md", "write:/home/user/.bashrc"));
}

TEST(ToolCall, AWorldThatDoesNotAnswerIsNotFull) {
  Links world(std::map<std::string, std::string>{{"/home/user/project/a", ""}});
  EXPECT_EQ(Analyzed(Paths(ToolCall::Kind::kRead, {"a"}), &world).coverage, Coverage::kPartial);
}

TEST(ToolCall, NoPathAndNulAreUnknown) {
  for (const auto& paths : {std::vector<std::string>{}, {""}, {std::string("/tmp/a\0/etc", 11)}}) {
    const Analysis a = Analyzed(Paths(ToolCall::Kind::kWrite, paths));
    EXPECT_THAT(Effects(a), ElementsAre("write:?"));
    EXPECT_EQ(a.coverage, Coverage::kPartial);
  }
}

TEST(ToolCall, WorkdirMovesRelativePaths) {
  ToolCall call = Paths(ToolCall::Kind::kRead, {"a"});
  call.workdir = "/srv";
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("read:/srv/a"));
}

TEST(ToolCall, Search) {
  ToolCall call = Paths(ToolCall::Kind::kSearch, {});
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("read:/home/user/project/**"));
  call.paths = {"src"};
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("read:/home/user/project/src/**"));
  call.pattern = "/etc/*.conf";
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("read:/home/user/project/src/**", "read:/etc/**"));
  call.pattern = "../../**/id_rsa";
  EXPECT_THAT(Effects(Analyzed(call)), UnorderedElementsAre("read:/home/user/project/src/**", "read:/home/**"));
}

TEST(ToolCall, Fetch) {
  ToolCall call;
  call.kind = ToolCall::Kind::kFetch;
  call.url = "https://ok.example@EVIL.example./q";
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("connect:evil.example:443"));
  call.url = "file:///etc/shadow";
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("read:/etc/shadow"));
  call.url = "";
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("connect:?"));
  EXPECT_EQ(Analyzed(call).coverage, Coverage::kPartial);
}

TEST(ToolCall, McpAndUnknownToolsAreOpaque) {
  ToolCall call;
  call.kind = ToolCall::Kind::kMcp;
  call.mcp_server = "fs";
  call.mcp_tool = "read";
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("tool:fs/read", "unknown:mcp"));
  EXPECT_EQ(Analyzed(call).coverage, Coverage::kOpaque);
  call.kind = ToolCall::Kind::kUnknown;
  EXPECT_THAT(Effects(Analyzed(call)), ElementsAre("unknown:tool"));
  EXPECT_EQ(Analyzed(call).coverage, Coverage::kOpaque);
}

TEST(ToolCall, PlansAndSubAgentsDoNothingThemselves) {
  ToolCall call;
  for (const auto kind : {ToolCall::Kind::kPlan, ToolCall::Kind::kAgent}) {
    call.kind = kind;
    EXPECT_THAT(Effects(Analyzed(call)), IsEmpty());
    EXPECT_EQ(Analyzed(call).coverage, Coverage::kFull);
  }
}

}  // namespace
}  // namespace checkrein::analysis
