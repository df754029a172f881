#include "monitor/pending.h"

#include "gtest/gtest.h"

namespace checkrein::monitor {
namespace {

const std::string kDigest = std::string(60, 'a') + "0001";
const std::string kOther = std::string(60, 'a') + "0002";

TEST(Pending, AnApprovalIsForOneActionAndOneUse) {
  PendingActions pending;
  const std::string id = pending.Wait(kDigest, "git push", "push needs approval", "s", 0);
  EXPECT_FALSE(pending.TakeApproval(kDigest, 1));
  EXPECT_EQ(pending.Approve("zzzzzz", 1), std::nullopt);
  EXPECT_EQ(pending.Approve(id, 1), kDigest);
  EXPECT_FALSE(pending.TakeApproval(kOther, 2));
  EXPECT_TRUE(pending.TakeApproval(kDigest, 2));
  EXPECT_FALSE(pending.TakeApproval(kDigest, 3));
  EXPECT_EQ(pending.Approve(id, 3), std::nullopt);
}

TEST(Pending, BothExpire) {
  PendingActions pending;
  const std::string id = pending.Wait(kDigest, "x", "", "", 0);
  EXPECT_EQ(pending.Approve(id, kApprovalLifeMs), std::nullopt);
  const std::string again = pending.Wait(kDigest, "x", "", "", 0);
  ASSERT_TRUE(pending.Approve(again, 0));
  EXPECT_FALSE(pending.TakeApproval(kDigest, kApprovalLifeMs));
}

TEST(Pending, IdsNameOneAction) {
  PendingActions pending;
  const std::string one = pending.Wait(kDigest, "1", "", "", 0);
  const std::string two = pending.Wait(kOther, "2", "", "", 0);
  EXPECT_NE(one, two);
  EXPECT_EQ(pending.Wait(kDigest, "1", "", "", 5), one);
  ASSERT_EQ(pending.List(5).size(), 2u);
  EXPECT_EQ(pending.List(5)[0].shown, "1");
}

TEST(Pending, IsBounded) {
  PendingActions pending;
  for (size_t i = 0; i < kMaxPendingActions + 10; ++i) pending.Wait(std::to_string(100000 + i) + std::string(58, 'x'), "", "", "", 0);
  EXPECT_EQ(pending.List(0).size(), kMaxPendingActions);
}

}  // namespace
}  // namespace checkrein::monitor
