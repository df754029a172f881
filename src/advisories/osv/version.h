// Versions in the order of Semantic Versioning 2.0.0, which is npm's and that of OSV's SEMVER ranges.
//
//   Version::Parse("2.1.0-rc.2") < Version::Parse("2.1.0")
//
// A leading "v", missing parts ("2.3") and anything else that the specification does not allow is no version: whoever asks must then take
// the worst for granted.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::advisories {

inline constexpr size_t kMaxVersionBytes = 128;  // npm takes 256; the longest of any client's releases has 40

class Version {
 public:
  static std::optional<Version> Parse(std::string_view text);
  // 11.2 to 11.4 of the specification; what follows a plus sign plays no part.
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == std::strong_ordering::equal; }

 private:
  struct Identifier {
    bool numeric = false;
    uint64_t number = 0;
    std::string text;
  };
  uint64_t parts_[3] = {0, 0, 0};
  std::vector<Identifier> pre_;
};

}  // namespace checkrein::advisories
