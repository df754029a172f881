#include "release/archive/zip_check.h"

#include <algorithm>
#include <cstdint>

namespace checkrein::release {
namespace {

constexpr size_t kEndSize = 22, kCentralSize = 46, kLocalSize = 30;
constexpr size_t kMaxComment = 65535;
constexpr uint64_t kIn64 = 0xFFFFFFFF;

class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  uint64_t Number(size_t at, size_t size) const {
    uint64_t out = 0;
    if (at + size > text_.size()) return 0;
    for (size_t i = 0; i < size; ++i) out |= static_cast<uint64_t>(static_cast<unsigned char>(text_[at + i])) << (8 * i);
    return out;
  }
  std::string_view Text(size_t at, size_t size) const { return at > text_.size() ? std::string_view() : text_.substr(at, size); }
  size_t size() const { return text_.size(); }

 private:
  std::string_view text_;
};

struct Span {
  uint64_t begin = 0, end = 0;
};

class Check {
 public:
  explicit Check(std::string_view zip) : zip_(zip) {}

  std::vector<ZipFault> Run() {
    const size_t end = FindEnd();
    if (end == std::string_view::npos) {
      Add("", "no end of the central directory", false);
      return out_;
    }
    const uint64_t comment = zip_.Number(end + 20, 2);
    if (end + kEndSize + comment < zip_.size()) Add("", "data behind the end", true);
    uint64_t directory = zip_.Number(end + 16, 4);
    uint64_t size = zip_.Number(end + 12, 4);
    uint64_t count = zip_.Number(end + 10, 2);
    if (end >= 20 && zip_.Text(end - 20, 4) == "PK\x06\x07") {  // zip64
      const uint64_t at = zip_.Number(end - 20 + 8, 8);
      if (zip_.Text(at, 4) == "PK\x06\x06") {
        count = zip_.Number(at + 32, 8);
        size = zip_.Number(at + 40, 8);
        directory = zip_.Number(at + 48, 8);
      }
    }
    if (directory > zip_.size() || size > zip_.size() - directory) {
      Add("", "the central directory is not where the end says", false);
      return out_;
    }
    ReadDirectory(directory, directory + size, count);
    Gaps(directory);
    return out_;
  }

 private:
  void Add(std::string_view name, std::string_view what, bool trailing) {
    if (out_.size() < kMaxZipFaults) out_.push_back({std::string(name), std::string(what), trailing});
  }
  size_t FindEnd() const {
    const size_t least = zip_.size() > kEndSize + kMaxComment ? zip_.size() - kEndSize - kMaxComment : 0;
    if (zip_.size() < kEndSize) return std::string_view::npos;
    for (size_t at = zip_.size() - kEndSize + 1; at-- > least;) {
      if (zip_.Text(at, 4) == "PK\x05\x06") return at;
    }
    return std::string_view::npos;
  }
  // Sizes of 2^32 and more stand in the extra field 1, in the order: unpacked, packed, offset.
  void Extended(std::string_view extra, uint64_t* unpacked, uint64_t* packed, uint64_t* offset) const {
    const Bytes bytes(extra);
    for (size_t at = 0; at + 4 <= extra.size();) {
      const size_t size = static_cast<size_t>(bytes.Number(at + 2, 2));
      if (bytes.Number(at, 2) == 1) {
        size_t field = at + 4;
        for (uint64_t* one : {unpacked, packed, offset}) {
          if (one == nullptr || *one != kIn64) continue;
          *one = bytes.Number(field, 8);
          field += 8;
        }
      }
      at += 4 + size;
    }
  }
  void ReadDirectory(uint64_t at, uint64_t end, uint64_t count) {
    uint64_t seen = 0;
    while (at + kCentralSize <= end) {
      if (zip_.Text(at, 4) != "PK\x01\x02") break;
      const uint64_t name_size = zip_.Number(at + 28, 2), extra_size = zip_.Number(at + 30, 2), comment_size = zip_.Number(at + 32, 2);
      const std::string_view name = zip_.Text(at + kCentralSize, name_size);
      uint64_t packed = zip_.Number(at + 20, 4), unpacked = zip_.Number(at + 24, 4), local = zip_.Number(at + 42, 4);
      Extended(zip_.Text(at + kCentralSize + name_size, extra_size), &unpacked, &packed, &local);
      CompareLocal(name, at, local, packed, unpacked);
      at += kCentralSize + name_size + extra_size + comment_size;
      ++seen;
    }
    if (seen != count) Add("", "the end counts " + std::to_string(count) + " entries, the directory has " + std::to_string(seen), false);
  }
  void CompareLocal(std::string_view name, uint64_t central, uint64_t local, uint64_t packed, uint64_t unpacked) {
    if (zip_.Text(local, 4) != "PK\x03\x04" || local + kLocalSize > zip_.size()) return Add(name, "no entry where the directory says", false);
    const uint64_t flags = zip_.Number(local + 6, 2);
    const uint64_t name_size = zip_.Number(local + 26, 2), extra_size = zip_.Number(local + 28, 2);
    const std::string_view local_name = zip_.Text(local + kLocalSize, name_size);
    if (local_name != name) Add(name, "the entry calls itself \"" + std::string(local_name) + "\"", false);
    if (zip_.Number(local + 8, 2) != zip_.Number(central + 10, 2)) Add(name, "two methods of compression", false);
    const bool descriptor = (flags & 8) != 0;  // sizes follow the data
    if (!descriptor) {
      uint64_t local_packed = zip_.Number(local + 18, 4), local_unpacked = zip_.Number(local + 22, 4);
      Extended(zip_.Text(local + kLocalSize + name_size, extra_size), &local_unpacked, &local_packed, nullptr);
      if (local_packed != packed || local_unpacked != unpacked) Add(name, "two sizes", false);
      if (zip_.Number(local + 14, 4) != zip_.Number(central + 16, 4)) Add(name, "two checksums", false);
    }
    const uint64_t data = local + kLocalSize + name_size + extra_size;
    // A descriptor has 12, 16, 20 or 24 bytes; the next part may begin behind any of them.
    spans_.push_back({local, data + packed + (descriptor ? 24 : 0)});
    if (data + packed > zip_.size()) Add(name, "reaches beyond the end of the file", false);
  }
  void Gaps(uint64_t directory) {
    std::sort(spans_.begin(), spans_.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
    uint64_t at = 0;
    for (const Span& span : spans_) {
      if (span.begin > at) Hidden(at, span.begin);
      if (span.begin + 24 < at) Add("", "entries that overlap", false);
      at = std::max(at, span.end);
    }
    if (directory > at) Hidden(at, directory);
  }
  // Between the parts: an entry that the directory does not name, or other data (signatures of .apk stand before the directory).
  void Hidden(uint64_t begin, uint64_t end) {
    const std::string_view gap = zip_.Text(begin, end - begin);
    if (const size_t at = gap.find("PK\x03\x04"); at != std::string_view::npos) {
      const uint64_t local = begin + at;
      Add(zip_.Text(local + kLocalSize, zip_.Number(local + 26, 2)), "an entry that the directory does not name", false);
    } else if (begin == 0) {
      Add("", "data before the first entry", true);
    }
  }

  Bytes zip_;
  std::vector<Span> spans_;
  std::vector<ZipFault> out_;
};

}  // namespace

std::vector<ZipFault> CheckZip(std::string_view zip) { return Check(zip).Run(); }

}  // namespace checkrein::release
