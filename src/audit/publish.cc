#include "audit/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <set>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "base/fd.h"
#include "base/path.h"

namespace checkrein::audit {
namespace {

constexpr const char* kTemporary = "publish.tmp";

// How far the checkpoint says that publication has come; 0 when there is none that holds.
uint64_t PublishedSize(int directory, const VerifierKey& key) {
  const Result<std::string> bytes = ReadFileAt(directory, kCheckpointName, kMaxNoteBytes);
  if (!bytes) return 0;
  const Result<Note> note = ParseNote(*bytes);
  if (!note || !VerifyNote(*note, key)) return 0;
  const Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
  return checkpoint && checkpoint->origin == key.name ? checkpoint->size : 0;
}

class Publisher {
 public:
  enum class Old { kTrust, kReplace };  // what was published before: go on from it, or make everything anew
  Publisher(const TreeToPublish& tree, const RecordReader& read, Old old, uint64_t published)
      : tree_(tree), read_(read), old_(old), from_(old == Old::kTrust ? published : 0) {}

  Status Run() {
    Status done = Leaves();
    for (int level = 1; done && (size() >> (kTileBits * static_cast<unsigned>(level))) > 0; ++level) done = Level(level);
    if (done) done = SyncDirectories();
    if (done) done = WriteFileAt(tree_.directory, kCheckpointName, kTemporary, tree_.note, 0644);
    if (done && fsync(tree_.directory) != 0) done = SystemError("log directory", errno);
    if (done) RemovePartials();
    return done;
  }

 private:
  uint64_t size() const { return tree_.edge.size(); }

  // Bundles and level 0, from the start of the tile that was partial at `from_`.
  Status Leaves() {
    std::vector<Digest> hashes;
    std::string bundle;
    for (uint64_t i = from_ - from_ % kTileWidth; i < size(); ++i) {
      const Result<std::string> record = read_(i);
      if (!record) return record.error();
      bundle += BundleEntry(*record);
      hashes.push_back(LeafHash(*record));
      if (hashes.size() < kTileWidth && i + 1 < size()) continue;
      const unsigned width = static_cast<unsigned>(hashes.size());
      Status written = Write({kEntriesLevel, i / kTileWidth, width}, bundle);
      if (written) written = WriteTile(0, i / kTileWidth, hashes);
      if (!written) return written;
      bundle.clear();
      hashes.clear();
    }
    return Done{};
  }

  // One level above: each hash is the root of a full tile of the level below.
  Status Level(int level) {
    const unsigned shift = kTileBits * static_cast<unsigned>(level);
    const uint64_t had = from_ >> shift;
    const uint64_t have = size() >> shift;
    const std::vector<Digest> fresh = std::move(full_roots_);
    full_roots_.clear();
    if (had == have) return Done{};
    std::vector<Digest> hashes;
    if (const unsigned width = static_cast<unsigned>(had % kTileWidth); width > 0) {
      const Result<std::string> bytes = ReadFileAt(tree_.directory, TilePath({level, had / kTileWidth, width}), kTileWidth * sizeof(Digest));
      if (!bytes) return bytes.error();
      Result<std::vector<Digest>> old = ParseTile(*bytes, width);
      if (!old) return old.error();
      hashes = std::move(old).take();
    }
    for (uint64_t i = had; i < have; ++i) {
      hashes.push_back(fresh[i - had]);
      if (hashes.size() < kTileWidth && i + 1 < have) continue;
      Status written = WriteTile(level, i / kTileWidth, hashes);
      if (!written) return written;
      hashes.clear();
    }
    return Done{};
  }

  Status WriteTile(int level, uint64_t index, const std::vector<Digest>& hashes) {
    if (hashes.size() == kTileWidth) {
      full_roots_.push_back(SubtreeRoot(hashes));
    } else if (!MatchesEdge(level, hashes)) {
      return Error{Error::Kind::kInvalid, TilePath({level, index, static_cast<unsigned>(hashes.size())}) + ": does not lead to the signed root"};
    }
    return Write({level, index, static_cast<unsigned>(hashes.size())}, TileBytes(hashes));
  }

  // The hashes of the last, partial tile of a level are those perfect subtrees of the right edge whose sizes are of that level.
  bool MatchesEdge(int level, std::span<const Digest> hashes) const {
    const uint64_t above = size() >> (kTileBits * static_cast<unsigned>(level + 1)) << (level + 1 >= 8 ? 0 : kTileBits * static_cast<unsigned>(level + 1));
    size_t at = static_cast<size_t>(std::popcount(above));
    for (size_t begin = 0; begin < hashes.size(); ++at) {
      const size_t count = std::bit_floor(hashes.size() - begin);
      if (SubtreeRoot(hashes.subspan(begin, count)) != tree_.edge.hashes()[at]) return false;
      begin += count;
    }
    return true;
  }

  Status Write(const TileId& tile, std::string_view bytes) {
    const std::string path = TilePath(tile);
    Status made = MakeParents(path);
    if (!made) return made;
    if (tile.width == kTileWidth || old_ == Old::kReplace) superseding_.push_back(tile);
    return WriteFileAt(tree_.directory, path, kTemporary, bytes, 0644);
  }

  Status MakeParents(const std::string& path) {
    for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      const std::string directory = path.substr(0, at);
      if (touched_.contains(directory)) continue;
      if (mkdirat(tree_.directory, directory.c_str(), 0755) == 0) touched_.insert(std::string(DirName(directory)));
      else if (errno != EEXIST) return SystemError(directory, errno);
    }
    touched_.insert(std::string(DirName(path)));
    return Done{};
  }

  Status SyncDirectories() const {
    for (const std::string& name : touched_) {
      const Fd fd(openat(tree_.directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!fd.valid() || fsync(fd.get()) != 0) return SystemError(name, errno);
    }
    return Done{};
  }

  // What remains if this fails is superfluous, not wrong.
  void RemovePartials() const {
    for (const TileId& tile : superseding_) {
      const std::string name = TilePath({tile.level, tile.index, kTileWidth}) + ".p";
      const Fd fd(openat(tree_.directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
      if (!fd.valid()) continue;
      for (unsigned width = 1; width < kTileWidth; ++width) {
        if (width != tile.width) unlinkat(fd.get(), std::to_string(width).c_str(), 0);
      }
      if (tile.width == kTileWidth) unlinkat(tree_.directory, name.c_str(), AT_REMOVEDIR);
    }
  }

  const TreeToPublish& tree_;
  const RecordReader& read_;
  Old old_;
  uint64_t from_;
  std::vector<Digest> full_roots_;    // of the full tiles just written at one level, in order
  std::vector<TileId> superseding_;   // written now; their older partial tiles go
  std::set<std::string> touched_;     // directories to sync
};

}  // namespace

Status PublishTree(const TreeToPublish& tree, const RecordReader& read) {
  const uint64_t published = PublishedSize(tree.directory, tree.key);
  // An empty log has a checkpoint, too.
  if (published > 0 && published >= tree.edge.size()) return Done{};
  Status done = Publisher(tree, read, Publisher::Old::kTrust, published).Run();
  // Most likely an old tile is damaged or gone: everything anew.
  if (!done && published > 0 && (done.error().kind == Error::Kind::kInvalid || done.error().kind == Error::Kind::kNotFound)) {
    done = Publisher(tree, read, Publisher::Old::kReplace, 0).Run();
  }
  return done;
}

uint64_t ClaimedSize(int directory, const VerifierKey& key) {
  const Result<std::string> bytes = ReadFileAt(directory, kCheckpointName, kMaxNoteBytes);
  if (!bytes) return 0;
  const Result<Note> note = ParseNote(*bytes);
  if (!note) return 0;
  const Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
  return checkpoint && checkpoint->origin == key.name ? checkpoint->size : 0;
}

}  // namespace checkrein::audit
