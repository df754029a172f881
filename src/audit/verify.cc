#include "audit/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/merkle.h"
#include "audit/publish.h"
#include "audit/segment.h"
#include "audit/tile.h"
#include "base/fd.h"

namespace checkrein::audit {
namespace {

// A verification of a signature costs as much as hashing 20 KiB, so of long logs not every head's is checked: those at each tile's
// end, at each segment's end, and the last kNewestHeads. No record goes unsigned, for each head signs all records before it; what is
// not looked at is a signature in the middle that nobody needs (its checksum is, and its right edge).
constexpr uint64_t kNewestHeads = 1024;
constexpr int kMaxTileDepth = 12;     // directories below tile/: level, six groups of digits, one for partial tiles
constexpr size_t kSectorBytes = 512;  // a disk writes no less at once
constexpr size_t kFewestTornBytes = 4;

bool AllZero(std::string_view bytes) { return CountNonZero(bytes) == 0; }

// Whether what stands behind the last good frame can be what a broken-off write leaves: a frame of which whole sectors are missing
// (still zero) or the end is (the file stops). `at` is its offset in the file, `rest` reaches to the end of the chunk or file.
bool LooksTorn(std::string_view rest, uint64_t at) {
  const size_t in_first_sector = std::min<size_t>(kSectorBytes - at % kSectorBytes, rest.size());
  if (AllZero(rest.substr(0, in_first_sector))) {  // the beginning is missing; the end of a frame is a signature
    return CountNonZero(rest) >= kFewestTornBytes;
  }
  const std::optional<FrameHeader> header = ReadFrameHeader(rest);
  if (!header) return in_first_sector < kFrameHeaderBytes && (rest.size() == in_first_sector || AllZero(rest.substr(in_first_sector, kFrameHeaderBytes - in_first_sector)));
  if (rest.size() < header->frame_bytes()) return true;
  for (size_t begin = in_first_sector; begin < header->frame_bytes(); begin += kSectorBytes) {
    if (AllZero(rest.substr(begin, std::min(kSectorBytes, header->frame_bytes() - begin)))) return true;
  }
  return false;
}

// A checkpoint signed by the log's key, where it came from, and who cosigned it.
struct SignedTree {
  std::string where;
  Checkpoint checkpoint;
  std::vector<Cosigned> cosigned;
};

class Verifier {
 public:
  Verifier(int directory, VerifierKey key, const std::function<void(std::string_view)>& each)
      : directory_(directory), key_(std::move(key)), each_(each), segments_(directory, disk_, Segments::Access::kRead) {}

  void AddProblem(std::string text) { found_.problems.push_back(std::move(text)); }
  void ReadPublished(const std::vector<VerifierKey>& witnesses);
  void AddAnchor(const std::string& where, std::string_view bytes, const std::vector<VerifierKey>& witnesses);
  void ListTiles();
  void CheckTilesArePublished();
  Status FindEnd();
  Status Frames();
  void Finish();
  Verification take() && { return std::move(found_); }

 private:
  std::optional<SignedTree> Checked(const std::string& where, std::string_view bytes, const std::vector<VerifierKey>& witnesses);
  void ListTilesIn(int directory, const std::string& path, int depth);
  void Chunk(const Position& start, std::string_view bytes, uint64_t wanted);
  bool OneFrame(const Position& at, const Frame& frame);
  bool HeadHolds(const RightEdge& edge, const Signature& signature) const;
  bool CheckHeads();
  bool BadFrame(const Position& at, std::string_view what);
  void CheckAnchorsAt(uint64_t size);
  void AddLeaf(const Digest& leaf, std::string_view record);
  void CheckTiles(int level, uint64_t index, size_t have);
  void CheckTile(const TileId& tile);
  Status CheckTorn(const Tail& tail);

  int directory_;
  VerifierKey key_;
  const std::function<void(std::string_view)>& each_;
  Disk disk_;
  Segments segments_;
  Verification found_;
  std::vector<SignedTree> anchors_;
  std::set<TileId> listed_;
  std::optional<uint64_t> expected_size_;  // what the segments' end says; nothing when it is damaged
  bool stopped_ = false;             // at a bad frame

  RightEdge edge_;
  struct Head {
    RightEdge edge;
    Signature signature{};
    Position at;
    uint64_t first = 0;  // of the records that this head signs and no head before it
  };
  std::vector<Head> unchecked_;                     // heads since the last one whose signature was verified
  std::pair<uint64_t, uint64_t> suspects_{0, 0};    // from, to: one of these records is bad, and their head does not tell which
  uint64_t unsigned_ = 0;                           // frames since the last signed head: their write is not over
  uint64_t position_ = 0;                           // of the last frame in its write
  uint64_t next_check_ = kTileWidth;                // from this size on the next signed head is verified
  Position last_at_;
  std::string bundle_;                              // of the tile that is being filled
  std::vector<size_t> bundle_ends_;
  std::vector<std::vector<Digest>> levels_{1};      // the same for hash tiles, by level
};

std::optional<SignedTree> Verifier::Checked(const std::string& where, std::string_view bytes, const std::vector<VerifierKey>& witnesses) {
  const Result<Note> note = ParseNote(bytes);
  if (!note) return AddProblem(where + ": " + note.error().text), std::nullopt;
  if (Status held = VerifyNote(*note, key_); !held) return AddProblem(where + ": " + held.error().text), std::nullopt;
  Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
  if (!checkpoint) return AddProblem(where + ": " + checkpoint.error().text), std::nullopt;
  if (checkpoint->origin != key_.name) return AddProblem(where + ": of another log, " + checkpoint->origin), std::nullopt;
  SignedTree out{where, std::move(checkpoint).take(), {}};
  for (const VerifierKey& witness : witnesses) {
    const Result<uint64_t> time = VerifyCosignature(*note, witness);
    if (time) out.cosigned.push_back({witness.name, out.checkpoint.size, *time});
    else if (time.error().kind == Error::Kind::kDenied) AddProblem(where + ": " + time.error().text);
  }
  return out;
}

void Verifier::ReadPublished(const std::vector<VerifierKey>& witnesses) {
  const Result<std::string> bytes = ReadFileAt(directory_, kCheckpointName, kMaxNoteBytes);
  if (!bytes && bytes.error().kind == Error::Kind::kNotFound) return;
  if (!bytes) return AddProblem(bytes.error().text);
  std::optional<SignedTree> tree = Checked(kCheckpointName, *bytes, witnesses);
  if (!tree) return;
  // Nothing in the file may go unread: what ours writes is the body and signatures that somebody can check.
  found_.published_size = tree->checkpoint.size;
  anchors_.push_back(*std::move(tree));
}

void Verifier::AddAnchor(const std::string& where, std::string_view bytes, const std::vector<VerifierKey>& witnesses) {
  if (std::optional<SignedTree> tree = Checked(where, bytes, witnesses)) anchors_.push_back(*std::move(tree));
}

void Verifier::ListTilesIn(int directory, const std::string& path, int depth) {
  const int fd = openat(directory, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(fd < 0 ? nullptr : fdopendir(fd), closedir);
  if (!dir) return AddProblem(SystemError(path, errno).text);
  while (const dirent* entry = readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string below = path + "/" + name;
    struct stat info{};
    if (fstatat(directory, below.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;  // a partial tile that has just become full
    const std::optional<TileId> tile = ParseTilePath(below);
    if (S_ISDIR(info.st_mode) && depth < kMaxTileDepth) ListTilesIn(directory, below, depth + 1);
    else if (S_ISREG(info.st_mode) && tile) listed_.insert(*tile);
    else AddProblem(below + ": not the name of a tile");
  }
}

void Verifier::ListTiles() { ListTilesIn(directory_, "tile", 0); }

// Every tile that the checkpoint promises is there, the partial ones perhaps by the full one that came after.
void Verifier::CheckTilesArePublished() {
  const uint64_t size = found_.published_size;
  if (size == 0 && !listed_.empty()) AddProblem("checkpoint: missing or bad, but there are tiles");
  for (int level = kEntriesLevel; level <= kMaxTileLevel; ++level) {
    const unsigned shift = kTileBits * static_cast<unsigned>(std::max(level, 0));
    const uint64_t hashes = size >> shift;
    for (uint64_t index = 0; index * kTileWidth < hashes; ++index) {
      const unsigned width = static_cast<unsigned>(std::min<uint64_t>(kTileWidth, hashes - index * kTileWidth));
      if (!listed_.contains({level, index, width}) && !listed_.contains({level, index, kTileWidth})) {
        AddProblem(TilePath({level, index, width}) + ": missing, though the checkpoint covers it; `checkrein log publish` makes it again");
      }
    }
  }
}

Status Verifier::FindEnd() {
  // The lock is held only to see no frame half written; a reader who may not have it looks again.
  const Fd lock(openat(directory_, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (lock.valid()) (void)flock(lock.get(), LOCK_SH);
  const auto holds = [this](const RightEdge& edge, const Signature& signature) { return HeadHolds(edge, signature); };
  Result<Tail> tail = segments_.FindTail(holds);
  for (int again = 0; again < 3 && !tail && tail.error().kind == Error::Kind::kInvalid && !lock.valid(); ++again) tail = segments_.FindTail(holds);
  if (lock.valid()) (void)flock(lock.get(), LOCK_UN);
  if (!tail && tail.error().kind != Error::Kind::kInvalid) return tail.error();
  if (!tail) return Done{};  // damaged: Frames() will say where
  expected_size_ = tail->edge.size();
  found_.dropped_tail_bytes = tail->torn_bytes;
  return tail->torn_bytes == 0 ? Status(Done{}) : CheckTorn(*tail);
}

// A damaged last write must not pass for a torn one.
Status Verifier::CheckTorn(const Tail& tail) {
  uint64_t record = tail.edge.size();  // the next one
  bool whole = false;                  // as far as was seen, up to a signed head
  for (uint64_t segment = tail.end.segment; segment <= tail.end.segment + 1; ++segment) {
    uint64_t at = segment == tail.end.segment ? tail.end.offset : 0;
    for (; at < kSegmentBytes; at += kChunkBytes - at % kChunkBytes) {
      const Result<ChunkBytes> chunk = segments_.ReadChunk(segment, at / kChunkBytes);
      if (!chunk) return chunk.error();
      if (chunk->empty()) break;
      std::string_view rest = chunk->view().substr(std::min<size_t>(at % kChunkBytes, chunk->size()));
      // Of several frames in one write some may be whole.
      for (; FrameRecord(rest); ++record) {
        const FrameHeader header = *ReadFrameHeader(rest);
        whole = header.has_signature && header.index == record;
        rest.remove_prefix(header.frame_bytes());
        at += header.frame_bytes();
      }
      if (AllZero(rest)) continue;
      whole = false;
      if (LooksTorn(rest, at)) continue;
      return AddProblem("record " + std::to_string(record) + ": damaged (" + SegmentPath(segment) + " at byte " + std::to_string(at) +
                        "); a write that broke off does not look like this"),
             Done{};
    }
  }
  if (whole) AddProblem("record " + std::to_string(tail.edge.size()) + ": the write that it begins is whole, and yet no part of the log");
  return Done{};
}

bool Verifier::HeadHolds(const RightEdge& edge, const Signature& signature) const {
  return VerifySignature(key_.key, AsBytes(CheckpointBody(key_.name, edge.size(), edge.Root())), signature);
}

bool Verifier::BadFrame(const Position& at, std::string_view what) {
  stopped_ = true;
  AddProblem("record " + std::to_string(edge_.size()) + ": " + std::string(what) + " (" + SegmentPath(at.segment) + " at byte " + std::to_string(at.offset) +
             "); it and what follows it is not verified");
  return false;
}

// Whether the newest head is signed. If not, the older ones tell which record is the first that is not.
bool Verifier::CheckHeads() {
  if (unchecked_.empty()) return true;
  const bool good = HeadHolds(unchecked_.back().edge, unchecked_.back().signature);
  size_t first_bad = good ? unchecked_.size() : 0;
  while (!good && HeadHolds(unchecked_[first_bad].edge, unchecked_[first_bad].signature)) ++first_bad;
  if (first_bad > 0) {
    found_.size = unchecked_[first_bad - 1].edge.size();
    found_.root = unchecked_[first_bad - 1].edge.Root();
  }
  if (!good) {
    stopped_ = true;
    const Head& head = unchecked_[first_bad];
    const bool alone = head.first + 1 == head.edge.size();
    suspects_ = {head.first, head.edge.size()};
    AddProblem("record " + std::to_string(head.first) + ": " + (alone ? "its head" : "or one of those up to " + std::to_string(head.edge.size() - 1) + ", which have one head: it") +
               " is not signed by " + key_.Text() + " (" + SegmentPath(head.at.segment) + " at byte " + std::to_string(head.at.offset) + "); it and what follows it is not verified");
  }
  unchecked_.clear();
  return good;
}

void Verifier::CheckAnchorsAt(uint64_t size) {
  for (const SignedTree& anchor : anchors_) {
    if (anchor.checkpoint.size != size) continue;
    if (!CheckHeads()) return;  // a record is named rather than an anchor
    if (anchor.checkpoint.root != edge_.Root()) {
      AddProblem(anchor.where + ": signed for another tree of " + std::to_string(size) + " records; the log was rewritten or signed twice");
      continue;
    }
    if (anchor.where != kCheckpointName) {
      found_.anchored_size = std::max(found_.anchored_size, size);
      found_.anchored.push_back({anchor.where, size});
    }
    found_.cosigned.insert(found_.cosigned.end(), anchor.cosigned.begin(), anchor.cosigned.end());
  }
}

bool Verifier::OneFrame(const Position& at, const Frame& frame) {
  if (frame.header.index != edge_.size()) return BadFrame(at, "the frame says that it is record " + std::to_string(frame.header.index));
  if (at.segment != last_at_.segment && !CheckHeads()) return false;
  const uint64_t position = std::exchange(position_, frame.header.write_position);
  if (unsigned_ > 0 && (position_ == 0 || at.segment != last_at_.segment)) return BadFrame(at, "the records before it are signed by no head");
  if (position_ > 0 && (edge_.size() == 0 || position_ != position + 1)) return BadFrame(at, "its place in its write is not the next");
  if (each_) each_(frame.record);
  const Digest leaf = LeafHash(frame.record);
  RightEdge next = edge_;
  next.Append(leaf);
  if (next != frame.edge) return BadFrame(at, "its bytes are not those that were signed");
  edge_ = std::move(next);
  last_at_ = at;
  if (frame.signature) unchecked_.push_back({edge_, *frame.signature, at, frame.header.index - unsigned_});
  unsigned_ = frame.signature ? 0 : unsigned_ + 1;
  AddLeaf(leaf, frame.record);
  const bool newest = expected_size_ && edge_.size() + kNewestHeads > *expected_size_;
  if (frame.signature && (newest || edge_.size() >= next_check_)) {
    next_check_ = (edge_.size() / kTileWidth + 1) * kTileWidth;
    if (!CheckHeads()) return false;
  }
  CheckAnchorsAt(edge_.size());
  return !stopped_;
}

Status Verifier::Frames() {
  CheckAnchorsAt(0);
  const Result<uint64_t> segments = segments_.Count();
  if (!segments) return segments.error();
  // With the end unknown everything is read; with it known, what was appended since is left to the next verification.
  const uint64_t wanted = expected_size_.value_or(kMaxLogSize);
  for (uint64_t segment = 0; segment < *segments && !stopped_ && edge_.size() < wanted; ++segment) {
    for (uint64_t chunk = 0; chunk < kSegmentBytes / kChunkBytes && !stopped_ && edge_.size() < wanted; ++chunk) {
      const Result<ChunkBytes> bytes = segments_.ReadChunk(segment, chunk);
      if (!bytes && bytes.error().kind != Error::Kind::kInvalid) return bytes.error();
      if (!bytes) BadFrame({segment, chunk * kChunkBytes}, bytes.error().text);
      else if (bytes->empty()) break;
      else Chunk({segment, chunk * kChunkBytes}, bytes->view(), wanted);
    }
  }
  (void)CheckHeads();
  if (!stopped_ && expected_size_ && edge_.size() < *expected_size_) BadFrame(last_at_, "missing, though the log ends with record " + std::to_string(*expected_size_ - 1));
  return Done{};
}

void Verifier::Chunk(const Position& start, std::string_view bytes, uint64_t wanted) {
  uint64_t at = 0;
  while (edge_.size() < wanted && ReadFrameHeader(bytes.substr(at))) {
    const Position position{start.segment, start.offset + at};
    const Result<Frame> frame = DecodeFrame(bytes.substr(at));
    if (!frame) BadFrame(position, frame.error().text);
    if (!frame || !OneFrame(position, *frame)) return;
    at += frame->header.frame_bytes();
  }
  // What stands behind the last frame is FindEnd's to judge.
  if (edge_.size() < wanted && !AllZero(bytes.substr(at))) BadFrame({start.segment, start.offset + at}, "no frame, and not empty");
}

void Verifier::AddLeaf(const Digest& leaf, std::string_view record) {
  bundle_ += BundleEntry(record);
  bundle_ends_.push_back(bundle_.size());
  levels_[0].push_back(leaf);
  if (levels_[0].size() < kTileWidth) return;
  const uint64_t tile = (edge_.size() - 1) / kTileWidth;
  CheckTiles(kEntriesLevel, tile, kTileWidth);
  bundle_.clear();
  bundle_ends_.clear();
  for (size_t level = 0; levels_[level].size() == kTileWidth; ++level) {
    CheckTiles(static_cast<int>(level), (edge_.size() - 1) >> (kTileBits * (level + 1)), kTileWidth);
    if (levels_.size() == level + 1) levels_.emplace_back();
    levels_[level + 1].push_back(SubtreeRoot(levels_[level]));
    levels_[level].clear();
  }
}

// All listed files of one tile, of which `have` hashes or records are known now.
void Verifier::CheckTiles(int level, uint64_t index, size_t have) {
  auto it = listed_.lower_bound({level, index, 0});
  while (it != listed_.end() && it->level == level && it->index == index && it->width <= have) {
    CheckTile(*it);
    it = listed_.erase(it);
  }
}

void Verifier::CheckTile(const TileId& tile) {
  const bool bundle = tile.level == kEntriesLevel;
  const std::string path = TilePath(tile);
  const std::string expected = bundle ? bundle_.substr(0, bundle_ends_[tile.width - 1])
                                      : TileBytes(std::span(levels_[static_cast<size_t>(tile.level)]).first(tile.width));
  const Result<std::string> bytes = ReadFileAt(directory_, path, expected.size());
  if (bytes && *bytes == expected) return;
  if (!bytes && bytes.error().kind == Error::Kind::kNotFound && tile.width != kTileWidth) return;  // the full one has come meanwhile
  if (!bytes && bytes.error().kind != Error::Kind::kLimit) return AddProblem(bytes.error().text);
  if (!bytes) return AddProblem(path + ": longer than the records in it");
  const size_t at = static_cast<size_t>(std::mismatch(bytes->begin(), bytes->end(), expected.begin()).first - bytes->begin());
  const uint64_t entry = bundle ? static_cast<uint64_t>(std::upper_bound(bundle_ends_.begin(), bundle_ends_.end(), at) - bundle_ends_.begin()) : at / sizeof(Digest);
  const uint64_t first = (tile.index * kTileWidth + entry) << (kTileBits * static_cast<unsigned>(std::max(tile.level, 0)));
  std::string problem = "record " + std::to_string(first) + ": " + path + " differs from the segments at byte " + std::to_string(at);
  // Of records with one head, which is not signed, a tile tells which it is: that is named first.
  if (tile.level <= 0 && first >= suspects_.first && first < suspects_.second) {
    suspects_ = {0, 0};
    found_.problems.insert(found_.problems.begin(), std::move(problem));
  } else {
    AddProblem(std::move(problem));
  }
}

void Verifier::Finish() {
  if (edge_.size() == 0) found_.root = EmptyRoot();
  CheckTiles(kEntriesLevel, edge_.size() / kTileWidth, bundle_ends_.size());
  for (size_t level = 0; level < levels_.size(); ++level) CheckTiles(static_cast<int>(level), edge_.size() >> (kTileBits * (level + 1)), levels_[level].size());
  if (stopped_) return;
  for (const TileId& tile : listed_) AddProblem(TilePath(tile) + ": holds more than the " + std::to_string(found_.size) + " records there are; records have been cut off");
  for (const SignedTree& anchor : anchors_) {
    if (anchor.checkpoint.size > found_.size) {
      AddProblem("record " + std::to_string(found_.size) + ": missing; " + anchor.where + " was signed for " + std::to_string(anchor.checkpoint.size) + " records");
    }
  }
}

}  // namespace

uint64_t Verification::vouched_size() const {
  uint64_t out = anchored_size;
  for (const Cosigned& c : cosigned) out = std::max(out, c.size);
  return out;
}

Result<Verification> Verify(const std::string& directory, const VerifyOptions& options) {
  const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return SystemError(directory, errno);
  std::vector<VerifierKey> witnesses;
  for (const std::string& text : options.witnesses) {
    Result<VerifierKey> witness = VerifierKey::Parse(text);
    if (!witness) return witness.error();
    witnesses.push_back(std::move(witness).take());
  }
  const Result<VerifierKey> own = LoadVerifierKey(fd.get());
  Result<VerifierKey> key = options.vkey ? VerifierKey::Parse(*options.vkey) : own;
  const bool unreadable = !own && own.error().kind != Error::Kind::kInvalid && own.error().kind != Error::Kind::kUnsupported;
  if (!key && (options.vkey || unreadable)) return Error{key.error().kind, directory + "/" + key.error().text};
  if (!key) {
    Verification bad;
    bad.problems.push_back(own.error().text);
    return bad;
  }
  Verifier verifier(fd.get(), *key, options.each);
  if (!own) verifier.AddProblem(own.error().text);
  else if (*own != *key) verifier.AddProblem("vkey: the directory's key is " + own->Text() + ", not the one asked for");
  // The order lets appending and publishing go on: what is listed was derived from frames that are read later.
  verifier.ReadPublished(witnesses);
  verifier.ListTiles();
  verifier.CheckTilesArePublished();
  for (size_t i = 0; i < options.anchors.size(); ++i) {
    const Anchor& anchor = options.anchors[i];
    verifier.AddAnchor(anchor.where.empty() ? "anchor " + std::to_string(i + 1) : anchor.where, anchor.note, witnesses);
  }
  Status done = verifier.FindEnd();
  if (done) done = verifier.Frames();
  if (!done) return Error{done.error().kind, directory + "/" + done.error().text};
  verifier.Finish();
  return std::move(verifier).take();
}

}  // namespace checkrein::audit
