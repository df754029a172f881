#include "egress/flow.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace checkrein::egress {

bool Pipe::Fill(int from) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  char bytes[32u << 10];
  const ssize_t n = recv(from, bytes, std::min(sizeof bytes, kRoom - buffer_.size()), MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) source_ended = true;
  buffer_.append(bytes, static_cast<size_t>(n));
  return true;
}

bool Pipe::Drain(int to, size_t n) {
  if (n == 0) return true;
  const ssize_t sent = send(to, buffer_.data() + begin_, n, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  begin_ += static_cast<size_t>(sent);
  return true;
}

}  // namespace checkrein::egress
