// The seam between analysis, which is pure, and the world it may ask about. `check` gives it no world at all; the hook's
// child, locked by seccomp, asks its parent over a pipe; tests give a table.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace checkrein::analysis {

class World {
 public:
  virtual ~World() = default;
  // Where the absolute, normalised `path` leads when every symbolic link in it is followed; for what does not exist, the
  // existing part resolved and the rest kept. Nothing: not known (no world, too many questions, a loop).
  virtual std::optional<std::string> Resolve(std::string_view path) = 0;
  // The content of the regular file `path`, if it is at most `cap` bytes. Nothing: absent, larger, not a regular file, no world.
  virtual std::optional<std::string> Read(std::string_view path, size_t cap) = 0;
};

// Knows nothing: every path leads to itself, no file can be read.
class NoWorld final : public World {
 public:
  std::optional<std::string> Resolve(std::string_view path) override { return std::string(path); }
  std::optional<std::string> Read(std::string_view, size_t) override { return std::nullopt; }
};

}  // namespace checkrein::analysis
