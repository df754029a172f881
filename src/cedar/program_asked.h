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

}  // namespace checkrein::cedar
