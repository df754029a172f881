#include "audit/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "audit/checkpoint.h"
#include "audit/key.h"
#include "audit/note.h"
#include "audit/publish.h"

namespace checkrein::audit {
namespace {

constexpr const char* kLockName = "lock";
constexpr const char* kPublishLockName = "publish.lock";

// Holds flock(2) on a descriptor until the end of its scope.
class Locked {
 public:
  Locked(int fd, int how) : fd_(fd) {
    while (flock(fd, how) != 0) {
      if (errno == EINTR) continue;
      error_ = errno;
      break;
    }
  }
  ~Locked() {
    if (error_ == 0) flock(fd_, LOCK_UN);
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;
  int error() const { return error_; }

 private:
  int fd_;
  int error_ = 0;
};

Error In(const std::string& directory, const Error& error) { return {error.kind, directory + "/" + error.text}; }

// The chunk that Read() saw last: records are mostly read in order.
struct ChunkCache {
  uint64_t segment = 0;
  uint64_t chunk = 0;
  ChunkBytes bytes;
  ChunkFrames frames;

  bool Holds(uint64_t index) const { return index >= frames.first_index && index - frames.first_index < frames.offsets.size(); }
};

}  // namespace

struct Log::Impl {
  Impl(std::string name, Fd opened, Disk& used, Segments::Access access)
      : directory(std::move(name)), fd(std::move(opened)), disk(&used), segments(fd.get(), used, access) {}

  Segments::HeadCheck HoldsByKey() const;
  Status UseTail(Result<Tail> found);
  Status LoadKeys(Mode mode);
  Status FindEnd();
  Status Load(uint64_t segment, uint64_t chunk);
  Status Seek(uint64_t index);

  std::string directory;
  Fd fd;
  Fd lock;  // invalid for a reader who may not open it
  Disk* disk;
  Segments segments;
  std::optional<NoteSigner> signer;  // only for kAppend
  VerifierKey verifier;
  Tail tail;
  ChunkCache cache;
};

// Whoever holds the key signs again and compares, for Ed25519 is deterministic: half the cost of a verification.
Segments::HeadCheck Log::Impl::HoldsByKey() const {
  return [this](const RightEdge& edge, const Signature& signature) {
    const std::string body = CheckpointBody(verifier.name, edge.size(), edge.Root());
    return signer ? signer->Sign(body) == signature : VerifySignature(verifier.key, AsBytes(body), signature);
  };
}

Status Log::Impl::UseTail(Result<Tail> found) {
  if (!found) return In(directory, found.error());
  if (found->edge.size() < tail.edge.size()) {
    return Error{Error::Kind::kInvalid, directory + ": the log has become shorter: " + std::to_string(tail.edge.size()) + " records before, now " +
                                            std::to_string(found->edge.size()) + "; keep the directory as it is and run `checkrein log verify`"};
  }
  tail = std::move(found).take();
  return Done{};
}

Status Log::Impl::LoadKeys(Mode mode) {
  if (mode == Mode::kRead) {
    Result<VerifierKey> loaded = LoadVerifierKey(fd.get());
    if (!loaded) return In(directory, loaded.error());
    verifier = std::move(loaded).take();
    return Done{};
  }
  struct stat info{};
  const bool missing = fstatat(fd.get(), "key", &info, AT_SYMLINK_NOFOLLOW) != 0;
  std::optional<Locked> locked;  // two who come first must not make two keys
  if (missing) locked.emplace(lock.get(), LOCK_EX);
  if (locked && locked->error() != 0) return SystemError(directory + "/" + kLockName, locked->error());
  const Result<uint64_t> count = missing ? segments.Count() : Result<uint64_t>(uint64_t{1});
  if (!count) return count.error();
  Result<NoteSigner> loaded = LoadKey(fd.get(), *count == 0 ? MissingKey::kMake : MissingKey::kRefuse);
  if (!loaded) return In(directory, loaded.error());
  signer.emplace(std::move(loaded).take());
  verifier = signer->verifier();
  return Done{};
}

// Looks without the lock first, so that who only opens holds nobody up. What another is just writing may then look torn or damaged:
// only under the lock is that believed.
Status Log::Impl::FindEnd() {
  const uint64_t claimed = ClaimedSize(fd.get(), verifier);
  Result<Tail> found = segments.FindTail(HoldsByKey());
  if ((!found || found->torn_bytes > 0) && lock.valid()) {
    const Locked locked(lock.get(), signer ? LOCK_EX : LOCK_SH);
    if (locked.error() != 0) return SystemError(directory + "/" + kLockName, locked.error());
    found = segments.FindTail(HoldsByKey());
  }
  for (int again = 0; again < 3 && !found && !lock.valid(); ++again) found = segments.FindTail(HoldsByKey());
  Status used = UseTail(std::move(found));
  if (!used || claimed <= tail.edge.size()) return used;
  return Error{Error::Kind::kInvalid, directory + ": " + std::to_string(tail.edge.size()) + " records, but the checkpoint was made of " + std::to_string(claimed) +
                                          ": records have been cut off; keep the directory as it is and run `checkrein log verify`"};
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::Open(const std::string& directory, Mode mode) {
  static Disk real;  // holds nothing
  return Open(directory, mode, real);
}

Result<Log> Log::Open(const std::string& directory, Mode mode, Disk& disk) {
  const bool append = mode == Mode::kAppend;
  Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT && append) {
    Status made = MakeDirectories(directory, 0700);
    if (!made) return made.error();
    fd.Reset(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  if (!fd.valid()) return SystemError(directory, errno);
  auto impl = std::make_unique<Impl>(directory, std::move(fd), disk, append ? Segments::Access::kWrite : Segments::Access::kRead);
  impl->lock.Reset(openat(impl->fd.get(), kLockName, (append ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (append && !impl->lock.valid()) {
    const Error error = SystemError(directory, errno);
    // A read-only file system is a matter of permission to whoever reads the message.
    return Error{errno == EROFS ? Error::Kind::kDenied : error.kind, error.text + "; the audit log must be writable"};
  }
  Status ready = impl->LoadKeys(mode);
  if (ready) ready = impl->FindEnd();
  if (!ready) return ready.error();
  return Log(std::move(impl));
}

Result<uint64_t> Log::Append(std::string_view record) { return AppendAll({record}); }

Result<uint64_t> Log::AppendAll(const std::vector<std::string_view>& records) {
  Impl& log = *impl_;
  if (!log.signer) return Error{Error::Kind::kDenied, log.directory + ": opened for reading"};
  for (const std::string_view record : records) {
    if (record.empty() || record.size() > kMaxRecordBytes) {
      return Error{Error::Kind::kLimit, "audit record: " + std::to_string(record.size()) + " bytes; 1 to " + std::to_string(kMaxRecordBytes) + " are possible"};
    }
  }
  uint64_t first = 0;
  uint64_t after = 0;
  {
    const Locked locked(log.lock.get(), LOCK_EX);
    if (locked.error() != 0) return SystemError(log.directory + "/" + kLockName, locked.error());
    Status followed = log.UseTail(log.segments.FollowTail(log.tail, log.HoldsByKey()));
    if (!followed) return followed.error();
    first = log.tail.edge.size();
    if (records.empty()) return first;
    if (first + records.size() > kMaxLogSize) return Error{Error::Kind::kLimit, log.directory + ": the log is full"};
    Result<Tail> next = log.segments.Append(log.tail, records, *log.signer);
    if (!next) {
      (void)log.UseTail(log.segments.FindTail(log.HoldsByKey()));
      return In(log.directory, next.error());
    }
    log.tail = std::move(next).take();
    after = log.tail.edge.size();
  }
  // The records are durable; tiles are derived from them, so a failure here is made good by the next publication. Nor does an
  // appender wait for somebody else's.
  if (first / kTileWidth != after / kTileWidth) (void)PublishHolding(LOCK_EX | LOCK_NB);
  return first;
}

Status Log::Refresh() { return impl_->FindEnd(); }

Status Log::Impl::Load(uint64_t segment, uint64_t chunk) {
  Result<ChunkBytes> bytes = segments.ReadChunk(segment, chunk);
  if (!bytes) return bytes.error();
  cache = {segment, chunk, std::move(bytes).take(), {}};
  cache.frames = ScanHeaders(cache.bytes.view());
  return Done{};
}

// Makes the cache hold `index`, which is below the size.
Status Log::Impl::Seek(uint64_t index) {
  const uint64_t chunks = kSegmentBytes / kChunkBytes;
  // Reloaded even when it is the right chunk: it may have grown.
  const uint64_t behind = cache.frames.first_index + cache.frames.offsets.size();
  if (!cache.frames.offsets.empty() && index == behind) {
    for (const uint64_t step : {uint64_t{0}, uint64_t{1}}) {
      const uint64_t at = cache.segment * chunks + cache.chunk + step;
      Status loaded = Load(at / chunks, at % chunks);
      if (!loaded) return loaded;
      if (cache.Holds(index)) return Done{};
    }
  }
  const Result<uint64_t> count = segments.Count();
  if (!count) return count.error();
  // The last chunk whose first record is not behind `index`; a chunk without frames counts as behind.
  uint64_t low = 0;
  uint64_t high = *count * chunks;
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    Status loaded = Load(middle / chunks, middle % chunks);
    if (!loaded) return loaded;
    (!cache.frames.offsets.empty() && cache.frames.first_index <= index ? low : high) = middle;
  }
  return Load(low / chunks, low % chunks);
}

Status Log::Publish() { return PublishHolding(LOCK_EX); }

Status Log::PublishHolding(int lock_how) {
  Impl& log = *impl_;
  if (!log.signer) return Error{Error::Kind::kDenied, log.directory + ": opened for reading"};
  const Fd lock(openat(log.fd.get(), kPublishLockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return SystemError(log.directory + "/" + kPublishLockName, errno);
  const Locked locked(lock.get(), lock_how);  // appenders go on meanwhile: what is published lies behind them
  if (locked.error() != 0) return SystemError(log.directory + "/" + kPublishLockName, locked.error());
  const TreeToPublish tree{log.fd.get(), log.verifier, log.tail.edge, CheckpointNote()};
  Status done = PublishTree(tree, [this](uint64_t index) { return Read(index); });
  if (!done) return In(log.directory, done.error());
  return done;
}

Result<std::string> Log::Read(uint64_t index) const {
  Impl& log = *impl_;
  if (index >= log.tail.edge.size()) {
    return Error{Error::Kind::kNotFound, log.directory + ": no record " + std::to_string(index) + "; the log has " + std::to_string(log.tail.edge.size())};
  }
  if (!log.cache.Holds(index)) {
    Status found = log.Seek(index);
    if (!found) return In(log.directory, found.error());
  }
  if (log.cache.Holds(index)) {
    const uint32_t at = log.cache.frames.offsets[index - log.cache.frames.first_index];
    const std::optional<std::string_view> record = FrameRecord(log.cache.bytes.view().substr(at));
    if (record) return std::string(*record);
  }
  return Error{Error::Kind::kInvalid, log.directory + ": record " + std::to_string(index) + " is damaged; run `checkrein log verify`"};
}

uint64_t Log::size() const { return impl_->tail.edge.size(); }
const std::string& Log::origin() const { return impl_->verifier.name; }
std::string Log::Vkey() const { return impl_->verifier.Text(); }
Digest Log::Root() const { return impl_->tail.edge.Root(); }
uint64_t Log::torn_bytes() const { return impl_->tail.torn_bytes; }

std::string Log::CheckpointNote() const {
  const Impl& log = *impl_;
  const std::string body = CheckpointBody(log.verifier.name, log.tail.edge.size(), log.tail.edge.Root());
  // An empty log has no frame that could hold a signature.
  if (log.tail.edge.size() == 0) return log.signer ? SignedNote(body, {log.signer->SignatureLine(body)}) : std::string();
  return SignedNote(body, {SignatureLine(log.verifier, log.tail.signature)});
}

}  // namespace checkrein::audit
