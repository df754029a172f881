// Runs Judge in a child process that locks itself before it reads a byte of the event. The parent answers the child's few
// questions, waits no longer than the deadline, and takes anything but a whole, well-formed judgement for a refusal.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "monitor/judge.h"
#include "monitor/live_world.h"

namespace checkrein::monitor {

// What the parent answers with.
struct Oracle {
  const LiveWorld* world = nullptr;
  std::function<SessionFacts(std::string_view session)> facts;
  std::function<advisories::PinReport(const std::string& workspace)> pins;
  std::string home;   // whose configuration of clients is read
};

inline constexpr int kJudgeDeadlineMs = 8'000;     // far below the least of the clients' time-outs (30 s)
inline constexpr int kMaxQuestions = 4'096;        // per event; a child that asks more gets no answers
inline constexpr size_t kMaxScriptBytes = 1u << 20;

// Never fails: a child that dies, hangs, lies about its lengths or says too much gives a Judgement with a refusal.
// Cost: one fork (0.1 to 0.3 ms in a small process) and two messages for each question.
// `meanwhile`, if any, is done once by the caller's process while the child is at work: what is needed only after the judgement.
Judgement JudgeInChild(const Submission& submission, const JudgeSetup& setup, const Oracle& oracle, int deadline_ms, std::function<void()> meanwhile = {});

}  // namespace checkrein::monitor
