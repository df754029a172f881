#include "audit/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "audit/checkpoint.h"

namespace checkrein::audit {
namespace {

constexpr std::string_view kMagicStart = "CKR";
constexpr uint64_t kMaxSegments = 1'000'000'000'000;  // twelve digits

Error Damaged(const Position& at, std::string_view what) {
  return {Error::Kind::kInvalid, SegmentPath(at.segment) + " at byte " + std::to_string(at.offset) + ": " + std::string(what) +
                                     "; keep the directory as it is and run `checkrein log verify`"};
}

// Whether `rest` holds a frame by our key from a write later than the one that brought (or lost) record `missing`.
bool HoldsLaterFrame(std::string_view rest, uint64_t missing, const Segments::HeadCheck& holds) {
  for (size_t at = rest.find(kMagicStart); at != std::string_view::npos; at = rest.find(kMagicStart, at + 1)) {
    const std::optional<FrameHeader> header = ReadFrameHeader(rest.substr(at));
    if (!header || header->index - header->write_position <= missing) continue;
    const Result<Frame> frame = DecodeFrame(rest.substr(at));
    if (frame && frame->signature && holds(frame->edge, *frame->signature)) return true;
  }
  return false;
}

}  // namespace

ssize_t Disk::Write(int fd, std::string_view bytes, uint64_t offset) { return pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)); }
int Disk::Sync(int fd) { return fdatasync(fd); }

std::string SegmentPath(uint64_t segment) {
  char name[40];
  std::snprintf(name, sizeof name, "segment/%012llu", static_cast<unsigned long long>(segment));
  return name;
}

size_t CountNonZero(std::string_view bytes) {
  // Most calls see only zeros: compare with itself shifted by one, which memcmp does fast.
  if (bytes.empty() || (bytes[0] == '\0' && bytes.substr(1) == bytes.substr(0, bytes.size() - 1))) return 0;
  return bytes.size() - static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\0'));
}

Position PlaceOf(const Position& end, size_t frame_bytes) {
  Position at = end;
  const uint64_t used = at.offset % kChunkBytes;
  if (used + frame_bytes > kChunkBytes) at.offset += kChunkBytes - used;
  if (at.offset >= kSegmentBytes) at = {at.segment + 1, 0};
  return at;
}

ChunkFrames ScanHeaders(std::string_view chunk) {
  ChunkFrames out;
  for (size_t at = 0; at < chunk.size();) {
    const std::optional<FrameHeader> header = ReadFrameHeader(chunk.substr(at));
    if (!header || at + header->frame_bytes() > chunk.size()) break;
    if (out.offsets.empty()) out.first_index = header->index;
    if (header->index != out.first_index + out.offsets.size()) break;
    out.offsets.push_back(static_cast<uint32_t>(at));
    at += header->frame_bytes();
  }
  return out;
}

bool Segments::Exists(uint64_t segment) const {
  struct stat info{};
  return segment < kMaxSegments && fstatat(directory_, SegmentPath(segment).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

Result<uint64_t> Segments::Count() const {
  uint64_t none = 1;  // doubles until segment `none - 1` does not exist
  while (Exists(none - 1)) none *= 2;
  uint64_t low = none / 2;  // segments below `low` exist, as far as probing can tell
  uint64_t high = none - 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (Exists(middle)) low = middle + 1; else high = middle;
  }
  return low;
}

Result<int> Segments::Open(uint64_t segment) const {
  if (open_.valid() && open_segment_ == segment) return open_.get();
  const int flags = access_ == Access::kWrite ? O_RDWR : O_RDONLY;
  open_.Reset(openat(directory_, SegmentPath(segment).c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  open_segment_ = segment;
  if (!open_.valid()) return SystemError(SegmentPath(segment), errno);
  return open_.get();
}

Result<uint64_t> Segments::FileBytes(uint64_t segment) const {
  const Result<int> fd = Open(segment);
  if (!fd && fd.error().kind == Error::Kind::kNotFound) return uint64_t{0};
  if (!fd) return fd.error();
  struct stat info{};
  if (fstat(*fd, &info) != 0) return SystemError(SegmentPath(segment), errno);
  // Held open by us, and no longer there for anybody: what is written to it is written nowhere.
  if (info.st_nlink == 0) return Error{Error::Kind::kIo, SegmentPath(segment) + ": removed while the log was in use"};
  if (static_cast<uint64_t>(info.st_size) > kSegmentBytes) return Damaged({segment, kSegmentBytes}, "the file is longer than a segment can be");
  return static_cast<uint64_t>(info.st_size);
}

Result<ChunkBytes> Segments::ReadChunk(uint64_t segment, uint64_t chunk) const { return ReadAt(segment, chunk * kChunkBytes, kChunkBytes); }

// As many of `bytes` bytes as there are.
Result<ChunkBytes> Segments::ReadAt(uint64_t segment, uint64_t from, uint64_t bytes) const {
  const Result<uint64_t> file_bytes = FileBytes(segment);
  if (!file_bytes) return file_bytes.error();
  if (from >= *file_bytes) return ChunkBytes();
  ChunkBytes out(std::min(bytes, *file_bytes - from));
  size_t have = 0;
  while (have < out.size()) {
    const ssize_t n = pread(open_.get(), out.data() + have, out.size() - have, static_cast<off_t>(from + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(SegmentPath(segment), errno);
    if (n == 0) break;  // cut shorter meanwhile
    have += static_cast<size_t>(n);
  }
  out.Shorten(have);
  return out;
}

Result<Tail> Segments::FindTail(const HeadCheck& holds) const {
  const Result<uint64_t> segments = Count();
  if (!segments) return segments.error();
  Tail tail;
  ChunkBytes last;  // the chunk in which the tail is
  bool found = false;
  for (uint64_t segment = *segments; segment-- > 0 && !found;) {
    // Only a segment that was just begun may hold no good frame.
    if (segment + 2 < *segments) return Damaged({segment + 1, 0}, "two segments hold no good frame");
    const Result<uint64_t> file_bytes = FileBytes(segment);
    if (!file_bytes) return file_bytes.error();
    for (uint64_t chunk = (*file_bytes + kChunkBytes - 1) / kChunkBytes; chunk-- > 0 && !found;) {
      Result<ChunkBytes> bytes = ReadChunk(segment, chunk);
      if (!bytes) return bytes.error();
      const ChunkFrames frames = ScanHeaders(bytes->view());
      for (size_t i = frames.offsets.size(); i-- > 0 && !found;) {
        const Result<Frame> frame = DecodeFrame(bytes->view().substr(frames.offsets[i]));
        if (!frame || !frame->signature || !WholeWrite(segment, chunk, bytes->view(), frames, i)) continue;
        tail.edge = frame->edge;
        tail.signature = *frame->signature;
        tail.last = {segment, chunk * kChunkBytes + frames.offsets[i]};
        tail.end = {segment, tail.last.offset + frame->header.frame_bytes()};
        found = true;
      }
      if (found) last = std::move(bytes).take();
    }
  }
  if (found && !holds(tail.edge, tail.signature)) return Damaged(tail.last, "the head of record " + std::to_string(tail.edge.size() - 1) + " is not signed by this log's key");
  const Result<uint64_t> torn = TornBytes(tail, *segments, holds, last);
  if (!torn) return torn.error();
  tail.torn_bytes = *torn;
  return tail;
}

// Whether the frames that were written together with frame `last` of a chunk are all there: sectors reach the disk in any order.
bool Segments::WholeWrite(uint64_t segment, uint64_t chunk, std::string_view bytes, const ChunkFrames& frames, size_t last) const {
  uint64_t missing = ReadFrameHeader(bytes.substr(frames.offsets[last]))->write_position;
  uint64_t next = frames.first_index + last;  // the frame before which they stand
  for (; missing > 0 && last > 0; --missing, --next)
    if (!FrameRecord(bytes.substr(frames.offsets[--last]))) return false;
  while (missing > 0) {
    if (chunk-- == 0) return false;
    const Result<ChunkBytes> before = ReadChunk(segment, chunk);
    if (!before) return false;
    const ChunkFrames found = ScanHeaders(before->view());
    if (found.first_index + found.offsets.size() != next) return false;
    for (size_t i = found.offsets.size(); missing > 0 && i > 0; --missing, --next)
      if (!FrameRecord(before->view().substr(found.offsets[--i]))) return false;
  }
  return true;
}

Result<uint64_t> Segments::TornBytes(const Tail& tail, uint64_t segments, const HeadCheck& holds, const ChunkBytes& last) const {
  uint64_t torn = 0;
  for (uint64_t segment = tail.end.segment; segment < segments; ++segment) {
    const uint64_t from = segment == tail.end.segment ? tail.end.offset : 0;
    const uint64_t last_chunk = tail.last.offset / kChunkBytes;
    for (uint64_t chunk = from == 0 ? 0 : last_chunk; chunk < kSegmentBytes / kChunkBytes; ++chunk) {
      const bool have = from > 0 && chunk == last_chunk;
      const Result<ChunkBytes> bytes = have ? Result<ChunkBytes>(ChunkBytes()) : ReadChunk(segment, chunk);
      if (!bytes) return bytes.error();
      const std::string_view all = have ? last.view() : bytes->view();
      if (all.empty()) break;
      const uint64_t start = chunk * kChunkBytes;
      const std::string_view rest = all.substr(from > start ? std::min<uint64_t>(from - start, all.size()) : 0);
      const size_t here = CountNonZero(rest);
      if (here > 0 && HoldsLaterFrame(rest, tail.edge.size(), holds)) {
        return Damaged(tail.end, "record " + std::to_string(tail.edge.size()) + " is damaged, but a later one is good");
      }
      torn += here;
    }
  }
  return torn;
}

Result<Tail> Segments::FollowTail(const Tail& tail, const HeadCheck& holds) const {
  const Result<uint64_t> file_bytes = FileBytes(tail.end.segment);
  if (!file_bytes) return file_bytes.error();
  const uint64_t begin = tail.end.offset == 0 ? 0 : tail.end.offset - 1;
  const uint64_t chunk_end = (begin / kChunkBytes + 1) * kChunkBytes;
  // Whatever is not simply more frames in the same chunk is left to the search from the end.
  if (tail.torn_bytes > 0 || *file_bytes > chunk_end || *file_bytes < tail.end.offset || Exists(tail.end.segment + 1)) return FindTail(holds);
  char next[kFrameHeaderBytes] = {};
  if (*file_bytes == tail.end.offset) return tail;
  if (pread(open_.get(), next, sizeof next, static_cast<off_t>(tail.end.offset)) < 0) return SystemError(SegmentPath(tail.end.segment), errno);
  if (CountNonZero(std::string_view(next, sizeof next)) == 0) return tail;
  const Result<ChunkBytes> bytes = ReadAt(tail.end.segment, tail.end.offset, chunk_end - tail.end.offset);
  if (!bytes) return bytes.error();
  const ChunkFrames frames = ScanHeaders(bytes->view());
  if (frames.offsets.empty() || frames.first_index != tail.edge.size()) return FindTail(holds);
  const std::string_view from_last = bytes->view().substr(frames.offsets.back());
  const Result<Frame> frame = DecodeFrame(from_last);
  if (!frame || !frame->signature || CountNonZero(from_last.substr(frame->header.frame_bytes())) > 0 || !holds(frame->edge, *frame->signature)) return FindTail(holds);
  if (frame->header.write_position >= frames.offsets.size()) return FindTail(holds);
  for (size_t i = frames.offsets.size() - 1, left = frame->header.write_position; left > 0; --left)
    if (!FrameRecord(bytes->view().substr(frames.offsets[--i]))) return FindTail(holds);
  Tail out;
  out.edge = frame->edge;
  out.signature = *frame->signature;
  out.last = {tail.end.segment, tail.end.offset + frames.offsets.back()};
  out.end = {tail.end.segment, out.last.offset + frame->header.frame_bytes()};
  return out;
}

Result<Tail> Segments::Append(const Tail& tail, const std::vector<std::string_view>& records, const NoteSigner& signer) {
  if (tail.torn_bytes > 0) {
    Status cleared = ClearTorn(tail);
    if (!cleared) return cleared.error();
  }
  Tail next = tail;
  next.torn_bytes = 0;
  Position start;         // of `frames`
  std::string frames;     // waiting to be written, all in one segment, without the last one
  uint16_t in_write = 0;  // how many, with the last one
  std::string_view last;  // the record of the last one, at next.last
  const auto put_last = [&](const std::optional<Signature>& signature) {
    frames.resize(next.last.offset - start.offset, '\0');
    frames += EncodeFrame(static_cast<uint16_t>(in_write - 1), last, next.edge, signature);
    next.end = {start.segment, start.offset + frames.size()};
  };
  const size_t each = records.size() <= kSignedEach ? 1 : kSignedEach;
  const auto sign = [&] { return signer.Sign(CheckpointBody(signer.verifier().name, next.edge.size(), next.edge.Root())); };
  const auto write = [&]() -> Status {
    next.signature = sign();
    put_last(next.signature);
    in_write = 0;
    return WriteDurably(tail, start, std::exchange(frames, {}));
  };
  for (const std::string_view record : records) {
    FrameHeader header;
    header.index = next.edge.size();
    header.record_bytes = static_cast<uint32_t>(record.size());
    if (in_write > 0) {
      // The place was reserved for a frame with a signature, so that any of them can become the last.
      FrameHeader before = header;
      before.index = header.index - 1;
      before.record_bytes = static_cast<uint32_t>(last.size());
      before.has_signature = in_write % each == 0;
      const Position end{next.last.segment, next.last.offset + before.frame_bytes()};
      if (in_write == kMaxFramesPerWrite || PlaceOf(end, header.frame_bytes()).segment != start.segment) {
        const Status written = write();
        if (!written) return written.error();
      } else {
        put_last(before.has_signature ? std::optional(sign()) : std::nullopt);
      }
    }
    next.last = PlaceOf(next.end, header.frame_bytes());
    if (in_write == 0) start = next.last;
    next.edge.Append(LeafHash(record));
    last = record;
    ++in_write;
  }
  const Status written = write();
  if (!written) return written.error();
  return next;
}

Status Segments::WriteDurably(const Tail& tail, const Position& at, const std::string& frames) {
  const auto fail = [&](int error_number) {
    Error error = SystemError(SegmentPath(at.segment) + ": record not written", error_number);
    return Error{Error::Kind::kIo, error.text};
  };
  if (at.segment != tail.end.segment) {
    // Whoever wrote the last frames there may have been killed before its sync; they must not be lost when ours are kept.
    const Result<int> old = Open(tail.end.segment);
    if (!old) return old.error();
    if (disk_->Sync(*old) != 0) return fail(errno);
  }
  if (at.offset == 0) {
    if (mkdirat(directory_, "segment", 0700) != 0 && errno != EEXIST) return fail(errno);
    const Fd made(openat(directory_, SegmentPath(at.segment).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!made.valid()) return fail(errno);
  }
  const Result<uint64_t> old_bytes = FileBytes(at.segment);
  if (!old_bytes) return old_bytes.error();
  const int fd = open_.get();
  // Where the file grows, it grows to the end of the chunk, in zeros: later frames then change no size and need no journal.
  std::string grown;
  const uint64_t end = at.offset + frames.size();
  if (end > *old_bytes) {
    grown = frames;
    grown.resize(frames.size() + (kChunkBytes - end % kChunkBytes) % kChunkBytes, '\0');
  }
  const std::string_view bytes = grown.empty() ? frames : grown;
  ssize_t written = 0;
  do {
    written = disk_->Write(fd, bytes, at.offset);
  } while (written < 0 && errno == EINTR);
  int problem = written < 0 ? errno : static_cast<size_t>(written) < bytes.size() ? ENOSPC : 0;
  if (problem == 0 && disk_->Sync(fd) != 0) problem = errno;
  // The second writer of a segment cannot know whether the first lived to sync the directory.
  if (problem == 0 && (at.offset == 0 || (tail.last.offset == 0 && tail.last.segment == at.segment))) {
    const Fd parent(openat(directory_, "segment", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent.valid() || fsync(parent.get()) != 0 || (at.segment == 0 && fsync(directory_) != 0)) problem = errno;
  }
  if (problem == 0) return Done{};
  TakeBack(fd, at, bytes.size(), *old_bytes);
  return fail(problem);
}

// A failed sync leaves pages that the kernel may call clean though they are not on disk: zeros over them make them dirty again,
// so that no later frame rests on bytes that only memory holds.
void Segments::TakeBack(int fd, const Position& at, size_t bytes, uint64_t old_bytes) {
  const uint64_t old_end = std::min<uint64_t>(at.offset + bytes, old_bytes);
  if (old_end > at.offset) (void)disk_->Write(fd, std::string(old_end - at.offset, '\0'), at.offset);
  if (at.offset + bytes > old_bytes) (void)!ftruncate(fd, static_cast<off_t>(old_bytes));
  (void)disk_->Sync(fd);
}

Status Segments::ClearTorn(const Tail& tail) {
  const Result<uint64_t> segments = Count();
  if (!segments) return segments.error();
  for (uint64_t segment = tail.end.segment; segment < *segments; ++segment) {
    const Result<int> fd = Open(segment);
    if (!fd) return fd.error();
    const uint64_t keep = segment == tail.end.segment ? tail.end.offset : 0;
    if (ftruncate(*fd, static_cast<off_t>(keep)) != 0 || disk_->Sync(*fd) != 0) return SystemError(SegmentPath(segment), errno);
  }
  return Done{};
}

}  // namespace checkrein::audit
