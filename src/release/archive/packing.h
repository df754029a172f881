// What kind of container some bytes are, by their first bytes and never by their name.
#pragma once

#include <cstdint>
#include <string_view>

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

}  // namespace checkrein::release
