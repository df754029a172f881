// Proofs from a published log, in files that other implementations read (C2SP tlog-proof).
//
//   Result<std::string> proof = ProveRecord(directory, 17);           // the text of a .tlog-proof
//   Status good = CheckProof(*proof, record_bytes, verifier_key);     // by whoever has record, proof and key, and nothing else
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "audit/note.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr size_t kMaxProofBytes = kMaxNoteBytes + 8192;

// The proof that record `index` is in the tree of DIR/checkpoint, with that checkpoint as it stands there (witnesses' signatures
// included). Made of tiles and checked before it is handed out. kNotFound: not published yet, or no such log; kInvalid: damaged.
Result<std::string> ProveRecord(const std::string& directory, uint64_t index);

// What extends the tree of `old_size` records to that of DIR/checkpoint: hashes for a witness's add-checkpoint.
Result<std::vector<Digest>> ProveExtension(const std::string& directory, uint64_t old_size);

// What a proof says once it held.
struct Proved {
  uint64_t index = 0;
  uint64_t size = 0;   // of the tree whose checkpoint is in the proof
  Note checkpoint;     // for VerifyCosignature
};

// Whether `proof` (untrusted) proves that `record` is in the log of `key`. kInvalid: malformed, or of another record; kDenied,
// kNotFound: the checkpoint is not signed by `key`.
Result<Proved> CheckProof(std::string_view proof, std::string_view record, const VerifierKey& key);

}  // namespace checkrein::audit
