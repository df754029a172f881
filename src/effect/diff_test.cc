#include "effect/diff.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

Effect E(std::string_view text) { return *EffectFromString(text); }

EffectSet Set(std::initializer_list<std::string_view> texts) {
  EffectSet set;
  for (const auto text : texts) set.Add(E(text));
  return set;
}

TEST(Diff, Covers) {
  EXPECT_TRUE(Covers(E("write:/a"), E("write:/a")));
  EXPECT_TRUE(Covers(E("write:/a/**"), E("write:/a/b")));
  EXPECT_TRUE(Covers(E("write:?"), E("write:/x")));
  EXPECT_FALSE(Covers(E("write:/a/**"), E("write:/ab")));
  EXPECT_FALSE(Covers(E("read:/a"), E("write:/a")));
  EXPECT_FALSE(Covers(E("unknown:?"), E("write:/a")));
  EXPECT_FALSE(Covers(E("unknown:?"), E("unknown:?")));
}

TEST(Diff, SubtractsOnlyWhatSensorsSee) {
  const Divergence d = Subtract(Set({"write:/a", "read:/r", "write:/gone"}), Set({"write:/a", "write:/b", "exec:/x"}), {Op::kWrite, Op::kDelete});
  ASSERT_EQ(d.unpredicted.size(), 1u);
  EXPECT_EQ(ToString(d.unpredicted[0]), "write:/b");
  ASSERT_EQ(d.absent.size(), 1u);
  EXPECT_EQ(ToString(d.absent[0]), "write:/gone");
}

}  // namespace
}  // namespace checkrein
