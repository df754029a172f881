// package.json of somebody else's package: the three facts that the inventory needs, however the rest looks.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace checkrein::advisories {

struct PackageFile {
  std::string name;      // "" when the file names none
  std::string version;
  std::string program;   // of member "bin": the file of the program that was asked for, relative to the package; "" if none
};

inline constexpr size_t kMaxPackageFile = 1u << 20;  // the largest of the clients' has 20 KB

// `program`: which of several. Errors name the place: kInvalid for what is no JSON object, has members of other types than npm's, or a
// name or version that npm would not take (control characters, spaces, more than 256 bytes); kLimit, kNotFound, kIo.
Result<PackageFile> ReadPackageFile(const std::string& path, std::string_view program);

}  // namespace checkrein::advisories
