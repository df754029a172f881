#include "base/clock.h"

#include "gtest/gtest.h"

namespace checkrein {
namespace {

TEST(Clock, Rfc3339) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(Rfc3339(1767323045678), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, MonotonicDoesNotGoBack) {
  const int64_t before = MonotonicNanos();
  EXPECT_GE(MonotonicNanos(), before);
}

}  // namespace
}  // namespace checkrein
