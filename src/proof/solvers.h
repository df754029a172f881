// All solvers that are there, asked the same and believed only where they agree.
//
//   Result<Solvers> solvers = Solvers::Start(DebianSolvers(), Limits{});   // kNotFound when there is none
//   solvers->Begin(&terms);
//   solvers->Assume(fact);
//   const Answer a = solvers->Check(claim);            // may the claim hold beside the facts?
//   if (a.kind == Answer::Kind::kSat) Result<Model> model = solvers->ReadModel(a);
//   solvers->Done();
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proof/solver.h"
#include "proof/term.h"

namespace checkrein::proof {

struct Answer {
  // kUnknown: no solver could tell within its limits, or they contradict each other.
  enum class Kind : uint8_t { kUnknown, kSat, kUnsat };
  Kind kind = Kind::kUnknown;
  std::string why;             // of kUnknown
  size_t from = 0;             // of kSat: which solver has the model. A contradiction keeps the one that said sat, for a replay to settle it.
  bool has_model = false;
};

// Values of unknowns: "true"/"false", zeros and ones, or a text in UTF-8.
class Model {
 public:
  void Put(const std::string& key, std::vector<std::string> arguments, std::string value);
  // nullptr when the model says nothing of it.
  const std::string* Find(const std::string& key, const std::vector<std::string>& arguments) const;
  const std::map<std::vector<std::string>, std::string>& Table(const std::string& key) const;   // of a function

 private:
  std::map<std::string, std::map<std::vector<std::string>, std::string>> functions_;
};

class Solvers {
 public:
  static Result<Solvers> Start(std::vector<SolverProgram> programs, const Limits& limits);

  std::string Names() const;                  // "z3 and cvc5"
  // From here on keeps what all solvers are told: an SMT-LIB 2 script that any solver can be asked anew.
  void KeepScript() { keeps_script_ = true; }
  const std::string& script() const { return script_; }
  size_t size() const { return members_.size(); }

  // A new set of unknowns and facts. Solvers that failed before are started anew.
  void Begin(Terms* terms);
  void Assume(TermId fact);
  // Whether facts and claim can hold at once. Keeps the claim assumed until Drop.
  Answer Check(TermId claim);
  // Whether `also` (SMT-LIB text over what is defined) can hold beside; if so it is kept. Asks only the solver that has a model: this is
  // for looking for a simpler counterexample, never for a proof.
  bool Prefer(const Answer& answer, const std::string& also);
  void Drop();
  Result<Model> ReadModel(const Answer& answer);

 private:
  struct Member {
    SolverProgram program;
    std::vector<Solver> running;   // one, or none when it failed
    std::string failure;
  };
  Solvers(std::vector<Member> members, const Limits& limits);
  void Tell(const std::string& text);
  void TellOne(Member& member, const std::string& text);
  std::string HearOne(Member& member);        // "" when it failed

  std::vector<Member> members_;
  Limits limits_;
  int64_t end_ns_ = 0;
  Terms* terms_ = nullptr;
  size_t depth_ = 0;                          // of claims
  bool keeps_script_ = false;
  std::string script_;
};

// The values of a `get-value` answer in order; kInvalid when it is not one of `sorts.size()` values of these sorts.
Result<std::vector<std::string>> ReadValues(std::string_view answer, const std::vector<Sort>& sorts);

}  // namespace checkrein::proof
