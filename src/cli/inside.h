// Some commands are a person's, never an agent's. Inside a sandbox their state does not exist, so they could do nothing; this says so.
#pragma once

#include <unistd.h>

#include <optional>

#include "base/result.h"
#include "monitor/protocol.h"

namespace checkrein::cli {

inline std::optional<Error> RefusedInside(const char* command) {
  if (access(monitor::kInsideSocket, F_OK) != 0) return std::nullopt;
  return Error{Error::Kind::kDenied, std::string(command) + ": not from inside a sandbox; a person can, from a terminal of their own"};
}

}  // namespace checkrein::cli
