#include <algorithm>
#include <cstdint>
#include <optional>

#include "secret/alphabets.h"
#include "secret/scan.h"

namespace checkrein::secret {
namespace {

constexpr size_t kMinBase64 = 20;       // characters: 15 bytes, less holds no secret with its name
constexpr size_t kMinHex = 32;
constexpr size_t kWindow = 128;         // decoded before and behind an escape
constexpr size_t kGlance = 24;          // bytes decoded to see whether it is text at all
constexpr size_t kWrappedLine = 60;     // base64 that goes on over a line's end has lines of 64 or 76

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

// The next run of at least `length` hexadecimal digits at or behind `from`: its beginning, or npos. Looks first where such a run would
// end, so that ordinary text is stepped over.
size_t NextHexRun(std::string_view text, size_t from, size_t length) {
  while (from + length <= text.size()) {
    size_t last = from + length;  // one behind the last
    while (last > from && In(Charset::kHex, text[last - 1])) --last;
    if (last == from) return from;
    from = last;
  }
  return std::string_view::npos;
}

void FindInBase64(std::string_view text, int depth, std::vector<Finding>& found) {
  size_t at = 0;
  while ((at = NextBase64Run(text, at, kMinBase64)) != std::string_view::npos) {
    const size_t begin = at;
    for (size_t line = at; at < text.size() && (InBase64(text[at]) || (text[at] == '\n' && at - line >= kWrappedLine)); ++at) {
      if (text[at] == '\n') line = at + 1;
    }
    const std::string_view run = text.substr(begin, at - begin);
    for (int padding = 0; padding < 2 && at < text.size() && text[at] == '='; ++padding) ++at;
    if (!MostlyText(FromBase64(run.substr(0, kGlance)))) continue;
    FindInRun(FromBase64(run), begin, at, depth, found);
  }
}

void FindInHex(std::string_view text, int depth, std::vector<Finding>& found) {
  size_t at = 0;
  while ((at = NextHexRun(text, at, kMinHex)) != std::string_view::npos) {
    const size_t begin = at;
    while (at < text.size() && In(Charset::kHex, text[at])) ++at;
    const int first = HexValue(text[begin]);
    if ((at - begin) % 2 != 0 || first < 2 || first >= 8) continue;  // text begins with a printable character
    FindInRun(FromHex(text.substr(begin, at - begin)), begin, at, depth, found);
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
