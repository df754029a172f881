// What repeats within ten seconds is counted, not written down each time: one line of the log costs more than one connection.
//
//   if (const auto before = repeats.Count("agent a.example:443 open", MonotonicNanos())) Write(*before);
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace checkrein::monitor {

// How often each thing happened since it was last written down.
class Repeats {
 public:
  // How often it was left out before; nothing when this one should be left out too.
  std::optional<int64_t> Count(const std::string& what, int64_t now_ns) {
    if (seen_.size() > kMaxKept) seen_.clear();
    auto& [when_ns, count] = seen_[what];
    if (when_ns != 0 && now_ns - when_ns < kQuietNs) {
      ++count;
      return std::nullopt;
    }
    when_ns = now_ns;
    return std::exchange(count, 0);
  }

 private:
  static constexpr int64_t kQuietNs = 10'000'000'000;
  static constexpr size_t kMaxKept = 4'096;
  std::map<std::string, std::pair<int64_t, int64_t>> seen_;
};

}  // namespace checkrein::monitor
