#include "base/bytes.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Bytes, HexGoesThereAndBack) {
  EXPECT_EQ(HexEncode(AsBytes("\x01\xfe")), "01fe");
  EXPECT_EQ(AsText(*HexDecode("01FE")), "\x01\xfe");
  EXPECT_FALSE(HexDecode("0"));
  EXPECT_FALSE(HexDecode("0g"));
}

TEST(Bytes, Base64MatchesRfc4648) {  // RFC 4648 section 10
  const std::pair<const char*, const char*> rows[] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : rows) {
    EXPECT_EQ(Base64Encode(AsBytes(plain)), encoded);
    EXPECT_EQ(AsText(*Base64Decode(encoded)), plain);
  }
}

TEST(Bytes, Base64RefusesWhatIsNotCanonical) {
  for (const char* bad : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9v\n"}) EXPECT_FALSE(Base64Decode(bad)) << bad;
}

TEST(Bytes, Utf8) {
  for (const char* good : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\xB4", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(IsUtf8(good)) << good;
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5", "\xE2\x82", "a\xFF"}) EXPECT_FALSE(IsUtf8(bad));
  EXPECT_EQ(ToValidUtf8("a\xFF\xC3\xA9"), "a\xEF\xBF\xBD\xC3\xA9");
}

}  // namespace
}  // namespace checkrein
