// The bytes behind gzip, piece by piece: at the speed of the best inflaters, in memory that does not grow with them.
//
//   Gunzip stream(gzip, limits);
//   for (Result<std::string_view> piece = stream.Next(); piece && !piece->empty(); piece = stream.Next()) Use(*piece);
//
// Several members in a row are one text (RFC 1952 2.2); each member's length and checksum must fit. ISA-L inflates: measured as fast as
// libdeflate, which needs all of the output in memory, and 2.5 times as fast as zlib. Bytes are hostile: call it in the cell (worker.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "release/limits.h"

namespace checkrein::release {

class Gunzip {
 public:
  static constexpr size_t kPiece = 256u << 10;   // bytes; stays in a processor's second cache

  Gunzip(std::string_view gzip, const Limits& limits);
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip();

  // The next kPiece bytes, fewer only before the end, none at the end; valid until the next call. kInvalid: broken or cut short. kLimit:
  // more than the limit's multiple of the packed size.
  Result<std::string_view> Next();
  bool trailing() const { return trailing_; }   // at the end: something that is neither another member nor zeros stands behind

 private:
  struct State;
  bool NextMember();
  Status Fill();

  std::string_view rest_;      // behind what the state was given
  uint64_t packed_bytes_ = 0;
  uint64_t done_ = 0;          // bytes told
  const Limits& limits_;
  bool trailing_ = false, ended_ = false;
  std::unique_ptr<State> state_;
};

}  // namespace checkrein::release
