// The type checker behind validate.h: one policy, one request environment at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cedar/ast.h"
#include "cedar/schema.h"
#include "cedar/validate.h"

namespace checkrein::cedar {

// The types that principal, action, resource and context have in one kind of request; slots too for templates.
struct Environment {
  const ActionType* action = nullptr;
  std::string_view principal, resource;
  std::string_view principal_slot, resource_slot;  // "" when there is none
};

class Typechecker {
 public:
  Typechecker(const Schema& schema, const Policy& policy);

  // kFalse: the policy can never apply here. kGood: no error. Errors go to problems().
  enum class Outcome : uint8_t { kGood, kFalse, kBad };
  Outcome Check(const Environment& environment);
  std::vector<ValidationProblem> TakeProblems() { return std::move(problems_); }

 private:
  // What must have been tested for an access to be safe: attribute or tag `key` of expression `object`, both as canonical numbers.
  struct Capability {
    uint32_t object, key;
    bool tag;
    auto operator<=>(const Capability&) const = default;
  };
  using Capabilities = std::vector<Capability>;  // sorted
  struct Answer {
    bool good = true;
    TypeRef type = nullptr;       // nullptr: unknown, after an error
    Capabilities known_if_true;   // empty unless good
  };
  enum class Want : uint8_t { kBool, kLong, kString, kEntity, kSet, kEntityOrRecord, kEntityOrEntities };

  Answer Visit(NodeId id, const Capabilities& known);
  Answer Expect(NodeId id, const Capabilities& known, Want want);
  Answer Literal(const Node& n);
  Answer Var(Variable variable);
  Answer If(const Node& n, NodeId id, const Capabilities& known);
  Answer AndNode(const Node& n, const Capabilities& known);
  Answer OrNode(const Node& n, const Capabilities& known);
  Answer Equal(const Node& n, NodeId id, const Capabilities& known);
  Answer Order(const Node& n, const Capabilities& known);
  Answer Arithmetic(const Node& n, const Capabilities& known);
  Answer In(NodeId left_id, NodeId right_id, const Answer& left, const Capabilities& known);
  Answer SetTest(const Node& n, NodeId id, const Capabilities& known);
  Answer Tag(const Node& n, NodeId id, const Capabilities& known);
  Answer GetAttr(const Node& n, NodeId id, const Capabilities& known);
  Answer Has(const Node& n, const Capabilities& known);
  Answer HasStep(const Answer& object, uint32_t canonical, const std::string& name, const Capabilities& known);
  void ReportUntested(const Node& n, uint32_t steps, TypeRef object, const Capabilities& known);
  Answer Is(const Node& n, const Capabilities& known);
  Answer SetLiteral(const Node& n, NodeId id, const Capabilities& known);
  Answer RecordLiteral(const Node& n, const Capabilities& known);
  Answer Call(const Node& n, NodeId id, const Capabilities& known);
  bool CallIsWellFormed(const Node& n, NodeId id);
  Answer Compatible(NodeId at, TypeRef a, TypeRef b, bool good, std::string_view where);

  // && of two answers; the right one was computed knowing what the left one gives.
  static Answer Conjunction(const Answer& left, const Answer& right);
  static Capabilities Union(const Capabilities& a, const Capabilities& b);
  static Capabilities Intersection(const Capabilities& a, const Capabilities& b);
  static bool Knows(const Capabilities& known, const Capability& c);

  // Attributes of a record or entity type; nullptr when the entity type has none (actions).
  const TypeAttribute* FindAttribute(TypeRef object, std::string_view name) const;
  std::vector<std::string> AttributeNames(TypeRef object) const;
  std::optional<EntityUid> LiteralEntity(NodeId id) const;  // a literal, or the variable `action`
  std::optional<std::vector<EntityUid>> LiteralEntities(NodeId id) const;
  std::optional<Value> LiteralValue(NodeId id) const;
  TypeRef EntityOf(std::string_view name);

  // Expressions that look alike have the same canonical number.
  void NumberNodes();
  uint32_t Canonical(std::string description);
  uint32_t Text(const std::string& text) { return Canonical("t" + text); }
  uint32_t AttributeOf(uint32_t object, const std::string& name) { return Canonical("g" + std::to_string(object) + "." + std::to_string(Text(name))); }

  Answer ScopeAnswer(const Scope& scope, Variable variable);
  Answer ActionScope(const Scope& scope);
  Answer Bad(TypeRef type = nullptr) { return {false, type, {}}; }
  void Report(ProblemKind kind, NodeId at, std::string what);
  void ReportAt(ProblemKind kind, Span span, std::string what);

  const Schema& schema_;
  const Policy& policy_;
  const Ast& ast_;
  Environment environment_;
  TypeArena arena_;
  std::map<std::string, TypeRef, std::less<>> entity_refs_;
  std::map<std::string, uint32_t> canonical_;
  std::vector<uint32_t> numbers_;  // of nodes
  std::vector<ValidationProblem> problems_;
};

}  // namespace checkrein::cedar
