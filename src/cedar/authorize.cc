#include "cedar/authorize.h"

#include <algorithm>

namespace checkrein::cedar {
namespace {

// The quick test by hashes: false is certain, true must be confirmed.
bool MayMatch(Scope::Kind kind, uint64_t hash, const Line& line, uint64_t type_hash) {
  switch (kind) {
    case Scope::Kind::kAny: return true;
    case Scope::Kind::kEqual: return hash == line.subject()->hash();
    case Scope::Kind::kIs: return hash == type_hash;
    case Scope::Kind::kIn:
    case Scope::Kind::kIsIn: return line.MayContain(hash);
    case Scope::Kind::kInAny: break;
  }
  return true;  // settled by the caller, who has the list
}

bool ActionMayMatch(const ScopeRow& row, const std::vector<uint64_t>& hashes, const Line& line) {
  if (row.action_kind != Scope::Kind::kInAny) return MayMatch(row.action_kind, row.action, line, 0);
  for (uint32_t i = 0; i < row.actions_count; ++i) {
    if (line.MayContain(hashes[row.actions_first + i])) return true;
  }
  return false;
}

bool Matches(const Scope& scope, const Line& line) {
  const EntityUid& subject = *line.subject();
  switch (scope.kind) {
    case Scope::Kind::kAny: return true;
    case Scope::Kind::kEqual: return subject == scope.entities[0];
    case Scope::Kind::kIs: return subject.type() == scope.type;
    case Scope::Kind::kIsIn: return subject.type() == scope.type && line.Contains(scope.entities[0]);
    case Scope::Kind::kIn:
    case Scope::Kind::kInAny: break;
  }
  return std::any_of(scope.entities.begin(), scope.entities.end(), [&](const EntityUid& e) { return line.Contains(e); });
}

using Truth = Interpreter::Truth;

Truth Satisfied(const Policy& policy, Interpreter* interpreter) {
  for (const Condition& condition : policy.conditions) {
    const Truth truth = interpreter->Test(policy.ast, condition.body);
    if (truth == Truth::kError) return truth;
    if ((truth == Truth::kTrue) == condition.unless) return Truth::kFalse;
  }
  return Truth::kTrue;
}

}  // namespace

const Response& Authorizer::Authorize(const Request& request, const Entities& entities) {
  response_.decision = Decision::kDeny;
  response_.reasons.clear();
  response_.errors.clear();
  permits_.clear();
  scratch_.Clear();
  entities.FindLine(request.principal, &lines_.principal);
  entities.FindLine(request.action, &lines_.action);
  entities.FindLine(request.resource, &lines_.resource);
  lines_.other.Clear();
  const uint64_t principal_type = HashText(request.principal.type()), resource_type = HashText(request.resource.type());
  Interpreter interpreter(request, entities, &lines_, &scratch_);
  for (size_t i = 0; i < policies_.size(); ++i) {
    const ScopeRow& row = policies_.rows()[i];
    if (!ActionMayMatch(row, policies_.action_hashes(), lines_.action)) continue;
    if (!MayMatch(row.principal_kind, row.principal, lines_.principal, principal_type)) continue;
    if (!MayMatch(row.resource_kind, row.resource, lines_.resource, resource_type)) continue;
    const Policy& policy = policies_.policies()[i];
    if (!Matches(policy.action, lines_.action) || !Matches(policy.principal, lines_.principal) || !Matches(policy.resource, lines_.resource)) continue;
    const Truth truth = Satisfied(policy, &interpreter);
    if (truth == Truth::kError) {
      response_.errors.push_back({&policy, interpreter.error()});
    } else if (truth == Truth::kTrue) {
      (policy.effect == Effect::kForbid ? response_.reasons : permits_).push_back(&policy);
    }
  }
  if (response_.reasons.empty() && !permits_.empty()) {
    response_.decision = Decision::kAllow;
    response_.reasons.swap(permits_);
  }
  return response_;
}

Response Authorize(const PolicySet& policies, const Request& request, const Entities& entities) {
  return Authorizer(policies).Authorize(request, entities);
}

}  // namespace checkrein::cedar
