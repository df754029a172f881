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
  uint64_t checksum = 0;  // over all that follows this member: finds damage, not malice
  uint64_t size = 0;      // of the whole, bytes
  std::array<flat::Range, kSections> sections{};  // first: offset in bytes, count: elements
};
inline constexpr std::array<char, 8> kImageMagic = {'c', 'e', 'd', 'a', 'r', 'f', '0', '2'};

// Four sums beside each other, so that a step does not wait for the one before it. What follows the header is in whole words.
inline uint64_t ChecksumOf(std::string_view image) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15u;
  std::array<uint64_t, 4> sums = {1, 2, 3, 4};
  size_t at = offsetof(ImageHeader, size);
  for (size_t lane = 0; at + 8 <= image.size(); at += 8, lane = (lane + 1) % 4) {
    uint64_t word;
    std::memcpy(&word, image.data() + at, 8);
    const uint64_t mixed = (sums[lane] ^ word) * kOdd;
    sums[lane] = mixed ^ (mixed >> 32);
  }
  return HashText({reinterpret_cast<const char*>(sums.data()), sizeof sums}) + image.size();
}

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
