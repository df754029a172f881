// Answers that one decision has given already, for paths that no policy told apart: ten thousand files of a workspace are one question.
//
//   Recall recall(program);
//   const EffectDecision* known = recall.Find(subject);   // nullptr: ask, then recall.Keep(subject, answer)
//
// Two paths are alike when the action, the groups and what the sets include are, and when no policy names either or a directory that it
// lies in. Where no policy that was asked read the name of the one, every term that they form about the other is the same, and so is the
// answer. About 0.1 us.
#pragma once

#include <utility>
#include <vector>

#include "cedar/program.h"
#include "policy/decide.h"
#include "policy/request.h"

namespace checkrein::policy {

class Recall {
 public:
  explicit Recall(const cedar::Program& program) : program_(program) {}  // borrows it

  const EffectDecision* Find(const Subject& subject) const;  // valid until Keep
  // Only of an answer for which no policy read the subject's name.
  void Keep(const Subject& subject, const EffectDecision& answer);

 private:
  bool MayRecall(const Subject& subject) const { return subject.type == kPath && !IsNamed(subject, program_); }

  const cedar::Program& program_;
  std::vector<std::pair<Subject, EffectDecision>> kept_;  // the latest few: what lies in a workspace differs in a handful of ways
  size_t next_ = 0;                                       // the oldest, once there are so many
};

}  // namespace checkrein::policy
