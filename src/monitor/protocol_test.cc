#include "monitor/protocol.h"

#include "gtest/gtest.h"
#include "base/fields.h"

namespace checkrein::monitor {
namespace {

TEST(Protocol, GoesThereAndBack) {
  const auto event = DecodeRequest(EncodeEvent({agent::Client::kCodex, "PreToolUse", std::string("{\0}", 3)}));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->submission.client, agent::Client::kCodex);
  EXPECT_EQ(event->submission.bytes.size(), 3u);
  EXPECT_EQ(DecodeRequest(EncodeExec("t"))->ticket, "t");
  EXPECT_EQ(DecodeRequest(EncodeSignal(15))->signal, 15);
  EXPECT_EQ(DecodeAnswer(EncodeAnswer({"o", "e", 2}))->err, "e");
  EXPECT_EQ(DecodeEnded(EncodeEnded(7, "x"))->exit_code, 7);
  const auto pending = DecodePending(EncodePending({{"a1", 5, "rm x", "why", "s"}}));
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->at(0).shown, "rm x");
}

TEST(Protocol, EveryCutAndEveryAdditionIsRefused) {
  const std::string whole = EncodeEvent({agent::Client::kClaude, "PreToolUse", "{}"});
  for (size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(DecodeRequest(whole.substr(0, cut))) << cut;
  EXPECT_FALSE(DecodeRequest(whole + "x"));
  EXPECT_FALSE(DecodeRequest(FieldWriter().Add("event").Add("nobody").Add("").Add("").bytes()));
  EXPECT_FALSE(DecodeRequest(FieldWriter().Add("give").bytes()));
  EXPECT_FALSE(DecodeAnswer(EncodeEnded(0, "")));
}

}  // namespace
}  // namespace checkrein::monitor
