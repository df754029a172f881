#include "monitor/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fields.h"
#include "base/path.h"

namespace checkrein::monitor {
namespace {

// A socket's address holds 107 bytes. What is longer is named from its directory, held open meanwhile.
struct Address {
  sockaddr_un bytes{};
  Fd directory;
};
Result<Address> AddressOf(const std::string& path) {
  Address out;
  out.bytes.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof out.bytes.sun_path) {
    const std::string directory(DirName(path));
    out.directory.Reset(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!out.directory.valid()) return SystemError(directory, errno);
    name = "/proc/self/fd/" + std::to_string(out.directory.get()) + "/" + std::string(BaseName(path));
    if (name.size() >= sizeof out.bytes.sun_path) return Error{Error::Kind::kLimit, path + ": its name is too long for a socket"};
  }
  memcpy(out.bytes.sun_path, name.c_str(), name.size() + 1);
  return out;
}

bool IsNetworkSocket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && (domain == AF_INET || domain == AF_INET6);
}

// The last close of a TCP socket may wait for as long as its owner asked for (socket(7), SO_LINGER), until a signal comes.
void CloseNetworkSocket(int fd) {
  struct sigaction wake{}, before{};
  wake.sa_handler = [](int) {};
  sigaction(SIGALRM, &wake, &before);
  sigset_t alarm, mask;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, &mask);
  constexpr itimerval kEachMillisecond{{0, 1000}, {0, 1000}};  // again and again, for the first may come before the wait
  itimerval timer{};
  setitimer(ITIMER_REAL, &kEachMillisecond, &timer);
  close(fd);
  setitimer(ITIMER_REAL, &timer, nullptr);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  sigaction(SIGALRM, &before, nullptr);
}

}  // namespace

Status SendMessage(int socket, std::string_view bytes, const std::vector<int>& fds) {
  FieldWriter framed;
  framed.Add(bytes);
  std::string_view rest = framed.bytes();
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxMessageFds)] = {};
  bool first = true;
  while (!rest.empty()) {
    iovec part{const_cast<char*>(rest.data()), rest.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (first && !fds.empty()) {
      header.msg_control = control;
      header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
      cmsghdr* rights = CMSG_FIRSTHDR(&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
      memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
    }
    const ssize_t n = sendmsg(socket, &header, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      return SystemError("send", errno);
    }
    first = false;
    rest.remove_prefix(static_cast<size_t>(n));
  }
  return Done{};
}

bool Receiver::HasMessage() const {
  FieldReader r(pending_);
  r.Text();
  return r.ok();
}

Result<Receiver::State> Receiver::Feed() {
  char buffer[65536];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxMessageFds)];
  iovec part{buffer, sizeof buffer};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t n = recvmsg(socket_, &header, MSG_CMSG_CLOEXEC);
  if (n < 0) return errno == EINTR || errno == EAGAIN ? Result<State>(State::kMore) : Result<State>(SystemError("receive", errno));
  bool network = false;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      if (IsNetworkSocket(fd)) {
        CloseNetworkSocket(fd);
        network = true;
      } else {
        fds_.emplace_back(fd);
      }
    }
  }
  if (network) return Error{Error::Kind::kLimit, "a network connection for a standard stream"};
  if ((header.msg_flags & MSG_CTRUNC) != 0 || fds_.size() > kMaxMessageFds) return Error{Error::Kind::kLimit, "too many descriptors in one message"};
  if (n == 0) return State::kClosed;
  pending_.append(buffer, static_cast<size_t>(n));
  if (HasMessage()) return State::kMessage;
  if (pending_.size() > kMaxMessageBytes) return Error{Error::Kind::kLimit, "a message of more than " + std::to_string(kMaxMessageBytes) + " bytes"};
  return State::kMore;
}

Message Receiver::Take() {
  FieldReader r(pending_);
  Message message;
  message.bytes = r.Text();
  message.fds = std::move(fds_);
  fds_.clear();
  pending_.erase(0, 4 + message.bytes.size());
  return message;
}

Result<Message> ReceiveMessage(int socket, int64_t deadline_ns) {
  Receiver receiver(socket);
  for (;;) {
    int wait_ms = -1;
    if (deadline_ns != 0) {
      wait_ms = static_cast<int>((deadline_ns - MonotonicNanos()) / 1'000'000);
      if (wait_ms <= 0) return Error{Error::Kind::kLimit, "no answer in time"};
    }
    pollfd waiting{socket, POLLIN, 0};
    if (poll(&waiting, 1, wait_ms) < 0 && errno != EINTR) return SystemError("poll", errno);
    if (waiting.revents == 0) continue;
    const Result<Receiver::State> state = receiver.Feed();
    if (!state) return state.error();
    if (*state == Receiver::State::kMessage) return receiver.Take();
    if (*state == Receiver::State::kClosed) return Error{Error::Kind::kIo, "the other side ended the conversation"};
  }
}

Result<Fd> ConnectTo(const std::string& path) {
  const Result<Address> address = AddressOf(path);
  if (!address) return address.error();
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SystemError("socket", errno);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->bytes), sizeof address->bytes) != 0) return SystemError(path, errno);
  return fd;
}

Result<Fd> ListenAt(const std::string& path) {
  const Result<Address> address = AddressOf(path);
  if (!address) return address.error();
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SystemError("socket", errno);
  struct stat info{};
  if (lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) unlink(path.c_str());
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->bytes), sizeof address->bytes) != 0) return SystemError(path, errno);
  if (chmod(path.c_str(), 0600) != 0 || listen(fd.get(), 64) != 0) return SystemError(path, errno);
  return fd;
}

}  // namespace checkrein::monitor
