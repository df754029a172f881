#include "base/ipv4.h"

#include <arpa/inet.h>

#include <cstring>

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Ipv4, ReadsWhatInetAtonReads) {
  for (const char* text : {"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "017700000001", "0", "0.0.0.0", "255.255.255.255", "4294967295",
                           "1.16777215", "00.0.0.0", "010.8", "1.2.65535"}) {
    in_addr expected{};
    ASSERT_NE(inet_aton(text, &expected), 0) << text;
    const auto address = ParseIpv4(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(std::memcmp(address->data(), &expected, sizeof expected), 0) << text;
    EXPECT_EQ(Ipv4Text(*address), inet_ntoa(expected));
  }
}

TEST(Ipv4, RefusesWhatInetAtonRefuses) {
  for (const char* text : {"", ".", "1.", ".1", "1..2", "256.1.1.1", "1.2.3.256", "1.2.65536", "1.16777216", "4294967296", "1.2.3.4.5", "1.2.3.4.", "a", "1a", "0xg", "08", "-1", "+1",
                           "1.2.3.4x", "99999999999999999999999999"}) {
    in_addr unused{};
    EXPECT_EQ(inet_aton(text, &unused), 0) << text;
    EXPECT_FALSE(ParseIpv4(text)) << text;
  }
  EXPECT_FALSE(ParseIpv4(std::string_view("1.2.3.4\0", 8)));
}

}  // namespace
}  // namespace checkrein
