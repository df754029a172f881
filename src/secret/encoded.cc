#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "secret/scan.h"

namespace checkrein::secret {
namespace {

constexpr size_t kMinBase64 = 20;       // characters: 15 bytes, less holds no secret with its name
constexpr size_t kMinHex = 32;
constexpr size_t kWindow = 128;         // decoded before and behind an escape
constexpr size_t kGlance = 24;          // bytes decoded to see whether it is text at all
constexpr size_t kWrappedLine = 60;     // base64 that goes on over a line's end has lines of 64 or 76

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<int8_t, 256> MakeBase64() {
  std::array<int8_t, 256> out{};
  out.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < kAlphabet.size(); ++i) out[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  out['-'] = 62;
  out['_'] = 63;
  return out;
}

int Base64Value(char c) {
  static constexpr std::array<int8_t, 256> kValues = MakeBase64();
  return kValues[static_cast<uint8_t>(c)];
}

bool MostlyText(std::string_view bytes) {
  const auto text = std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c >= 0x20 && c < 0x7f) || IsSpace(c); });
  return static_cast<size_t>(text) * 4 >= bytes.size() * 3;  // of random bytes three in eight are; other scripts need some room
}

// A text with its escapes resolved, and where each of its characters began.
struct View {
  std::string text;
  std::vector<uint32_t> from;  // one more than characters

  void Add(char c, size_t at) {
    text += c;
    from.push_back(static_cast<uint32_t>(at));
  }
};

void AddCodePoint(View& view, unsigned code, size_t at) {
  if (code < 0x80) return view.Add(static_cast<char>(code), at);
  if (code < 0x800) view.Add(static_cast<char>(0xC0 | code >> 6), at);
  else {
    view.Add(static_cast<char>(0xE0 | code >> 12), at);
    view.Add(static_cast<char>(0x80 | (code >> 6 & 0x3F)), at);
  }
  view.Add(static_cast<char>(0x80 | (code & 0x3F)), at);
}

// The number in `digits` hexadecimal digits at `at`.
std::optional<unsigned> HexAt(std::string_view text, size_t at, size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  unsigned out = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int value = HexValue(text[at + i]);
    if (value < 0) return std::nullopt;
    out = out << 4 | static_cast<unsigned>(value);
  }
  return out;
}

size_t PercentEscape(std::string_view text, size_t at) { return text[at] == '%' && HexAt(text, at + 1, 2) ? 3 : 0; }

// The length of an escape of JSON or C at `at`, 0 when there is none.
size_t BackslashEscape(std::string_view text, size_t at) {
  if (text[at] != '\\' || at + 1 == text.size()) return 0;
  const char kind = text[at + 1];
  if (kind == 'u') return HexAt(text, at + 2, 4) ? 6 : 0;
  if (kind == 'x') return HexAt(text, at + 2, 2) ? 4 : 0;
  return std::string_view("nrt\"'/\\").find(kind) != std::string_view::npos ? 2 : 0;
}

void AddEscape(View& view, std::string_view text, size_t at, size_t length) {
  if (length == 2) return view.Add("\n\r\t\"'/\\"[std::string_view("nrt\"'/\\").find(text[at + 1])], at);
  if (length == 3) return view.Add(static_cast<char>(*HexAt(text, at + 1, 2)), at);
  AddCodePoint(view, *HexAt(text, at + 2, length - 2), at);
}

using EscapeAt = size_t (*)(std::string_view text, size_t at);

// Decodes [begin, end) and looks there.
void FindInWindow(std::string_view text, size_t begin, size_t end, EscapeAt escape, int depth, std::vector<Finding>& found) {
  View view;
  view.text.reserve(end - begin);
  view.from.reserve(end - begin + 1);
  for (size_t at = begin; at < end;) {
    const size_t length = escape(text, at);
    if (length > 0) AddEscape(view, text, at, length);
    else view.Add(text[at], at);
    at += length > 0 ? length : 1;
  }
  view.from.push_back(static_cast<uint32_t>(end));
  std::vector<Finding> inside;
  FindRaw(view.text, depth - 1, inside);
  for (const Finding& f : inside) found.push_back({f.rule, view.from[f.begin], view.from[f.end]});
}

// Only the surroundings of escapes are decoded: as far back as a name can stand, as far on as the word goes.
void FindInEscaped(std::string_view text, char trigger, EscapeAt escape, int depth, std::vector<Finding>& found) {
  size_t begin = 0;
  size_t end = 0;  // of the window that is open
  for (size_t at = text.find(trigger); at != std::string_view::npos; at = text.find(trigger, at)) {
    const size_t length = escape(text, at);
    if (length == 0) {
      ++at;
      continue;
    }
    if (at > end + kWindow) {
      if (end > 0) FindInWindow(text, begin, end, escape, depth, found);
      begin = at - kWindow;
      end = 0;
    }
    at += length;
    if (end >= at) continue;
    end = std::min(text.size(), at + kWindow);
    while (end < text.size() && !IsSpace(text[end])) ++end;
  }
  if (end > 0) FindInWindow(text, begin, end, escape, depth, found);
}

// What is found in `decoded` makes the whole of [begin, end) a secret: where exactly it lies cannot be cut out of the encoding.
void FindInRun(const std::string& decoded, size_t begin, size_t end, int depth, std::vector<Finding>& found) {
  if (!MostlyText(decoded)) return;
  std::vector<Finding> inside;
  FindRaw(decoded, depth - 1, inside);
  for (const Finding& f : inside) {
    if (f.rule == "random-value") continue;  // too weak to stand for so much
    found.push_back({f.rule, begin, end});
    return;
  }
}

std::string FromBase64(std::string_view run) {
  std::string out;
  out.reserve(run.size() * 3 / 4 + 1);
  uint32_t bits = 0;
  int have = 0;
  for (const char c : run) {
    const int value = Base64Value(c);
    if (value < 0) continue;  // a line's end
    bits = bits << 6 | static_cast<uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have);
  }
  return out;
}

// The next run of at least `length` characters of `charset` at or behind `from`: its beginning, or npos. Looks first where such a run
// would end, so that ordinary text is stepped over.
size_t NextRun(std::string_view text, size_t from, size_t length, Charset charset) {
  while (from + length <= text.size()) {
    size_t last = from + length;  // one behind the last
    while (last > from && In(charset, text[last - 1])) --last;
    if (last == from) return from;
    from = last;
  }
  return std::string_view::npos;
}

void FindInBase64(std::string_view text, int depth, std::vector<Finding>& found) {
  const auto in = [&](size_t at) { return In(Charset::kBase64, text[at]) && text[at] != '='; };
  size_t at = 0;
  while ((at = NextRun(text, at, kMinBase64, Charset::kBase64)) != std::string_view::npos) {
    while (at < text.size() && text[at] == '=') ++at;
    const size_t begin = at;
    for (size_t line = at; at < text.size() && (in(at) || (text[at] == '\n' && at - line >= kWrappedLine)); ++at) {
      if (text[at] == '\n') line = at + 1;
    }
    const std::string_view run = text.substr(begin, at - begin);
    for (int padding = 0; padding < 2 && at < text.size() && text[at] == '='; ++padding) ++at;
    if (run.size() < kMinBase64 || !MostlyText(FromBase64(run.substr(0, kGlance)))) continue;
    FindInRun(FromBase64(run), begin, at, depth, found);
  }
}

void FindInHex(std::string_view text, int depth, std::vector<Finding>& found) {
  size_t at = 0;
  while ((at = NextRun(text, at, kMinHex, Charset::kHex)) != std::string_view::npos) {
    const size_t begin = at;
    while (at < text.size() && In(Charset::kHex, text[at])) ++at;
    const int first = HexValue(text[begin]);
    if ((at - begin) % 2 != 0 || first < 2 || first >= 8) continue;  // text begins with a printable character
    std::string decoded;
    decoded.reserve((at - begin) / 2);
    for (size_t i = begin; i < at; i += 2) decoded += static_cast<char>(HexValue(text[i]) << 4 | HexValue(text[i + 1]));
    FindInRun(decoded, begin, at, depth, found);
  }
}

}  // namespace

void FindEncoded(std::string_view text, int depth, std::vector<Finding>& found) {
  if (depth <= 0 || text.size() > UINT32_MAX) return;
  FindInEscaped(text, '%', PercentEscape, depth, found);
  FindInEscaped(text, '\\', BackslashEscape, depth, found);
  FindInBase64(text, depth, found);
  FindInHex(text, depth, found);
}

void FindRaw(std::string_view text, int depth, std::vector<Finding>& found) {
  FindPrefixed(text, found);
  FindByContext(text, found);
  FindJoined(text, found);
  FindEncoded(text, depth, found);
}

}  // namespace checkrein::secret
