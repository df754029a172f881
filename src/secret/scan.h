// The parts of which Find() is made. Each adds what it finds to a list; overlaps are settled at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "secret/redact.h"
#include "secret/rule.h"

namespace checkrein::secret {

// Prefixes of the rule table, and blocks of private keys. Linear.
void FindPrefixed(std::string_view text, std::vector<Finding>& found);

// Values beside telling names, headers, URLs, options, .netrc, .pgpass. Linear.
void FindByContext(std::string_view text, std::vector<Finding>& found);

// Secrets in base64, hexadecimal, percent or backslash encoding: decodes what looks encoded and looks there. `depth` encodings deep.
inline constexpr int kMaxEncodings = 2;
void FindEncoded(std::string_view text, int depth, std::vector<Finding>& found);

// Secrets that a shell puts together: `ghp_ab""cd`, `pass'wo'rd`, a backslash at a line's end. Linear.
void FindJoined(std::string_view text, std::vector<Finding>& found);

// All of the above, in any order and overlapping.
void FindRaw(std::string_view text, int depth, std::vector<Finding>& found);

// Whether a word may begin at `at`: nothing, a character that is no letter or digit, or an encoded one ("\n", "%3D") stands before it.
bool AtWordStart(std::string_view text, size_t at);

inline bool IsAlnum(char c) { return In(Charset::kAlnum, c); }
inline char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace checkrein::secret
