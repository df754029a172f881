// The smallest archive that every machine can open: POSIX ustar, regular files only.
//
//   std::string bytes = TarOf({{"a.txt", "text"}});
//   Result<std::vector<TarFile>> files = ReadTar(untrusted);
//
// Why our own: what is verified must have one reading. This reader refuses whatever this writer does not write: links, directories, devices,
// absolute names and `..`, names twice, other owners, anything between or behind. The same files always give the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::report {

inline constexpr size_t kMaxTarName = 99;              // bytes: what a header holds without its prefix
inline constexpr size_t kMaxTarFile = 64u << 20;       // bytes of one file
inline constexpr size_t kMaxTarFiles = 1'000'000;

struct TarFile {
  std::string name;    // relative, of [A-Za-z0-9._-] and single slashes
  std::string bytes;
};

bool IsTarName(std::string_view name);

// kInvalid for a name that is none; kLimit.
Result<std::string> TarOf(const std::vector<TarFile>& files);

// kInvalid, kLimit.
Result<std::vector<TarFile>> ReadTar(std::string_view bytes);

}  // namespace checkrein::report
