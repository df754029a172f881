// Whether a bucket policy lets a stranger in, asked of the SMT solvers that are there (proof/solvers.h).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::cli {

struct PolicyProof {
  enum class Kind : uint8_t { kNotKnown, kPossible, kImpossible };
  Kind kind = Kind::kNotKnown;
  std::string why;               // of kNotKnown
  std::string request;           // of kPossible, in words; the policy, evaluated, permits it
  std::string solvers;           // "z3 and cvc5"
};

// Is there a request to `bucket` ("" when its name is not known), by somebody without credentials or with an account that the policy does not
// name, that the policy permits? Some 0.1 s; never more than 20 s.
PolicyProof ProvePolicy(const json::Value& policy, const std::string& bucket);

}  // namespace checkrein::cli
