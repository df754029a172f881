// Wall and monotonic time. Functions of the edge: pure code takes the time as an argument.
#pragma once

#include <cstdint>
#include <string>

namespace checkrein {

int64_t UnixMillis();        // milliseconds since 1970-01-01 UTC; may step
int64_t MonotonicNanos();    // nanoseconds since an arbitrary point of this boot; never steps
std::string Rfc3339(int64_t unix_ms);  // "2026-01-02T03:04:05.678Z"

}  // namespace checkrein
