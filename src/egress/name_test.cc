#include "egress/name.h"

#include "gtest/gtest.h"

namespace checkrein::egress {
namespace {

TEST(Endpoint, Parse) {
  EXPECT_EQ(ParseEndpoint("API.Example.:8443", 443)->host, "api.example");
  EXPECT_EQ(ParseEndpoint("api.example", 443)->port, 443);
  EXPECT_EQ(ParseEndpoint("[::1]:80", 443)->host, "::1");
  for (const char* bad : {"", ":1", "a:", "a:0", "a:65536", "a:1x", "u@h:1", "a b:1", "[::1", "[x]:1", "a..b:1", ".a:1", "a/b:1"}) EXPECT_FALSE(ParseEndpoint(bad, 443)) << bad;
  EXPECT_FALSE(ParseEndpoint(std::string_view("a\0.b:1", 6), 443));
  EXPECT_FALSE(ParseEndpoint("a", 0));
}

TEST(Endpoint, OfUrl) {
  EXPECT_EQ(EndpointOfUrl("https://api.example/v1?x")->port, 443);
  EXPECT_EQ(EndpointOfUrl("http://127.0.0.1:18080")->port, 18080);
  EXPECT_FALSE(EndpointOfUrl("ftp://x"));
  EXPECT_FALSE(EndpointOfUrl("https://ok.example@evil.example/"));
}

TEST(Name, HasOneSpelling) {
  EXPECT_EQ(CanonicalName("API.Example."), "api.example");
  EXPECT_EQ(CanonicalName("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(CanonicalName("_dmarc.a.example"), "_dmarc.a.example");
  EXPECT_EQ(CanonicalHost("[2001:DB8::1]"), "2001:db8::1");
  EXPECT_EQ(CanonicalHost("::ffff:93.184.216.34"), "93.184.216.34");
}

TEST(Name, WhatCouldBeReadInTwoWaysIsNone) {
  const std::string long_label(64, 'a');
  for (const std::string& bad : {std::string("a.example\0.evil.example", 23), std::string(""), std::string("."), std::string("a..example"), std::string("a.example.."),
                                 std::string("u@a.example"), std::string("a example"), std::string("b\xc3\xbc.example"), std::string("a.example:80"), std::string("a/b"),
                                 std::string("2130706433"), std::string("0x7f000001"), std::string("127.1"), std::string("0177.0.0.1"), std::string("a.0x1"),
                                 std::string("1.2.3.4.5"), std::string("a\r\n.example"), std::string("*.example"), long_label + ".example", std::string(300, 'a')}) {
    EXPECT_FALSE(CanonicalName(bad)) << bad;
    EXPECT_FALSE(CanonicalHost(bad)) << bad;
  }
  EXPECT_FALSE(CanonicalHost("[a.example]"));
  EXPECT_FALSE(CanonicalHost("fe80::1%eth0"));
}

}  // namespace
}  // namespace checkrein::egress
