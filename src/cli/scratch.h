// A directory under /var/tmp that goes, with everything in it, when its owner does. Not /tmp: that is often a tmpfs, which older kernels
// do not take for a copy.
//
//   Result<Scratch> scratch = Scratch::Make("demo");   // /var/tmp/checkrein-demo-a1B2c3
#pragma once

#include <errno.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein::cli {

class Scratch {
 public:
  static Result<Scratch> Make(const std::string& what) {
    std::string name = "/var/tmp/checkrein-" + what + "-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) return SystemError("/var/tmp", errno);
    return Scratch(name);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})), kept_(other.kept_) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty() && !kept_) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  void Keep() { kept_ = true; }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  std::string path_;
  bool kept_ = false;
};

}  // namespace checkrein::cli
