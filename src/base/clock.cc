#include "base/clock.h"

#include <time.h>

#include <chrono>
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

// By <chrono>: gmtime_r(3) reads the machine's time zone, a file, to find out nothing.
std::string Rfc3339(int64_t unix_ms) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> when{chrono::milliseconds(unix_ms)};
  const auto day = chrono::floor<chrono::days>(when);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(when - day);
  if (!date.ok()) return "?";  // beyond what a calendar of 16 bits can say
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text;
}

}  // namespace checkrein
