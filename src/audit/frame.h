// One frame of a segment: a record with the head of the log that ends in it (docs/format/audit.md, "Frames"). The head of the last frame
// of a write is signed, and signs the write's others with it.
//
//   std::string bytes = EncodeFrame(0, record, edge_after, signature);
//   Result<Frame> frame = DecodeFrame(bytes);
//
// A frame does not hold the root: it holds the right edge, of which the root is a fold, so that the next appender can go on from the
// last frame alone and a verifier compares hashes instead of computing a root for each record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/merkle.h"
#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

inline constexpr size_t kMaxRecordBytes = 65'535;  // C2SP tlog-tiles holds a record's length in 16 bits
inline constexpr size_t kFrameHeaderBytes = 24;
inline constexpr uint64_t kMaxLogSize = uint64_t{1} << 62;  // keeps sizes within 63 bits, as other implementations hold them
inline constexpr size_t kMaxFrameBytes = kFrameHeaderBytes + ((kMaxRecordBytes + 7) & ~size_t{7}) + 62 * sizeof(Digest) + sizeof(Signature);

struct FrameHeader {
  uint64_t index = 0;          // of the record, from 0
  uint32_t record_bytes = 0;   // 1..kMaxRecordBytes
  uint16_t write_position = 0; // how many frames stand before it in the write(2) that brought it
  uint32_t crc = 0;            // CRC-32C of everything after itself
  bool has_signature = true;   // else more frames of the same write follow

  size_t frame_bytes() const;  // of the whole frame, a multiple of 8
  bool operator==(const FrameHeader&) const = default;
};

inline constexpr size_t kMaxFramesPerWrite = 65'535;

// The header at the start of `bytes`; nothing unless the magic is there, its own check holds and the numbers are in range. Says
// nothing about the rest.
std::optional<FrameHeader> ReadFrameHeader(std::string_view bytes);

struct Frame {
  FrameHeader header;
  std::string_view record;  // borrows the bytes given to DecodeFrame
  RightEdge edge;           // after the record: edge.size() == header.index + 1
  std::optional<Signature> signature;  // over CheckpointBody(origin, edge.size(), edge.Root()); nothing: a later frame of the write has it
};

// The frame at the start of `bytes`, which may be followed by others. kInvalid with the reason; the signature is not checked.
Result<Frame> DecodeFrame(std::string_view bytes);

std::string EncodeFrame(uint16_t write_position, std::string_view record, const RightEdge& edge_after, const std::optional<Signature>& signature);

// Only the record and the checksum of the frame at the start of `bytes`; cheaper than DecodeFrame. Nothing unless the checksum holds.
std::optional<std::string_view> FrameRecord(std::string_view bytes);

}  // namespace checkrein::audit
