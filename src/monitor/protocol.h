// The messages between what is inside the sandbox and the supervisor outside (docs/format/supervisor.md), and between the person's
// commands and the supervisor. Each is one message of channel.h; every field comes from the other side and is not to be trusted.
//
//   inside -> supervisor   "event" client event-name bytes            answered by   "answer" out err exit-code
//   inside -> supervisor   "exec" ticket  + fds 0,1,2                 answered by   "ended" exit-code error       (when it has ended)
//   inside -> supervisor   "signal" number   (after "exec")           not answered
//   hook -> service        "event"; "take" ticket                       answered by   "ticket" ticket labels, or "ended" 125 error
//   hook -> service        "outcome" ticket, what was seen            answered by   "ended" 0 or 1, error
//   person -> supervisor   "pending"                                  answered by   "list" (id, seconds left, shown, why)*
//   person -> supervisor   "freeze" or "thaw"                         answered by   "ended" 0 or 1, error
//   person -> supervisor   "approve" id                               answered by   "ended" 0 or 1, error
//   person -> service      "may" what; "settled" uid record           answered by   "ended" 0 or 1, error
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/answer.h"
#include "monitor/judge.h"
#include "monitor/record.h"
#include "monitor/ticket.h"

namespace checkrein::monitor {

inline constexpr const char* kInsideDirectory = "/run/checkrein";
inline constexpr const char* kInsideSocket = "/run/checkrein/supervisor.sock";
inline constexpr const char* kInsideHook = "/run/checkrein/checkrein-hook";

std::string EncodeEvent(const Submission& submission);
std::string EncodeExec(const std::string& ticket);
std::string EncodeSignal(int number);
std::string EncodeTake(const std::string& ticket);
std::string EncodeTicket(const Ticket& ticket, const std::vector<std::string>& labels);
std::string EncodeOutcome(const std::string& ticket, const Outcome& outcome);  // what the other side cannot know: not action, not prediction
std::string EncodePendingRequest();
std::string EncodeApprove(const std::string& id);
std::string EncodeFreeze();
std::string EncodeThaw();
std::string EncodeMay(const std::string& what);                         // "changes commit": whether the asker may, for another user
std::string EncodeSettled(int64_t uid, const json::Value& record);      // what became of `uid`'s held changes, to be recorded
std::string EncodeAnswer(const agent::Wire& wire);
std::string EncodeEnded(int exit_code, const std::string& error);

struct Request {
  enum class Kind { kEvent, kExec, kSignal, kPending, kApprove, kFreeze, kThaw, kTake, kOutcome, kMay, kSettled } kind = Kind::kEvent;
  Submission submission;
  std::string ticket;   // kExec, kTake, kOutcome
  Outcome outcome;      // kOutcome
  int signal = 0;       // kSignal
  std::string id;       // kApprove; of kMay what is asked
  int64_t uid = -1;     // kSettled: whose changes
  std::string record;   // kSettled: JSON
};
std::optional<Request> DecodeRequest(std::string_view bytes);
std::optional<agent::Wire> DecodeAnswer(std::string_view bytes);
struct HandedTicket {
  Ticket ticket;
  std::vector<std::string> labels;  // of its session
};
std::optional<HandedTicket> DecodeTicket(std::string_view bytes);
struct Ended {
  int exit_code = 0;
  std::string error;
};
std::optional<Ended> DecodeEnded(std::string_view bytes);

struct PendingAction {
  std::string id;
  int64_t seconds_left = 0;
  std::string shown, why, session;
};
std::string EncodePending(const std::vector<PendingAction>& pending);
std::optional<std::vector<PendingAction>> DecodePending(std::string_view bytes);

}  // namespace checkrein::monitor
