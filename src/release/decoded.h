// What the encoded pieces of a text stand for, gathered into one text that is looked through once: a piece of 18 bytes costs no more than
// 18 bytes of any other text. Between two pieces stands what no match goes over without being noticed.
//
//   DecodedText decoded;
//   decoded.Add(bytes, 120, "base64");
//   if (const DecodedText::Piece* piece = decoded.Find(match.begin, match.end)) Tell(piece->outer_at, piece->via);
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::release {

class DecodedText {
 public:
  static constexpr size_t kEnough = 512u << 10;      // bytes after which it is looked through
  static constexpr size_t kMaxPieces = 16u << 10;    // the same, of pieces: each takes some 56 bytes

  struct Piece {
    size_t begin = 0, end = 0;
    size_t outer_at = 0;     // where it stood in the file's own text, however often it was encoded
    std::string via;         // "base64+gzip"
  };
  void Add(std::string_view bytes, size_t outer_at, std::string via);
  // The piece that holds all of [begin, end), or null.
  const Piece* Find(size_t begin, size_t end) const;
  // The last piece that begins at or before `at`; there is one.
  const Piece& At(size_t at) const;
  bool full() const { return text_.size() >= kEnough || pieces_.size() >= kMaxPieces; }
  bool empty() const { return pieces_.empty(); }
  std::string_view text() const { return text_; }
  void Clear();

 private:
  std::string text_;
  std::vector<Piece> pieces_;
};

// Lines and columns of one text, asked for in any order, in linear time when asked for in order of place.
class LineCursor {
 public:
  struct Place {
    size_t line = 1, column = 1;   // from 1, in bytes
  };
  Place At(std::string_view text, size_t at);

 private:
  const char* text_ = nullptr;
  size_t size_ = 0;
  size_t at_ = 0, line_ = 1, line_begin_ = 0;
};

}  // namespace checkrein::release
