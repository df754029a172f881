// The heartbeat of whatever keeps a log for long: due every five minutes, and when it comes late, a finding says so.
//
//   Pulse pulse(MonotonicNanos(), UnixMillis());
//   if (pulse.IsDue(now_ns)) monitor.RecordHeartbeat(pulse.Beat(monitor.NewEnvelope()));
//
// Silence that nobody was there to notice (the process was killed) is found by the next one that starts, and by `log verify --gaps`.
#pragma once

#include <cstdint>

#include "monitor/finding.h"

namespace checkrein::monitor {

class Pulse {
 public:
  static constexpr int kPeriodMs = 300'000;   // report/gaps.h reads by the same

  Pulse(int64_t mono_ns, int64_t unix_ms) : mono_ns_(mono_ns), unix_ms_(unix_ms) {}
  bool IsDue(int64_t mono_ns) const { return mono_ns - mono_ns_ >= int64_t{kPeriodMs} * 1'000'000; }
  // Beats at the envelope's time. The finding about the time since the last beat; a null value when there is none.
  json::Value Beat(const Envelope& now) {
    json::Value finding = SilenceFinding(now, (now.mono_ns - mono_ns_) / 1'000'000, now.unix_ms - unix_ms_, kPeriodMs);
    mono_ns_ = now.mono_ns;
    unix_ms_ = now.unix_ms;
    return finding;
  }

 private:
  int64_t mono_ns_ = 0, unix_ms_ = 0;
};

}  // namespace checkrein::monitor
