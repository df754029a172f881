// Text of strangers made safe to show: file names, commands, what a model said.
//
//   Printable("a\x1b[2Jb")  == "a\\x1b[2Jb"        Printable("\xe2\x80\xae" "x")  == "\\u{202e}x"
#pragma once

#include <string>
#include <string_view>

namespace checkrein {

// `untrusted` with everything that a terminal, a browser or an eye takes for something else written as an escape: control characters
// (C0, DEL, C1; line breaks too), bytes that are no UTF-8, and code points that are invisible or change the order of others (bidi marks,
// zero-width characters, tags, line and paragraph separators). The result is valid UTF-8 on one line. Linear.
std::string Printable(std::string_view untrusted);

// The same, at most `max_columns` code points: the middle of what is longer gives way to "...".
std::string PrintableShort(std::string_view untrusted, size_t max_columns);

// The code point at `at` and its length in bytes; length 0 when the bytes there are no UTF-8.
struct CodePoint {
  char32_t value = 0;
  size_t size = 0;
};
CodePoint DecodeUtf8(std::string_view text, size_t at);

// Columns of a terminal that a code point takes: 0 for combining marks, 2 for wide East Asian characters and emoji, else 1.
int ColumnsOf(char32_t c);

// Whether Printable would escape it.
bool IsMisleading(char32_t c);

}  // namespace checkrein
