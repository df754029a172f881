#include "base/fields.h"

#include <algorithm>
#include <charconv>

namespace checkrein {

FieldWriter& FieldWriter::Add(std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(size >> shift & 0xFF);
  bytes_ += text;
  return *this;
}

FieldWriter& FieldWriter::AddNumber(int64_t number) { return Add(std::to_string(number)); }

FieldWriter& FieldWriter::AddList(const std::vector<std::string>& texts) {
  AddNumber(static_cast<int64_t>(texts.size()));
  for (const std::string& text : texts) Add(text);
  return *this;
}

std::string_view FieldReader::Text() {
  if (!ok_ || rest_.size() < 4) {
    ok_ = false;
    return {};
  }
  uint32_t size = 0;
  for (unsigned i = 0; i < 4; ++i) size |= static_cast<uint32_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  if (rest_.size() - 4 < size) {
    ok_ = false;
    return {};
  }
  const std::string_view text = rest_.substr(4, size);
  rest_.remove_prefix(4 + size_t{size});
  return text;
}

int64_t FieldReader::Number() {
  const std::string_view text = Text();
  int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) ok_ = false;
  return ok_ ? number : 0;
}

bool FieldReader::Bytes(std::span<uint8_t> into) {
  const std::string_view bytes = Text();
  if (bytes.size() != into.size()) ok_ = false;
  if (ok_) std::copy(bytes.begin(), bytes.end(), into.begin());
  return ok_;
}

std::vector<std::string> FieldReader::List() {
  const int64_t count = Number();
  if (count < 0 || count > kMaxList) ok_ = false;
  std::vector<std::string> out;
  for (int64_t i = 0; ok_ && i < count; ++i) out.emplace_back(Text());
  if (!ok_) out.clear();
  return out;
}

}  // namespace checkrein
