// Reads policies from Cedar text (language 4.5).
//
//   Result<PolicySet> set = ParsePolicies(text, "base.cedar");
//   if (!set) Fail(set.error().text);   // `base.cedar:3:12: expected ...`, the line and a caret
//
// Ids are policy0, policy1, ... in the order of the text. To let `@id` name them (as cedar's command line does), call ParsePolicyList and
// set Policy::id before adding each to a PolicySet, or use IdsFromAnnotations.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"

namespace checkrein::cedar {

inline constexpr size_t kMaxPolicyTextBytes = 16u << 20;  // a set of 10,000 policies is about 3 MB
inline constexpr int kMaxNesting = 200;                   // of brackets, `if` and unary operators: bounds the parser's stack
inline constexpr size_t kMaxAnnotations = 256;            // of one policy; they are compared with each other

// kInvalid for what is no Cedar (first error only), kLimit beyond the caps. A template in the text is kInvalid here.
Result<PolicySet> ParsePolicies(std::string_view text, std::string_view file);

// The same with templates allowed, in the order of the text, ids as above.
Result<std::vector<Policy>> ParsePolicyList(std::string_view text, std::string_view file);

// ParsePolicies with each policy's id taken from its @id annotation when it has one. kInvalid when two are equal.
Result<PolicySet> ParsePoliciesWithIds(std::string_view text, std::string_view file);

// One expression alone: for tests and tools. The root is `root`.
struct ParsedExpression {
  Ast ast;
  NodeId root = kNoNode;
};
Result<ParsedExpression> ParseExpression(std::string_view text, std::string_view file);

}  // namespace checkrein::cedar
