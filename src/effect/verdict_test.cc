#include "effect/verdict.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Verdict, ZeroDenies) { EXPECT_EQ(Verdict{}, Verdict::kDeny); }

TEST(Verdict, NamesAndOrder) {
  for (const Verdict v : {Verdict::kDeny, Verdict::kAsk, Verdict::kContain, Verdict::kAllow}) {
    EXPECT_EQ(VerdictFromName(VerdictName(v)), v);
    EXPECT_EQ(Strictest(v, Verdict::kDeny), Verdict::kDeny);
    EXPECT_EQ(Strictest(v, Verdict::kAllow), v);
  }
  EXPECT_FALSE(VerdictFromName("block"));
}

}  // namespace
}  // namespace checkrein
