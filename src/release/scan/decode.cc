#include "release/scan/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace checkrein::release {
namespace {

constexpr size_t kGlance = 32;         // characters decoded to see what a piece is
constexpr size_t kPercentReach = 512;  // bytes round an escape that belong to the same word

constexpr std::array<int8_t, 256> MakeBase64() {
  std::array<int8_t, 256> out{};
  out.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < kAlphabet.size(); ++i) out[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  out['-'] = 62;
  out['_'] = 63;
  return out;
}
constexpr std::array<int8_t, 256> kBase64 = MakeBase64();

bool InBase64(char c) { return kBase64[static_cast<uint8_t>(c)] >= 0; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsText(std::string_view bytes) {
  const auto plain = std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t'; });
  return !bytes.empty() && static_cast<size_t>(plain) * 10 >= bytes.size() * 9;
}

bool IsCompressed(std::string_view bytes) { return bytes.starts_with("\x1f\x8b\x08") || bytes.starts_with("PK\x03\x04"); }

bool Worth(std::string_view glance) { return IsText(glance) || IsCompressed(glance); }

std::string FromHex(std::string_view run) {
  std::string out;
  out.reserve(run.size() / 2);
  for (size_t i = 0; i + 1 < run.size(); i += 2) out += static_cast<char>(HexValue(run[i]) << 4 | HexValue(run[i + 1]));
  return out;
}

bool IsHex(std::string_view run) {
  return run.size() % 2 == 0 && std::all_of(run.begin(), run.end(), [](char c) { return HexValue(c) >= 0; });
}

// Base64 in lines, as mail and PEM have it: where the run at `end` goes on after a line's end.
size_t RunEnd(std::string_view text, size_t begin) {
  size_t line = begin;
  size_t end = begin;
  while (end < text.size()) {
    if (InBase64(text[end])) {
      ++end;
      continue;
    }
    const size_t breaks = text.substr(end, 2) == "\r\n" ? 2 : text[end] == '\n' ? 1 : 0;
    if (breaks == 0 || end - line < 60 || end + breaks >= text.size() || !InBase64(text[end + breaks])) break;
    end += breaks;
    line = end;
  }
  return end;
}

std::string WithoutBreaks(std::string_view run) {
  std::string out;
  out.reserve(run.size());
  for (const char c : run) {
    if (c != '\n' && c != '\r') out += c;
  }
  return out;
}

void Runs(std::string_view text, const std::function<void(const Encoded&)>& each) {
  size_t at = 0;
  while (at + kMinBase64 <= text.size()) {
    // Looks first where such a run would end: ordinary text is stepped over.
    size_t last = at + kMinBase64;
    while (last > at && InBase64(text[last - 1])) --last;
    if (last > at) {
      at = last;
      continue;
    }
    const size_t end = RunEnd(text, at);
    const std::string_view run = text.substr(at, end - at);
    Encoded found{"base64", at, end, {}};
    if (run.size() >= kMinHex && IsHex(run.substr(0, std::min<size_t>(run.size() & ~size_t{1}, 64))) && IsHex(run)) {
      if (Worth(FromHex(run.substr(0, kGlance)))) found.kind = "hex", found.decoded = FromHex(run);
    } else if (Worth(DecodeBase64(run.substr(0, kGlance)))) {
      found.decoded = DecodeBase64(run.find('\n') == std::string_view::npos ? run : std::string_view(WithoutBreaks(run)));
    }
    if (!found.decoded.empty()) each(found);
    at = end;
  }
}

bool EndsWord(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '\0'; }

void Percents(std::string_view text, const std::function<void(const Encoded&)>& each) {
  const auto escape = [&](size_t at) { return at + 2 < text.size() && HexValue(text[at + 1]) >= 0 && HexValue(text[at + 2]) >= 0; };
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at)) {
    if (!escape(at)) {
      ++at;
      continue;
    }
    size_t begin = at;
    while (begin > 0 && at - begin < kPercentReach && !EndsWord(text[begin - 1])) --begin;
    size_t end = at;
    for (size_t quiet = 0; end < text.size() && quiet < kPercentReach && !EndsWord(text[end]); ++end) quiet = text[end] == '%' ? 0 : quiet + 1;
    Encoded found{"percent", begin, end, {}};
    for (size_t i = begin; i < end; ++i) {
      if (text[i] == '%' && escape(i) && i + 2 < end) {
        found.decoded += static_cast<char>(HexValue(text[i + 1]) << 4 | HexValue(text[i + 2]));
        i += 2;
      } else {
        found.decoded += text[i];
      }
    }
    // With the name before it and the quote behind it, which rules ask for.
    const size_t name = begin > 64 ? begin - 64 : 0;
    const size_t line = text.rfind('\n', begin == 0 ? 0 : begin - 1);
    const size_t from = line == std::string_view::npos || line < name ? name : line + 1;
    found.decoded = std::string(text.substr(from, begin - from)) + found.decoded + std::string(text.substr(end, 1));
    each(found);
    at = std::max(end, at + 1);
  }
}

}  // namespace

std::string DecodeBase64(std::string_view text) {
  std::string out;
  out.reserve(text.size() * 3 / 4 + 1);
  uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    const int value = kBase64[static_cast<uint8_t>(c)];
    if (value < 0) break;
    bits = bits << 6 | static_cast<uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have);
  }
  return out;
}

void FindEncoded(std::string_view text, const std::function<void(const Encoded&)>& each) {
  Runs(text, each);
  Percents(text, each);
}

}  // namespace checkrein::release
