// What a compiled program tells of where and by whom it was built: the sections of an ELF file with debug information.
// Not covered: PE and Mach-O, whose bytes are searched as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

struct DebugSection {
  std::string name;       // ".debug_line_str"
  std::string unpacked;   // when it was compressed (SHF_COMPRESSED by zlib or zstd, .zdebug): its bytes; else "", they stand in the file
  bool unreadable = false;  // compressed, but broken, in another way, or larger than kMaxDebugBytes
  uint64_t bytes = 0;
};

struct Binary {
  bool is_elf = false;
  bool broken = false;             // an ELF header whose tables lie outside the file
  std::vector<DebugSection> debug; // sections named .debug_*, .zdebug_*, .stab*
  bool symbols = false;            // has .symtab: names of all functions
};

inline constexpr size_t kMaxSections = 100'000;
inline constexpr size_t kMaxDebugBytes = 64u << 20;   // unpacked, of one section

Binary ReadBinary(std::string_view bytes);

}  // namespace checkrein::release
