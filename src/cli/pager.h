// Long output on a terminal goes through the person's pager ($PAGER, else less), short output and every pipe does not.
//
//   Pager pager;             // from here on stdout is the pager, if there is one
//   ...
//   // its end waits for the person to leave the pager
#pragma once

#include <sys/types.h>

#include "base/fd.h"

namespace checkrein::cli {

class Pager {
 public:
  Pager();
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

 private:
  pid_t pid_ = -1;
  Fd terminal_;  // what stdout was
};

}  // namespace checkrein::cli
