// A witness of other people's logs (C2SP tlog-witness): it signs a checkpoint only if that extends the largest one it has signed of
// the same log. So a log can neither be cut back nor told in two versions without losing the witness's signature.
//
//   Result<Witness> witness = Witness::Open(directory, "w1.example");          // makes a key when there is none
//   witness->Trust(VerifierKey);                                               // whose checkpoints it takes
//   WitnessAnswer answer = witness->AddCheckpoint(request_body, UnixMillis() / 1000);   // 200 and a cosignature line, or why not
//
// A request: "old SIZE\n", up to 63 base64 hashes, an empty line, the checkpoint. What was signed is on disk before it is answered.
// Several processes may serve one directory: each request holds its lock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr size_t kMaxWitnessRequest = kMaxNoteBytes + 8192;  // bytes: a note and 63 hashes
inline constexpr size_t kMaxExtensionHashes = 63;                   // C2SP tlog-witness

// As HTTP has it. 200: `body` is the cosignature line. 409: `body` is the size that the witness knows, of type text/x.tlog.size.
// 400 malformed, 403 not signed by the log's key, 404 a log that is not trusted here, 422 not an extension, 500 could not be kept.
struct WitnessAnswer {
  int status = 500;
  std::string body;
  const char* type = "text/plain; charset=utf-8";
};

// The body of a request for the checkpoint `note` of a log whose witness knows `old_size` records of it.
std::string WitnessRequest(uint64_t old_size, const std::vector<Digest>& extension, std::string_view note);

class Witness {
 public:
  // DIR/key, DIR/log/HEX/{vkey,checkpoint}, where HEX is SHA-256 of the origin. Without a key one is made under `name`; with one, `name`
  // may be empty and must otherwise be the key's. kDenied: others may read the key; kInvalid; kIo.
  static Result<Witness> Open(const std::string& directory, const std::string& name);

  // From now on checkpoints of this log are taken. kInvalid when another key is trusted for the same origin.
  Status Trust(const VerifierKey& log);

  // Untrusted bytes in.
  WitnessAnswer AddCheckpoint(std::string_view request, uint64_t unix_seconds);

  // The newest cosigned checkpoint of the log whose origin has this SHA-256 (64 hex digits); 404.
  WitnessAnswer Latest(std::string_view origin_digest) const;

  const VerifierKey& verifier() const { return signer_.verifier(); }

 private:
  Witness(Fd directory, NoteSigner signer) : directory_(std::move(directory)), signer_(std::move(signer)) {}
  Fd directory_;
  NoteSigner signer_;
};

}  // namespace checkrein::audit
