// Brace expansion: a{b,c}d, {1..9..2}, {a..e}, nested. Purely textual, before everything else; quoted and expanded parts are
// carried through as they are.
#pragma once

#include <string>
#include <vector>

#include "analysis/shell/ast.h"

namespace checkrein::analysis::shell {

inline constexpr size_t kMaxBraceWords = 4096;   // words from one word; more are counted as `too_many`
inline constexpr size_t kMaxBracePieces = 1U << 16;  // pieces in all of them, so that cost stays bounded

struct BracePiece {
  std::string text;            // literal text, unless
  const Part* part = nullptr;  // this part of the word stands here
};
struct BraceExpansion {
  std::vector<std::vector<BracePiece>> words;
  bool too_many = false;       // `words` are only some of them
};

bool HoldsBraces(const std::vector<Part>& parts);  // cheap: whether there is anything to do
BraceExpansion ExpandBraces(const std::vector<Part>& parts);

}  // namespace checkrein::analysis::shell
