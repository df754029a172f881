// Proofs about sets of policies: for every request that conforms to the schema, or a request for which it is not so.
//
//   Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});
//   Prover prover(schema, &world, &*solvers);
//   for (const Finding& f : prover.Prove(policies, properties)) ...       // f.outcome, f.counterexamples
//   const Finding narrows = prover.OnlyNarrows(before, after);            // `after` permits nothing that `before` does not
//
// A counterexample is replayed through the evaluator before it is shown; one that does not reproduce is no finding but a fault, and the
// property is not proved. Likewise when solvers disagree, run out of time, or the policies use what the encoder cannot write.
//
// What is proved is about policy, given the request: docs/proofs.md says what that leaves out.
#pragma once

#include <string>
#include <vector>

#include "cedar/ast.h"
#include "cedar/schema.h"
#include "proof/case.h"
#include "proof/solvers.h"

namespace checkrein::proof {

struct Property {
  enum class Kind : uint8_t {
    kNeverErrs,     // no policy of the set errs
    kNothingDead,   // each policy of the set is satisfied by some request
    kMustDeny,      // the set allows no request of the envelope
    kMustAllow,     // the set allows each request of the envelope
    kNeverCosts,    // what is allowed while the boolean `field` of the context is false is allowed while it is true; or nothing is while it is true
    kDeclared,      // what is allowed is allowed whatever the principal's id, and without the attributes `words`
    kImplies,       // what the set allows, `other` allows
    kDisjoint,      // nothing is allowed by both
  };
  Kind kind = Kind::kNeverErrs;
  std::string id;
  std::string claim;                            // a sentence for people
  const cedar::PolicySet* envelope = nullptr;   // borrowed: the requests that it is about are those that this set allows; nullptr: all
  const cedar::PolicySet* other = nullptr;      // borrowed
  std::string field;
  std::vector<std::string> words;
};

enum class Outcome : uint8_t { kNotProved, kRefuted, kProved };

struct Counterexample {
  std::string request_kind;
  Case example;
  std::vector<std::string> permitted_by;        // policies satisfied by the request (by the first, where there are two)
  std::vector<std::string> refused_by;          // forbids that refuse the request, or the other request, or in the other set
  std::vector<std::string> erring;
};

struct Finding {
  Property property;
  Outcome outcome = Outcome::kNotProved;
  std::string why;                              // of kNotProved; of the others a remark, often ""
  std::vector<Counterexample> counterexamples;  // of kRefuted, but for kNothingDead
  std::vector<std::string> dead;                // of kNothingDead: ids
};

// How many counterexamples: the first, or one for each kind of request.
enum class Collect : uint8_t { kFirst, kEachKind };

class Prover {
 public:
  // All borrowed. `world`: forbids of requests that cannot occur (nullptr: all can), valid for the schema.
  Prover(const cedar::Schema& schema, const cedar::PolicySet* world, Solvers* solvers) : schema_(schema), world_(world), solvers_(solvers) {}

  // One finding for each property, in order. The sets must validate strictly. Cost: some milliseconds for each kind of request.
  std::vector<Finding> Prove(const cedar::PolicySet& set, const std::vector<Property>& properties, Collect collect = Collect::kFirst);

  // Whether `after` allows nothing that `before` does not.
  Finding OnlyNarrows(const cedar::PolicySet& before, const cedar::PolicySet& after);

  size_t questions() const { return questions_; }   // put to the solvers so far

 private:
  friend class KindProof;
  const cedar::Schema& schema_;
  const cedar::PolicySet* world_;
  Solvers* solvers_;
  size_t questions_ = 0;
};

// Forbids alone can only narrow, whatever they are added to: no solver is needed to know it. An erring forbid denies in Checkrein.
bool NarrowsByForm(const cedar::PolicySet& added);

// The decision as Checkrein takes it: Cedar's, but a forbid that errs denies.
bool Allows(const cedar::PolicySet& set, const cedar::Request& request, const cedar::Entities& entities);
// Whether the evaluator agrees that `example` breaks the property (kNothingDead: satisfies none of the set's policies). False for a request
// that the world excludes.
bool Breaks(const Property& property, const cedar::PolicySet& set, const cedar::PolicySet* world, const Case& example);

}  // namespace checkrein::proof
