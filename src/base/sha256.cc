#include "base/sha256.h"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__)
#include <immintrin.h>
// The header of glibc 2.36 says _Bool, which clang does not know in C++.
#if defined(__clang__)
#define _Bool bool
#endif
#include <sys/platform/x86.h>
#undef _Bool
#endif

namespace checkrein::internal {

#if defined(__x86_64__)
namespace {

alignas(16) constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

}  // namespace

// The C library asked the processor at start-up; to ask again costs an exit to the hypervisor in a virtual machine.
bool HasSha256Instructions() { return CPU_FEATURE_PRESENT(SHA) && CPU_FEATURE_PRESENT(SSE4_1) && CPU_FEATURE_PRESENT(SSSE3); }

// The instructions want the state as (A B E F) and (C D G H), highest first. Each step of the loop makes four words of the message
// schedule (the first four are the message) and runs four rounds.
__attribute__((target("sha,sse4.1,ssse3"))) void Sha256ByInstructions::Compress(const uint8_t* blocks, size_t count) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i abcd = _mm_shuffle_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(state_)), 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(state_ + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(abcd, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, abcd, 0xF0);
  for (; count > 0; --count, blocks += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i words[4];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      __m128i& now = words[i % 4];
      if (i < 4) {
        now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + i), swap);
      } else {
        const __m128i& before = words[(i + 3) % 4];
        now = _mm_add_epi32(_mm_sha256msg1_epu32(now, words[(i + 1) % 4]), _mm_alignr_epi8(before, words[(i + 2) % 4], 4));
        now = _mm_sha256msg2_epu32(now, before);
      }
      const __m128i keyed = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(kRound) + i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_store_si128(reinterpret_cast<__m128i*>(state_), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_store_si128(reinterpret_cast<__m128i*>(state_ + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#else

bool HasSha256Instructions() { return false; }
void Sha256ByInstructions::Compress(const uint8_t*, size_t) { std::abort(); }

#endif

void Sha256ByInstructions::Add(std::span<const uint8_t> bytes) {
  bytes_ += bytes.size();
  if (buffered_ > 0) {
    const size_t take = std::min(bytes.size(), sizeof buffer_ - buffered_);
    std::copy_n(bytes.begin(), take, buffer_ + buffered_);
    buffered_ += take;
    bytes = bytes.subspan(take);
    if (buffered_ < sizeof buffer_) return;
    Compress(buffer_, 1);
    buffered_ = 0;
  }
  const size_t blocks = bytes.size() / sizeof buffer_;
  if (blocks > 0) Compress(bytes.data(), blocks);
  bytes = bytes.subspan(blocks * sizeof buffer_);
  std::copy(bytes.begin(), bytes.end(), buffer_);
  buffered_ = bytes.size();
}

Digest Sha256ByInstructions::Finish() {
  constexpr size_t kLengthBytes = 8;
  buffer_[buffered_++] = 0x80;
  if (buffered_ > sizeof buffer_ - kLengthBytes) {
    std::fill(buffer_ + buffered_, buffer_ + sizeof buffer_, uint8_t{0});
    Compress(buffer_, 1);
    buffered_ = 0;
  }
  std::fill(buffer_ + buffered_, buffer_ + sizeof buffer_, uint8_t{0});
  for (size_t i = 0; i < kLengthBytes; ++i) buffer_[sizeof buffer_ - 1 - i] = static_cast<uint8_t>(bytes_ * 8 >> (8 * i));
  Compress(buffer_, 1);
  Digest out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

}  // namespace checkrein::internal
