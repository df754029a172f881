#include "base/clock.h"

#include <time.h>

#include <cstdio>

namespace checkrein {
namespace {
timespec Now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return t;
}
}  // namespace

int64_t UnixMillis() {
  const timespec t = Now(CLOCK_REALTIME);
  return int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

int64_t MonotonicNanos() {
  const timespec t = Now(CLOCK_MONOTONIC);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

std::string Rfc3339(int64_t unix_ms) {
  int64_t seconds = unix_ms / 1000;
  int64_t millis = unix_ms % 1000;
  if (millis < 0) {
    millis += 1000;
    --seconds;
  }
  const time_t when = static_cast<time_t>(seconds);
  tm parts{};
  if (gmtime_r(&when, &parts) == nullptr) return "?";
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                parts.tm_sec, static_cast<int>(millis));
  return text;
}

}  // namespace checkrein
