#include "report/tar.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

namespace checkrein::report {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kNameAt = 0, kModeAt = 100, kSizeAt = 124, kSumAt = 148, kSumBytes = 8, kTypeAt = 156, kMagicAt = 257;

size_t Padded(size_t bytes) { return (bytes + kBlock - 1) / kBlock * kBlock; }

void Put(std::string& header, size_t at, std::string_view text) { header.replace(at, text.size(), text); }

std::string Octal(uint64_t number, size_t digits) {
  char out[32];
  std::snprintf(out, sizeof out, "%0*llo", static_cast<int>(digits), static_cast<unsigned long long>(number));
  return out;
}

// The one header for a file of this name and size; a reader compares with it.
std::string HeaderOf(std::string_view name, size_t bytes) {
  std::string header(kBlock, '\0');
  Put(header, kNameAt, name);
  Put(header, kModeAt, "0000644");
  Put(header, 108, "0000000");  // owner
  Put(header, 116, "0000000");  // group
  Put(header, kSizeAt, Octal(bytes, 11));
  Put(header, 136, "00000000000");  // time
  Put(header, kSumAt, std::string(kSumBytes, ' '));
  header[kTypeAt] = '0';
  Put(header, kMagicAt, std::string_view("ustar\0" "00", 8));
  uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  Put(header, kSumAt, Octal(sum, 6) + std::string(1, '\0') + " ");
  return header;
}

Error Bad(std::string_view what) { return {Error::Kind::kInvalid, "archive: " + std::string(what)}; }

}  // namespace

bool IsTarName(std::string_view name) {
  if (name.empty() || name.size() > kMaxTarName || name.front() == '/' || name.back() == '/') return false;
  for (size_t at = 0; at < name.size();) {
    const size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/'; });
}

Result<std::string> TarOf(const std::vector<TarFile>& files) {
  if (files.size() > kMaxTarFiles) return Error{Error::Kind::kLimit, "archive: more than " + std::to_string(kMaxTarFiles) + " files"};
  size_t total = 2 * kBlock;
  for (const TarFile& file : files) {
    if (!IsTarName(file.name)) return Bad("'" + file.name + "' cannot be a name in it");
    if (file.bytes.size() > kMaxTarFile) return Error{Error::Kind::kLimit, "archive: " + file.name + " is too large"};
    total += kBlock + Padded(file.bytes.size());
  }
  std::string out;
  out.reserve(total);
  for (const TarFile& file : files) {
    out += HeaderOf(file.name, file.bytes.size());
    out += file.bytes;
    out.resize(Padded(out.size()), '\0');
  }
  out.resize(total, '\0');
  return out;
}

Result<std::vector<TarFile>> ReadTar(std::string_view bytes) {
  std::vector<TarFile> out;
  std::set<std::string> names;
  while (true) {
    if (bytes.size() < 2 * kBlock || bytes.size() % kBlock != 0) return Bad("cut off");
    if (bytes[0] == '\0') break;
    const std::string_view header = bytes.substr(0, kBlock);
    const std::string name(header.substr(0, std::min(header.find('\0'), kMaxTarName)));
    uint64_t size = 0;
    for (const char c : header.substr(kSizeAt, 11)) {
      if (c < '0' || c > '7') return Bad("a size is no number");
      size = size * 8 + static_cast<uint64_t>(c - '0');
    }
    if (!IsTarName(name) || size > kMaxTarFile || HeaderOf(name, size) != header) return Bad("entry " + std::to_string(out.size() + 1) + " is not one that a bundle has");
    if (!names.insert(name).second) return Bad(name + " stands in it twice");
    if (out.size() == kMaxTarFiles) return Error{Error::Kind::kLimit, "archive: too many files"};
    if (bytes.size() < kBlock + Padded(size) + 2 * kBlock) return Bad("cut off");
    const std::string_view padding = bytes.substr(kBlock + size, Padded(size) - size);
    if (padding.find_first_not_of('\0') != std::string_view::npos) return Bad("something stands behind " + name);
    out.push_back({name, std::string(bytes.substr(kBlock, size))});
    bytes.remove_prefix(kBlock + Padded(size));
  }
  if (bytes.size() != 2 * kBlock || bytes.find_first_not_of('\0') != std::string_view::npos) return Bad("something stands behind its end");
  return out;
}

}  // namespace checkrein::report
