#include "effect/effect.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Effect, EveryOpHasAName) {
  for (const Op op : kAllOps) EXPECT_EQ(OpFromName(OpName(op)), op);
  EXPECT_FALSE(OpFromName("reads"));
}

TEST(Effect, StringGoesThereAndBack) {
  for (const char* text : {"read:/etc/hosts", "connect:a.example:443", "unknown:?", "exec:sh"}) EXPECT_EQ(ToString(*EffectFromString(text)), text);
  for (const char* bad : {"", "read", "read:", "reads:/x", ":x"}) EXPECT_FALSE(EffectFromString(bad)) << bad;
}

TEST(EffectSet, KeepsTheOrderJoinsCausesAndHoldsEachOnce) {
  EffectSet set;
  set.Add(Op::kWrite, "/b", {0, 2});
  set.Add(Op::kRead, "/a", {3, 5});
  set.Add(Op::kWrite, "/b", {6, 8});
  ASSERT_EQ(set.size(), 2u);
  EXPECT_EQ(ToString(set.all()[0]), "write:/b");
  EXPECT_EQ(set.all()[0].cause, (std::vector<Span>{{0, 2}, {6, 8}}));
  EXPECT_TRUE(set.Contains({Op::kRead, "/a", {}}));
  EXPECT_FALSE(set.Contains({Op::kRead, "/b", {}}));
}

TEST(Effect, ZeroClaimsNothing) {
  EXPECT_EQ(Coverage{}, Coverage::kOpaque);
  EXPECT_EQ(Least(Coverage::kFull, Coverage::kPartial), Coverage::kPartial);
  EXPECT_EQ(CoverageFromName("full"), Coverage::kFull);
}

}  // namespace
}  // namespace checkrein
