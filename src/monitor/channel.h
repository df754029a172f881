// Messages on a local stream socket: one field (fields.h) that holds the whole message, with descriptors beside its first byte.
// Used between the hook and the supervisor, in both directions; docs/format/supervisor.md has the messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein::monitor {

inline constexpr size_t kMaxMessageBytes = 12u << 20;   // an event of 8 MiB and its frame
inline constexpr size_t kMaxMessageFds = 3;             // standard input, output, error

struct Message {
  std::string bytes;
  std::vector<Fd> fds;
};

// Blocks until all is written. kIo when the other side is gone.
Status SendMessage(int socket, std::string_view bytes, const std::vector<int>& fds);

// Collects messages from a socket that may be slow, hostile, or both: feed it when the socket is readable. More descriptors than
// kMaxMessageFds in one message, one that is a network connection (closing it could wait for as long as the peer likes), or more bytes than
// kMaxMessageBytes, end the conversation (kLimit).
class Receiver {
 public:
  explicit Receiver(int socket) : socket_(socket) {}  // borrows
  enum class State { kMore, kMessage, kClosed };
  // Reads what is there, once. kMessage: take it with Take(). Never blocks on a socket that poll() called readable.
  Result<State> Feed();
  bool HasMessage() const;
  Message Take();

 private:
  int socket_;
  std::string pending_;
  std::vector<Fd> fds_;
};

// One message, blocking, until the deadline (monotonic nanoseconds; 0 waits for ever).
Result<Message> ReceiveMessage(int socket, int64_t deadline_ns);

// A connected or listening Unix socket at `path`, of any length (its last part: some 80 bytes).
Result<Fd> ConnectTo(const std::string& path);
Result<Fd> ListenAt(const std::string& path);  // mode 0600; replaces a socket that nobody listens at

}  // namespace checkrein::monitor
