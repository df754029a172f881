// What a commit is about to put in place of a file, noted beside the copy before its temporary name can be seen in the workspace: a supervisor that is
// killed then, or the machine's owner's edit in that very moment, leaves nothing behind that the next one does not find and put right.
//
//   PutNote note(copy);
//   note.Write({"src", ".checkrein-commit-7-0", "a.cc", new_inode, before});   // then the name, the exchange, and the name's end
//   Status done = FinishPutting(copy);                                        // whoever holds the copy next
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/changes.h"

namespace checkrein::sandbox {

struct Putting {
  std::string directory;   // relative to the workspace; "" for itself
  std::string temporary;   // names in it
  std::string name;
  uint64_t made = 0;       // inode of what is to be put there; 0: it has no name yet, or only the temporary one
  uint64_t before = 0;     // of what is replaced, with its size and time of change of content: 0 for nothing
  int64_t size = 0, seconds = 0, nanoseconds = 0;
};

class PutNote {
 public:
  explicit PutNote(const Copy& copy) : path_(copy.work + "/checkrein-putting") {}
  Status Write(const Putting& putting);  // over the one before; no more than a write of some hundred bytes

 private:
  std::string path_;
  Fd file_;
};

// Takes away the temporary name that was left, if one was: what was made for the commit, or what it has replaced. An edit that a person made between the last
// look and the exchange goes back to its place first. Anything else is left alone. With the copy held.
Status FinishPutting(const Copy& copy);

}  // namespace checkrein::sandbox
