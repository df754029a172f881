// The way of a directory's files into the parsing process: memory that both share, in two halves. While the child looks at one, the parent
// reads files into the other; a command of one byte says which.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "release/limits.h"

namespace checkrein::release {

class Inspector;

// The lines by which the child says that a half is done, and that everything is.
inline constexpr std::string_view kTakenLine = "taken";
inline constexpr std::string_view kEndLine = "end";

class SharedRing {
 public:
  static constexpr size_t kBatch = 8u << 20;         // bytes after which a half is sent
  static constexpr size_t kMaxBatchFiles = 4096;

  // Room for one file of `entry_bytes` in either half; pages that are never written cost nothing.
  static Result<SharedRing> Make(uint64_t entry_bytes);
  SharedRing(SharedRing&& other) noexcept;
  SharedRing& operator=(SharedRing&&) = delete;
  ~SharedRing();

  // The parent's side.
  bool empty() const { return used_ == kHead; }
  bool Fits(std::string_view path, size_t bytes) const;
  void Put(std::string_view path, std::string_view bytes);   // Fits(), or the half is empty
  bool Send(int commands);                                    // and goes on to the other half

  // The child's: until `commands` ends.
  void Serve(int commands, Inspector& inspector, const std::function<void()>& done) const;

 private:
  static constexpr size_t kHead = 16;
  SharedRing() = default;
  char* Half(size_t index) const { return memory_ + index * half_; }

  char* memory_ = nullptr;
  size_t half_ = 0;      // bytes of one half
  size_t current_ = 0;   // 0 or 1
  size_t used_ = kHead;
  uint32_t files_ = 0;
};

// Calls `each` with every regular file below `root`, in order of name, paths relative to it. Never follows a link. A `.git` directly below
// is left out (it is a working copy's, and `--git` looks there). What cannot be read is an error at the end; the rest is still fed.
Status FeedDirectory(const std::string& root, const Limits& limits, const std::function<bool(std::string_view path, std::string_view bytes)>& each);

}  // namespace checkrein::release
