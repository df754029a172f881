#include "monitor/finding.h"

#include <filesystem>
#include <set>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "monitor/channel.h"
#include "monitor/ended_runs.h"
#include "monitor/pulse.h"
#include "monitor/schema.h"

namespace checkrein::monitor {
namespace {

const Envelope kNow{1'000'000'000'000, 5'000'000'000, "boot", Mode::kRun, -1};

TEST(Finding, EveryRuleHasACodeOfItsOwnAndARecordThatMayBeWritten) {
  std::set<std::string_view> codes;
  for (const FindingRule& rule : FindingRules()) {
    EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
    EXPECT_TRUE(rule.kind == "finding" || rule.kind == "incident") << rule.code;
    EXPECT_TRUE(rule.severity == "low" || rule.severity == "medium" || rule.severity == "high" || rule.severity == "critical") << rule.code;
    EXPECT_FALSE(rule.text.empty());
    EXPECT_TRUE(rule.meaning.ends_with(".")) << rule.code;
    const json::Value record = FindingRecord(kNow, rule.finding, {});
    EXPECT_EQ(record.Text("k"), rule.kind);
    EXPECT_EQ(record.Text("code"), rule.code);
    EXPECT_EQ(record.Text("what"), rule.text) << "said in general where nothing is said of the case";
    EXPECT_EQ(record.Find("ref"), nullptr);
    EXPECT_TRUE(CheckRecord(record)) << rule.code;
  }
}

Reconciled Differing(const std::vector<std::string>& observed) {
  Accounts a;
  a.coverage = Coverage::kFull;
  a.permitted = true;
  a.seen = {Op::kConnect, Op::kWrite};
  for (const std::string& effect : observed) a.observed.Add(*EffectFromString(effect));
  return Reconcile(a);
}

TEST(Finding, ADivergenceHasItsReasonsWithTheirPoints) {
  const json::Value action = json::Value().Set("session", "s1").Set("client", "claude");
  const Reconciled r = Differing({"connect:a.example:443", "connect:b.example:443", "write:/w/x"});
  const json::Value record = DivergenceFinding(kNow, 7, action, r);
  ASSERT_TRUE(CheckRecord(record)) << record.Dump();
  EXPECT_EQ(record.Integer("ref", -1), 7);
  EXPECT_EQ(record.Text("session"), "s1");
  EXPECT_EQ(record.Text("severity"), "high");
  EXPECT_EQ(record.Integer("score", 0), r.score);
  int sum = 0;
  for (const json::Value& line : *record.At("evidence").array()) {
    const std::string& text = *line.string();
    sum += std::stoi(text.substr(text.find(' ') + 1));
  }
  EXPECT_EQ(sum, r.score) << "the shares are exact: " << record.Dump();
  EXPECT_NE(record.Text("what").find("connect:a.example:443"), std::string_view::npos);
}

TEST(Finding, ALittleIsNoneAndSomeIsMedium) {
  const Reconciled little = Differing({"write:/w/x"});
  ASSERT_LT(little.score, kSomeScore);
  EXPECT_EQ(DivergenceFinding(kNow, 1, {}, little).object(), nullptr);
  const Reconciled some = Differing({"connect:a.example:443"});
  ASSERT_LT(some.score, kHighScore);
  EXPECT_EQ(DivergenceFinding(kNow, 1, {}, some).Text("severity"), "medium");
}

TEST(Pulse, ALateHeartbeatIsAFinding) {
  const int64_t ms = 1'000'000;
  Pulse pulse(0, 0);
  EXPECT_FALSE(pulse.IsDue((Pulse::kPeriodMs - 1) * ms));
  EXPECT_TRUE(pulse.IsDue(Pulse::kPeriodMs * ms));
  Envelope now = kNow;
  const auto beat = [&](int64_t mono_ms, int64_t unix_ms) {
    now.mono_ns = mono_ms * ms;
    now.unix_ms = unix_ms;
    return pulse.Beat(now);
  };
  EXPECT_EQ(beat(300'000, 300'000).object(), nullptr) << "in time";
  EXPECT_EQ(beat(700'000, 700'000).object(), nullptr) << "a busy machine is not silent";
  const json::Value stopped = beat(1'400'000, 1'400'000);
  EXPECT_NE(stopped.Text("what").find("700 s: this process did not run"), std::string_view::npos) << stopped.Dump();
  const json::Value slept = beat(1'700'000, 9'000'000);
  EXPECT_NE(slept.Text("what").find("7600 s: the machine slept"), std::string_view::npos) << slept.Dump();
  EXPECT_EQ(slept.Integer("silent_ms", 0), 7'600'000);
  EXPECT_TRUE(CheckRecord(slept));
  EXPECT_EQ(beat(2'000'000, 1'000).object(), nullptr) << "a clock that is set back is no silence";
}

// A run's directory as a supervisor leaves it when it is killed.
class EndedRunsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/checkrein_ended_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  Fd Run(const std::string& session) {
    std::filesystem::create_directory(dir_ + "/" + session);
    Result<Fd> socket = ListenAt(dir_ + "/" + session + "/control");
    EXPECT_TRUE(socket);
    return socket ? std::move(socket).take() : Fd();
  }
  std::string dir_;
};

TEST_F(EndedRunsTest, OnlyWhatNobodyListensAtIsTakenAndOnlyOnce) {
  const Fd lives = Run("lives");
  Run("died").Reset(-1);
  std::filesystem::create_directory(dir_ + "/starts");
  EXPECT_TRUE(TakeEndedRuns(dir_, UnixMillis()).empty()) << "one that is just being made is let be";
  const int64_t later = UnixMillis() + 60'000;
  EXPECT_EQ(TakeEndedRuns(dir_, later), std::vector<std::string>{"died"});
  EXPECT_TRUE(TakeEndedRuns(dir_, later).empty());
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/lives/control"));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/starts"));
  EXPECT_TRUE(TakeEndedRuns(dir_ + "/none", later).empty());
}

}  // namespace
}  // namespace checkrein::monitor
