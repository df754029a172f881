#include "sandbox/shed.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "base/fd.h"

namespace checkrein::sandbox {
namespace {

struct Mapping {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  bool private_writable = false;
  bool file = false;
};

const char* Hex(const char* at, uintptr_t* out) {
  *out = 0;
  for (;; ++at) {
    if (*at >= '0' && *at <= '9') {
      *out = *out * 16 + static_cast<uintptr_t>(*at - '0');
    } else if (*at >= 'a' && *at <= 'f') {
      *out = *out * 16 + static_cast<uintptr_t>(*at - 'a' + 10);
    } else {
      return at;
    }
  }
}

// "7f12-7f34 rw-p 00000000 fe:00 123  /path" (proc(5)); anonymous memory has the inode 0.
Mapping Parse(const char* line) {
  Mapping mapping;
  const char* at = Hex(line, &mapping.begin);
  at = Hex(at + 1, &mapping.end);
  const bool is_private = at[4] == 'p';
  mapping.private_writable = at[1] == 'r' && at[2] == 'w' && is_private;
  int field = 0;
  for (; *at != '\0' && field < 4; ++at) {
    if (*at == ' ') ++field;  // perms, offset, device, inode
  }
  mapping.file = is_private && *at != '0';  // what is shared, as the image is, has an inode, but nothing lies behind it
  return mapping;
}

class Shedder {
 public:
  Shedder(const Image& image, const void* frame)
      : kept_{reinterpret_cast<uintptr_t>(frame), reinterpret_cast<uintptr_t>(&image), static_cast<uintptr_t>(pthread_self())} {}

  void Line(const char* line) {
    const Mapping mapping = Parse(line);
    // The zero-initialised data of a program or library lies right behind its file mapping, and looks like any other anonymous memory.
    const bool is_bss = !mapping.file && mapping.begin == file_end_;
    if (mapping.file || is_bss) {
      file_end_ = mapping.end;
      return;
    }
    if (!mapping.private_writable) return;
    for (const uintptr_t kept : kept_) {
      if (kept >= mapping.begin && kept < mapping.end) return;
    }
    munmap(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin);
  }

 private:
  uintptr_t kept_[3];
  uintptr_t file_end_ = 0;
};

void UnmapOthers(const Image& image, const void* frame) {
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) return;
  Shedder shedder(image, frame);
  char buffer[8192];
  size_t have = 0;
  // The kernel gives whole lines and goes on by address, so that unmapping what was read does not disturb it.
  for (ssize_t n = 0; (n = read(maps, buffer + have, sizeof buffer - 1 - have)) > 0;) {
    have += static_cast<size_t>(n);
    buffer[have] = '\0';
    char* line = buffer;
    for (char* end = nullptr; (end = strchr(line, '\n')) != nullptr; line = end + 1) {
      *end = '\0';
      shedder.Line(line);
    }
    have = static_cast<size_t>(buffer + have - line);
    memmove(buffer, line, have);
    if (have == sizeof buffer - 1) break;  // a line longer than any path
  }
  close(maps);
}

}  // namespace

Withheld::Withheld(const Image& image) {
  constexpr size_t kLarge = 16u << 20;  // below it the copying costs less than the looking
  if (!kShedsMemory) return;
  // Most callers are and always were small, and the list of their mappings costs more to read.
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0 && static_cast<size_t>(used.ru_maxrss) << 10 < kLarge) return;
  const Result<std::string> maps = ReadFile("/proc/self/maps", 64u << 20);
  if (!maps) return;
  const uintptr_t kept[] = {reinterpret_cast<uintptr_t>(__builtin_frame_address(0)), reinterpret_cast<uintptr_t>(&image), static_cast<uintptr_t>(pthread_self())};
  uintptr_t file_end = 0;
  for (size_t at = 0; at < maps->size();) {
    const size_t end = std::min(maps->find('\n', at), maps->size());
    const Mapping mapping = Parse(maps->substr(at, end - at).c_str());
    at = end + 1;
    const bool is_bss = !mapping.file && mapping.begin == file_end;
    if (mapping.file || is_bss) {
      file_end = mapping.end;
      continue;
    }
    const bool needed = std::any_of(std::begin(kept), std::end(kept), [&mapping](uintptr_t a) { return a >= mapping.begin && a < mapping.end; });
    if (!mapping.private_writable || needed || mapping.end - mapping.begin < kLarge) continue;
    void* range = reinterpret_cast<void*>(mapping.begin);
    if (madvise(range, mapping.end - mapping.begin, MADV_DONTFORK) == 0) ranges_.emplace_back(range, mapping.end - mapping.begin);
  }
}

Withheld::~Withheld() {
  for (const auto& [range, size] : ranges_) madvise(range, size, MADV_DOFORK);
}

void ShedMemory(const Image& image) {
  if (kShedsMemory) UnmapOthers(image, __builtin_frame_address(0));
}

// Fields 48 to 51 of /proc/self/stat are where arguments and environment lie (proc(5)).
MemoryRange ArgumentsInMemory() {
  const Result<std::string> stat = ReadFile("/proc/self/stat", 4096);
  if (!stat) return {};
  const char* at = strrchr(stat->c_str(), ')');  // the name may hold anything; field 3 follows
  uintptr_t field[52] = {};
  for (int i = 3; at != nullptr && i < 52; ++i) {
    at = strchr(at + 1, ' ');
    if (at == nullptr) return {};
    for (const char* digit = at + 1; *digit >= '0' && *digit <= '9'; ++digit) field[i] = field[i] * 10 + static_cast<uintptr_t>(*digit - '0');
  }
  return {std::min(field[48], field[50]), std::max(field[49], field[51])};
}

void WipeArguments(MemoryRange range) {
  if (!kShedsMemory || range.begin == 0 || range.end <= range.begin) return;
  if (msync(reinterpret_cast<void*>(range.begin & ~uintptr_t{4095}), 4096, MS_ASYNC) == 0) memset(reinterpret_cast<void*>(range.begin), 0, range.end - range.begin);
}

}  // namespace checkrein::sandbox
