// The session's first process: builds the view, then starts programs on its parent's word. See session.h.
//
// Everything below runs after a raw clone of a process that may have had threads: system calls only, no allocation, no locks, no C++ objects
// with destructors that matter. Failures go back as a stage and an errno value.
#pragma once

#include <initializer_list>

#include "sandbox/image.h"
#include "sandbox/unowned.h"

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
  struct Spare {
    int pidfd = -1, report = -1;
  } spare = {};                // an init that waits for its program; for commands
  unsigned served = 0;         // programs asked for so far
  unsigned umask = 022;        // of the caller, for the programs
};

// What a new program gets; `streams` in order, -1 for /dev/null.
struct ProgramStart {
  RequestHead* head;
  int streams[3];
  int ruleset;  // of Landlock
};

// A program's init, from the clone on. It gets ready, and then waits for what to start: so one can be had in advance, and all
// that is left to do when a program is wanted is a fork and an exec.
struct InitStart {
  Reach reach;
  Identity identity;
  int network;   // to enter; -1 when it is the spawner's own
  // A socket. In: one message, a program request as the spawner got it, and the ruleset after its descriptors. Out: first, when execs are watched,
  // the listener; then the Report.
  int report;
};
[[noreturn]] void RunInit(const SpawnerState& state, const InitStart& start);

inline constexpr size_t kMaxRequestFds = kMaxHostTrees + 1;  // a program has its request, three streams and the ruleset
// Receives one message and its descriptors; returns its byte, 0 when there is none any more.
char ReceiveRequest(int channel, int* fds, size_t* count);
bool SendDescriptors(int channel, const void* bytes, size_t size, const int* fds, size_t count);
RequestHead* MapRequest(int file);

int CloseAllBut(std::initializer_list<int> kept);  // also 0, 1 and 2; negative ones are none
// Maps `uid` and `gid` to the caller's own, in the user namespace it has just made, through `proc`, its own directory in /proc.
int WriteMaps(int proc, unsigned uid, unsigned gid, const Image& image);

}  // namespace checkrein::sandbox
