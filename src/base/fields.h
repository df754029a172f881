// The one encoding for bytes between our own processes: a sequence of fields, each a 32-bit little-endian length and that many
// bytes. Small enough to be seen to be right, because its reader faces processes that may have been taken over: it is used
// between the hook and its locked child, between hook and supervisor, and for the small files of the state directory.
//
//   FieldWriter w;  w.Add("a").AddNumber(7);
//   FieldReader r(w.bytes());  r.Text() == "a";  r.Number() == 7;  r.AtEnd();
//
// A reader that runs out of bytes answers empty text and 0 from then on, and ok() is false: check it before trusting anything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein {

class FieldWriter {
 public:
  FieldWriter& Add(std::string_view text);
  FieldWriter& AddNumber(int64_t number);
  FieldWriter& AddList(const std::vector<std::string>& texts);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}  // borrows
  std::string_view Text();
  int64_t Number();
  bool Bytes(std::span<uint8_t> into);  // a field of exactly as many bytes: a digest; else false, and not ok()
  std::vector<std::string> List();  // at most kMaxList texts
  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

  static constexpr int64_t kMaxList = 65'536;  // effects of one action; a longer list is an error, not a truncation

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace checkrein
