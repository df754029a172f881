#include "release/decoded.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "release/scan/decode.h"

namespace checkrein::release {
namespace {

std::vector<std::string> Decoded(std::string_view text, std::string_view kind) {
  std::vector<std::string> out;
  FindEncoded(text, [&](const Encoded& piece) {
    if (piece.kind == kind) out.emplace_back(piece.decoded);
  });
  return out;
}

TEST(DecodedText, KnowsToWhichPieceAMatchBelongs) {
  DecodedText text;
  text.Add("first", 10, "hex");
  text.Add("second", 50, "base64");
  ASSERT_NE(text.Find(0, 5), nullptr);
  EXPECT_EQ(text.Find(0, 5)->outer_at, 10u);
  const size_t second = text.text().find("second");
  ASSERT_NE(text.Find(second, second + 6), nullptr);
  EXPECT_EQ(text.Find(second, second + 6)->via, "base64");
  EXPECT_EQ(text.Find(3, second + 2), nullptr) << "a match over two pieces";
}

TEST(LineCursor, AnswersInAnyOrder) {
  const std::string text = "a\nbc\n\nd";
  LineCursor lines;
  const auto at = [&](size_t place) {
    const LineCursor::Place found = lines.At(text, place);
    return std::to_string(found.line) + ":" + std::to_string(found.column);
  };
  EXPECT_EQ(at(0), "1:1");
  EXPECT_EQ(at(3), "2:2");
  EXPECT_EQ(at(6), "4:1");
  EXPECT_EQ(at(1), "1:2");
  EXPECT_EQ(at(2), "2:1");
}

TEST(Decode, WordsWithEscapesThatStandCloseAreOnePiece) {
  EXPECT_EQ(Decoded("key=%41%42 and %43", "percent"), std::vector<std::string>{"key=AB and C"});
  EXPECT_EQ(Decoded("%41" + std::string(200, ' ') + "%42", "percent").size(), 2u);
  EXPECT_TRUE(Decoded("100% of 5%x and %", "percent").empty());
}

TEST(Decode, NoByteIsDecodedTwice) {
  std::string text;
  while (text.size() < 100'000) text += "%41 x ";
  size_t all = 0;
  for (const std::string& piece : Decoded(text, "percent")) all += piece.size();
  EXPECT_LE(all, text.size());
  EXPECT_GE(all, text.size() / 3);
}

TEST(Decode, AWordIsNeverCut) {
  std::string word;
  for (int i = 0; i < 5000; ++i) word += "%4" + std::to_string(1 + i % 9);
  const std::vector<std::string> pieces = Decoded("x " + word + " y", "percent");
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].size(), 2 + 5000 + 1);
}

}  // namespace
}  // namespace checkrein::release
