#include "advisories/osv/version.h"

#include <gtest/gtest.h>

namespace checkrein::advisories {
namespace {

TEST(VersionTest, OrderIsThatOfTheSpecification) {
  const std::vector<std::string> ascending = {"0.0.0-0", "0.0.0", "0.2.9", "0.23.0-alpha.1", "0.23.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                              "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.111", "2.1.2", "2.1.10", "2.10.0", "10.0.0-1", "10.0.0"};
  for (size_t i = 0; i < ascending.size(); ++i)
    for (size_t j = 0; j < ascending.size(); ++j) {
      const auto a = Version::Parse(ascending[i]), b = Version::Parse(ascending[j]);
      ASSERT_TRUE(a && b) << ascending[i] << " " << ascending[j];
      EXPECT_EQ(*a <=> *b, i <=> j) << ascending[i] << " " << ascending[j];
    }
}

TEST(VersionTest, BuildsPlayNoPart) { EXPECT_EQ(*Version::Parse("1.0.0+a.b-c"), *Version::Parse("1.0.0+7")); }

TEST(VersionTest, WhatTheSpecificationDoesNotAllowIsNone) {
  for (const char* text : {"", "1", "2.3", "1.2.3.4", "v1.2.3", " 1.2.3", "1.2.3 ", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3-a_b", "1.2.x", "-1.2.3", "1.2.3\n",
                           "9999999999999999999.0.0", "latest"})
    EXPECT_FALSE(Version::Parse(text)) << text;
  EXPECT_FALSE(Version::Parse("1.2.3-" + std::string(kMaxVersionBytes, 'a')));
}

}  // namespace
}  // namespace checkrein::advisories
