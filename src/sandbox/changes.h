// What happened in a copy-on-write workspace, and what becomes of it: list, commit, discard.
//
//   Copy copy{"/home/u/project", "/home/u/.local/state/checkrein/s1/upper", "/home/u/.local/state/checkrein/s1/work"};
//   ... a Session ran on the copy and has ended ...
//   Result<std::vector<Change>> changes = Changes(copy);
//   Result<CommitReport> report = CommitAll(copy);   // or Commit(copy, {"src/a.cc"})
//   Status gone = Discard(copy);
//
// The upper layer was written by hostile code: every name, link, mode and attribute in it is untrusted. The workspace may be edited by
// its owner at any time. All path work goes through openat2(2) beneath a directory descriptor, and follows no link of any kind.
//
// Commit and Discard are refused (kDenied) while a session on this copy lives: nothing may be removed beneath a live overlay.
// Changes may be called at any time; on a live session it is a snapshot.
// A session writes nothing through to the disk before it must: when the machine itself went down while one ran, every change of the copy is
// reported as a conflict, and the copy can only be looked at and discarded.
// Not covered: extended attributes other than the ones that grant access (those are removed), hard links (each name becomes a file
// of its own when the copy lies on another file system), durability against power loss (no fsync; the same as an editor without it),
// atomicity of a commit of several paths (a commit that stops half-way can be run again: what was committed has left the copy).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::sandbox {

// The three directories of a copy. All absolute, without symbolic links; `upper` and `work` on one file system, mode 0700, owned by
// the caller, empty before the first session, and neither inside the workspace nor around it. `work` is the kernel's, but for one
// small file of ours: when the first session on this copy began.
struct Copy {
  std::string workspace;
  std::string upper;
  std::string work;
};

enum class ChangeKind : uint8_t {
  kAdded,     // not in the workspace
  kModified,  // content or mode of a file or link, or the mode of a directory
  kDeleted,   // a file, a link, or a directory with all it holds
  kReplaced,  // of another type than before, or a directory deleted and made anew: what it held before is gone
};
enum class ChangeType : uint8_t { kFile, kDirectory, kLink, kOther };  // kOther: device, socket, fifo: never committed

struct Change {
  std::string path;  // relative to the workspace; untrusted bytes, may hold anything but NUL
  ChangeKind kind = ChangeKind::kAdded;
  ChangeType type = ChangeType::kOther;  // of what is there now; of what was there for kDeleted
  uint32_t mode = 0;                     // permission bits as in the copy, set-id bits included (a commit strips them)
  uint64_t size_bytes = 0;               // of a file
  std::string link_target;               // of a link
  std::string refused;                   // not empty: why this one can never be committed
  std::string conflict;                  // not empty: why committing it would lose somebody else's change
};

std::string_view ChangeKindName(ChangeKind kind);  // "added"

inline constexpr size_t kMaxChanges = 1'000'000;  // entries of one answer; more is kLimit: a copy that size needs another tool
inline constexpr size_t kMaxDepth = 256;          // directories below each other; what lies deeper is one `refused` change

// Walks the upper layer, parents before children; in a copy with many directories with a thread beside the caller's, gone when it returns. Cost: the number of changes, not the size of the workspace (but a deleted or
// replaced directory is walked in the workspace, to find what its owner changed in it).
// A conflict is a path whose file in the workspace was changed (ctime) after the first session on this copy began. An edit within the same
// clock tick (<= 10 ms) as that beginning is not noticed.
Result<std::vector<Change>> Changes(const Copy& copy);

struct Uncommitted {
  std::string path;
  std::string why;
};
struct CommitReport {
  std::vector<Change> committed;
  std::vector<Uncommitted> left;  // refused, in conflict, or failed: still in the copy
};

// Writes changes into the workspace: files by temporary file and rename, deletions after a last look for conflicts. Keeps modification
// times and permission bits, strips setuid, setgid and sticky bits and access lists. What was committed leaves the copy.
// Commit takes exact paths as Changes gives them; a path beneath a directory that is itself an uncommitted change takes that directory
// along (made, not its other content). kNotFound when a path is no change.
Result<CommitReport> CommitAll(const Copy& copy);
Result<CommitReport> Commit(const Copy& copy, const std::vector<std::string>& paths);

// The same while a session is mounted on the copy: nothing leaves the upper layer, what was committed is noted as the same on both sides
// (shared.h). A file that is being written while it is copied is left for the next time. `keeper` may be null: then it cannot be undone.
class Keeper;
using JudgedContents = std::map<std::string, std::string>;  // path -> what it held when it was judged: a file that holds anything else by now is left
Result<CommitReport> CommitLive(const Copy& copy, const std::vector<std::string>& paths, Keeper* keeper, const JudgedContents& judged = {});

// Finishes what a commit that was killed left in the workspace: a file under a temporary name for a moment. So does everything that holds the copy, but
// a copy may be left for days. Nothing while a session on it lives.
Status Recover(const Copy& copy);

// Writes the person's edit of `path` into the session whose root directory is `root`, so that programs that look, or hold it open, see it. Answers
// whether there was one; a path that both sides changed is left alone (it shows as a conflict).
Result<bool> PushEdit(const Copy& copy, int root, const std::string& path);

// Removes `upper` and `work` with everything in them. Works on trees of any depth.
Status Discard(const Copy& copy);
// Drops these changes, exact paths as Changes gives them, a directory with all that changed in it; the others stay. kNotFound, with nothing
// dropped, when one is no change.
Status Discard(const Copy& copy, const std::vector<std::string>& paths);

}  // namespace checkrein::sandbox
