// Opening paths that hostile code chose, without ever leaving a directory: no link is followed, `..` does not lead out.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"

namespace checkrein::sandbox {

// openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS. `path` is relative; "" is the directory itself. Invalid with errno
// set when it cannot be.
Fd OpenBeneath(int directory, const std::string& path, int flags);

// The content of a regular file of at most `most` bytes; nothing for what is none, is not there, or is larger. Never waits: a fifo may stand there.
std::optional<std::string> ReadBeneath(int directory, const std::string& path, size_t most);

}  // namespace checkrein::sandbox
