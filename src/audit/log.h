// The audit log: an append-only Merkle log in the public C2SP formats (docs/format/audit.md).
//
//   Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
//   Result<uint64_t> index = log->Append(record_bytes);    // durable when it returns
//
// Many processes may append at once: each append takes the directory's lock, reads the tail, writes one frame that holds the
// record and the signed head (one write, one fdatasync), and lets go. A kill at any point loses no acknowledged record.
// Not covered here: a log on one machine cannot show truncation by whoever may write the directory, without an outside anchor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

// C2SP tlog-tiles holds a record's length in 16 bits; callers cap theirs at 16 KiB with visible truncation.
inline constexpr size_t kMaxRecordBytes = 65'535;

class Log {
 public:
  enum class Mode { kRead, kAppend };
  // Makes directory (0700), key and origin when kAppend finds none. Recovers from a torn last frame. kIo, kDenied, kInvalid (damaged).
  static Result<Log> Open(const std::string& directory, Mode mode);
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();

  // Appends one record (1..kMaxRecordBytes bytes) and returns its index. When it returns an index the record is on disk.
  // kLimit (too long), kIo (a full disk, too): nothing was acknowledged and the caller must deny.
  Result<uint64_t> Append(std::string_view record);

  uint64_t size() const;                              // records in the log as last seen by this object
  Result<std::string> Read(uint64_t index) const;     // the record's bytes
  Status Publish();                                   // tiles and checkpoint for all records; also done at every 256th append
  const std::string& origin() const;
  std::string Vkey() const;                           // C2SP verifier key: name+hash+base64

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What a verification found. `problems` is empty only if everything held.
struct Verification {
  uint64_t size = 0;                     // records covered by the last good signed head
  Digest root{};
  std::vector<std::string> problems;     // the first names the first bad entry: "record 17: ..."
  uint64_t dropped_tail_bytes = 0;       // a torn frame after the last good one: not a problem, but said
};

// Reads everything again from disk: every frame, head, signature, tile and checkpoint. Never re-serialises a record.
// `vkey` pins the key to be trusted; without it the directory's own key is used, and the caller must say so.
Result<Verification> Verify(const std::string& directory, const std::optional<std::string>& vkey);

}  // namespace checkrein::audit
