// What kind of container some bytes are, by their first bytes and never by their name; and gzip in one go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "release/limits.h"

namespace checkrein::release {

enum class Packing : uint8_t {
  kUnknown,   // packed in a way that is not read here (7z, rar, cab, lz4, lzip, xar, rpm): never clean
  kNone,      // an ordinary file
  kTar,
  kZip,
  kAr,        // a .deb is one
  kGzip,
  kStream,    // bzip2, xz, zstd
};
Packing PackingOf(std::string_view bytes);
std::string_view PackingName(std::string_view bytes);   // "7z", "gzip", ...; "" for kNone

// Outputs up to this are inflated in one go by libdeflate, at more than twice the speed of zlib's stream.
inline constexpr size_t kMaxWhole = 64u << 20;

struct Inflated {
  std::string bytes;
  bool trailing = false;    // something that is neither another member nor zeros stands behind
};
// kLimit: more than kMaxWhole (or several members): use the stream. kInvalid: broken.
Result<Inflated> InflateWhole(std::string_view gzip, const Limits& limits);

}  // namespace checkrein::release
