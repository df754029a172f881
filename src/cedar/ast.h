// Policies as data. An expression is a flat array of nodes that name their children by index: cheap to build, to walk and to evaluate.
//
//   for (const Policy& p : set) Walk(p.ast, p.conditions[0].body);
//
// A node's children always have smaller indices than the node, so no walk can loop; Ast::Height bounds every recursion over it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/source.h"
#include "cedar/value.h"

namespace checkrein::cedar {

enum class Op : uint8_t {
  kLiteral,   // a: index into constants
  kVariable,  // a: Variable
  kSlot,      // a: Slot (only in templates, only in scopes; kept for the JSON form, evaluating it is an error)
  kIf,        // a, b, c: condition, then, else
  kAnd, kOr,  // a, b: lazy
  kNot, kNegate, kIsEmpty,                                        // a
  kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,  // a, b
  kIn, kAdd, kSubtract, kMultiply,                                // a, b
  kContains, kContainsAll, kContainsAny, kGetTag, kHasTag,        // a, b
  kGetAttr,   // a: expression, b: index into strings
  kHas,       // a: expression, b: first of c strings: `a has x.y.z`
  kLike,      // a: expression, b: index into patterns
  kIs,        // a: expression, b: index into strings (type name)
  kIsIn,      // a: expression, b: type name, c: expression: `a is T in c`
  kCall,      // a: Function, b: first of c entries in `lists` (a method's receiver is the first)
  kSet,       // b: first of c entries in `lists`; a: 1 + index of the ready Set in constants when all members are literals, else 0
  kRecord,    // b: first of 2c entries in `lists`: (index into strings, expression) pairs
};

enum class Variable : uint8_t { kPrincipal, kAction, kResource, kContext };
enum class Slot : uint8_t { kNone, kPrincipal, kResource };

enum class Function : uint8_t {
  kIp, kDecimal, kDatetime, kDuration,  // constructors; the rest are methods
  kIsIpv4, kIsIpv6, kIsLoopback, kIsMulticast, kIsInRange,
  kLessThan, kLessThanOrEqual, kGreaterThan, kGreaterThanOrEqual,
  kOffset, kDurationSince, kToDate, kToTime,
  kToMilliseconds, kToSeconds, kToMinutes, kToHours, kToDays,
};
struct FunctionInfo {
  Function function;
  std::string_view name;
  uint8_t arity;  // with the receiver
  bool method;
};
// The row of every function, in the order of the enum.
const FunctionInfo& InfoOf(Function function);
const FunctionInfo* FindFunction(std::string_view name);  // nullptr when there is none

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = 0xffffffff;

struct Node {
  Op op = Op::kLiteral;
  uint16_t height = 1;  // of the tree below, 1 for a leaf
  uint32_t a = 0, b = 0, c = 0;
  Span span;            // in the policy's text
};

// `like` pattern: texts between wildcards. "a*b" is {"a", "b"}; no wildcard is one part.
struct Pattern {
  std::vector<std::string> parts;
  bool Matches(std::string_view text) const;
  std::string ToString() const;  // as a Cedar literal with its quotes
  bool operator==(const Pattern&) const = default;
};

// One policy's expressions.
struct Ast {
  std::vector<Node> nodes;
  std::vector<Value> constants;
  std::vector<std::string> strings;
  std::vector<Pattern> patterns;
  std::vector<uint32_t> lists;

  const Node& operator[](NodeId id) const { return nodes[id]; }

  // Builders; each returns the new node. Heights are kept; the caller checks Height(...) against kMaxHeight.
  NodeId Add(Node node);  // sets height from the children
  NodeId AddLiteral(Value value, Span span);
  NodeId AddCall(Function function, const std::vector<NodeId>& arguments, Span span);
  NodeId AddSet(const std::vector<NodeId>& members, Span span);  // folds literals
  NodeId AddRecord(const std::vector<std::pair<uint32_t, NodeId>>& fields, Span span);
  uint32_t AddString(std::string text);
  uint32_t Height(NodeId id) const { return nodes[id].height; }
};

enum class Effect : uint8_t { kForbid, kPermit };

struct Annotation {
  std::string name;
  std::string value;  // "" for `@name`
  bool has_value = true;
};

// principal, action or resource of the head.
struct Scope {
  enum class Kind : uint8_t { kAny, kEqual, kIn, kIs, kIsIn, kInAny };  // kInAny: action in [..]
  Kind kind = Kind::kAny;
  std::string type;                  // of kIs, kIsIn
  std::vector<EntityUid> entities;   // one for kEqual, kIn, kIsIn unless `slot` stands for it; any number for kInAny
  Slot slot = Slot::kNone;
  Span span;                         // of the whole element, in the policy's text
  std::vector<Span> entity_spans;    // beside `entities`
  Span type_span;
};

struct Condition {
  bool unless = false;
  NodeId body = kNoNode;
};

struct Policy {
  std::string id;                    // "policy0", "policy1", ... in the order of the text unless set otherwise
  Effect effect = Effect::kForbid;
  std::vector<Annotation> annotations;
  Scope principal, action, resource;
  std::vector<Condition> conditions;
  Ast ast;

  std::string file;                  // for messages
  std::string text;                  // its own bytes, from the first annotation to the semicolon; "" when it came from JSON
  uint32_t line = 1, column = 1;     // where `text` stands in the file
  uint32_t offset = 0;               // the same in bytes

  bool is_template() const { return principal.slot != Slot::kNone || resource.slot != Slot::kNone; }
  // The value of @name; "" when absent.
  std::string_view AnnotationValue(std::string_view name) const;
  SourceView source() const { return {file, text, line, column}; }
};

// What the authorizer scans: hashes of a policy's scope, one cache line for each policy. A hit is confirmed on the Policy itself.
struct ScopeRow {
  uint64_t principal = 0, resource = 0;      // hash of the entity (kEqual, kIn, kIsIn) or of the type (kIs)
  uint64_t action = 0;                       // hash of the one action
  uint32_t actions_first = 0, actions_count = 0;  // of kInAny, in PolicySet::action_hashes()
  Scope::Kind principal_kind{}, action_kind{}, resource_kind{};
};

// Static policies, in order, with unique ids.
class PolicySet {
 public:
  PolicySet() = default;
  // kInvalid: the id is taken, or the policy is a template (link it first: see template.h). kLimit: more than kMaxPolicies.
  Status Add(Policy policy);
  // Adds all of `other`; ids that are taken are an error. For sets from several files: give each policy its own id first.
  Status Merge(PolicySet other);
  const std::vector<Policy>& policies() const { return policies_; }
  const std::vector<ScopeRow>& rows() const { return rows_; }
  const std::vector<uint64_t>& action_hashes() const { return action_hashes_; }
  const Policy* Find(std::string_view id) const;
  size_t size() const { return policies_.size(); }
  auto begin() const { return policies_.begin(); }
  auto end() const { return policies_.end(); }

 private:
  std::vector<Policy> policies_;
  std::vector<ScopeRow> rows_;
  std::vector<uint64_t> action_hashes_;
  std::map<std::string, size_t, std::less<>> ids_;
};

inline constexpr size_t kMaxPolicies = 100'000;  // of a set
inline constexpr uint32_t kMaxHeight = 700;      // of an expression: bounds the stack of everything that walks it

}  // namespace checkrein::cedar
