#include "release/decoded.h"

#include <algorithm>
#include <cstring>

namespace checkrein::release {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view kBetween = "\n\0\n"sv;

}  // namespace

void DecodedText::Add(std::string_view bytes, size_t outer_at, std::string via) {
  const size_t begin = text_.size();
  text_ += bytes;
  pieces_.push_back({begin, text_.size(), outer_at, std::move(via)});
  text_ += kBetween;
}

const DecodedText::Piece& DecodedText::At(size_t at) const {
  const auto behind = std::upper_bound(pieces_.begin(), pieces_.end(), at, [](size_t place, const Piece& piece) { return place < piece.begin; });
  return *std::prev(behind);  // the first begins at 0
}

const DecodedText::Piece* DecodedText::Find(size_t begin, size_t end) const {
  const Piece& piece = At(begin);
  return end <= piece.end ? &piece : nullptr;
}

void DecodedText::Clear() {
  text_.clear();
  pieces_.clear();
}

LineCursor::Place LineCursor::At(std::string_view text, size_t at) {
  if (text.data() != text_ || text.size() != size_ || at < at_) *this = {};
  text_ = text.data();
  size_ = text.size();
  while (const void* found = at > at_ ? std::memchr(text.data() + at_, '\n', at - at_) : nullptr) {
    at_ = static_cast<size_t>(static_cast<const char*>(found) - text.data()) + 1;
    line_begin_ = at_;
    ++line_;
  }
  at_ = std::max(at_, at);
  return {line_, at - line_begin_ + 1};
}

}  // namespace checkrein::release
