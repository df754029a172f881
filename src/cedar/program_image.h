// The bytes of a Program: a header, then each section aligned to 8. Internal to compile.cc and program.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "cedar/program.h"

namespace checkrein::cedar {

inline constexpr size_t kSections = static_cast<size_t>(flat::Section::kCount);

struct ImageHeader {
  std::array<char, 8> magic{};
  uint64_t checksum = 0;  // HashText of all that follows this member: finds damage, not malice
  uint64_t size = 0;      // of the whole, bytes
  std::array<flat::Range, kSections> sections{};  // first: offset in bytes, count: elements
};
inline constexpr std::array<char, 8> kImageMagic = {'c', 'e', 'd', 'a', 'r', 'f', '0', '1'};

inline uint64_t ChecksumOf(std::string_view image) { return HashText(image.substr(offsetof(ImageHeader, size))); }

class ImageWriter {
 public:
  ImageWriter() : bytes_(sizeof(ImageHeader), '\0') {}

  template <typename T>
  void Put(flat::Section section, std::span<const T> items) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    header_.sections[static_cast<size_t>(section)] = {static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(items.size())};
    if (!items.empty()) bytes_.append(reinterpret_cast<const char*>(items.data()), items.size_bytes());
  }
  std::string Finish() && {
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    header_.magic = kImageMagic;
    header_.size = bytes_.size();
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    header_.checksum = ChecksumOf(bytes_);
    std::memcpy(bytes_.data(), &header_, sizeof header_);
    return std::move(bytes_);
  }

 private:
  ImageHeader header_;
  std::string bytes_;
};

}  // namespace checkrein::cedar
