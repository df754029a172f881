// Runs every example of data/programs/*.json. `CMD > EFFECTS COVERAGE`; docs/format/programs.md.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "analysis/command.h"
#include "analysis/program/example_for_test.h"
#include "analysis/program/table.h"
#include "base/json.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

std::string Expand(std::string text) {
  for (const auto& [from, to] : {std::pair<std::string, std::string>{":W/", ":/home/user/project/"}, {":H/", ":/home/user/"}}) {
    if (const size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  }
  if (text.ends_with(":W")) text.replace(text.size() - 1, 1, "/home/user/project");
  return text;
}

void RunExample(const std::string& example) {
  const size_t arrow = example.rfind(" > ");
  ASSERT_NE(arrow, std::string::npos) << example;
  NoWorld world;
  const Description d = DescribeCommand(ReadCommand(example.substr(0, arrow)), Place{}, world);
  std::set<std::string> actual;
  for (const Effect& effect : d.effects.all()) actual.insert(ToString(effect));
  for (const Nested& nested : d.nested)
    if (nested.kind == Nested::Kind::kCommand) actual.insert("nested:" + (nested.command.argv.empty() ? "" : nested.command.argv.front().text));
  std::istringstream in(example.substr(arrow + 3));
  std::set<std::string> expected;
  std::string token;
  std::string coverage;
  bool others = false;
  while (in >> token) {
    if (token == "...") {
      others = true;
    } else if (token.find(':') == std::string::npos) {
      coverage = token;
    } else {
      expected.insert(Expand(token));
    }
  }
  std::string shown;
  for (const auto& effect : actual) shown += " " + effect;
  for (const auto& effect : expected) EXPECT_TRUE(actual.contains(effect)) << example << "\n  lacks " << effect << "\n  has" << shown;
  for (const auto& effect : actual) EXPECT_TRUE(others || expected.contains(effect)) << example << "\n  did not expect " << effect;
  EXPECT_EQ(CoverageName(d.coverage), coverage.empty() ? "full" : coverage) << example << "\n  has" << shown;
}

void RunProgram(const json::Value& program, size_t& count) {
  if (const auto* examples = program.At("examples").array())
    for (const auto& example : *examples) {
      RunExample(*example.string());
      ++count;
    }
  if (const auto* subs = program.At("sub").array())
    for (const auto& sub : *subs) RunProgram(sub, count);
}

TEST(Programs, EveryExampleHolds) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CHECKREIN_SOURCE_DIR "/data/programs")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const auto parsed = json::Parse(std::string{std::istreambuf_iterator<char>(in), {}});
    ASSERT_TRUE(parsed.ok()) << entry.path();
    for (const auto& program : *parsed->At("programs").array()) RunProgram(program, count);
  }
  EXPECT_GE(count, 200u);
}

TEST(Programs, TablesAreSortedAndReachable) {
  for (size_t i = 1; i < AllNames().size(); ++i) EXPECT_LT(View(AllNames()[i - 1].name), View(AllNames()[i].name));
  for (const Name& name : AllNames()) EXPECT_NE(FindProgram(View(name.name)), nullptr);
  EXPECT_EQ(FindProgram("no-such-program"), nullptr);
  for (const Program& program : AllPrograms()) {
    const auto options = OptionsOf(program);
    for (size_t i = 1; i < options.size(); ++i) EXPECT_LT(View(options[i - 1].name), View(options[i].name)) << View(program.name);
  }
}

}  // namespace
}  // namespace checkrein::analysis
