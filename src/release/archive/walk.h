// Walks what is packed: tar (plain, gzip, bzip2, xz, zstd), zip, ar, and each in another. Nothing is written to disk, no link is followed.
//
//   Walker walker(limits, sink);
//   walker.Walk(bytes, "");          // calls sink for every entry, oddity and problem
//
// Bytes are hostile: call it in the cell (worker.h). libarchive reads the formats; zip's two directories are compared here, for what a
// reader from the front and one from the back would see must be the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "release/archive/reader.h"
#include "release/limits.h"

namespace checkrein::release {

// Something about an archive that an honest packer does not make.
enum class Oddity : uint8_t { kTraversal, kAbsolute, kDuplicate, kCaseCollision, kEscapingLink, kZipMismatch, kTrailing, kSpecial, kSetuid, kBadName };
std::string_view OddityRule(Oddity oddity);   // rule id
std::string_view OddityText(Oddity oddity);

class WalkSink {
 public:
  virtual ~WalkSink() = default;
  // `bytes` is valid during the call. Called for everything but archives, which are walked; links and directories have no bytes.
  virtual void OnEntry(const PackedEntry& entry, std::string_view bytes) = 0;
  virtual void OnArchive(std::string_view path, std::string_view kind) = 0;
  virtual void OnOddity(Oddity oddity, std::string_view path, std::string_view detail) = 0;
  virtual void OnProblem(std::string_view path, std::string_view what) = 0;   // not all was looked at
};

// Counts over one artifact.
struct Spent {
  uint64_t entries = 0, bytes = 0;
  int64_t deadline_ns = 0;   // monotonic; 0: none
};

class Walker {
 public:
  Walker(const Limits& limits, WalkSink& sink, int64_t deadline_ns);

  // Walks `bytes` when they are an archive (true), or does nothing (false). `path` is its own path, "" for the artifact itself.
  bool Walk(std::string_view bytes, std::string_view path, uint32_t depth = 0);
  // A file that stands alone or was unpacked: an archive is walked, anything else goes to the sink.
  void Offer(const PackedEntry& entry, std::string_view bytes, uint32_t depth);
  // For files of a directory: counts, then Offer. False: a limit was hit, stop.
  bool Take(const PackedEntry& entry, std::string_view bytes);
  const Spent& spent() const { return spent_; }
  bool stopped() const { return stopped_; }

 private:
  struct Names;
  void WalkCompressed(std::string_view bytes, std::string_view path, uint32_t depth, Packing packing);
  void WalkData(std::string_view first, const Pieces& pieces, uint64_t packed_bytes, std::string_view path, uint32_t depth);
  void WalkEntries(Reader& reader, uint64_t packed_bytes, std::string_view path, uint32_t depth);
  void CheckName(const PackedEntry& entry, Names& names);
  bool BeyondRatio(uint64_t bytes, uint64_t packed_bytes, std::string_view path);
  bool Count(std::string_view path, uint64_t bytes);
  void Problem(std::string_view path, std::string_view what);

  const Limits& limits_;
  WalkSink& sink_;
  Spent spent_;
  bool stopped_ = false;
};

// Names that are not safe to unpack, whatever the archive's kind.
bool IsTraversal(std::string_view path);
bool LinkEscapes(std::string_view path, std::string_view target);

}  // namespace checkrein::release
