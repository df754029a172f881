// The two sockets of a run: one that the agent sees inside, one that only the person reaches. Who comes in by which, and how many at once.
//
//   Result<Doors> doors = Doors::Open(state + "/run/" + id);
//   ... poll doors->Waiting(Doors::Side::kInside, conversations of that side) ...
//   Fd peer = doors->Accept(Doors::Side::kInside);
//
// Each side has room of its own: whoever fills the one from inside must not keep the person from `freeze`. The sockets do not block: nor must
// one who reads nothing.
#pragma once

#include <poll.h>

#include <cstddef>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein::monitor {

class Doors {
 public:
  enum class Side { kInside, kPerson };
  static constexpr size_t kMaxInside = 256;  // conversations at once; further ones wait in the listener's queue
  static constexpr size_t kMaxPerson = 64;

  // `directory` is made (0700); `inside` and `control` stand in it until this goes.
  static Result<Doors> Open(std::string directory);
  Doors(Doors&&) noexcept = default;
  Doors& operator=(Doors&&) = delete;
  ~Doors();

  pollfd Waiting(Side side, size_t conversations) const;  // waits for nothing while the side has no room
  Fd Accept(Side side);  // the next one who waits; none when there is nobody, or somebody of another user

  // Descriptors for so many conversations, each with what may come beside its messages. Call it when nothing inherits the limit any more.
  static void MakeRoomForDescriptors();

 private:
  Doors(std::string directory, Fd inside, Fd person) : directory_(std::move(directory)), inside_(std::move(inside)), person_(std::move(person)) {}

  std::string directory_;
  Fd inside_, person_;
};

}  // namespace checkrein::monitor
