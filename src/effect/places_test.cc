#include "effect/places.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "base/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr std::string_view kHome = "/home/user";
constexpr std::string_view kWorkspace = "/home/user/project";

std::vector<std::string_view> Groups(std::string_view path) { return PlaceGroups(path, kHome, kWorkspace); }

std::string Expand(std::string_view path) { return path.starts_with("~/") ? std::string(kHome) + std::string(path.substr(1)) : std::string(path); }

json::Value Data() {
  std::ifstream in(CHECKREIN_SOURCE_DIR "/data/protected_places.json", std::ios::binary);
  const auto parsed = json::Parse(std::string{std::istreambuf_iterator<char>(in), {}});
  EXPECT_TRUE(parsed.ok());
  return parsed ? *parsed : json::Value();
}

// Every row: each positive example has the group, each near-miss has it not, and each pattern is needed by an example.
TEST(Places, RowsAndTheirExamples) {
  const json::Value data = Data();
  size_t rows = 0;
  for (const json::Value& row : *data.At("places").array()) {
    ++rows;
    const std::string group(row.Text("group"));
    std::vector<std::string> used;
    for (const auto& example : *row.At("match").array()) {
      const std::string path = Expand(*example.string());
      EXPECT_THAT(Groups(path), Contains(group)) << path;
      for (const auto& place : PlacesOf(path, kHome, kWorkspace)) used.emplace_back(place.pattern);
    }
    for (const auto& example : *row.At("miss").array()) {
      const std::string path = Expand(*example.string());
      for (const auto& place : PlacesOf(path, kHome, kWorkspace))
        for (const auto& pattern : *row.At("paths").array()) EXPECT_NE(place.pattern, *pattern.string()) << path;
    }
    for (const auto& pattern : *row.At("paths").array()) EXPECT_THAT(used, Contains(*pattern.string()));
  }
  EXPECT_GE(rows, 30u);
}

// PlaceGroups looks at some patterns, PlacesOf at all of them: the same groups by meaning, for paths made of the patterns' own pieces.
TEST(Places, NoPatternIsPassedOver) {
  const json::Value data = Data();
  std::vector<std::string> pieces = {"a", "home", "user", "root", "x.pem", "*", "?", ".", "A"};
  for (const json::Value& row : *data.At("places").array())
    for (const char* list : {"match", "miss", "paths"})
      for (const auto& text : *row.At(list).array()) {
        std::string piece;
        for (const char c : *text.string() + "/") {
          if (c != '/') piece += c;
          if (c == '/' && !piece.empty() && piece != "**") pieces.push_back(piece);
          if (c == '/') piece.clear();
        }
      }
  std::mt19937 random(1);
  size_t with_meaning = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string path(i % 3 == 0 ? kHome : i % 3 == 1 ? kWorkspace : "");
    for (size_t n = 1 + random() % 4; n > 0; --n) path += "/" + pieces[random() % pieces.size()];
    std::set<std::string_view> expected;
    for (const ProtectedPlace& place : PlacesOf(path, kHome, kWorkspace)) expected.insert(place.group);
    const std::vector<std::string_view> groups = PlaceGroups(path, kHome, kWorkspace);
    std::set<std::string_view> found(std::find_if(groups.begin(), groups.end(), [&](std::string_view g) { return expected.contains(g); }), groups.end());
    ASSERT_EQ(found, expected) << path;
    with_meaning += expected.empty() ? 0u : 1u;
  }
  EXPECT_GT(with_meaning, 1'000u);
}

TEST(Places, Positions) {
  EXPECT_THAT(Groups("/home/user/project/a.c"), ElementsAre("workspace", "home"));
  EXPECT_THAT(Groups("/home/user/projects/a.c"), ElementsAre("home"));
  EXPECT_THAT(Groups("/tmp/a"), ElementsAre("temp"));
  EXPECT_THAT(Groups("/dev/null"), ElementsAre("harmless"));
  EXPECT_THAT(Groups("/dev/sda"), ElementsAre("devices"));
  EXPECT_THAT(Groups("/dev/**"), Contains("devices"));
  EXPECT_THAT(Groups("/usr/include/stdio.h"), ElementsAre("system"));
  EXPECT_THAT(Groups("/data/x"), ElementsAre("elsewhere"));
  EXPECT_THAT(Groups("?"), ElementsAre("anywhere"));
  EXPECT_THAT(PlaceGroups("/a", "", ""), ElementsAre("elsewhere"));
}

TEST(Places, SpellingDoesNotMatter) {
  EXPECT_THAT(Groups("/home/user/project/.cUrSoR/MCP.json"), Contains("agent-config"));
  EXPECT_THAT(Groups("/proc/self/root/etc/shadow"), Contains("credentials"));
  EXPECT_THAT(Groups("/proc/1/root/proc/self/root/etc/shadow"), Contains("credentials"));
  EXPECT_THAT(Groups("/proc/self/task/7/root/etc/shadow"), Contains("credentials"));
}

TEST(Places, OtherPeoplesHomes) {
  EXPECT_THAT(Groups("/home/other/.bashrc"), Contains("persistence"));
  EXPECT_THAT(Groups("/root/.netrc"), Contains("credentials"));
  EXPECT_THAT(PlaceGroups("/srv/home/me/.bashrc", "/srv/home/me", ""), Contains("persistence"));
}

TEST(Places, SetsHoldWhatLiesBeneath) {
  EXPECT_THAT(Groups("/home/user/**"), Contains("credentials"));
  EXPECT_THAT(Groups("/**"), Contains("credentials"));
  EXPECT_THAT(Groups("/home/**"), Contains("persistence"));
  EXPECT_THAT(Groups("/home/user/.ssh/**"), Contains("credentials"));
  EXPECT_THAT(Groups("/home/user/project/.git/**"), Contains("vcs-internals"));
  EXPECT_THAT(Groups("/home/user/project/**"), Contains("maybe-vcs-internals"));
  EXPECT_THAT(Groups("/home/user/project/**"), Contains("maybe-credentials"));
  EXPECT_THAT(Groups("/home/user/project/**"), Not(Contains("credentials")));
  EXPECT_THAT(Groups("/home/user/project/node_modules/**"), ElementsAre("workspace", "home"));
  EXPECT_THAT(Groups("/tmp/x/**"), Contains("maybe-agent-config"));
  EXPECT_THAT(Groups("/etc/**"), Contains("persistence"));
  EXPECT_THAT(Groups("/home/user/project/.git/objects/**"), Contains("vcs-data"));
}

TEST(Places, BeneathWhatALinkStandsFor) {
  EXPECT_TRUE(PlacesBeneath("/p/src/main.c").empty());
  const auto has = [](const std::vector<std::string>& all, const char* one) { return std::find(all.begin(), all.end(), one) != all.end(); };
  EXPECT_TRUE(has(PlacesBeneath("/p/deep/.vscode"), "/p/deep/.vscode/tasks.json"));
  EXPECT_TRUE(has(PlacesBeneath("/p/.git/hooks"), "/p/.git/hooks/xx"));
  EXPECT_TRUE(has(PlacesBeneath("/p/.GitHub"), "/p/.GitHub/workflows/xx"));
  EXPECT_TRUE(has(PlacesBeneath("/p/.github/workflows"), "/p/.github/workflows/xx"));
}

TEST(Places, Hosts) {
  EXPECT_THAT(HostGroups("169.254.169.254"), ElementsAre("metadata", "link-local"));
  EXPECT_THAT(HostGroups("METADATA.google.internal."), ElementsAre("metadata"));
  EXPECT_THAT(HostGroups("::ffff:169.254.169.254"), Contains("metadata"));
  EXPECT_THAT(HostGroups("[fd00:ec2::254]"), Contains("metadata"));
  EXPECT_THAT(HostGroups("localhost"), ElementsAre("loopback"));
  EXPECT_THAT(HostGroups("127.8.8.8"), ElementsAre("loopback"));
  EXPECT_THAT(HostGroups("10.0.0.1"), ElementsAre("private"));
  EXPECT_THAT(HostGroups("172.16.0.1"), ElementsAre("private"));
  EXPECT_TRUE(HostGroups("172.32.0.1").empty());
  EXPECT_THAT(HostGroups("100.64.0.1"), ElementsAre("private"));
  EXPECT_TRUE(HostGroups("100.128.0.1").empty());
  EXPECT_THAT(HostGroups("fe80::1"), ElementsAre("link-local"));
  EXPECT_TRUE(HostGroups("a.example").empty());
  EXPECT_TRUE(HostGroups("10.evil.example").empty());
  EXPECT_THAT(HostGroups("?"), ElementsAre("unknown-host"));
}

TEST(Places, AllGroupsAreDistinct) {
  auto all = AllPlaceGroups();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  EXPECT_THAT(all, Contains("maybe-ci"));
}

TEST(Places, AWorkspaceUnderTempOrSystemIsAWorkspaceOnly) {
  for (const char* workspace : {"/tmp/p", "/var/tmp/p", "/srv/p"}) {
    const auto groups = PlaceGroups(std::string(workspace) + "/.git/hooks/post-commit", "/home/u", workspace);
    EXPECT_NE(std::find(groups.begin(), groups.end(), "workspace"), groups.end());
    EXPECT_NE(std::find(groups.begin(), groups.end(), "vcs-internals"), groups.end());
    for (const char* loose : {"temp", "system"}) EXPECT_EQ(std::find(groups.begin(), groups.end(), loose), groups.end()) << workspace;
  }
}

}  // namespace
}  // namespace checkrein
