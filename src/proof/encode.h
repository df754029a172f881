// Cedar expressions and policies over unknown requests of one kind, errors included.
//
//   Universe universe(schema, terms);
//   const Kind kind = Kinds(schema)[0];
//   const Asked asked = Ask(universe, kind, "");                       // unknown principal, resource, context
//   const EncodedSet set = Encode(universe, policies, asked);          // set.allowed is a boolean term
//
// The semantics are those of the evaluator (cedar/interpreter.cc): && || if are lazy, a missing attribute, an overflow and a type error are
// errors. What a request of this kind can never reach (`resource is Host && resource.port == 1`, for a Path) is not looked at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cedar/ast.h"
#include "cedar/schema.h"
#include "proof/universe.h"

namespace checkrein::proof {

// One way to put an action between a principal's and a resource's type: a request environment.
struct RequestKind {
  const cedar::ActionType* action = nullptr;
  std::string principal, resource;
  std::string ToString() const;   // "Action::"ReadFile" by Session on Path"
};
std::vector<RequestKind> RequestKinds(const cedar::Schema& schema);

// One request of a kind. Two requests over one store differ in what the caller changes.
struct Asked {
  RequestKind kind;
  Symbol principal, resource, context;
};
Asked AskAnything(Universe& universe, const RequestKind& kind);

struct EncodedPolicy {
  const cedar::Policy* policy = nullptr;
  TermId satisfied = 0, error = 0;   // never both
};
struct EncodedSet {
  std::vector<EncodedPolicy> policies;   // those whose scope this kind of request can meet
  // Some permit is satisfied, and no forbid is satisfied or errs. (Cedar skips a forbid that errs; Checkrein denies.)
  TermId allowed = 0;
};

// Both borrow. What cannot be written is in universe.failed().
Encoded EncodeExpression(Universe& universe, const cedar::Ast& ast, cedar::NodeId root, const Asked& asked);
EncodedSet Encode(Universe& universe, const cedar::PolicySet& set, const Asked& asked);

}  // namespace checkrein::proof
