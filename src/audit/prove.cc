#include "audit/prove.h"

#include <errno.h>
#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/publish.h"
#include "audit/tile.h"
#include "base/fd.h"

namespace checkrein::audit {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr size_t kMaxProofHashes = 64;  // a tree of fewer than 2^63 leaves has no longer path

Error Bad(std::string_view what) { return {Error::Kind::kInvalid, "proof: " + std::string(what)}; }

// A log's published tree: checkpoint and tiles.
class Published {
 public:
  static Result<Published> Open(const std::string& directory) {
    Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return SystemError(directory, errno);
    const Result<VerifierKey> key = LoadVerifierKey(fd.get());
    if (!key) return Error{key.error().kind, directory + "/" + key.error().text};
    Result<std::string> note = ReadFileAt(fd.get(), kCheckpointName, kMaxNoteBytes);
    if (!note) return Error{note.error().kind, directory + "/" + note.error().text};
    const Result<Note> parsed = ParseNote(*note);
    if (!parsed) return Error{parsed.error().kind, directory + "/" + kCheckpointName + ": " + parsed.error().text};
    if (Status held = VerifyNote(*parsed, *key); !held) return Error{Error::Kind::kInvalid, directory + "/" + kCheckpointName + ": " + held.error().text};
    Result<Checkpoint> checkpoint = ParseCheckpointBody(parsed->text);
    if (!checkpoint) return checkpoint.error();
    return Published(std::move(fd), std::move(note).take(), std::move(checkpoint).take());
  }

  const std::string& note() const { return note_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  SubtreeHash Hashes() {
    return [this](uint64_t begin, unsigned level) { return Subtree(begin, level); };
  }
  Result<std::string> Record(uint64_t index) const {
    const TileId bundle = TileOf(kEntriesLevel, index / kTileWidth, checkpoint_.size);
    Result<std::string> bytes = Read(bundle, size_t{kTileWidth} * (2 + UINT16_MAX));
    if (!bytes) return bytes;
    Result<std::vector<std::string_view>> records = ParseBundle(*bytes, read_width_);
    if (!records) return records.error();
    return std::string((*records)[index % kTileWidth]);
  }

 private:
  Published(Fd fd, std::string note, Checkpoint checkpoint) : fd_(std::move(fd)), note_(std::move(note)), checkpoint_(std::move(checkpoint)) {}

  static TileId TileOf(int level, uint64_t index, uint64_t hashes) {
    return {level, index, static_cast<unsigned>(std::min<uint64_t>(kTileWidth, hashes - index * kTileWidth))};
  }

  // The tile as wide as the tree needs it, or the full one that came after.
  Result<std::string> Read(TileId tile, size_t cap) const {
    read_width_ = tile.width;
    Result<std::string> bytes = ReadFileAt(fd_.get(), TilePath(tile), cap);
    if (bytes || bytes.error().kind != Error::Kind::kNotFound || tile.width == kTileWidth) return bytes;
    tile.width = read_width_ = kTileWidth;
    return ReadFileAt(fd_.get(), TilePath(tile), cap);
  }

  Result<Digest> Subtree(uint64_t begin, unsigned level) {
    const int tile_level = static_cast<int>(level / kTileBits);
    const unsigned shift = kTileBits * static_cast<unsigned>(tile_level);
    const uint64_t first = begin >> shift;
    const TileId id = TileOf(tile_level, first / kTileWidth, checkpoint_.size >> shift);
    auto at = tiles_.find(id);
    if (at == tiles_.end()) {
      const Result<std::string> bytes = Read(id, kTileWidth * sizeof(Digest));
      if (!bytes) return bytes.error();
      Result<std::vector<Digest>> hashes = ParseTile(*bytes, read_width_);
      if (!hashes) return hashes.error();
      at = tiles_.emplace(id, std::move(hashes).take()).first;
    }
    return SubtreeRoot(std::span(at->second).subspan(first % kTileWidth, size_t{1} << (level % kTileBits)));
  }

  Fd fd_;
  std::string note_;
  Checkpoint checkpoint_;
  std::map<TileId, std::vector<Digest>> tiles_;
  mutable unsigned read_width_ = 0;
};

}  // namespace

Result<std::string> ProveRecord(const std::string& directory, uint64_t index) {
  Result<Published> log = Published::Open(directory);
  if (!log) return log.error();
  const uint64_t size = log->checkpoint().size;
  if (index >= size) {
    return Error{Error::Kind::kNotFound, directory + ": record " + std::to_string(index) + " is not published; the checkpoint covers " + std::to_string(size) +
                                             ", `checkrein log publish` makes a new one"};
  }
  const Result<std::vector<Digest>> hashes = InclusionProof(index, size, log->Hashes());
  if (!hashes) return Error{hashes.error().kind, directory + "/" + hashes.error().text};
  const Result<std::string> record = log->Record(index);
  if (!record) return Error{record.error().kind, directory + "/" + record.error().text};
  if (!VerifyInclusion(LeafHash(*record), index, size, *hashes, log->checkpoint().root)) {
    return Error{Error::Kind::kInvalid, directory + ": the tiles do not lead from record " + std::to_string(index) + " to the checkpoint; run `checkrein log verify`"};
  }
  std::string out = std::string(kProofHeader) + "\nindex " + std::to_string(index) + "\n";
  for (const Digest& hash : *hashes) out += Base64Encode(hash) + "\n";
  return out + "\n" + log->note();
}

Result<std::vector<Digest>> ProveExtension(const std::string& directory, uint64_t old_size) {
  Result<Published> log = Published::Open(directory);
  if (!log) return log.error();
  return ConsistencyProof(old_size, log->checkpoint().size, log->Hashes());
}

Result<Proved> CheckProof(std::string_view proof, std::string_view record, const VerifierKey& key) {
  if (proof.size() > kMaxProofBytes) return Error{Error::Kind::kLimit, "proof: more than " + std::to_string(kMaxProofBytes) + " bytes"};
  const auto next_line = [&proof]() -> std::optional<std::string_view> {
    const size_t end = proof.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = proof.substr(0, end);
    proof.remove_prefix(end + 1);
    return line;
  };
  Proved out;
  std::optional<std::string_view> line = next_line();
  if (!line || *line != kProofHeader) return Bad("does not begin with " + std::string(kProofHeader));
  line = next_line();
  if (line && line->starts_with("extra ")) line = next_line();  // says nothing about the record
  if (!line || !line->starts_with("index ")) return Bad("no index");
  const std::string_view digits = line->substr(6);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.index);
  if (error != std::errc() || end != digits.data() + digits.size() || std::to_string(out.index) != digits) return Bad("the index is no number");
  std::vector<Digest> hashes;
  for (line = next_line(); line && !line->empty(); line = next_line()) {
    const std::optional<Bytes> raw = Base64Decode(*line);
    if (!raw || raw->size() != sizeof(Digest) || hashes.size() == kMaxProofHashes) return Bad("a hash is malformed, or there are too many");
    std::copy(raw->begin(), raw->end(), hashes.emplace_back().begin());
  }
  if (!line) return Bad("no checkpoint");
  Result<Note> note = ParseNote(proof);
  if (!note) return note.error();
  if (Status held = VerifyNote(*note, key); !held) return held.error();
  const Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
  if (!checkpoint) return checkpoint.error();
  if (checkpoint->origin != key.name) return Bad("the checkpoint is of another log");
  if (!VerifyInclusion(LeafHash(record), out.index, checkpoint->size, hashes, checkpoint->root)) return Bad("does not lead from this record to the checkpoint");
  out.size = checkpoint->size;
  out.checkpoint = std::move(note).take();
  return out;
}

}  // namespace checkrein::audit
