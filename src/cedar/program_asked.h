// For tests: asks a Program what an Authorizer is asked.
#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "cedar/authorize.h"
#include "cedar/question.h"
#include "gtest/gtest.h"

namespace checkrein::cedar {

struct Asked {
  bool allowed = false;
  std::set<std::string> reasons, errors;
};

inline Asked AskProgram(const Program& program, const Request& request, const Entities& entities) {
  Question question(program);
  Facts& facts = question.Start();
  facts.AddAll(entities);
  const auto number = [&facts](const EntityUid& uid) { return facts.Uid(uid.type(), uid.id()); };
  question.Pose(number(request.principal), number(request.action), number(request.resource));
  const Answer& answer = question.Ask(facts.Of(request.context));
  Asked asked;
  asked.allowed = answer.allowed;
  for (const uint32_t i : answer.reasons) asked.reasons.emplace(program.id(i));
  for (const uint32_t i : answer.errors) asked.errors.emplace(program.id(i));
  return asked;
}

inline Asked AskProgram(const PolicySet& policies, const Request& request, const Entities& entities) {
  const std::string image = *Compile(policies);
  const Result<Program> program = Program::Open(image);
  EXPECT_TRUE(program) << program.error().text;
  return program ? AskProgram(*program, request, entities) : Asked();
}

inline void ExpectSameAnswer(const PolicySet& policies, const Request& request, const Entities& entities) {
  const Response expected = Authorize(policies, request, entities);
  const Asked got = AskProgram(policies, request, entities);
  std::set<std::string> reasons, errors;
  for (const Policy* p : expected.reasons) reasons.insert(p->id);
  for (const auto& e : expected.errors) errors.insert(e.policy->id);
  EXPECT_EQ(got.allowed, expected.decision == Decision::kAllow);
  EXPECT_EQ(got.reasons, reasons);
  EXPECT_EQ(got.errors, errors);
}

// Whatever the program says, it can be asked.
inline void AskAnything(const Program& program) {
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
  const Answer& answer = question.Ask(asked);
  for (const uint32_t i : answer.reasons) EXPECT_LT(i, program.size());
  for (size_t i = 0; i < program.size(); ++i) EXPECT_LE(program.id(i).size() + program.source(i).size() + program.annotation(i, "id").size(), program.text.size() * 3);
}

}  // namespace checkrein::cedar
