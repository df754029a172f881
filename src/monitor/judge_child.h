// Runs Judge in a child process that locks itself before it reads a byte of the event. The parent answers the child's few
// questions, waits no longer than the deadline, and takes anything but a whole, well-formed judgement for a refusal.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <utility>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "monitor/judge.h"
#include "monitor/live_world.h"

namespace checkrein::monitor {

// What the parent answers with.
struct Oracle {
  const LiveWorld* world = nullptr;
  std::function<void()> ahead;                // done once while the child begins: what it will ask for anyway costs nobody time then
  std::function<Result<std::string>()> shields;   // LiveShields::Bytes, or why it cannot be told what is in force
  std::function<SessionFacts(std::string_view session)> facts;
  std::function<advisories::PinReport(const std::string& workspace)> pins;
  // The same of a workspace that is likely to be asked about, so that the child need not ask; nothing: none is known.
  std::function<std::optional<std::pair<std::string, advisories::PinReport>>()> likely_pins;
  std::function<Result<Digest>(const advisories::Server& server, const std::string& workspace)> tools;  // of what a server says to the model
  std::string home;   // whose configuration of clients is read
};

inline constexpr int kJudgeDeadlineMs = 8'000;     // far below the least of the clients' time-outs (30 s)
inline constexpr int kMaxQuestions = 4'096;        // per event; a child that asks more gets no answers
inline constexpr size_t kMaxScriptBytes = 1u << 20;

// One judgement under way, for a loop that waits for many: poll fd() for reading until deadline_ns(), then Step().
class JudgeTask {
 public:
  // Never fails: what cannot be started is over at once, with a refusal. Cost: one fork (0.1 to 0.3 ms in a small process).
  // `meanwhile`, if any, is done once by the caller's process while the child is at work: what is needed only after the judgement.
  JudgeTask(const Submission& submission, const JudgeSetup& setup, Oracle oracle, int deadline_ms, std::function<void()> meanwhile = {});
  ~JudgeTask();  // ends the child
  JudgeTask(const JudgeTask&) = delete;
  JudgeTask& operator=(const JudgeTask&) = delete;

  int fd() const;  // -1 when it is over
  int64_t deadline_ns() const { return deadline_ns_; }
  // Answers what the child asks; what it judges once it has said so. A child that dies, hangs, lies about its lengths or says too much gives
  // a refusal. Never waits for a child that has said nothing.
  std::optional<Judgement> Step();
  // To be asked before anything is done on its word: waits until the child, which ends now, has ended. Who answered and then failed is not
  // believed, for it may have been taken over between the two: a refusal. (That wait is a tenth of a millisecond, in which a record can be
  // written up.)
  std::optional<Judgement> Unbelieved();

 private:
  class Answering;
  std::string End(std::string why);
  Judgement Refused(std::string why) const;
  std::string event_name_;
  agent::Client client_{};
  int64_t deadline_ns_ = 0;
  pid_t pid_ = -1;
  Oracle oracle_;
  std::unique_ptr<Answering> answering_;
  std::string failure_;
};

}  // namespace checkrein::monitor
