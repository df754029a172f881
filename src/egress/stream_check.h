// Whether what a program says on a connection is for the host that the connection was permitted to (domain fronting: one address serves many
// names, and the name in the greeting or the request chooses).
//
//   StreamCheck check("a.example");
//   StreamCheck::Answer answer = check.Look(pending);     // pass on `answer.pass` bytes; keep the rest and call again with more behind it
//   if (!answer.refused.empty()) ...                      // end the connection
//
// TLS: the first record must be a ClientHello that names the host in clear: no name, another name or an encrypted hello are refused.
// HTTP/1: every request of the connection must name it, in `Host` and in an absolute target; what a server could read in two ways is refused.
// Anything else passes: the address it goes to was looked up for the permitted name by us.
// Not covered: what is inside TLS (`:authority` of HTTP/2 among it), and protocols that turn into TLS or HTTP later (STARTTLS).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace checkrein::egress {

inline constexpr size_t kMaxHeadBytes = 48u << 10;  // of one request; must stay below the buffer that holds what is pending

class StreamCheck {
 public:
  // `host`: canonical, a name. For an address that was permitted as such, nothing is checked: give "".
  explicit StreamCheck(std::string host) : host_(std::move(host)), state_(host_.empty() ? State::kOpaque : State::kStart) {}

  struct Answer {
    size_t pass = 0;
    std::string refused;
  };
  Answer Look(std::string_view pending);

 private:
  enum class State : uint8_t { kStart, kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer, kUpgraded, kOpaque };
  size_t Step(std::string_view pending);   // bytes that may pass; 0: more is needed (or refused_ says why not)
  size_t Start(std::string_view pending);
  size_t Hello(std::string_view pending);
  size_t Head(std::string_view pending);
  size_t ChunkSize(std::string_view pending);
  size_t Line(std::string_view pending, std::string_view* line);  // length with its end, 0 when it is not there yet
  bool ReadHead(std::string_view head);
  bool ReadRequestLine(std::string_view line);
  bool ReadField(std::string_view line);
  bool IsForHost(std::string_view authority);
  size_t Refuse(std::string why) {
    refused_ = std::move(why);
    return 0;
  }
  bool RefuseHead(std::string why) {
    refused_ = std::move(why);
    return false;
  }

  std::string host_, refused_;
  State state_;
  uint64_t left_ = 0;      // of a body or chunk
  // Of the request that is being read.
  int hosts_ = 0;
  bool chunked_ = false, sized_ = false, upgrade_ = false;
};

}  // namespace checkrein::egress
