// Which of the three ways Checkrein is in force here. It is written into every record, for it says what the record is worth.
#pragma once

#include <cstdint>
#include <string_view>

namespace checkrein::monitor {

enum class Mode : uint8_t {
  kHooks,   // the client's hooks call us, under the agent's own uid: a sensor and explainer
  kRun,     // `checkrein run`: the supervisor outside, everything else inside the sandbox
  kSystem,  // a system installation: the client's hooks ask a service of another user, which decides and keeps the log (service.h)
};

inline std::string_view ModeName(Mode mode) { return mode == Mode::kRun ? "run" : mode == Mode::kSystem ? "system" : "hooks"; }

}  // namespace checkrein::monitor
