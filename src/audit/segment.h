// The segment files of a log: frames in chunks of 128 KiB, segments of 16 MiB (docs/format/audit.md, "Segments"). Finds the tail,
// writes frames there, reads them back. Knows checksums and layout; heads and trees only as far as a Head is needed to go on.
//
//   Segments segments(directory_fd, disk, Segments::Access::kWrite);
//   Result<Tail> tail = segments.FindTail(holds);                  // O(log n): the last chunk of the last segment
//   Result<Tail> next = segments.Append(*tail, records, signer);   // one write, one sync; nothing acknowledged on failure
//
// The caller holds the directory's lock around FindTail + Append. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/frame.h"
#include "audit/note.h"
#include "base/fd.h"

namespace checkrein::audit {

inline constexpr uint64_t kChunkBytes = 128u << 10;   // a frame never crosses a chunk's end; holds the largest frame (67.6 KiB)
inline constexpr uint64_t kSegmentBytes = 16u << 20;  // a whole number of chunks
static_assert(kMaxFrameBytes <= kChunkBytes && kSegmentBytes % kChunkBytes == 0);

// The two calls by which bytes become durable; a test replaces them to play a failing disk.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual ssize_t Write(int fd, std::string_view bytes, uint64_t offset);  // pwrite(2)
  virtual int Sync(int fd);                                                // fdatasync(2)
};

struct Position {
  uint64_t segment = 0;
  uint64_t offset = 0;
  bool operator==(const Position&) const = default;
};

// Where the log ends.
struct Tail {
  RightEdge edge;             // of all records; edge.size() is the log's size
  Signature signature{};      // of the last head; meaningless when the log is empty
  Position last;              // the last good frame; meaningless when the log is empty
  Position end;               // just behind it
  uint64_t torn_bytes = 0;    // not zero after `end`: left by a write that was never acknowledged; Append clears them
};

// The name of a segment inside DIR: "segment/000000000007".
std::string SegmentPath(uint64_t segment);

// Where a frame of `frame_bytes` goes when the one before it ends at `end`: there, or at the next chunk, or in the next segment.
Position PlaceOf(const Position& end, size_t frame_bytes);

// The frames at the start of a chunk by hopping from header to header: offset of each. Indexes follow each other; checksums are
// not looked at. Cheap enough to do on every open.
struct ChunkFrames {
  uint64_t first_index = 0;
  std::vector<uint32_t> offsets;
};
ChunkFrames ScanHeaders(std::string_view chunk);

// Bytes of a chunk. Not a string, for that would be filled with zeros before it is read into: a third of the cost of an open.
class ChunkBytes {
 public:
  ChunkBytes() = default;
  explicit ChunkBytes(size_t size) : bytes_(new char[size]), size_(size) {}
  char* data() { return bytes_.get(); }
  std::string_view view() const { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Shorten(size_t size) { size_ = size; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

// How many bytes are not zero; fast where none is.
size_t CountNonZero(std::string_view bytes);

// To sign every head would cost as much as all else together when hundreds write at once; to sign only the last would leave a verifier no
// way to tell which of hundreds was rewritten by somebody who repairs all checksums. A few that come together are told apart exactly.
inline constexpr size_t kSignedEach = 8;

class Segments {
 public:
  enum class Access { kRead, kWrite };
  // Whether the head of a tree was signed by the log's key.
  using HeadCheck = std::function<bool(const RightEdge&, const Signature&)>;

  // `directory` is the open DIR; it and `disk` are borrowed. DIR/segment need not exist for reading.
  Segments(int directory, Disk& disk, Access access) : directory_(directory), disk_(&disk), access_(access) {}

  // kInvalid: damaged (an acknowledged frame is good, but not one before it; or the last head is not by the key). kIo.
  Result<Tail> FindTail(const HeadCheck& holds) const;

  // The tail when it was `tail` some time ago. A few system calls when nothing was written since, and otherwise no more than what was.
  Result<Tail> FollowTail(const Tail& tail, const HeadCheck& holds) const;

  // Writes `records` (each 1..kMaxRecordBytes bytes, at least one) behind `tail` and syncs: one write and one sync, but where a
  // segment ends. Signed are the heads of up to kSignedEach records, and of more each kSignedEach-th and the last. After kIo what was written has been taken back as far as the disk let us; find the tail again.
  Result<Tail> Append(const Tail& tail, const std::vector<std::string_view>& records, const NoteSigner& signer);

  // The bytes of a chunk as far as the file holds them; empty when there is none. `chunk` counts from 0 within the segment.
  Result<ChunkBytes> ReadChunk(uint64_t segment, uint64_t chunk) const;

  Result<uint64_t> Count() const;                      // segments 0..Count()-1 exist; O(log n)
  Result<uint64_t> FileBytes(uint64_t segment) const;  // 0 when there is none

 private:
  bool Exists(uint64_t segment) const;
  Result<ChunkBytes> ReadAt(uint64_t segment, uint64_t from, uint64_t bytes) const;
  Result<int> Open(uint64_t segment) const;
  Status WriteDurably(const Tail& tail, const Position& at, const std::string& frames);
  void TakeBack(int fd, const Position& at, size_t bytes, uint64_t old_bytes);
  Status ClearTorn(const Tail& tail);
  bool WholeWrite(uint64_t segment, uint64_t chunk, std::string_view bytes, const ChunkFrames& frames, size_t last) const;
  Result<uint64_t> TornBytes(const Tail& tail, uint64_t segments, const HeadCheck& holds, const ChunkBytes& last) const;

  int directory_;
  Disk* disk_;
  Access access_;
  mutable Fd open_;  // the segment used last
  mutable uint64_t open_segment_ = 0;
};

}  // namespace checkrein::audit
