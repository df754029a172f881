// A terminal for the agent: a pseudo-terminal of its own, with the person's terminal relayed to it. The agent never holds the person's
// terminal itself, so it can put no characters into its input queue and cannot reach what else runs there.
#pragma once

#include <termios.h>

#include <optional>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein::monitor {

class TerminalRelay {
 public:
  // Makes the pair and puts the person's terminal (descriptors 0 and 1) into raw mode until this object ends.
  static Result<TerminalRelay> Open();
  TerminalRelay(TerminalRelay&& other) noexcept;
  TerminalRelay& operator=(TerminalRelay&&) = delete;
  ~TerminalRelay();

  int slave() const { return slave_.get(); }
  int master() const { return master_.get(); }
  void CloseSlave() { slave_.Reset(-1); }   // once the agent has it

  // Move what is there: the person's keys to the agent, the agent's output to the person. False: that side has ended.
  bool FromPerson();
  bool FromAgent();
  void FollowSize();   // after SIGWINCH

 private:
  TerminalRelay() = default;
  Fd master_, slave_;
  std::optional<termios> before_;
};

}  // namespace checkrein::monitor
