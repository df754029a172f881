#include "release/scan/decode.h"

#include <algorithm>

#include "secret/alphabets.h"

namespace checkrein::release {
namespace {

using secret::HexValue;
using secret::InBase64;

constexpr size_t kGlance = 32;         // characters decoded to see what a piece is: 24 bytes of base64
constexpr size_t kMaxNotPlain = 2;     // bytes of kGlance that may be no text: one in ten
constexpr size_t kMinLine = 60;        // base64 that goes on over a line's end has lines of 64 or 76
constexpr size_t kPercentWord = 512;   // bytes round an escape that belong to the same word
constexpr size_t kPercentName = 64;    // bytes before the word that hold its name, which rules ask for
constexpr size_t kPercentMost = 4096;  // bytes of one piece of several words: findings in it are said to be where it begins

size_t NotPlain(std::string_view bytes) {
  size_t plain = 0;
  for (const char c : bytes) plain += static_cast<size_t>(c >= 0x20 && c < 0x7f) + static_cast<size_t>(c == '\n') + static_cast<size_t>(c == '\r') + static_cast<size_t>(c == '\t');
  return bytes.size() - plain;
}

bool IsText(std::string_view bytes) { return !bytes.empty() && NotPlain(bytes) * 10 <= bytes.size(); }

bool IsCompressed(std::string_view bytes) { return bytes.starts_with("\x1f\x8b\x08") || bytes.starts_with("PK\x03\x04"); }

// Whether the first six bytes that `run` decodes to tell that it is neither text nor compressed, as they do of what is drawn at random.
bool LooksDrawn(std::string_view run) {
  size_t not_plain = 0;
  uint32_t first = 0;
  for (const size_t at : {size_t{0}, size_t{4}}) {
    const int all = secret::Base64Value(run[at]) * (1 << 18) + secret::Base64Value(run[at + 1]) * (1 << 12) + secret::Base64Value(run[at + 2]) * (1 << 6) + secret::Base64Value(run[at + 3]);
    if ((secret::Base64Value(run[at]) | secret::Base64Value(run[at + 1]) | secret::Base64Value(run[at + 2]) | secret::Base64Value(run[at + 3])) < 0) return false;
    const auto bytes = static_cast<uint32_t>(all);
    if (at == 0) first = bytes;
    for (const uint32_t shift : {16u, 8u, 0u}) {
      const uint32_t byte = bytes >> shift & 0xFF;
      not_plain += static_cast<size_t>(byte < 0x20 || byte > 0x7e) - static_cast<size_t>(byte == '\n' || byte == '\r' || byte == '\t');
    }
  }
  return not_plain > kMaxNotPlain && first != 0x1f8b08 && first >> 8 != ('P' << 8 | 'K');
}

bool IsHex(std::string_view run) {
  return run.size() % 2 == 0 && std::all_of(run.begin(), run.end(), [](char c) { return HexValue(c) >= 0; });
}

// Base64 in lines, as mail and PEM have it: where the run at `begin` goes on after a line's end.
size_t RunEnd(std::string_view text, size_t begin) {
  size_t line = begin;
  while (true) {
    const size_t end = secret::EndOfBase64(text, line);
    if (end - line < kMinLine) return end;
    const size_t breaks = text.substr(end, 2) == "\r\n" ? 2 : text.substr(end, 1) == "\n" ? 1 : 0;
    if (breaks == 0 || end + breaks >= text.size() || !InBase64(text[end + breaks])) return end;
    line = end + breaks;
  }
}

using AddDecoded = void (*)(std::string_view run, std::string& out);

void Runs(std::string_view text, const std::function<void(const Encoded&)>& each) {
  std::string decoded;
  for (size_t at = 0; (at = secret::NextBase64Run(text, at, kMinBase64)) != std::string_view::npos;) {
    const size_t end = RunEnd(text, at);
    const std::string_view run = text.substr(at, end - at);
    const bool hex = run.size() >= kMinHex && IsHex(run.substr(0, 16)) && IsHex(run);
    const AddDecoded add = hex ? secret::AddHex : secret::AddBase64;
    decoded.clear();
    if (!hex && LooksDrawn(run)) {
      at = end;
      continue;
    }
    add(run.substr(0, kGlance), decoded);
    if (IsText(decoded) || IsCompressed(decoded)) {
      decoded.clear();
      add(run, decoded);
      each({hex ? "hex" : "base64", at, decoded});
    }
    at = end;
  }
}

bool EndsWord(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '\0'; }

bool IsEscape(std::string_view text, size_t at) { return at + 2 < text.size() && text[at] == '%' && HexValue(text[at + 1]) >= 0 && HexValue(text[at + 2]) >= 0; }

size_t NextEscape(std::string_view text, size_t from) {
  size_t at = text.find('%', from);
  while (at != std::string_view::npos && !IsEscape(text, at)) at = text.find('%', at + 1);
  return at;
}

// Where the piece of the escape at `at` begins: with its word, and the name before that on the same line; not before `least`.
size_t PieceBegin(std::string_view text, size_t at, size_t least) {
  size_t begin = at;
  while (begin > least && at - begin < kPercentWord && !EndsWord(text[begin - 1])) --begin;
  const size_t word = begin;
  while (begin > least && word - begin < kPercentName && text[begin - 1] != '\n') --begin;
  return begin;
}

// Words with escapes that stand close together are one piece: no byte is decoded twice.
void Percents(std::string_view text, const std::function<void(const Encoded&)>& each) {
  std::string decoded;
  size_t done = 0;
  for (size_t at = NextEscape(text, 0); at != std::string_view::npos;) {
    const size_t begin = PieceBegin(text, at, done);
    size_t end = at;
    while (at != std::string_view::npos && (at == end || (at <= end + kPercentName && at - begin < kPercentMost))) {
      end = at + 3;
      while (end < text.size() && end - at < kPercentWord && text[end] != '%' && !EndsWord(text[end])) ++end;
      at = NextEscape(text, end);
    }
    if (end < text.size() && at != end) ++end;  // and the quote behind it, which rules ask for
    decoded.clear();
    for (size_t i = begin; i < end; ++i) {
      const bool escape = IsEscape(text, i) && i + 2 < end;
      decoded += escape ? static_cast<char>(HexValue(text[i + 1]) << 4 | HexValue(text[i + 2])) : text[i];
      if (escape) i += 2;
    }
    each({"percent", begin, decoded});
    done = end;
  }
}

}  // namespace

std::string DecodeBase64(std::string_view text) {
  return secret::FromBase64(text.substr(0, static_cast<size_t>(std::find_if_not(text.begin(), text.end(), InBase64) - text.begin())));
}

void FindEncoded(std::string_view text, const std::function<void(const Encoded&)>& each) {
  Runs(text, each);
  Percents(text, each);
}

}  // namespace checkrein::release
