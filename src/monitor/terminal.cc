#include "monitor/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

namespace checkrein::monitor {

Result<TerminalRelay> TerminalRelay::Open() {
  TerminalRelay relay;
  relay.master_ = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[128];
  if (!relay.master_.valid() || grantpt(relay.master_.get()) != 0 || unlockpt(relay.master_.get()) != 0 || ptsname_r(relay.master_.get(), name, sizeof name) != 0)
    return SystemError("pseudo-terminal", errno);
  relay.slave_ = Fd(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!relay.slave_.valid()) return SystemError(name, errno);
  termios now{};
  if (tcgetattr(STDIN_FILENO, &now) != 0) return SystemError("terminal", errno);
  tcsetattr(relay.slave_.get(), TCSANOW, &now);
  relay.FollowSize();
  termios raw = now;
  cfmakeraw(&raw);
  if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) != 0) return SystemError("terminal", errno);
  relay.before_ = now;
  return relay;
}

TerminalRelay::TerminalRelay(TerminalRelay&& other) noexcept
    : master_(std::move(other.master_)), slave_(std::move(other.slave_)), before_(std::exchange(other.before_, std::nullopt)) {}

TerminalRelay::~TerminalRelay() {
  if (before_) tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
}

namespace {
bool Copy(int from, int to) {
  char buffer[16384];
  const ssize_t n = read(from, buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  return WriteAll(to, {buffer, static_cast<size_t>(n)}).ok();
}
}  // namespace

bool TerminalRelay::FromPerson() { return Copy(STDIN_FILENO, master_.get()); }
bool TerminalRelay::FromAgent() { return Copy(master_.get(), STDOUT_FILENO); }

void TerminalRelay::FollowSize() {
  winsize size{};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(master_.get(), TIOCSWINSZ, &size);
}

}  // namespace checkrein::monitor
