#include "analysis/past.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analysis/analysis.h"
#include "gtest/gtest.h"

namespace checkrein::analysis {
namespace {

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) out += text[i];
    else out += text[++i] == 'n' ? '\n' : text[i];
  }
  return out;
}

// A session of calls in one world that holds nothing.
class Calls {
 public:
  Analysis Run(std::string_view command, Past::Ran ran = Past::Ran::kSurely) {
    Place place;
    place.past = &past_;
    NoWorld world;
    Analysis analysis = AnalyzeCommand(command, place, world);
    past_.Follow(analysis.left, ran);
    for (const WrittenFile& file : analysis.written) past_.AddFile(file);
    return analysis;
  }
  const Past& past() const { return past_; }

 private:
  Past past_;
};

bool Has(const Analysis& analysis, std::string_view effect) {
  return std::any_of(analysis.effects.all().begin(), analysis.effects.all().end(), [&](const Effect& e) { return ToString(e) == effect; });
}

TEST(PastTest, CallsOfOneSessionAreOneAct) {
  std::ifstream in(std::filesystem::path(CHECKREIN_SOURCE_DIR) / "src/analysis/shell/testdata/past.txt");
  Calls calls;
  Analysis last;
  std::string story;
  bool asked = true;
  size_t cases = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line.substr(line.find(' ') + 1));
    const std::string command = Unescape(line.substr(std::min<size_t>(2, line.size())));
    if (line.starts_with("< ")) {
      if (asked) {
        calls = Calls();
        story.clear();
        asked = false;
      }
      calls.Run(command);
      story += line + "\n";
    } else if (line.starts_with("$ ")) {
      last = calls.Run(command);
      story += line;
      asked = true;
      ++cases;
    } else if (line.starts_with("= ")) {
      for (std::string effect; words >> effect;) EXPECT_TRUE(Has(last, effect)) << story << "\nlacks " << effect;
    } else if (line.starts_with("! ")) {
      for (std::string effect; words >> effect;) EXPECT_FALSE(Has(last, effect)) << story << "\nhas " << effect;
    } else {
      std::string most;
      words >> most;
      EXPECT_LE(last.coverage, *CoverageFromName(most)) << story;
    }
    if (HasFailure()) {
      for (const Effect& effect : last.effects.all()) story += "\n  " + ToString(effect);
    }
  }
  EXPECT_GE(cases, 20U);
}

TEST(PastTest, WhatPerhapsRanIsJoinedWithWhatWas) {
  Calls calls;
  calls.Run("export GIT_PAGER=/tmp/one");
  calls.Run("export GIT_PAGER=/tmp/two", Past::Ran::kPerhaps);
  ASSERT_EQ(calls.past().names.size(), 1U);
  EXPECT_EQ(calls.past().names[0].known, Past::Name::Known::kPrefix);
  EXPECT_EQ(calls.past().names[0].text, "/tmp/");
  EXPECT_EQ(calls.Run("git log").coverage, Coverage::kOpaque);
}

TEST(PastTest, ANewShellCountsToo) {
  Calls calls;
  calls.Run("cat() { true; }; x=/a");
  const Analysis analysis = calls.Run("cat /etc/passwd");
  EXPECT_TRUE(Has(analysis, "read:/etc/passwd"));
}

TEST(PastTest, FunctionsThatReadBackAreKeptAndOthersAreUnknown) {
  Calls calls;
  calls.Run("f() { cat <<E\nx $(ls   -l)\nE\n}");
  ASSERT_EQ(calls.past().functions.size(), 1U);
  EXPECT_NE(calls.past().functions[0].text.find("cat <<E"), std::string::npos);
  Past past;
  past.functions.push_back({"f", ""});
  Place place;
  place.past = &past;
  NoWorld world;
  EXPECT_EQ(AnalyzeCommand("f", place, world).coverage, Coverage::kOpaque);
}

TEST(PastTest, MoreThanIsKeptIsNotForgotten) {
  Calls calls;
  std::string many;
  for (size_t i = 0; i < Past::kMaxNames + 10; ++i) many += "v" + std::to_string(i) + "=1;";
  calls.Run(many);
  EXPECT_TRUE(calls.past().lost);
  EXPECT_EQ(calls.Run("true").coverage, Coverage::kOpaque);
}

TEST(PastTest, FilesAreKeptWithTheirContentAndSources) {
  Calls calls;
  calls.Run("curl -s https://a.example/x > page.html; echo hi > note");
  const WrittenFile* page = calls.past().FindFile("/home/user/project/page.html");
  const WrittenFile* note = calls.past().FindFile("/home/user/project/note");
  ASSERT_NE(page, nullptr);
  ASSERT_NE(note, nullptr);
  EXPECT_FALSE(page->content);
  EXPECT_EQ(page->from.at(0), "connect:a.example:443");
  EXPECT_EQ(note->content, "hi\n");
}

TEST(PastTest, AFolderThatCameFromOutsideTaintsItsInstructionsOnly) {
  Past past;
  WrittenFile folder;
  folder.path = "/p/clone/**";
  folder.labels = {"untrusted"};
  past.AddFile(folder);
  EXPECT_NE(past.FindFile("/p/clone/a/CLAUDE.md"), nullptr);
  EXPECT_EQ(past.FindFile("/p/clone/a/main.c"), nullptr);
  EXPECT_EQ(past.FindFile("/p/CLAUDE.md"), nullptr);
}

}  // namespace
}  // namespace checkrein::analysis
