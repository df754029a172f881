// What an expression is worth, for a request over entities. Exactly the specification's semantics: && || if are lazy; what is lazily
// skipped may be ill-typed; integers overflow into errors; `has`, `in`, `hasTag` on an unknown entity are false, `.` and getTag errors.
#pragma once

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/entities.h"

namespace checkrein::cedar {

struct Request {
  EntityUid principal, action, resource;
  Record context;
};

// kInvalid with the reason, e.g. "type error: expected bool, got long". Pure; recursion is bounded by kMaxHeight.
Result<Value> Evaluate(const Ast& ast, NodeId root, const Request& request, const Entities& entities);

}  // namespace checkrein::cedar
