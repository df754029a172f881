#include "release/archive/packing.h"

namespace checkrein::release {
namespace {

struct Magic {
  std::string_view bytes;
  Packing packing;
  std::string_view name;
};

using namespace std::string_view_literals;
constexpr Magic kMagics[] = {
    {"PK\x03\x04"sv, Packing::kZip, "zip"},
    {"PK\x05\x06"sv, Packing::kZip, "zip"},
    {"!<arch>\n"sv, Packing::kAr, "ar"},
    {"\x1f\x8b\x08"sv, Packing::kGzip, "gzip"},
    {"\xfd"
     "7zXZ\0"sv, Packing::kStream, "xz"},
    {"\x28\xb5\x2f\xfd"sv, Packing::kStream, "zstd"},
    {"7z\xbc\xaf\x27\x1c"sv, Packing::kUnknown, "7z"},
    {"Rar!\x1a\x07"sv, Packing::kUnknown, "rar"},
    {"MSCF\0\0\0\0"sv, Packing::kUnknown, "cab"},
    {"LZIP\x01"sv, Packing::kUnknown, "lzip"},
    {"\x04\x22\x4d\x18"sv, Packing::kUnknown, "lz4"},
    {"xar!\0\x1c"sv, Packing::kUnknown, "xar"},
    {"\xed\xab\xee\xdb"sv, Packing::kUnknown, "rpm"},
    {"\x1f\x9d\x90"sv, Packing::kUnknown, "compress"},
    {"070701"sv, Packing::kUnknown, "cpio"},
};

const Magic* Find(std::string_view bytes) {
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.bytes)) return &magic;
  }
  return nullptr;
}

// bzip2: "BZh", a digit, and the magic of a first block or of the end.
bool IsBzip2(std::string_view bytes) {
  return bytes.size() >= 10 && bytes.starts_with("BZh") && bytes[3] >= '1' && bytes[3] <= '9' && (bytes.substr(4, 6) == "\x31\x41\x59\x26\x53\x59" || bytes.substr(4, 6) == "\x17\x72\x45\x38\x50\x90");
}

// Something with a zip behind it (a self-extracting program, a polyglot): whoever reads from the back sees the zip.
bool EndsAsZip(std::string_view bytes) { return bytes.size() >= 22 && bytes.substr(bytes.size() - 22, 4) == "PK\x05\x06" && bytes.ends_with(std::string_view("\0\0", 2)); }

// A tar header proves itself by its checksum (POSIX.1 pax, ustar): 512 bytes summed with the checksum's own field as spaces.
bool IsTar(std::string_view bytes) {
  if (bytes.size() < 512) return false;
  const std::string_view field = bytes.substr(148, 8);
  unsigned written = 0;
  bool digits = false;
  for (const char c : field) {
    if (c >= '0' && c <= '7') written = written * 8 + static_cast<unsigned>(c - '0'), digits = true;
    else if (digits) break;
    else if (c != ' ') return false;
  }
  if (!digits) return false;
  unsigned sum = 8 * ' ';
  for (size_t i = 0; i < 512; ++i) {
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(bytes[i]);
  }
  return sum == written;
}

}  // namespace

Packing PackingOf(std::string_view bytes) {
  if (const Magic* magic = Find(bytes)) return magic->packing;
  if (IsBzip2(bytes)) return Packing::kStream;
  if (EndsAsZip(bytes)) return Packing::kZip;
  return IsTar(bytes) ? Packing::kTar : Packing::kNone;
}

std::string_view PackingName(std::string_view bytes) {
  if (const Magic* magic = Find(bytes)) return magic->name;
  if (IsBzip2(bytes)) return "bzip2";
  if (EndsAsZip(bytes)) return "zip";
  return IsTar(bytes) ? "tar" : "";
}

}  // namespace checkrein::release
