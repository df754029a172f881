#include "effect/printable.h"

#include "base/bytes.h"
#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  for (const char* text : {"", "ls -l /etc", "Grüße, 世界", "naïve é", "🙂"}) EXPECT_EQ(Printable(text), text);
}

TEST(Printable, EscapesWhatMisleads) {
  const std::pair<std::string, std::string> cases[] = {
      {"a\x1b[2Jb", "a\\x1b[2Jb"}, {"a\nb\tc\r", "a\\nb\\tc\\x0d"},       {std::string("a\0b", 3), "a\\x00b"}, {"\xe2\x80\xae" "x", "\\u{202e}x"},
      {"\xc2\x9b" "31m", "\\x9b31m"}, {"\xf3\xa0\x81\x81", "\\u{e0041}"}, {"\xff\xfe", "\\xff\\xfe"},          {"\xe2\x80", "\\xe2\\x80"},
      {"\xc0\xaf", "\\xc0\\xaf"},     {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, {"a\xe2\x80\x8b" "b", "a\\u{200b}b"},
  };
  for (const auto& [raw, shown] : cases) {
    EXPECT_EQ(Printable(raw), shown);
    EXPECT_TRUE(IsUtf8(Printable(raw)));
  }
}

TEST(Printable, ShortensInTheMiddle) {
  EXPECT_EQ(PrintableShort("short", 20), "short");
  EXPECT_EQ(PrintableShort("/home/user/project/some/long/name.txt", 20), "/home/user/p...e.txt");
  EXPECT_LE(PrintableShort(std::string(100'000, 'x'), 30).size(), 30u);
  EXPECT_TRUE(IsUtf8(PrintableShort("ééééééééééééééééééééééééééééééééééééé", 11)));
}

TEST(Printable, Columns) {
  EXPECT_EQ(ColumnsOf('a'), 1);
  EXPECT_EQ(ColumnsOf(0x4e16), 2);
  EXPECT_EQ(ColumnsOf(0x301), 0);
}

}  // namespace
}  // namespace checkrein
