#include "base/path.h"

#include <algorithm>

namespace checkrein {
namespace {

// Absolute, without empty, `.` or `..` parts: as nearly every path is that comes here.
bool IsNormal(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.back() == '/') return path == "/";
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view part = path.substr(at + 1, end - at - 1);
    if (part.empty() || part == "." || part == "..") return false;
    at = end;
  }
  return true;
}

}  // namespace

std::string NormalizePath(std::string_view path, std::string_view cwd) {
  if (IsNormal(path)) return std::string(path);
  std::string out;
  out.reserve(cwd.size() + path.size() + 2);
  const auto add = [&out](std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('/', at), text.size());
      const std::string_view part = text.substr(at, end - at);
      if (part == "..") {
        if (!out.empty()) out.resize(out.rfind('/'));
      } else if (!part.empty() && part != ".") {
        out.append("/").append(part);
      }
      at = end + 1;
    }
  };
  if (!path.starts_with('/')) add(cwd);
  add(path);
  return out.empty() ? "/" : out;
}

bool IsBeneath(std::string_view path, std::string_view root) {
  if (root == "/") return path.starts_with('/');
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view DirName(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

}  // namespace checkrein
