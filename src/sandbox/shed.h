// Part of the spawner (rules of spawner.h).
#pragma once

#include <utility>
#include <vector>

#include "sandbox/image.h"

namespace checkrein::sandbox {

// The spawner begins as a copy of its parent's memory: keys, buffers, other threads' stacks, arguments and environment. This gives back every
// private writable mapping but the stack it runs on, the thread's own data, the image and the programs' static data; WipeArguments overwrites the
// arguments and environment, where the parent says they are. So a program's init, which is a copy of the spawner, holds none of it, and making one costs the same however large the
// parent was. Not covered: secrets in static variables of the parent.
// Best effort in one direction only: where the list of mappings cannot be read, memory stays as it is. Under AddressSanitizer it does nothing.
void ShedMemory(const Image& image);
void WipeArguments(MemoryRange range);
MemoryRange ArgumentsInMemory();  // of the caller; empty where that cannot be read

// For the time of the clone: the caller's large private mappings are marked as not to be copied for a child (MADV_DONTFORK), which would only give
// them back. So starting a session costs the same however large the caller is. Small callers are left alone. A fork by another thread in
// that moment would lack them too: a process with threads that fork without exec must not start sessions meanwhile.
class Withheld {
 public:
  explicit Withheld(const Image& image);
  ~Withheld();
  Withheld(const Withheld&) = delete;
  Withheld& operator=(const Withheld&) = delete;

 private:
  std::vector<std::pair<void*, size_t>> ranges_;
};

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kShedsMemory = false;  // the sanitizer's shadow must stay
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kShedsMemory = false;
#else
inline constexpr bool kShedsMemory = true;
#endif
#else
inline constexpr bool kShedsMemory = true;
#endif

}  // namespace checkrein::sandbox
