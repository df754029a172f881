// The audit log: an append-only Merkle log in the public C2SP formats (docs/format/audit.md).
//
//   Result<Log> log = Log::Open(directory, Log::Mode::kAppend);
//   Result<uint64_t> index = log->Append(record_bytes);    // durable when it returns
//
// Many processes may append at once: each append takes the directory's lock, reads the tail, writes one frame that holds the
// record and the signed head (one write, one fdatasync), and lets go. A kill at any point loses no acknowledged record.
// Verification is in audit/verify.h. Not covered: a log on one machine cannot show truncation by whoever may write the directory, without an outside anchor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/frame.h"
#include "audit/segment.h"
#include "audit/verify.h"
#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

class Log {
 public:
  enum class Mode { kRead, kAppend };
  // Makes directory (0700), key and origin when kAppend finds none. A torn last frame is not part of the log; the next append
  // clears it. kIo, kNotFound (kRead: no log there), kDenied (no permission, read-only, a key that others may read), kInvalid (damaged).
  // Cost: one read of at most 128 KiB and one signature, whatever the log's size. Waits for the lock without a limit.
  static Result<Log> Open(const std::string& directory, Mode mode);
  // The same on a disk that a test makes fail; `disk` is borrowed and must outlive the log.
  static Result<Log> Open(const std::string& directory, Mode mode, Disk& disk);
  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();

  // Appends one record (1..kMaxRecordBytes bytes) and returns its index. When it returns an index the record is on disk.
  // kLimit (empty or too long), kIo (a full disk, too): nothing was acknowledged and the caller must deny.
  Result<uint64_t> Append(std::string_view record);

  // Appends all of `records`, in order and with nothing between them, for the price of one sync; the index of the first. For a
  // process that serves many (group commit). On an error none is acknowledged, though some may be found in the log.
  Result<uint64_t> AppendAll(const std::vector<std::string_view>& records);

  // Sees what others have appended since (size() follows).
  Status Refresh();

  uint64_t size() const;                              // records in the log as last seen by this object
  Result<std::string> Read(uint64_t index) const;     // the record's bytes; kNotFound at or above size(). In order it costs least.
  Status Publish();                                   // tiles and checkpoint for all records; also done at every 256th append
  const std::string& origin() const;
  std::string Vkey() const;                           // C2SP verifier key: name+hash+base64
  Digest Root() const;                                // of the tree of size()
  std::string CheckpointNote() const;                 // the last head as a signed note, published or not
  uint64_t torn_bytes() const;                        // left behind the last good frame by a write that was never acknowledged

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  Status PublishHolding(int lock_how);  // as for flock(2)
  std::unique_ptr<Impl> impl_;
};

}  // namespace checkrein::audit
