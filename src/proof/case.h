// A concrete request with its entities: what a solver's model stands for, in terms that the evaluator takes.
//
//   Result<Case> c = ReadCase(universe, model, kind, TwoRequests{});
//   cedar::Authorize(policies, c->request, c->entities);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/entities.h"
#include "cedar/evaluate.h"
#include "proof/encode.h"
#include "proof/solvers.h"

namespace checkrein::proof {

struct Case {
  cedar::Request request;
  std::optional<cedar::Request> other;   // of questions about two requests over one store
  cedar::Entities entities;              // conforms to the schema; holds its actions
  // As text for a person, one fact a line. Ids and texts are quoted as in Cedar.
  std::string ToString() const;
};

// The other request, where there is one: its principal's key ("" for the same) and what its context has in place of the first's.
struct OtherRequest {
  std::string principal_key;
  cedar::Record context;                 // replaces fields
  std::vector<std::string> without;      // removes fields
  std::vector<std::string> fresh;        // fields that are unknowns of their own, below kOtherContext
};
inline constexpr std::string_view kOtherContext = "other";

// kInternal when the model makes no request that conforms to the schema: a fault of the encoder or the solver, never a finding.
Result<Case> ReadCase(const Universe& universe, const Model& model, const RequestKind& kind, const cedar::Record& context, const std::optional<OtherRequest>& other);

}  // namespace checkrein::proof
