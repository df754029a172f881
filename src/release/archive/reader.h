// Reads the entries of one archive (tar, zip, ar) by libarchive, which knows the formats; nothing is written, no link is followed.
//
//   Reader reader = Reader::Tar(pieces);
//   for (auto entry = reader.Next(""); entry && *entry; entry = reader.Next("")) Use(**entry, reader.Read(cap));
//
// Bytes are hostile: call it in the cell (worker.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "release/archive/packing.h"

struct archive;
struct archive_entry;

namespace checkrein::release {

struct PackedEntry {
  enum class Kind : uint8_t { kFile, kDirectory, kLink, kOther };
  std::string path;        // as the archive says it, behind `outer!`
  Kind kind = Kind::kFile;
  uint32_t mode = 0;
  std::string link;        // where a link leads
  bool hard = false;       // a hard link: its target is a name of the archive, from its root
  std::string user;        // owner's name in the archive
};

// A text piece by piece; each is valid until the next call. The last is empty.
using Pieces = std::function<Result<std::string_view>()>;

struct FreeArchive {
  void operator()(archive* a) const;
};
using Archive = std::unique_ptr<archive, FreeArchive>;

// What is packed by bzip2, xz or zstd (Packing::kStream).
class Filtered {
 public:
  explicit Filtered(std::string_view bytes) : bytes_(bytes) {}
  Result<std::string_view> Next();   // kInvalid: broken or cut short

 private:
  std::string_view bytes_;
  Archive archive_;
  bool ended_ = false;
};

class Reader {
 public:
  static Reader Tar(Pieces pieces);
  static Reader Memory(std::string_view bytes, Packing packing);   // kTar, kZip, kAr

  // The next entry, its path behind `outer!`; none at the end. kInvalid: broken, or what the pieces said.
  Result<std::optional<PackedEntry>> Next(std::string_view outer);
  // Of the entry just read.
  bool encrypted() const;
  uint64_t told_bytes() const;   // 0: not told
  struct Data {
    std::string_view bytes;      // until the next call of anything
    std::string problem;         // why they are not all; "" when they are
  };
  Data Read(uint64_t cap);
  // After the last entry of a tar: whether something but zeros stands behind its end. Reads what is left.
  Result<bool> MoreBehind();

 private:
  // What libarchive's callback sees; stays where it is when the reader moves.
  struct Source {
    Pieces pieces;
    std::string error;
    uint64_t given = 0;          // bytes
    uint64_t last_written = 0;   // one behind the last byte that is not zero
    std::string_view Take();
  };
  Reader() = default;
  static long OnRead(archive* a, void* source, const void** block);

  std::unique_ptr<Source> source_;
  Archive archive_;
  archive_entry* entry_ = nullptr;
  Packing packing_ = Packing::kTar;
  Error broken_;                 // opening failed
  bool failed_ = false;
  std::string bytes_;            // of an entry that comes in several blocks
};

}  // namespace checkrein::release
