#include "report/lanes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::report {
namespace {

TEST(Lanes, EveryLineIsAsWideAsTheTerminal) {
  Row row;
  row.index = 123'456;
  row.kind = "action";
  row.time = "2026-11-27T01:02:03.004Z";
  row.verdict = "contain";
  row.said = "I will run the tests and then tell what they said, at some length";
  row.did = "contain (contained): npm test 2>&1 | tail -20 日本語の長いテキスト日本語の長いテキスト";
  row.happened = "exit 1";
  for (const size_t columns : {60u, 80u, 100u, 161u, 240u}) {
    for (const int64_t score : {0, 12}) {
      row.score = score;
      const std::string line = Lanes({Colour::kNo, columns}, Shape::kColumns).Line(row);
      EXPECT_EQ(ColumnsOfText(line.substr(0, line.size() - 1)), columns) << line;
    }
  }
  EXPECT_EQ(Lanes({Colour::kNo, 80}, Shape::kPlain).Line(row),
            "#123456 | 2026-11-27T01:02:03.004Z | " + row.said + " | " + row.did + " | exit 1\n");
  EXPECT_EQ(Lanes({}, Shape::kPlain).Head(), "");
  EXPECT_EQ(Lanes({}, Shape::kPlain).Line(Row()), "");
}

TEST(Lanes, CutsBetweenCharacters) {
  EXPECT_EQ(InColumns("abcdef", 4), "abc…");
  EXPECT_EQ(InColumns("abcd", 4), "abcd");
  EXPECT_EQ(InColumns("日本語", 4), "日… ");
  EXPECT_EQ(InColumns("", 2), "  ");
}

}  // namespace
}  // namespace checkrein::report
