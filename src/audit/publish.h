// Writes a log's tiles, entry bundles and checkpoint, which anyone's C2SP tlog-tiles reader takes, from its records.
//
//   Status done = PublishTree({directory_fd, verifier, edge, note}, read_record);
//
// All of it is derived from the segments and can be made again at any time. Files appear by rename, synced; the checkpoint last.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/tile.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr const char* kCheckpointName = "checkpoint";

struct TreeToPublish {
  int directory = -1;    // the open DIR
  VerifierKey key;       // of the log
  RightEdge edge;        // of the records to publish
  std::string note;      // the signed checkpoint of exactly that tree
};
using RecordReader = std::function<Result<std::string>(uint64_t index)>;

// Goes on from the checkpoint that is there (from nothing when it is damaged), and never back to a smaller tree. Only one process
// may be in it at a time. Partial tiles are kept until the full one is there, as C2SP asks. kInvalid: what was read does not lead to
// the tree's root. kIo.
Status PublishTree(const TreeToPublish& tree, const RecordReader& read);

// The number of records of which DIR/checkpoint speaks, unverified; 0 when it is missing, malformed or of another log, which is for
// Verify to say. Read before the segments, it can only be larger than what they hold if they have been cut.
uint64_t ClaimedSize(int directory, const VerifierKey& key);

}  // namespace checkrein::audit
