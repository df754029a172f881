// Some commands are a person's, never an agent's. Inside a sandbox their state does not exist, so they could do nothing; this says so, and has the
// supervisor note it where there is one to hear.
#pragma once

#include <unistd.h>

#include <optional>

#include "base/result.h"
#include "monitor/channel.h"
#include "monitor/protocol.h"
#include "sandbox/session.h"

namespace checkrein::cli {

inline std::optional<Error> RefusedInside(const char* command) {
  if (access(sandbox::kInsideMark, F_OK) != 0) return std::nullopt;
  if (const Result<Fd> supervisor = monitor::ConnectTo(monitor::kInsideSocket)) {
    [[maybe_unused]] const Status told = monitor::SendMessage(supervisor->get(), monitor::EncodeMay(command), {});
  }
  return Error{Error::Kind::kDenied, std::string(command) + ": not from inside a sandbox; a person can, from a terminal of their own"};
}

}  // namespace checkrein::cli
