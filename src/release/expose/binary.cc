#include "release/expose/binary.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "release/archive/reader.h"

namespace checkrein::release {
namespace {

// Numbers of an ELF file (System V ABI, chapter 4), either width and byte order.
class Elf {
 public:
  explicit Elf(std::string_view bytes) : bytes_(bytes), wide_(bytes.size() > 4 && bytes[4] == 2), big_(bytes.size() > 5 && bytes[5] == 2) {}
  bool wide() const { return wide_; }
  uint64_t Number(uint64_t at, unsigned size) {
    if (at > bytes_.size() || size > bytes_.size() - at) {
      failed_ = true;
      return 0;
    }
    uint64_t out = 0;
    for (unsigned i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(bytes_[at + i]);
      out |= static_cast<uint64_t>(byte) << (8 * (big_ ? size - 1 - i : i));
    }
    return out;
  }
  std::string_view Text(uint64_t at, uint64_t size) {
    if (at > bytes_.size() || size > bytes_.size() - at) {
      failed_ = true;
      return {};
    }
    return bytes_.substr(at, size);
  }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  bool wide_, big_;
  bool failed_ = false;
};

struct Section {
  uint64_t name = 0, type = 0, flags = 0, offset = 0, size = 0;
};

Section SectionAt(Elf& elf, uint64_t at) {
  if (elf.wide()) return {elf.Number(at, 4), elf.Number(at + 4, 4), elf.Number(at + 8, 8), elf.Number(at + 24, 8), elf.Number(at + 32, 8)};
  return {elf.Number(at, 4), elf.Number(at + 4, 4), elf.Number(at + 8, 4), elf.Number(at + 16, 4), elf.Number(at + 20, 4)};
}

std::string Inflate(std::string_view zlib, uint64_t size) {
  std::string out;
  if (size > kMaxDebugBytes) return out;
  out.resize(size);
  const auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->crc_flag = ISAL_ZLIB;
  state->next_in = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(zlib.data()));  // it only reads
  state->avail_in = static_cast<uint32_t>(std::min<size_t>(zlib.size(), UINT32_MAX));
  state->next_out = reinterpret_cast<uint8_t*>(out.data());
  state->avail_out = static_cast<uint32_t>(size);
  if (isal_inflate_stateless(state.get()) != ISAL_DECOMP_OK) return "";
  const size_t got = size - state->avail_out;
  out.resize(got);
  return out;
}

std::string Zstd(std::string_view packed) {
  std::string out;
  Filtered stream(packed);
  while (out.size() <= kMaxDebugBytes) {
    const Result<std::string_view> piece = stream.Next();
    if (!piece) break;
    if (piece->empty()) return out;
    out += *piece;
  }
  return "";
}

DebugSection ReadDebug(Elf& elf, const Section& section, std::string_view name) {
  constexpr uint64_t kCompressed = 0x800, kZlib = 1, kZstd = 2;
  DebugSection out;
  out.name = name;
  out.bytes = section.size;
  if ((section.flags & kCompressed) != 0) {
    const uint64_t header = elf.wide() ? 24 : 12;
    const uint64_t size = elf.Number(section.offset + (elf.wide() ? 8 : 4), elf.wide() ? 8 : 4);
    const uint64_t kind = elf.Number(section.offset, 4);
    const std::string_view packed = elf.Text(section.offset + header, section.size > header ? section.size - header : 0);
    if (kind == kZlib) out.unpacked = Inflate(packed, size);
    else if (kind == kZstd) out.unpacked = Zstd(packed);
    out.unreadable = out.unpacked.empty() && size > 0;
  } else if (name.starts_with(".zdebug") && elf.Text(section.offset, 4) == "ZLIB" && section.size > 12) {
    uint64_t size = 0;
    for (unsigned i = 0; i < 8; ++i) size = size << 8 | elf.Number(section.offset + 4 + i, 1);
    out.unpacked = Inflate(elf.Text(section.offset + 12, section.size - 12), size);
    out.unreadable = out.unpacked.empty() && size > 0;
  }
  return out;
}

}  // namespace

Binary ReadBinary(std::string_view bytes) {
  Binary out;
  out.is_elf = bytes.size() >= 52 && bytes.starts_with("\x7f" "ELF");
  if (!out.is_elf) return out;
  Elf elf(bytes);
  const uint64_t table = elf.wide() ? elf.Number(40, 8) : elf.Number(32, 4);
  const uint64_t each = elf.Number(elf.wide() ? 58 : 46, 2), count = elf.Number(elf.wide() ? 60 : 48, 2), names_index = elf.Number(elf.wide() ? 62 : 50, 2);
  if (table == 0 || count == 0 || count > kMaxSections) return out;
  const Section names = SectionAt(elf, table + names_index * each);
  for (uint64_t i = 0; i < count && !elf.failed(); ++i) {
    const Section section = SectionAt(elf, table + i * each);
    const std::string_view rest = elf.Text(names.offset + section.name, section.name < names.size ? names.size - section.name : 0);
    const std::string_view name = rest.substr(0, rest.find('\0'));
    if (name == ".symtab") out.symbols = true;
    if (section.type != 8 && (name.starts_with(".debug_") || name.starts_with(".zdebug_") || name.starts_with(".stab"))) out.debug.push_back(ReadDebug(elf, section, name));
  }
  out.broken = elf.failed();
  return out;
}

}  // namespace checkrein::release
