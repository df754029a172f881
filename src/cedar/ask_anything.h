// For tests and fuzzing: puts one question to a program that may say anything.
#pragma once

#include "cedar/question.h"

namespace checkrein::cedar {

// Whether every number of the answer and every text for people lies within the program.
inline bool AskAnything(const Program& program) {
  Question question(program);
  Facts& facts = question.Start();
  const UidNumber user = facts.Uid("User", "u"), action = facts.Uid("Action", "a"), doc = facts.Uid("Doc", "d");
  Facts::Field inner[] = {{facts.Text("b"), Facts::Bool(true)}};
  Facts::Field own[] = {{facts.Text("a"), facts.Record(inner)}, {facts.Text("n"), facts.String("xyz")}};
  facts.Begin(user).Attributes(own);
  facts.Parent(facts.Uid("Group", "g"));
  facts.Begin(doc).Parent(facts.Uid("Dir", "q"));
  Facts::Field context[] = {{facts.Text("n"), Facts::Long(1)}};
  const Term asked = facts.Record(context);
  question.Pose(user, action, doc);
  const Answer first = question.Ask(asked);
  const size_t reasons = first.reasons.size(), errors = first.errors.size();
  const Answer& again = question.Ask(asked);
  if (again.reasons.size() != reasons || again.errors.size() != errors) return false;
  for (const auto policies : {again.reasons, again.errors})
    for (const uint32_t policy : policies)
      if (policy >= program.size()) return false;
  for (size_t i = 0; i < program.size(); ++i)
    for (const std::string_view text : {program.id(i), program.source(i), program.file(i), program.annotation(i, "id")})
      if (text.size() > program.text.size()) return false;
  return true;
}

}  // namespace checkrein::cedar
