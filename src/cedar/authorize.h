// The authorizer: allow when some permit is satisfied and no forbid is. A policy that errors is skipped and reported, forbids included:
// that is the language's rule; a caller who wants to fail closed must look at `errors` (checkrein::policy does).
//
//   Authorizer authorizer(policies);                       // keeps its scratch memory: reuse it
//   const Response& r = authorizer.Authorize(request, entities);
//   if (r.decision == Decision::kAllow) ...
#pragma once

#include <string>
#include <vector>

#include "cedar/ast.h"
#include "cedar/entities.h"
#include "cedar/evaluate.h"
#include "cedar/interpreter.h"

namespace checkrein::cedar {

enum class Decision : uint8_t { kDeny, kAllow };

struct Response {
  struct PolicyError {
    const Policy* policy = nullptr;
    std::string message;
  };
  Decision decision = Decision::kDeny;
  std::vector<const Policy*> reasons;  // the determining policies: satisfied forbids if any, else satisfied permits; in order
  std::vector<PolicyError> errors;     // in order
};

// Not for several threads at once; the policy set is only read and may be shared. Borrows `policies`, which must not change.
class Authorizer {
 public:
  explicit Authorizer(const PolicySet& policies) : policies_(policies) {}
  explicit Authorizer(PolicySet&&) = delete;
  // The response is valid until the next call. Does not allocate once warm, unless a policy errs or builds sets or records.
  const Response& Authorize(const Request& request, const Entities& entities);

 private:
  const PolicySet& policies_;
  Response response_;
  std::vector<const Policy*> permits_;
  Lines lines_;
  Scratch scratch_;
};

// The same once. The pointers in the response borrow from `policies`.
Response Authorize(const PolicySet& policies, const Request& request, const Entities& entities);

}  // namespace checkrein::cedar
