#include "audit/frame.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "audit/crc32c.h"

namespace checkrein::audit {
namespace {

constexpr std::string_view kMagic = "CKR1";        // the head is signed
constexpr std::string_view kMagicGoesOn = "CKR2";  // it is not: further frames of the same write follow, and the last is
constexpr size_t kCrcAt = 4;
constexpr size_t kIndexAt = 8;
constexpr size_t kRecordBytesAt = 16;
constexpr size_t kWritePositionAt = 20;
constexpr size_t kHeaderCheckAt = 22;
constexpr size_t kCheckedFrom = 8;  // what the checksum covers begins after the magic and itself

template <typename T>
T Little(std::string_view bytes, size_t at) {
  T out = 0;
  for (size_t i = sizeof(T); i-- > 0;) out = static_cast<T>(out << 8 | static_cast<uint8_t>(bytes[at + i]));
  return out;
}

template <typename T>
void PutLittle(std::string& bytes, size_t at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

constexpr size_t Padded(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

// Two bytes over index, length and position, so that a broken length is told from a frame that was broken off. Half of a CRC: that it
// still finds every change of one byte is tested.
// Of a frame without a signature it is the complement, so that one magic is not taken for the other.
uint16_t HeaderCheck(std::string_view frame) {
  const uint32_t check = Crc32c(frame.substr(kIndexAt, kHeaderCheckAt - kIndexAt));
  return static_cast<uint16_t>(frame.starts_with(kMagic) ? check : ~check);
}

bool ChecksumHolds(std::string_view bytes, const FrameHeader& header) {
  return Crc32c(bytes.substr(kCheckedFrom, header.frame_bytes() - kCheckedFrom)) == header.crc;
}

}  // namespace

size_t FrameHeader::frame_bytes() const {
  return kFrameHeaderBytes + Padded(record_bytes) + static_cast<size_t>(std::popcount(index + 1)) * sizeof(Digest) + (has_signature ? sizeof(Signature) : 0);
}

std::optional<FrameHeader> ReadFrameHeader(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes || (!bytes.starts_with(kMagic) && !bytes.starts_with(kMagicGoesOn))) return std::nullopt;
  FrameHeader out;
  out.has_signature = bytes.starts_with(kMagic);
  out.crc = Little<uint32_t>(bytes, kCrcAt);
  out.index = Little<uint64_t>(bytes, kIndexAt);
  out.record_bytes = Little<uint32_t>(bytes, kRecordBytesAt);
  out.write_position = Little<uint16_t>(bytes, kWritePositionAt);
  if (Little<uint16_t>(bytes, kHeaderCheckAt) != HeaderCheck(bytes)) return std::nullopt;
  if (out.record_bytes == 0 || out.record_bytes > kMaxRecordBytes || out.index >= kMaxLogSize || out.write_position > out.index) return std::nullopt;
  return out;
}

std::optional<std::string_view> FrameRecord(std::string_view bytes) {
  const std::optional<FrameHeader> header = ReadFrameHeader(bytes);
  if (!header || bytes.size() < header->frame_bytes() || !ChecksumHolds(bytes, *header)) return std::nullopt;
  return bytes.substr(kFrameHeaderBytes, header->record_bytes);
}

Result<Frame> DecodeFrame(std::string_view bytes) {
  const auto bad = [](std::string_view what) { return Error{Error::Kind::kInvalid, std::string(what)}; };
  const std::optional<FrameHeader> header = ReadFrameHeader(bytes);
  if (!header) return bad("no frame header");
  if (bytes.size() < header->frame_bytes()) return bad("the frame is cut off");
  if (!ChecksumHolds(bytes, *header)) return bad("the checksum does not hold");
  Frame out;
  out.header = *header;
  out.record = bytes.substr(kFrameHeaderBytes, header->record_bytes);
  const size_t edge_at = kFrameHeaderBytes + Padded(header->record_bytes);
  const std::string_view padding = bytes.substr(kFrameHeaderBytes + header->record_bytes, edge_at - kFrameHeaderBytes - header->record_bytes);
  if (padding.find_first_not_of('\0') != std::string_view::npos) return bad("the padding is not zero");
  std::vector<Digest> hashes(static_cast<size_t>(std::popcount(header->index + 1)));
  for (size_t i = 0; i < hashes.size(); ++i) std::memcpy(hashes[i].data(), bytes.data() + edge_at + i * sizeof(Digest), sizeof(Digest));
  if (header->has_signature) std::memcpy(out.signature.emplace().data(), bytes.data() + edge_at + hashes.size() * sizeof(Digest), sizeof(Signature));
  std::optional<RightEdge> edge = RightEdge::From(header->index + 1, std::move(hashes));
  if (!edge) return bad("the right edge has the wrong length");
  out.edge = std::move(*edge);
  return out;
}

std::string EncodeFrame(uint16_t write_position, std::string_view record, const RightEdge& edge_after, const std::optional<Signature>& signature) {
  FrameHeader header;
  header.has_signature = signature.has_value();
  header.index = edge_after.size() - 1;
  header.record_bytes = static_cast<uint32_t>(record.size());
  std::string out(header.frame_bytes(), '\0');
  (signature ? kMagic : kMagicGoesOn).copy(out.data(), kMagic.size());
  PutLittle(out, kIndexAt, header.index);
  PutLittle(out, kRecordBytesAt, header.record_bytes);
  PutLittle(out, kWritePositionAt, write_position);
  PutLittle(out, kHeaderCheckAt, HeaderCheck(out));
  record.copy(out.data() + kFrameHeaderBytes, record.size());
  size_t at = kFrameHeaderBytes + Padded(record.size());
  for (const Digest& hash : edge_after.hashes()) {
    std::memcpy(out.data() + at, hash.data(), hash.size());
    at += hash.size();
  }
  if (signature) std::memcpy(out.data() + at, signature->data(), signature->size());
  PutLittle(out, kCrcAt, Crc32c(std::string_view(out).substr(kCheckedFrom)));
  return out;
}

}  // namespace checkrein::audit
