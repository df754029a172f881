// For tests and bench/prove.cc: what was proved, against random requests. Whatever the solvers call impossible, no request that the
// evaluator is shown may do.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cedar/authorize.h"
#include "proof/prove.h"
#include "proof/random_case.h"

namespace checkrein::proof {

class Contradictions {
 public:
  struct Proved {
    std::string name;
    const cedar::PolicySet* policies = nullptr;   // borrowed
    std::vector<Finding> findings;
  };
  struct Counts {
    size_t requests = 0, possible = 0, allowed = 0, checks = 0;
  };

  // `sensible` may make a random case more like those that occur.
  using Sensible = Case (*)(Case, RandomCases&);

  // All borrowed.
  Contradictions(const cedar::Schema& schema, const cedar::PolicySet& world, const std::vector<Proved>& proved, Sensible sensible)
      : schema_(schema), impossible_(world), sensible_(sensible) {
    for (const Proved& set : proved) {
      all_.push_back(set.policies);
      auto& out = sets_.emplace_back(SetUnderTest{set.name, std::make_unique<Judge>(*set.policies), {}});
      for (const Finding& f : set.findings)
        if (f.outcome == Outcome::kProved && f.why.empty() && f.property.kind != Property::Kind::kNothingDead)
          out.promises.push_back({f.property, f.property.envelope == nullptr ? nullptr : std::make_unique<Judge>(*f.property.envelope)});
    }
  }

  // The first contradiction; nullopt when there is none. Each store is asked at all four levels.
  std::optional<std::string> Run(size_t requests, uint64_t seed, Counts* counts) {
    RandomCases cases(schema_, all_, seed);
    const std::vector<RequestKind> kinds = RequestKinds(schema_);
    for (size_t i = 0; counts->requests < requests; ++i) {
      Case c = sensible_(cases.Next(kinds[i % kinds.size()], 5), cases);
      for (const auto& [approved, sandboxed] : {std::pair{false, false}, std::pair{false, true}, std::pair{true, false}, std::pair{true, true}}) {
        c.request.context.Put("approved", approved).Put("sandboxed", sandboxed);
        ++counts->requests;
        if (impossible_.Applies(c.request, c.entities)) continue;
        ++counts->possible;
        for (SetUnderTest& set : sets_)
          if (auto found = TryOne(set, c, cases, counts)) return found;
      }
    }
    return std::nullopt;
  }

 private:
  // Cedar with its memory kept: the decision as Checkrein takes it.
  class Judge {
   public:
    explicit Judge(const cedar::PolicySet& set) : authorizer_(set) {}
    bool Allows(const cedar::Request& request, const cedar::Entities& entities) {
      const cedar::Response& r = authorizer_.Authorize(request, entities);
      const bool failed = std::any_of(r.errors.begin(), r.errors.end(), [](const auto& e) { return e.policy->effect == cedar::Effect::kForbid; });
      return !failed && r.decision == cedar::Decision::kAllow;
    }
    bool Errs(const cedar::Request& request, const cedar::Entities& entities) { return !authorizer_.Authorize(request, entities).errors.empty(); }
    bool Applies(const cedar::Request& request, const cedar::Entities& entities) { return !authorizer_.Authorize(request, entities).reasons.empty(); }

   private:
    cedar::Authorizer authorizer_;
  };
  struct Promise {
    Property property;
    std::unique_ptr<Judge> envelope;
  };
  struct SetUnderTest {
    std::string name;
    std::unique_ptr<Judge> judge;
    std::vector<Promise> promises;
  };

  std::optional<std::string> TryOne(SetUnderTest& set, Case& c, RandomCases& cases, Counts* counts) {
    const bool allows = set.judge->Allows(c.request, c.entities);
    counts->allowed += allows ? 1u : 0u;
    for (Promise& p : set.promises) {
      ++counts->checks;
      if (Broken(set, p, c, allows, cases)) return set.name + ": " + p.property.id + " was proved, but not for\n" + c.ToString();
    }
    return std::nullopt;
  }

  static bool Broken(SetUnderTest& set, Promise& p, Case& c, bool allows, RandomCases& cases) {
    using Kind = Property::Kind;
    if (p.property.kind == Kind::kNeverErrs) return set.judge->Errs(c.request, c.entities);
    const bool of_allowed = p.property.kind != Kind::kMustAllow;  // only what is allowed can break the others
    if (of_allowed != allows) return false;
    if (p.envelope != nullptr && !p.envelope->Allows(c.request, c.entities)) return false;
    cedar::Request other = c.request;
    if (p.property.kind == Kind::kNeverCosts) {
      const cedar::Value* field = c.request.context.Find(p.property.field);
      if (field == nullptr || field->boolean() == nullptr || *field->boolean()) return false;
      other.context.Put(p.property.field, true);
      return !set.judge->Allows(other, c.entities);
    }
    if (p.property.kind == Kind::kDeclared) {
      cedar::Entity renamed = *c.entities.Find(c.request.principal);
      renamed.uid = cedar::EntityUid(renamed.uid.type(), "renamed-" + std::to_string(cases.Below(9)));
      cedar::Entities entities(&c.entities);
      other.principal = renamed.uid;
      return !entities.Add(std::move(renamed)) || !set.judge->Allows(other, entities);
    }
    return true;
  }

  const cedar::Schema& schema_;
  Judge impossible_;
  Sensible sensible_;
  std::vector<const cedar::PolicySet*> all_;
  std::vector<SetUnderTest> sets_;
};

// For the schema of agents: most random paths are impossible (policies/world.cedar), so their places are made to agree.
inline Case LikeAnAgents(Case c, RandomCases& cases) {
  std::vector<cedar::Entity> all = c.entities.entities();
  for (cedar::Entity& entity : all) {
    if (entity.uid.type() == "Session") entity.attrs.Put("depth", static_cast<int64_t>(cases.Below(4)));
    if (entity.uid != c.request.resource || entity.uid.type() != "Path") continue;
    std::vector<cedar::Value> includes, may = entity.attrs.Find("mayInclude")->set()->items();
    for (const cedar::EntityUid& parent : entity.parents)
      if (parent.type() == "PathGroup") includes.emplace_back(parent);
    const auto& more = entity.attrs.Find("includes")->set()->items();
    if (cases.Below(3) == 0) includes.insert(includes.end(), more.begin(), more.end());
    may.insert(may.end(), includes.begin(), includes.end());
    if (*entity.attrs.Find("exact")->boolean()) may = includes;
    entity.attrs.Put("includes", cedar::Set(includes)).Put("mayInclude", cedar::Set(may));
  }
  c.entities.Clear();
  if (!c.entities.AddAll(std::move(all))) std::abort();
  return c;
}

}  // namespace checkrein::proof
