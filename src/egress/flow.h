// One connection through the broker, and the bytes on their way.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "egress/proxy.h"
#include "egress/stream_check.h"

namespace checkrein::egress {

// One direction: bytes read from one side and not yet written to the other.
class Pipe {
 public:
  static constexpr size_t kRoom = 64u << 10;  // above what has to be seen whole before it may pass
  std::string_view pending() const { return std::string_view(buffer_).substr(begin_); }
  bool wants() const { return !source_ended && pending().size() < kRoom; }
  bool Fill(int from);            // false: broken
  bool Drain(int to, size_t n);   // writes at most n bytes; false: broken
  void Take(size_t n) { begin_ += n; }
  bool empty() const { return begin_ == buffer_.size(); }
  bool source_ended = false, sink_shut = false;

 private:
  std::string buffer_;
  size_t begin_ = 0;
};

struct Flow {
  enum class Stage : uint8_t { kGreeting, kAsking, kLooking, kDialling, kOpen } stage = Stage::kAsking;
  Fd inside, outside;
  Fd lookup;                      // a child writes addresses to it
  std::string looked_up;
  std::vector<in6_addr> addresses;  // still to be tried
  bool agent = false;
  bool by_person = false;         // where it goes was named by a person: a route, a published port
  bool may_be_private = false;
  std::optional<ProxyGreeting> proxy;
  Endpoint to;
  std::string meant, address;
  int64_t since_ns = 0;
  StreamCheck check{""};
  Pipe out, in;                   // from inside, to inside
  size_t passed = 0;              // bytes of `out` that the check let pass and that are not written yet
};

}  // namespace checkrein::egress
