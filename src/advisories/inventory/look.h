// Looks at files that others own: bounded, never blocking, nothing executed.
//
//   Result<std::string> text = ReadRegular("/home/u/.claude.json", 8u << 20);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::advisories {

// The bytes of a regular file; links are followed (say where to with RealPath). kNotFound; kInvalid for what is no regular file; kLimit; kIo.
Result<std::string> ReadRegular(const std::string& path, size_t cap);

// Where `path` really leads; nothing when it leads nowhere.
std::optional<std::string> RealPath(const std::string& path);

// The names in a directory, sorted, without "." and ".."; at most kMaxNames. Empty when it cannot be read.
inline constexpr size_t kMaxNames = 10'000;
std::vector<std::string> NamesIn(const std::string& directory);

bool Exists(const std::string& path);

// What a link that leads out of `home` deserves: "leads out of HOME to REAL"; "" when it does not. For paths that lie in the home.
std::string Departure(const std::string& path, const std::string& real, const std::string& home);

}  // namespace checkrein::advisories
