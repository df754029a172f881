#include "cedar/validate.h"

#include <algorithm>
#include <array>

#include "cedar/typecheck.h"

namespace checkrein::cedar {
namespace {

using P = ProblemKind;
constexpr std::array<ProblemInfo, 18> kProblems = {{
    {P::kUnrecognizedEntityType, "unrecognized-entity-type", "the schema declares no such entity type"},
    {P::kUnrecognizedActionId, "unrecognized-action", "the schema declares no such action"},
    {P::kInvalidActionApplication, "no-applicable-action", "no action of the scope applies to its principals and resources"},
    {P::kUnexpectedType, "unexpected-type", "the operator or function takes another type"},
    {P::kIncompatibleTypes, "incompatible-types", "types that must agree do not"},
    {P::kUnsafeAttributeAccess, "no-such-attribute", "the type has no such attribute"},
    {P::kUnsafeOptionalAttributeAccess, "unguarded-attribute", "the attribute may be missing and is not tested for"},
    {P::kUnsafeTagAccess, "unguarded-tag", "the tag may be missing and is not tested for"},
    {P::kNoTagsAllowed, "no-tags", "entities of this type have no tags"},
    {P::kUndefinedFunction, "undefined-function", "there is no such function"},
    {P::kWrongNumberArguments, "wrong-argument-count", "the function takes another number of arguments"},
    {P::kFunctionArgumentValidation, "unreadable-literal", "the text is no such address, decimal, datetime or duration"},
    {P::kEmptySetForbidden, "empty-set", "a set without members has no type"},
    {P::kNonLitExtConstructor, "computed-literal", "an extension value is made from a computed text"},
    {P::kInternalInvariantViolation, "internal", "a defect of the validator"},
    {P::kInvalidEnumEntity, "not-in-enum", "the id is not among those of its enum type"},
    {P::kEntityDerefLevelViolation, "too-many-steps", "an entity is reached by more steps than the level allows"},
    {P::kImpossiblePolicy, "impossible-policy", "the policy can never apply"},
}};

// Everything in a policy that names a type or an entity.
struct Mention {
  std::string_view type;
  const EntityUid* entity;  // nullptr: the type alone
  Span span;
};

void MentionsOf(const Scope& scope, std::vector<Mention>* out) {
  if (!scope.type.empty()) out->push_back({scope.type, nullptr, scope.type_span});
  for (size_t i = 0; i < scope.entities.size(); ++i) {
    out->push_back({scope.entities[i].type(), &scope.entities[i], i < scope.entity_spans.size() ? scope.entity_spans[i] : scope.span});
  }
}

std::vector<Mention> MentionsOf(const Policy& policy) {
  std::vector<Mention> out;
  for (const Scope* scope : {&policy.principal, &policy.action, &policy.resource}) MentionsOf(*scope, &out);
  for (const Node& n : policy.ast.nodes) {
    if (n.op == Op::kIs || n.op == Op::kIsIn) out.push_back({policy.ast.strings[n.b], nullptr, n.span});
    if (n.op != Op::kLiteral) continue;
    if (const EntityUid* uid = policy.ast.constants[n.a].entity()) out.push_back({uid->type(), uid, n.span});
  }
  return out;
}

std::vector<std::string> TypeNames(const Schema& schema) {
  std::vector<std::string> names;
  for (const auto& entry : schema.entity_types()) names.push_back(entry.first);
  return names;
}

bool InEnum(const EntityType& type, std::string_view id) { return std::find(type.ids.begin(), type.ids.end(), id) != type.ids.end(); }

class PolicyValidator {
 public:
  PolicyValidator(const Schema& schema, const Policy& policy) : schema_(schema), policy_(policy) {}
  ValidationReport Run();

 private:
  void CheckNames();
  void CheckAction(const Mention& mention);
  void CheckApplication();
  void CheckTypes();
  void Report(P kind, Span span, std::string what);
  bool ScopeAdmits(const Scope& scope, std::string_view type) const;
  std::vector<const ActionType*> ActionsOfScope() const;
  std::vector<std::string_view> SlotTypes(const Scope& scope, std::string_view own) const;

  const Schema& schema_;
  const Policy& policy_;
  ValidationReport report_;
};

void PolicyValidator::Report(P kind, Span span, std::string what) {
  std::string message = Point(policy_.source(), span, what);
  report_.errors.push_back({kind, policy_.id, span, std::move(what), std::move(message)});
}

void PolicyValidator::CheckAction(const Mention& mention) {
  if (schema_.FindAction(*mention.entity) != nullptr) return;
  std::vector<std::string> ids;
  for (const auto& entry : schema_.actions()) ids.push_back(entry.first.ToString());
  Report(P::kUnrecognizedActionId, mention.span, "no action " + mention.entity->ToString() + Suggestion(mention.entity->ToString(), ids));
}

void PolicyValidator::CheckNames() {
  for (const Mention& mention : MentionsOf(policy_)) {
    const EntityType* type = schema_.FindEntityType(mention.type);
    const bool action = IsActionTypeName(mention.type);
    if (!action && type == nullptr) {  // an undeclared action type is reported with its action below
      Report(P::kUnrecognizedEntityType, mention.span, "no entity type `" + std::string(mention.type) + "`" + Suggestion(mention.type, TypeNames(schema_)));
    }
    if (mention.entity == nullptr) continue;
    if (action) {
      CheckAction(mention);
    } else if (type != nullptr && type->is_enum && !InEnum(*type, mention.entity->id())) {
      Report(P::kInvalidEnumEntity, mention.span,
             QuoteString(mention.entity->id()) + " is none of the ids of `" + type->name + "`" + Suggestion(mention.entity->id(), type->ids));
    }
  }
}

std::vector<const ActionType*> PolicyValidator::ActionsOfScope() const {
  std::vector<const ActionType*> out;
  const Scope& scope = policy_.action;
  for (const EntityUid& uid : scope.entities) {
    if (schema_.FindAction(uid) == nullptr) return out;
  }
  for (const auto& [uid, action] : schema_.actions()) {
    const auto admits = [&, &own = uid, &model = action](const EntityUid& e) { return e == own || (scope.kind != Scope::Kind::kEqual && model.ancestors.contains(e)); };
    if (scope.kind == Scope::Kind::kAny || std::any_of(scope.entities.begin(), scope.entities.end(), admits)) out.push_back(&action);
  }
  return out;
}

// Whether an entity of `type` could satisfy the scope.
bool PolicyValidator::ScopeAdmits(const Scope& scope, std::string_view type) const {
  switch (scope.kind) {
    case Scope::Kind::kAny: return true;
    case Scope::Kind::kEqual: return scope.entities.empty() || scope.entities[0].type() == type;
    case Scope::Kind::kIs: return scope.type == type;
    case Scope::Kind::kIsIn:
      if (scope.type != type) return false;
      break;
    default: break;
  }
  return scope.entities.empty() || schema_.MayBeIn(type, scope.entities[0].type());
}

void PolicyValidator::CheckApplication() {
  for (const ActionType* action : ActionsOfScope()) {
    const auto admits = [&](const Scope& scope) { return [&](const std::string& type) { return ScopeAdmits(scope, type); }; };
    if (std::any_of(action->principals.begin(), action->principals.end(), admits(policy_.principal)) &&
        std::any_of(action->resources.begin(), action->resources.end(), admits(policy_.resource))) {
      return;
    }
  }
  Report(P::kInvalidActionApplication, {policy_.principal.span.begin, policy_.resource.span.end}, "no action of this scope applies to its principals and resources");
}

// The types that the slot of a scope may take for a principal or resource of type `own`.
std::vector<std::string_view> PolicyValidator::SlotTypes(const Scope& scope, std::string_view own) const {
  if (scope.slot == Slot::kNone) return {""};
  std::vector<std::string_view> out{own};
  if (scope.kind == Scope::Kind::kEqual) return out;
  for (const auto& [name, type] : schema_.entity_types()) {
    if (name != own && schema_.MayBeIn(own, name)) out.push_back(name);
  }
  return out;
}

void PolicyValidator::CheckTypes() {
  Typechecker checker(schema_, policy_);
  bool impossible = true;
  for (const auto& [uid, action] : schema_.actions()) {
    for (const std::string& principal : action.principals) {
      for (const std::string& resource : action.resources) {
        for (const std::string_view principal_slot : SlotTypes(policy_.principal, principal)) {
          for (const std::string_view resource_slot : SlotTypes(policy_.resource, resource)) {
            const auto outcome = checker.Check({&action, principal, resource, principal_slot, resource_slot});
            impossible = impossible && outcome == Typechecker::Outcome::kFalse;
          }
        }
      }
    }
  }
  for (ValidationProblem& problem : checker.TakeProblems()) report_.errors.push_back(std::move(problem));
  if (impossible) {
    const std::string what = "the policy can never apply";
    report_.warnings.push_back({P::kImpossiblePolicy, policy_.id, {}, what, Point(policy_.source(), {}, what)});
  }
}

ValidationReport PolicyValidator::Run() {
  CheckNames();
  CheckApplication();
  CheckTypes();
  return std::move(report_);
}

}  // namespace

const ProblemInfo& InfoOf(ProblemKind kind) { return kProblems[static_cast<size_t>(kind)]; }

ValidationReport ValidatePolicy(const Schema& schema, const Policy& policy) { return PolicyValidator(schema, policy).Run(); }

ValidationReport Validate(const Schema& schema, const PolicySet& policies) {
  ValidationReport all;
  for (const Policy& policy : policies) {
    ValidationReport one = ValidatePolicy(schema, policy);
    std::move(one.errors.begin(), one.errors.end(), std::back_inserter(all.errors));
    std::move(one.warnings.begin(), one.warnings.end(), std::back_inserter(all.warnings));
  }
  return all;
}

}  // namespace checkrein::cedar
