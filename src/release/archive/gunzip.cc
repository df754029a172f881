#include "release/archive/gunzip.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>

namespace checkrein::release {
namespace {

constexpr size_t kMost = 1u << 30;   // bytes of input given at once: the library counts them in 32 bits

}  // namespace

struct Gunzip::State {
  inflate_state inflate;
  std::array<uint8_t, kPiece> piece;
};

Gunzip::Gunzip(std::string_view gzip, const Limits& limits) : rest_(gzip), packed_bytes_(gzip.size()), limits_(limits), state_(new State) {
  ended_ = !NextMember();
}

Gunzip::~Gunzip() = default;

// Begins with the member at the beginning of what is left. False: there is none.
bool Gunzip::NextMember() {
  inflate_state& s = state_->inflate;
  if (!rest_.starts_with("\x1f\x8b")) {
    trailing_ = rest_.find_first_not_of('\0') != std::string_view::npos;
    return false;
  }
  isal_inflate_init(&s);
  s.crc_flag = ISAL_GZIP;
  s.avail_in = 0;
  return true;
}

// Fills the piece as far as there is something to fill it with.
Status Gunzip::Fill() {
  inflate_state& s = state_->inflate;
  s.next_out = state_->piece.data();
  s.avail_out = kPiece;
  while (s.avail_out > 0 && !ended_) {
    if (s.avail_in == 0) {
      s.avail_in = static_cast<uint32_t>(std::min(rest_.size(), kMost));
      s.next_in = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(rest_.data()));  // it only reads
      rest_.remove_prefix(s.avail_in);
    }
    const uint32_t room = s.avail_out, left = s.avail_in;
    if (isal_inflate(&s) != ISAL_DECOMP_OK) return Error{Error::Kind::kInvalid, "gzip: broken"};
    if (s.block_state == ISAL_BLOCK_FINISH) {
      rest_ = {reinterpret_cast<const char*>(s.next_in), s.avail_in + rest_.size()};
      uint8_t* const out = s.next_out;
      const uint32_t out_room = s.avail_out;
      ended_ = !NextMember();
      s.next_out = out;
      s.avail_out = out_room;
    } else if (s.avail_out == room && s.avail_in == left && rest_.empty()) {
      return Error{Error::Kind::kInvalid, "gzip: cut short"};
    }
  }
  return Done{};
}

Result<std::string_view> Gunzip::Next() {
  if (ended_) return std::string_view();
  if (const Status filled = Fill(); !filled) return filled.error();
  const size_t got = kPiece - state_->inflate.avail_out;
  done_ += got;
  if (done_ > limits_.ratio_free && done_ / limits_.ratio > packed_bytes_) return Error{Error::Kind::kLimit, "unpacks to more than the limit's multiple of its size (--max-ratio)"};
  return std::string_view(reinterpret_cast<const char*>(state_->piece.data()), got);
}

}  // namespace checkrein::release
