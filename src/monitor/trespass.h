// What something inside the sandbox tried against Checkrein itself: each is refused where it is tried; this says what stands in the log about it.
//
//   if (const auto facts = trespasses.Note(Trespass::kPersonsRequest, "approve", MonotonicNanos())) monitor.RecordFinding(Finding::kTrespass, *facts);
//
// The same again within ten seconds is counted and not written, so that whoever tries can not fill the log either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "monitor/finding.h"
#include "monitor/repeats.h"

namespace checkrein::monitor {

enum class Trespass : uint8_t {
  kPersonsRequest,  // approve, pending, freeze, thaw, changes ..., over the socket that is there for the hook
  kMalformed,       // bytes that are no message
  kOutOfTurn,       // a message that nobody who speaks the protocol sends then
  kTicket,          // unknown, used, expired, without its descriptors, or its scripts have changed
  kDescriptors,     // too many, or some that could stop whoever closes them
  kFlood,           // as many conversations at once as there are
};

class Trespasses {
 public:
  // `detail` is from inside: it is clipped, and what is not printable is replaced.
  std::optional<FindingFacts> Note(Trespass what, std::string_view detail, int64_t now_ns);

 private:
  Repeats repeats_;
};

}  // namespace checkrein::monitor
