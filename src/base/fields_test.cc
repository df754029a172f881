#include "base/fields.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Fields, GoThereAndBack) {
  FieldWriter w;
  w.Add("a").AddNumber(-7).AddList({"", std::string("x\0y", 3)}).AddNumber(0);
  FieldReader r(w.bytes());
  EXPECT_EQ(r.Text(), "a");
  EXPECT_EQ(r.Number(), -7);
  EXPECT_EQ(r.List(), (std::vector<std::string>{"", std::string("x\0y", 3)}));
  EXPECT_FALSE(r.AtEnd());
  EXPECT_EQ(r.Number(), 0);
  EXPECT_TRUE(r.AtEnd());
}

TEST(Fields, EveryNumberGoesThereAndBack) {
  for (const int64_t number : {int64_t{0}, int64_t{1'795'000'000'123'456'789}, INT64_MAX, INT64_MIN, INT64_MIN + 1}) {
    FieldWriter w;
    w.AddNumber(number);
    FieldReader r(w.bytes());
    EXPECT_EQ(r.Number(), number);
    EXPECT_TRUE(r.AtEnd());
  }
  for (const char* text : {"", "-", "+1", " 1", "1 ", "0x1", "9223372036854775808", "-9223372036854775809", "1.0"}) {
    FieldWriter w;
    w.Add(text);
    FieldReader r(w.bytes());
    EXPECT_EQ(r.Number(), 0) << text;
    EXPECT_FALSE(r.ok()) << text;
  }
}

TEST(Fields, BytesAreOfTheirSize) {
  const uint8_t sent[] = {1, 0, 255};
  FieldWriter w;
  w.Add({reinterpret_cast<const char*>(sent), 3}).Add("ab");
  uint8_t got[3] = {};
  FieldReader r(w.bytes());
  EXPECT_TRUE(r.Bytes(got));
  EXPECT_TRUE(std::equal(std::begin(got), std::end(got), std::begin(sent)));
  EXPECT_FALSE(r.Bytes(got));
  EXPECT_FALSE(r.ok());
}

TEST(Fields, EveryTruncationIsNoticed) {
  FieldWriter w;
  w.Add("abc").AddNumber(12).AddList({"p", "q"});
  for (size_t cut = 0; cut < w.bytes().size(); ++cut) {
    FieldReader r(std::string_view(w.bytes()).substr(0, cut));
    r.Text();
    r.Number();
    r.List();
    EXPECT_FALSE(r.ok()) << cut;
  }
}

TEST(Fields, LiesAreNoticed) {
  FieldReader huge(std::string_view("\xff\xff\xff\xff" "x", 5));
  EXPECT_EQ(huge.Text(), "");
  EXPECT_FALSE(huge.ok());
  FieldWriter w;
  w.Add("99999999999999999999").Add("x");
  FieldReader number(w.bytes());
  EXPECT_EQ(number.Number(), 0);
  EXPECT_FALSE(number.ok());
  FieldWriter many;
  many.AddNumber(1'000'000'000);
  FieldReader list(many.bytes());
  EXPECT_TRUE(list.List().empty());
  EXPECT_FALSE(list.ok());
}

}  // namespace
}  // namespace checkrein
