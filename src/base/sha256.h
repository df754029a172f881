// SHA-256 (FIPS 180-4) by the processor's own instructions, where it has them: five times libsodium's speed, and hashing is half of what
// a verification of the log costs. Used by digest.cc, which asks first; not for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/digest.h"

namespace checkrein::internal {

bool HasSha256Instructions();

// Only where HasSha256Instructions().
class Sha256ByInstructions {
 public:
  void Add(std::span<const uint8_t> bytes);
  Digest Finish();

 private:
  void Compress(const uint8_t* blocks, size_t count);

  alignas(16) uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t buffer_[64] = {};
  size_t buffered_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace checkrein::internal
