// Policies as canonical text: what is printed parses back to the same policy.
//
//   std::string text = Print(policy);
//   Result<std::string> pretty = Format(text, "app.cedar");   // keeps comments
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/ast.h"

namespace checkrein::cedar {

inline constexpr size_t kLineWidth = 100;  // bytes beyond which a condition is broken at && and ||

// With its annotations, one blank-free block ending in `;`. Parentheses only where they are needed.
std::string Print(const Policy& policy);
std::string PrintExpression(const Ast& ast, NodeId root);

// The text with every policy printed anew. What stands between policies (comments, blank lines) is kept; a policy with a comment inside
// keeps its own text, for a formatter must not lose a word. Errors as ParsePolicyList.
Result<std::string> Format(std::string_view text, std::string_view file);

}  // namespace checkrein::cedar
