// The bounds of one gate run. Whoever hits one gets exit code 3, incomplete: never clean. Each has an option of `checkrein gate`.
#pragma once

#include <cstdint>

namespace checkrein::release {

struct Limits {
  uint64_t entry_bytes = 256ull << 20;   // of one file, unpacked, held in memory
  uint64_t total_bytes = 8ull << 30;     // unpacked, over all levels of one artifact
  uint64_t ratio = 200;                  // unpacked over packed, ...
  uint64_t ratio_free = 16ull << 20;     // ... once this much has come out
  uint64_t entries = 1'000'000;
  uint32_t nesting = 8;                  // archives in archives
  uint32_t path_bytes = 4096;
  uint32_t decode_depth = 3;             // base64 in percent in hexadecimal
  uint32_t findings = 10'000;            // told in full; more are counted
  uint64_t work = 4'000'000;             // units that hostile text may cost, beside what its bytes allow (scan/work.h)
  uint32_t seconds = 600;                // of one artifact
};

}  // namespace checkrein::release
