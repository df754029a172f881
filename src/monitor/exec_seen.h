// What was seen of the programs that a command executed, and what that means beside what was predicted of it. Pure; exec_watch.h fills it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "effect/effect.h"

namespace checkrein::monitor {

inline constexpr size_t kMaxProgramsSeen = 256;   // distinct pairs of a program and who executed it, of one command; more are lost, and counted
inline constexpr size_t kMaxCallsSeen = 3;
inline constexpr size_t kMaxRenamesSeen = 4;

struct ExecSeen {
  std::string path;     // claimed by the program
  std::string caller;   // image of the process that executed it: the kernel's word
  std::string interpreter;  // of a script, by its first line
  std::string image;    // what ran in the process afterwards: the kernel's word; "" when it was over before we looked
  bool as_claimed = false;  // `image` is the file that `path` led to
  uint64_t times = 0;
  std::vector<std::string> calls;  // claimed arguments, joined by spaces, of the first kMaxCallsSeen that differ
};
struct ExecsSeen {
  bool watched = false;            // there was a listener
  std::vector<ExecSeen> programs;  // in the order in which they were first seen
  uint64_t count = 0;              // attempts at files that are there
  uint64_t absent = 0;             // attempts at files that are not: a shell that tries its PATH
  uint64_t lost = 0;               // seen to happen, and nothing more is known
  std::vector<std::string> refused;  // calls that only somebody makes who wants out ("ptrace"), each once; all were refused
  std::vector<std::string> renamed_directories;  // that it tried to rename, the first kMaxRenamesSeen
};

// The effects `exec:PATH` of what was seen: under the predicted name where a prediction means this file (`exec:sh` is /usr/bin/sh).
EffectSet ExecEffects(const ExecsSeen& seen, const EffectSet& predicted);

// Those of them that follow from what was predicted and are no surprise: the predicted ones, and installed programs that those start for their
// work, as a compiler its assembler. A shell or an interpreter is none of them, for it can do anything, unless the prediction said itself
// that it is not complete; what runs from a place that commands can write to never is.
EffectSet AccountedExecs(const ExecsSeen& seen, const EffectSet& predicted, Coverage coverage);

// What to tell of a command that failed after it had tried to rename a directory that the workspace had; "" when it did not. An overlay in a user
// namespace cannot do that, the kernel says "Invalid cross-device link", and so does the program.
std::string WhyRenameFailed(const ExecsSeen& seen, const std::string& workspace);

// Arguments hold passwords as often as commands do.
void RedactCalls(ExecsSeen& seen, const Digest& key);

}  // namespace checkrein::monitor
