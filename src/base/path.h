// Paths as text: pure functions that never touch the file system. What a symbolic link leads to is asked elsewhere
// (analysis/world.h), for only a live caller may look.
#pragma once

#include <string>
#include <string_view>

namespace checkrein {

// `path` made absolute against the absolute `cwd`, with `.`, `..` and doubled slashes resolved as text.
// ".." above the root stays at the root. The result never ends in '/', but for "/" itself.
std::string NormalizePath(std::string_view path, std::string_view cwd);

// Whether the normalised `path` is `root` or lies under it. IsBeneath("/a/bc", "/a/b") is false.
bool IsBeneath(std::string_view path, std::string_view root);

std::string_view BaseName(std::string_view path);  // "/a/b" -> "b"; "b" -> "b"; "/" -> ""
std::string_view DirName(std::string_view path);   // "/a/b" -> "/a"; "/a" -> "/"; "b" -> "."

}  // namespace checkrein
