// Removes a directory tree of any depth and with any permission bits, without recursion: what lies deeper is moved up first. Follows no link.
#pragma once

#include "base/result.h"

namespace checkrein::sandbox {

// `name` in `directory` and everything in it; success when it does not exist. The tree must belong to the caller and be in nobody else's use.
Status RemoveTree(int directory, const char* name);

}  // namespace checkrein::sandbox
