// Verifies a log's directory from its bytes alone.
//
//   Result<Verification> found = Verify(directory, vkey_from_elsewhere);
//   if (found && found->problems.empty()) ...   // records 0..found->size-1 are as they were signed
//
// What it proves and what it cannot is in docs/format/audit.md, "Verification".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

// A signed checkpoint of the log that was kept elsewhere.
struct Anchor {
  Anchor(std::string signed_note, std::string kept_where = "") : note(std::move(signed_note)), where(std::move(kept_where)) {}
  std::string note;
  std::string where;  // as problems and reports name it; "anchor N" when empty
};

struct VerifyOptions {
  std::optional<std::string> vkey;      // the key to be trusted; without it the directory's own key is used, and the caller must say so
  std::vector<Anchor> anchors;
  std::vector<std::string> witnesses;   // vkeys (cosignature/v1) whose signatures on anchors or the checkpoint count
  std::function<void(std::string_view record)> each = {};  // told of every record as it is read, in order, before its head is verified
};

// An anchor whose root is the log's at that size.
struct Anchored {
  std::string where;
  uint64_t size = 0;
};

// A cosignature that held, on a checkpoint whose root is the log's.
struct Cosigned {
  std::string witness;         // the key's name
  uint64_t size = 0;           // of the tree that it saw
  uint64_t unix_seconds = 0;   // when, by its own clock
};

// What a verification found. `problems` is empty only if everything held.
struct Verification {
  uint64_t size = 0;                     // records whose bytes lead to a signed head
  Digest root{};                         // of that tree
  std::vector<std::string> problems;     // the first names the first bad entry: "record 17: ..."
  uint64_t dropped_tail_bytes = 0;       // a torn frame after the last good one: not a problem, but said
  uint64_t published_size = 0;           // of the checkpoint in the directory
  uint64_t anchored_size = 0;            // the largest anchor that held; records behind it are only self-signed
  std::vector<Anchored> anchored;        // those that held, in the order in which the log reaches them
  std::vector<Cosigned> cosigned;

  // How many of the first records somebody else vouches for: the largest anchor or cosignature.
  uint64_t vouched_size() const;
};

// Reads everything again from disk: every frame, head, tile, bundle and the checkpoint, and any anchor. Never re-serialises a record.
// An Error only when nothing can be read at all (kNotFound, kDenied, kIo) or an option is no key; all else is a problem in the result.
// Appending may go on meanwhile. Cost: linear; memory: about two bundles (at most 34 MiB) and the list of tiles.
Result<Verification> Verify(const std::string& directory, const VerifyOptions& options);
inline Result<Verification> Verify(const std::string& directory, const std::optional<std::string>& vkey) { return Verify(directory, VerifyOptions{vkey, {}, {}}); }

}  // namespace checkrein::audit
