// Reads a bash 5.2 script into its tree (ast.h), by the rules of bash itself and without running anything.
//
//   Script script = Parse("rm -rf \"$HOME/x\" && echo done");
//   if (script.error) ...                       // bash refuses it there; what stands in script.list has run by then
//
// Untrusted input, any bytes. At most kMaxSource bytes, nested at most kMaxDepth deep: beyond either is an error of its own kind,
// never a crash. One pass: cost is linear in the text (a here-document's body is looked at once per substitution around it).
// Accepts exactly what `bash -n` of 5.2.15 accepts (tested against it). Not covered: aliases (a non-interactive shell does not
// expand them), posix mode, locales whose blanks are more than space and tab.
#pragma once

#include <cstddef>
#include <string_view>

#include "analysis/shell/ast.h"

namespace checkrein::analysis::shell {

inline constexpr size_t kMaxSource = size_t{1} << 20;  // bytes; the longest command a client was seen to send is 100 times shorter
inline constexpr uint32_t kMaxCommands = 1u << 20;    // one for each byte: beyond that nobody counts
inline constexpr int kMaxDepth = 400;                  // nested constructs (a compound command counts two); bash's own tests need 25

enum class Extglob : unsigned char { kOff, kOn };

// `extglob` is the state the shell starts in; a line `shopt -s extglob` turns it on for the lines after it, as in bash.
// `depth` is how deep the text itself already stands (backquotes inside a script).
Script Parse(std::string_view source, Extglob extglob = Extglob::kOff, int depth = 0);

// A text that is expanded as if between double quotes, where `"` means nothing: ${x@P}, PS4, a subscript met at run time. What is
// not well-formed in it becomes a kBroken part; so does all of it when it is too long or nested too deep.
std::vector<Part> ParseExpandable(std::string_view text, int depth = 0);

}  // namespace checkrein::analysis::shell
