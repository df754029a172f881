// Prints a tree as bash prints the commands that it has read, byte for byte: what `declare -f` shows.
//
//   Script script = Parse("f() { echo \"$(ls   -l)\"; }");
//   PrintFunction(std::get<Function>(script.list.items[0].pipeline.commands[0].what));
//   // "f () \n{ \n    echo \"$(ls -l)\"\n}"
//
// From the tree alone, words too: this is how the tree is proved to be bash's (bench/understand, row `structure`). Only where bash
// itself keeps a text as it was written does the tree hold that text: backquotes, bodies of here-documents, `$((a); b)`.
// Not covered: what `declare -f` prints differently each time it is read again, and $'..' within operands between double quotes.
// Cost: linear in the text that comes out. Depth is bounded by the parser's kMaxDepth.
#pragma once

#include <string>

#include "analysis/shell/ast.h"

namespace checkrein::analysis::shell {

std::string PrintFunction(const Function& function);  // without the line end at its end
std::string PrintFunction(const std::string& name, const Command& body);
std::string PrintWord(const WordNode& word);

}  // namespace checkrein::analysis::shell
