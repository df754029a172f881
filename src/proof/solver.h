// One SMT solver as a child process that is talked to: text in, answers out, with limits on time and memory.
//
//   Result<Solver> z3 = Solver::Start({"z3", "/usr/bin/z3"}, Limits{});
//   (void)z3->Tell("(declare-fun x () Bool)(assert x)(check-sat)\n");
//   Result<std::string> answer = z3->Hear();                          // "sat"
//
// The child gets an empty environment, no other descriptors, and dies with its parent. Its answers are not believed where they can be
// checked: models are replayed (case.h), and two solvers must agree (solvers.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace checkrein::proof {

struct Limits {
  int query_ms = 5'000;                    // for one question; what takes longer is not proved
  int total_ms = 120'000;                  // for all questions to one solver, wall clock
  uint64_t memory_bytes = uint64_t{1} << 30;  // address space of a solver; measured: 43 MB for the shipped sets
};

struct SolverProgram {
  std::string name;   // "z3" or "cvc5": decides its options
  std::string path;   // absolute; never searched for in $PATH, for whoever sets the environment must not choose the prover
};
// Where Debian puts them.
std::vector<SolverProgram> DebianSolvers();

class Solver {
 public:
  // kNotFound when there is no such program; kIo when it cannot be started.
  static Result<Solver> Start(const SolverProgram& program, const Limits& limits);
  Solver(Solver&& other) noexcept;
  Solver& operator=(Solver&& other) noexcept;
  ~Solver();                               // kills and reaps

  const std::string& name() const { return name_; }
  // kIo when the child is gone, kLimit when time is over. After an error the solver is of no more use.
  Status Tell(std::string_view text);
  // The next answer: one word or one balanced list. `(error ..)` is kInvalid.
  Result<std::string> Hear();

 private:
  Solver(std::string name, int64_t pid, Fd fd, const Limits& limits);
  Status Fill(int64_t deadline_ns);
  void Kill();

  std::string name_;
  int64_t pid_ = -1;
  Fd fd_;
  Limits limits_;
  int64_t end_ns_ = 0;
  std::string heard_;
};

// The length of the first whole answer in `text`, with the space before it; 0 when there is none yet. `|a b|` and "a b" are one piece.
size_t AnswerLength(std::string_view text);

}  // namespace checkrein::proof
