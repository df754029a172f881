// Strict validation: whether policies can go wrong or can never apply, told from a schema, before any request.
//
//   const ValidationReport report = Validate(*schema, *policies);
//   for (const ValidationProblem& p : report.errors) Print(p.message);   // `base.cedar:7:12: no attribute `nme`; did you mean `name`?`
//
// A policy that validates strictly can, over entities that conform to the schema, fail only by integer overflow or a failing extension
// call. Also here: whether a request and a store conform.
//
// Not covered: levels (kEntityDerefLevelViolation is never reported) and permissive mode. kUndefinedFunction cannot occur, because the parsers refuse
// unknown functions; kInternalInvariantViolation is the reference's name for its own defects.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/entities.h"
#include "cedar/evaluate.h"
#include "cedar/schema.h"

namespace checkrein::cedar {

enum class ProblemKind : uint8_t {
  kUnrecognizedEntityType,
  kUnrecognizedActionId,
  kInvalidActionApplication,
  kUnexpectedType,
  kIncompatibleTypes,
  kUnsafeAttributeAccess,
  kUnsafeOptionalAttributeAccess,
  kUnsafeTagAccess,
  kNoTagsAllowed,
  kUndefinedFunction,
  kWrongNumberArguments,
  kFunctionArgumentValidation,
  kEmptySetForbidden,
  kNonLitExtConstructor,
  kInternalInvariantViolation,
  kInvalidEnumEntity,
  kEntityDerefLevelViolation,
  kImpossiblePolicy,  // the only warning: the policy can never apply
};

struct ProblemInfo {
  ProblemKind kind;
  std::string_view code;   // stable, for tools
  std::string_view meaning;
};
const ProblemInfo& InfoOf(ProblemKind kind);

struct ValidationProblem {
  ProblemKind kind{};
  std::string policy;    // its id
  Span span;             // in the policy's text
  std::string what;      // one line
  std::string message;   // file:line:col: what, the line and a caret
};

struct ValidationReport {
  std::vector<ValidationProblem> errors;
  std::vector<ValidationProblem> warnings;
  bool ok() const { return errors.empty(); }
};

ValidationReport Validate(const Schema& schema, const PolicySet& policies);
// Templates too: a slot is taken to be any type that could satisfy the scope.
ValidationReport ValidatePolicy(const Schema& schema, const Policy& policy);

// kInvalid when the action is undeclared, does not apply to the principal's or resource's type, or the context is of another type.
Status ValidateRequest(const Schema& schema, const Request& request);

// kInvalid when an entity of this layer has an undeclared type, lacks or exceeds its attributes, has tags or parents that its type may not
// have, is no member of its enum, or is an action that differs from the schema's.
Status ValidateEntities(const Schema& schema, const Entities& entities);

// Whether a value is of a type; the error says where it is not.
Status ValidateValue(const Schema& schema, const Value& value, TypeRef type, const std::string& where);

}  // namespace checkrein::cedar
