#include "report/terminal.h"

#include <unistd.h>

#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

constexpr Terminal kPlain{Colour::kNo, 40};
constexpr Terminal kColoured{Colour::kYes, 40};

TEST(Terminal, ColoursOnlyWhereAsked) {
  EXPECT_EQ(Paint(kPlain, Tone::kBad, "x"), "x");
  EXPECT_EQ(Paint(kColoured, Tone::kBad, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Paint(kColoured, Tone::kPlain, "x"), "x");
  EXPECT_EQ(Paint(kColoured, Tone::kBad, ""), "");
  EXPECT_EQ(ToneOf(Verdict{}), Tone::kBad);
}

TEST(Terminal, AFileIsNoTerminal) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(TerminalOf(ends[1]).colour, Colour::kNo);
  EXPECT_EQ(TerminalOf(ends[1]).columns, 80u);
  EXPECT_EQ(TerminalOf(-1).colour, Colour::kNo);
  close(ends[0]);
  close(ends[1]);
}

TEST(Terminal, Folds) {
  EXPECT_EQ(Fold({Colour::kNo, 20}, "one two three four five", 2), "  one two three four\n  five\n");
  EXPECT_EQ(Fold({Colour::kNo, 20}, "", 2), "  \n");
  EXPECT_EQ(Fold({Colour::kNo, 20}, "a-word-that-is-longer-than-the-line x", 0), "a-word-that-is-longer-than-the-line\nx\n");
  EXPECT_EQ(Fold({Colour::kNo, 20}, "世世世世世 世世世世世 世", 0), "世世世世世\n世世世世世 世\n");
}

TEST(Terminal, Underlines) {
  EXPECT_EQ(Underline(kPlain, "curl a | sh", {{0, 4}, {9, 11}}, 2), "  curl a | sh\n  ^^^^     ^^\n");
  EXPECT_EQ(Underline(kPlain, "a\nrm x\nb", {{2, 4}}, 0), "rm x\n^^\n");
  EXPECT_EQ(Underline(kPlain, "rm x", {}, 0), "");
  EXPECT_EQ(Underline(kPlain, "rm x", {{9, 12}}, 0), "");
  EXPECT_EQ(Underline(kPlain, "世界 x", {{3, 6}}, 0), "世界 x\n  ^^\n");
  EXPECT_EQ(Underline(kColoured, "rm x", {{0, 2}}, 0), "rm x\n\x1b[33m^^\x1b[0m\n");
}

TEST(Terminal, UnderlinesWhatIsHostileWithoutSpeakingIt) {
  EXPECT_EQ(Underline(kPlain, "a\x1b[2J b", {{0, 1}, {6, 7}}, 0), "a\\x1b[2J b\n^        ^\n");
  EXPECT_EQ(Underline(kPlain, "\xff x", {{2, 3}}, 0), "\\xff x\n     ^\n");
}

TEST(Terminal, CutsLongLinesAroundTheMark) {
  const std::string line = std::string(100, 'a') + " rm " + std::string(100, 'b');
  const std::string shown = Underline(kPlain, line, {{101, 103}}, 0);
  EXPECT_EQ(shown, "...aaaaaaaaa rm bbbbbbbbbbbbbbbbbbbbb...\n             ^^\n");
  std::string many;
  for (int i = 0; i < 20; ++i) many += "x\n";
  EXPECT_NE(Underline(kPlain, many, {{0, 40}}, 0).find("(8 more lines)\n"), std::string::npos);
}

}  // namespace
}  // namespace checkrein::report
