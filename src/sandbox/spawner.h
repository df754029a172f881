// The session's first process: builds the view, then starts programs on its parent's word. See session.h.
//
// Everything below runs after a raw clone of a process that may have had threads: system calls only, no allocation, no locks, no C++ objects
// with destructors that matter. Failures go back as a stage and an errno value.
#pragma once

#include "sandbox/image.h"

namespace checkrein::sandbox {

// Never returns. Expects all signals blocked.
[[noreturn]] void RunSpawner(const Image& image);

// --- between spawner.cc and program.cc -----------------------------------------------------------------------------------------------

enum Network : int { kCommandNet = 0, kAgentNet = 1 };

struct SpawnerState {
  const Image& image;
  int ruleset = -1;
  int networks[2] = {-1, -1};  // by Network; made when first needed
  int here = -1;               // the one the spawner itself is in
  unsigned umask = 022;        // of the caller, for the programs
};

// What a new program gets; `streams` in order, -1 for /dev/null.
struct ProgramStart {
  RequestHead* head;
  int streams[3];
  int network;  // to enter; -1 when it is the spawner's own
  int report;
};

[[noreturn]] void RunInit(const SpawnerState& state, const ProgramStart& start);

int CloseAllBut(int a, int b);  // also 0, 1 and 2
int MountProc();

}  // namespace checkrein::sandbox
