// A person's own policies, compiled, in a directory of ours: a hook is a fresh process for every call and must not parse them each time.
//
//   const CompiledCache kept(directory, *FindShippedImage("base"), texts);
//   std::vector<uint64_t> image = kept.Read();   // empty when there is none that can be used
//   if (image.empty()) kept.Write(Compile(...));
//
// A file is found by the digest of every text with its name and origin, of the shipped set, and of the sources of the compiler: another
// version of Checkrein never reads it. What is read must be whole (Program::Open). Whoever can write here could also write the log and
// the key beside it: that the directory is ours alone is what protects it, and the texts' digest in every record is made from the texts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "policy/assemble.h"
#include "policy/shipped.h"

namespace checkrein::policy {

class CompiledCache {
 public:
  // `directory`: absolute; "" for no cache. It is made when first written to. Each text must have its digest_line.
  CompiledCache(std::string directory, const ShippedImage& shipped, std::span<const PolicyText> texts);
  std::vector<uint64_t> Read() const;
  void Write(const std::string& image) const;  // a failure is no error: the next process parses again
  const std::string& path() const { return path_; }

 private:
  std::string directory_, path_;
};

inline constexpr size_t kMaxCachedFiles = 32;  // beyond it the oldest go

}  // namespace checkrein::policy
