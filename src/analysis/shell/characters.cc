#include "analysis/shell/characters.h"

namespace checkrein::analysis::shell {
namespace {

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Reads up to `most` digits of `base` at `at`; how many it read is at - its old value.
uint32_t ReadDigits(std::string_view raw, size_t& at, size_t most, int base) {
  uint32_t value = 0;
  for (size_t n = 0; n < most && at < raw.size() && DigitValue(raw[at]) < base; ++n, ++at) value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(DigitValue(raw[at]));
  return value;
}

void AddUtf8(std::string& out, uint32_t code) {
  const auto add = [&out](uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | (code >> 6));
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | ((code >> 18) & 7));
    add(0x80 | ((code >> 12) & 0x3F));
    add(0x80 | ((code >> 6) & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool IsName(std::string_view text) {
  if (text.empty() || !IsNameStart(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text)
    if (!IsNameChar(static_cast<unsigned char>(c))) return false;
  return true;
}

std::string DecodeAnsi(std::string_view raw) {
  static constexpr std::string_view kFrom = "abeEfnrtv\\'\"?";
  static constexpr std::string_view kTo = "\a\b\x1b\x1b\f\n\r\t\v\\'\"?";
  std::string out;
  for (size_t at = 0; at < raw.size();) {
    const char c = raw[at++];
    if (c != '\\' || at == raw.size()) {
      out += c;
      continue;
    }
    const char e = raw[at++];
    if (const size_t simple = kFrom.find(e); simple != std::string_view::npos) {
      out += kTo[simple];
      continue;
    }
    uint32_t code = 0;
    if (e >= '0' && e <= '7') {
      --at;
      code = ReadDigits(raw, at, 3, 8) & 0xFF;
    } else if (e == 'x' || e == 'u' || e == 'U') {
      const size_t from = at;
      const bool brace = e == 'x' && at < raw.size() && raw[at] == '{';
      if (brace) ++at;
      const size_t digits = at;
      code = ReadDigits(raw, at, e == 'x' ? (brace ? 8 : 2) : (e == 'u' ? 4 : 8), 16);
      if (at == digits) {
        at = from;
        (out += '\\') += e;
        continue;
      }
      if (brace && at < raw.size() && raw[at] == '}') ++at;
      if (e != 'x') {
        if (code == 0) return out;
        AddUtf8(out, code);
        continue;
      }
      code &= 0xFF;
    } else if (e == 'c') {
      if (at == raw.size()) {
        out += "\\c";
        continue;
      }
      char control = raw[at++];
      if (control == '\\' && at < raw.size() && raw[at] == '\\') ++at;
      if (control >= 'a' && control <= 'z') control = static_cast<char>(control - 'a' + 'A');
      code = control == '?' ? 0x7F : static_cast<uint32_t>(static_cast<unsigned char>(control)) & 0x1F;
    } else {
      (out += '\\') += e;
      continue;
    }
    if (code == 0) return out;
    out += static_cast<char>(static_cast<unsigned char>(code));
  }
  return out;
}

bool SpellsPlainly(std::string_view raw) {
  for (size_t at = raw.find('\\'); at != std::string_view::npos && at + 1 < raw.size(); at = raw.find('\\', at + 2)) {
    const char kind = raw[at + 1];
    if (kind != 'x' && kind != 'u' && kind != 'U' && !(kind >= '0' && kind <= '7')) continue;
    size_t end = at + 1;
    while (end < raw.size() && end < at + 10 && raw[end] != '\\') ++end;  // an escape is at most \UHHHHHHHH
    const std::string text = DecodeAnsi(raw.substr(at, end - at));
    if (!text.empty() && (IsNameChar(static_cast<unsigned char>(text[0])) || text[0] == ' ' || text[0] == '/')) return true;
  }
  return false;
}

}  // namespace checkrein::analysis::shell
