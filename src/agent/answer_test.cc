#include "agent/answer.h"

#include "agent/read.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace checkrein::agent {
namespace {

Event ShellEvent(Client client) {
  Event event;
  event.client = client;
  event.phase = Phase::kBeforeTool;
  event.name = "PreToolUse";
  event.call = ToolCall{};
  event.call->kind = ToolCall::Kind::kShell;
  event.call->command = "ls";
  event.call->arguments.Set("command", "ls").Set("timeout", 7).Set("description", "x");
  return event;
}

constexpr Client kAllClients[] = {Client::kClaude, Client::kCodex, Client::kGemini, Client::kCopilot, Client::kOpenCode};

// The one form that blocked on every hook client measured: nothing on standard output (Copilot CLI: its own denial), one line on
// standard error, exit 2.
void ExpectDenial(const Wire& wire) {
  if (!wire.out.empty()) {
    EXPECT_THAT(wire.out, testing::StartsWith(R"({"permissionDecision":"deny","permissionDecisionReason":")"));
  }
  EXPECT_EQ(wire.exit_code, 2);
  ASSERT_GT(wire.err.size(), 12u);
  EXPECT_EQ(wire.err.find('\n'), wire.err.size() - 1) << "exactly one line";
  EXPECT_NE(wire.err.find_first_not_of(" \n"), std::string::npos);
}

TEST(Answer, ADefaultAnswerDenies) {
  for (const Client client : kAllClients) {
    const Wire wire = WriteAnswer(ShellEvent(client), Answer{});
    ExpectDenial(wire);
    EXPECT_EQ(wire.out.empty(), client != Client::kCopilot);
  }
  ExpectDenial(WriteAnswer(Event{}, Answer{}));
}

TEST(Answer, ReasonsCannotBreakTheDenial) {
  for (const std::string_view reason : {"", " \n\t", "a\nb\r\nc", "\x1B[2J\x07 cleared", "\xFF\xFE", "\xC2\x85 next line", "\xE2\x80\xA8 separator",
                                        "\xE2\x80\xAE reversed", "\xE2\x81\xA6 isolated"}) {
    const Wire wire = WriteRefusal(reason);
    ExpectDenial(wire);
    for (const char c : wire.err.substr(0, wire.err.size() - 1)) EXPECT_GE(static_cast<unsigned char>(c), 0x20u);
    for (const std::string_view bad : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xAE", "\xE2\x81\xA6"}) EXPECT_EQ(wire.err.find(bad), std::string::npos);
  }
  ExpectDenial(WriteRefusal(std::string(10'000'000, 'x')));
  EXPECT_LT(WriteRefusal(std::string(10'000'000, 'x')).err.size(), 5000u);
  ExpectDenial(WriteRefusal(std::string(4095, 'x') + "\xC3\xA9"));  // cut inside a character
}

TEST(Answer, OnlyShellCommandsCanBeRewritten) {
  for (const Client client : kAllClients) {
    const Answer rewrite{Answer::Kind::kRewrite, "contained", "hook exec T"};
    Event event = ShellEvent(client);
    EXPECT_EQ(WriteAnswer(event, rewrite).exit_code, 0);
    EXPECT_THAT(WriteAnswer(event, rewrite).out, testing::HasSubstr(R"({"command":"hook exec T","timeout":7,"description":"x"})"));
    ExpectDenial(WriteAnswer(event, Answer{Answer::Kind::kRewrite, "contained", ""}));
    event.call->arguments.Set("command", "something else");  // what was judged is not what would run
    ExpectDenial(WriteAnswer(event, rewrite));
    event = ShellEvent(client);
    event.call->kind = ToolCall::Kind::kWrite;
    ExpectDenial(WriteAnswer(event, rewrite));
    event.call.reset();
    ExpectDenial(WriteAnswer(event, rewrite));
  }
}

TEST(Answer, NobodyDecidedMeansDenied) {
  for (const Client client : kAllClients) ExpectDenial(WriteAnswer(ShellEvent(client), Answer{Answer::Kind::kNothing, "", ""}));
}

TEST(Answer, AskIsADenialWhereNoPromptHolds) {
  const Answer ask{Answer::Kind::kAsk, "writes outside", ""};
  for (const Client client : kAllClients) {
    if (CanAsk(client)) {
      EXPECT_THAT(WriteAnswer(ShellEvent(client), ask).out, testing::HasSubstr("\"ask\""));
    } else {
      ExpectDenial(WriteAnswer(ShellEvent(client), ask));
    }
  }
  EXPECT_FALSE(CanAsk(Client::kCodex));
  EXPECT_FALSE(CanAsk(Client::kGemini));
}

// A denial at the end of a turn would send the model back to work for ever.
TEST(Answer, TheEndOfATurnIsNeverRefused) {
  Event event = ShellEvent(Client::kClaude);
  event.phase = Phase::kTurnEnd;
  const Wire wire = WriteAnswer(event, Answer{Answer::Kind::kDeny, "disk full", ""});
  EXPECT_EQ(wire.exit_code, 0);
  EXPECT_EQ(wire.out, "");
  EXPECT_NE(wire.err, "");
}

TEST(Answer, ClientNames) {
  for (const Client client : kAllClients) EXPECT_EQ(ClientFromName(ClientName(client)), client);
  EXPECT_EQ(ClientFromName("Claude"), std::nullopt);
  EXPECT_EQ(ClientFromName(""), std::nullopt);
}

}  // namespace
}  // namespace checkrein::agent
