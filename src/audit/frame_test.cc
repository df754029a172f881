#include "audit/frame.h"

#include "gtest/gtest.h"

namespace checkrein::audit {
namespace {

RightEdge EdgeOf(uint64_t size) {
  RightEdge edge;
  for (uint64_t i = 0; i < size; ++i) edge.Append(LeafHash(std::to_string(i)));
  return edge;
}

Signature SomeSignature() {
  Signature out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(200 - i);
  return out;
}

TEST(Frame, GoesThroughBytes) {
  for (const uint64_t size : {1u, 2u, 3u, 7u, 8u, 255u, 256u}) {
    for (const size_t length : {size_t{1}, size_t{8}, size_t{13}, kMaxRecordBytes}) {
      const std::string record(length, 'r');
      const RightEdge edge = EdgeOf(size);
      const std::string bytes = EncodeFrame(0, record, edge, SomeSignature());
      EXPECT_EQ(bytes.size() % 8, 0u);
      EXPECT_LE(bytes.size(), kMaxFrameBytes);
      const std::string more = bytes + "what follows";
      const Result<Frame> frame = DecodeFrame(more);
      ASSERT_TRUE(frame) << frame.error().text;
      EXPECT_EQ(frame->header.index, size - 1);
      EXPECT_EQ(frame->header.frame_bytes(), bytes.size());
      EXPECT_EQ(frame->record, record);
      EXPECT_EQ(frame->edge, edge);
      EXPECT_EQ(frame->signature, SomeSignature());
      EXPECT_EQ(FrameRecord(bytes), record);
      EXPECT_FALSE(DecodeFrame(std::string_view(bytes).substr(0, bytes.size() - 1)));
    }
  }
}

// The bytes of docs/format/audit.md, "Worked example".
TEST(Frame, HasTheDocumentedHeader) {
  const std::string bytes = EncodeFrame(0, "{\"v\":1}", EdgeOf(1), Signature{});
  EXPECT_EQ(bytes.size(), 24u + 8 + 32 + 64);
  EXPECT_EQ(HexEncode(AsBytes(std::string_view(bytes).substr(0, 4))), "434b5231");
  EXPECT_EQ(HexEncode(AsBytes(std::string_view(bytes).substr(8, 14))), "0000000000000000" "07000000" "0000");
  EXPECT_EQ(bytes.substr(24, 8), std::string("{\"v\":1}\0", 8));
  EXPECT_EQ(HexEncode(LeafHash("{\"v\":1}")).substr(0, 8), "0fe7f04c");
}

TEST(Frame, EveryChangeOfOneByteIsFound) {
  const std::string good = EncodeFrame(2, "a record", EdgeOf(1237), SomeSignature());
  for (size_t at = 0; at < good.size(); ++at) {
    for (int mask = 1; mask < 256; ++mask) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ mask);
      ASSERT_FALSE(DecodeFrame(bad)) << at;
      ASSERT_FALSE(FrameRecord(bad)) << at;
      // Length, index and position are found wrong by the header alone.
      if (at < 4 || (at >= 8 && at < kFrameHeaderBytes)) {
        ASSERT_FALSE(ReadFrameHeader(bad)) << at;
      }
    }
  }
}

TEST(Frame, ImpossibleNumbersAreRefused) {
  EXPECT_FALSE(ReadFrameHeader(""));
  EXPECT_FALSE(ReadFrameHeader(std::string(kFrameHeaderBytes, '\0')));
  EXPECT_FALSE(ReadFrameHeader(EncodeFrame(1, "first record, yet second in its write", EdgeOf(1), Signature{})));
}

}  // namespace
}  // namespace checkrein::audit
