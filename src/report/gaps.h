// Silence as a finding: times at which the log should have been written to and was not.
//
//   Gaps gaps;
//   for (each record, in order) gaps.Feed(index, record);
//   for (const Gap& gap : gaps.Found()) ...
//
// A supervisor writes a heartbeat every five minutes while a run lasts, and a boot record says how the log was found after a boot. So a
// longer silence within a run, a run without an end, and an unclean boot each say that somebody or something stopped the record: the machine
// slept, or it was suspended, killed or cut off. With hooks only there is no process that could write, and silence says nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace checkrein::report {

inline constexpr int64_t kHeartbeatMs = 5 * 60 * 1000;
inline constexpr int64_t kSilenceMs = kHeartbeatMs + kHeartbeatMs / 2;

struct Gap {
  uint64_t index = 0;   // of the record before it
  std::string what;     // one line, printable
};

class Gaps {
 public:
  void Feed(uint64_t index, const json::Value& record);
  // With those of runs that have not ended.
  std::vector<Gap> Found() const;

 private:
  struct Open {
    uint64_t index = 0;
    int64_t mono_ms = 0;   // of the newest record while the run lasts
    std::string boot;
  };
  std::map<std::string, Open> runs_;   // by session
  std::vector<Gap> found_;
  std::string boot_;
};

}  // namespace checkrein::report
