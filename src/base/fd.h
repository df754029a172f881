// File descriptors that close themselves, and whole-file reads and writes with caps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace checkrein {

// Owns one descriptor; -1 is none. Moves, never copies.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { Reset(-1); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd);

 private:
  int fd_ = -1;
};

// The reason of the last failed system call: `where: what: No such file or directory`.
Error SystemError(std::string_view where, int error_number);

// Reads to the end of file, at most `cap` bytes; kLimit when there is more, kIo when reading fails. Retries EINTR.
Result<std::string> ReadAll(int fd, size_t cap);
Result<std::string> ReadFile(const std::string& path, size_t cap);  // kNotFound when it does not exist; follows links

// Writes all of `bytes`; kIo otherwise. Retries EINTR and short writes.
Status WriteAll(int fd, std::string_view bytes);

// Replaces `path` by a temporary file beside it, fsync, rename, fsync of the directory: after success the content is
// durable, after failure the old one stands. `mode` as for open(2).
Status ReplaceFile(const std::string& path, std::string_view bytes, unsigned mode);

// Makes `path` and its parents (mode for new ones); success when it exists already as a directory.
Status MakeDirectories(const std::string& path, unsigned mode);

}  // namespace checkrein
