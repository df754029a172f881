// A pipe whose ends close themselves and are not inherited.
//
//   Result<Pipe> pipe = MakePipe();
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein {

struct Pipe {
  Fd read_end, write_end;
};

inline Result<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace checkrein
