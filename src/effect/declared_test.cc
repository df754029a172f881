#include "effect/declared.h"

#include <gtest/gtest.h>

namespace checkrein {
namespace {

using Lies = DeclaredPlaces::Lies;
constexpr std::string_view kHome = "/home/u", kWorkspace = "/home/u/p";

struct Case {
  const char* pattern;
  const char* object;
  Lies lies;
};

// One row: how the object lies to the one declared place.
constexpr Case kCases[] = {
    {"data/customers", "/home/u/p/data/customers", Lies::kWithin},
    {"data/customers", "/home/u/p/data/customers/a.csv", Lies::kWithin},
    {"data/customers/", "/home/u/p/data/customers/x/a.csv", Lies::kWithin},
    {"./data//customers", "/home/u/p/data/customers/a.csv", Lies::kWithin},
    {"data/customers/**", "/home/u/p/data/customers/a.csv", Lies::kWithin},
    {"data/customers", "/home/u/p/data/customersx", Lies::kOutside},
    {"data/customers", "/home/u/p/data", Lies::kOutside},
    {"data/customers", "/home/u/other/data/customers/a.csv", Lies::kOutside},
    {"data/customers", "/home/u/p/DATA/Customers/a.csv", Lies::kWithin},
    {"Data/customers", "/home/u/p/data/customers/a.csv", Lies::kWithin},
    {"data/customers", "/home/u/p/data/**", Lies::kHolds},
    {"data/customers", "/home/u/p/**", Lies::kHolds},
    {"data/customers", "/home/u/**", Lies::kHolds},
    {"data/customers", "/**", Lies::kHolds},
    {"data/customers", "/home/u/p/src/**", Lies::kOutside},
    {"data/customers", "/home/u/p/data/customers/x/**", Lies::kWithin},
    {"data/customers", "?", Lies::kMayHold},
    {"*.csv", "/home/u/p/a.csv", Lies::kWithin},
    {"*.csv", "/home/u/p/.csv", Lies::kWithin},
    {"*.csv", "/home/u/p/x/a.csv", Lies::kOutside},
    {"*.csv", "/home/u/p/x/**", Lies::kOutside},
    {"*.csv", "/home/u/p/**", Lies::kMayHold},
    {"**/*.csv", "/home/u/p/a.csv", Lies::kWithin},
    {"**/*.csv", "/home/u/p/x/y/a.csv", Lies::kWithin},
    {"**/*.csv", "/home/u/p/x/y/a.csvx", Lies::kOutside},
    {"**/*.csv", "/home/u/p/x/**", Lies::kMayHold},
    {"**/pii/**", "/home/u/p/x/pii/a", Lies::kWithin},
    {"**/pii/**", "/home/u/p/pii", Lies::kWithin},
    {"a/**/b", "/home/u/p/a/b/c", Lies::kWithin},
    {"a/**/b", "/home/u/p/a/x/y/b", Lies::kWithin},
    {"a/**/b", "/home/u/p/x/b", Lies::kOutside},
    {"a?c/d", "/home/u/p/abc/d", Lies::kWithin},
    {"a?c/d", "/home/u/p/ac/d", Lies::kOutside},
    {"*a*b*", "/home/u/p/xxayyabzz", Lies::kWithin},
    {"*a*b*", "/home/u/p/xxbyya", Lies::kOutside},
    {"**", "/home/u/p/any", Lies::kWithin},
    {"**", "/home/u/p", Lies::kWithin},
    {"**", "/home/u", Lies::kOutside},
    {"**", "/home/u/**", Lies::kHolds},
    {"~/crm", "/home/u/crm/a", Lies::kWithin},
    {"~/crm", "/home/other/crm/a", Lies::kOutside},
    {"~/crm", "/home/**", Lies::kHolds},
    {"~", "/home/u/a", Lies::kWithin},
    {"/srv/exports", "/srv/exports/a", Lies::kWithin},
    {"/srv/exports", "/home/u/p/srv/exports/a", Lies::kOutside},
    {"/srv/*/out", "/srv/**", Lies::kMayHold},
    {"/", "/etc/hosts", Lies::kWithin},
};

TEST(DeclaredPlaces, Look) {
  for (const Case& c : kCases) {
    DeclaredPlaces places;
    ASSERT_TRUE(places.Add(c.pattern, DeclaredPlaces::From::kPerson)) << c.pattern;
    const DeclaredPlaces::Answer answer = places.Look(c.object, kHome, kWorkspace);
    EXPECT_EQ(answer.lies, c.lies) << c.pattern << " and " << c.object;
    EXPECT_EQ(answer.pattern, c.lies == Lies::kOutside ? "" : c.pattern);
  }
}

TEST(DeclaredPlaces, TheStrongestOfSeveral) {
  DeclaredPlaces places;
  for (const char* pattern : {"**/*.csv", "data", "~/crm"}) ASSERT_TRUE(places.Add(pattern, DeclaredPlaces::From::kPerson));
  EXPECT_EQ(places.Look("/home/u/p/data/x", kHome, kWorkspace).pattern, "data");
  EXPECT_EQ(places.Look("/home/u/p/**", kHome, kWorkspace).lies, Lies::kHolds);
  EXPECT_EQ(places.Look("/home/u/p/src/**", kHome, kWorkspace).lies, Lies::kMayHold);
  EXPECT_EQ(places.Look("/usr/lib/x", kHome, kWorkspace).lies, Lies::kOutside);
}

TEST(DeclaredPlaces, WithoutHomeOrWorkspaceNothingLiesThere) {
  DeclaredPlaces places;
  for (const char* pattern : {"data", "~/crm"}) ASSERT_TRUE(places.Add(pattern, DeclaredPlaces::From::kPerson));
  EXPECT_EQ(places.Look("/data/x", "", "").lies, Lies::kOutside);
  EXPECT_EQ(places.Look("/crm/x", "/", "").lies, Lies::kWithin);
  EXPECT_EQ(DeclaredPlaces().Look("?", kHome, kWorkspace).lies, Lies::kOutside);
}

TEST(DeclaredPlaces, RefusesWhatWouldDeclareNothing) {
  const auto refused = [](std::string_view pattern, DeclaredPlaces::From from = DeclaredPlaces::From::kPerson) {
    DeclaredPlaces places;
    const Status added = places.Add(pattern, from);
    EXPECT_EQ(added.ok(), places.empty() == false);
    return added ? std::string() : added.error().text;
  };
  for (const char* pattern : {"", "data/[ab]", "data/{a,b}", "!data", "data\\x", "$HOME/x", "../x", "a/../b", "a**", "**a/x", "~other/x", "a\nb"}) EXPECT_NE(refused(pattern), "") << pattern;
  EXPECT_NE(refused("/srv/x", DeclaredPlaces::From::kProject), "");
  EXPECT_NE(refused("~/x", DeclaredPlaces::From::kProject), "");
  EXPECT_EQ(refused("data/x", DeclaredPlaces::From::kProject), "");
  std::string deep = "a";
  for (size_t i = 0; i < DeclaredPlaces::kMaxComponents; ++i) deep += "/a";
  EXPECT_NE(refused(deep), "");
}

TEST(DeclaredPlaces, HasACap) {
  DeclaredPlaces places;
  for (size_t i = 0; i < DeclaredPlaces::kMaxPatterns; ++i) ASSERT_TRUE(places.Add("x" + std::to_string(i), DeclaredPlaces::From::kPerson));
  EXPECT_EQ(places.Add("y", DeclaredPlaces::From::kPerson).error().kind, Error::Kind::kLimit);
}

}  // namespace
}  // namespace checkrein
