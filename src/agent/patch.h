// The files that a patch in the `*** Begin Patch` form touches (Codex, Copilot CLI and OpenCode offer it as a tool).
//
//   PatchPaths p = ReadPatchPaths("*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch\n");
//   // p.understood, p.paths == {"a.txt"}, p.deletes == {}
//
// Names more files rather than fewer: a line that any of the clients could take for a file header counts as one, wherever it
// stands. NOT covered: whether the patch applies, and its contents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace checkrein::agent {

struct PatchPaths {
  bool understood = false;           // false: not this form, no file named, or a name whose limits the clients may see differently
  std::vector<std::string> paths;    // added, updated, deleted, moved to
  std::vector<std::string> deletes;  // deleted or moved away
};

//   patch  = "*** Begin Patch" NL { header NL { body NL } } "*** End Patch"
//   header = ("*** Add File: " | "*** Delete File: " | "*** Update File: " | "*** Move to: ") path
//   body   = "+" text | "-" text | " " text | "@@" text | "*** End of File"
PatchPaths ReadPatchPaths(std::string_view patch);

}  // namespace checkrein::agent
