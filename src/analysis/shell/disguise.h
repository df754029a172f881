// Spellings that hide from whoever reads a command which program it runs: w'h'o''ami, who$@ami, cat${IFS}/x, {ls,-la}, $'\x6c\x73'.
//
// bash undoes them all, and so do we: the effects are the same as of the plain spelling. But nobody writes so except to get past somebody
// who reads, a person or another guard, so such a command is `unknown:hidden-code`, like a program text that comes out of an encoding.
// Everyday quoting is none of it: "$dir"/tool, 'my tool', \ls, python$VERSION, $(which cc), clang-"15". Measured: none of 34,040 everyday commands.
#pragma once

#include <string_view>

#include "analysis/shell/ast.h"

namespace checkrein::analysis::shell {

bool IsDisguised(const Simple& simple);

// A name with a character in it that no screen shows, next to a letter or digit: of no width, or turning the writing direction.
bool HasUnseen(std::string_view name);

}  // namespace checkrein::analysis::shell
