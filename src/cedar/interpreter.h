// The evaluator's engine, below evaluate.h and authorize.h. It never copies stored values: a Ref points into the policy, the request or
// the entities, and only what an expression builds anew (sets, records, addresses) goes to the scratch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cedar/ast.h"
#include "cedar/entities.h"
#include "cedar/evaluate.h"

namespace checkrein::cedar {

// Built values, alive until Clear.
class Scratch {
 public:
  const Value& Keep(Value value) { return *kept_.emplace_back(std::make_unique<Value>(std::move(value))); }
  void Clear() { kept_.clear(); }

 private:
  std::vector<std::unique_ptr<Value>> kept_;
};

// The request's three entities with their ancestors, and the last other line asked for.
struct Lines {
  Line principal, action, resource, other;
};

class Interpreter {
 public:
  // All borrowed. `lines` must hold the request's lines already.
  Interpreter(const Request& request, const Entities& entities, Lines* lines, Scratch* scratch)
      : request_(request), entities_(entities), lines_(lines), scratch_(scratch) {}

  // The value of a condition; kError sets error().
  enum class Truth : uint8_t { kFalse, kTrue, kError };
  Truth Test(const Ast& ast, NodeId root);
  Result<Value> Compute(const Ast& ast, NodeId root);
  const std::string& error() const { return error_; }

 private:
  using Kind = Value::Kind;
  struct Ref {
    bool good = false;
    Kind kind = Kind::kBool;
    union {
      bool boolean;
      int64_t number;  // kLong, kDecimal, kDatetime, kDuration
      const std::string* string;
      const EntityUid* entity;
      const Set* set;
      const Record* record;
      const Ip* ip;
    };
    Ref() : number(0) {}
  };

  static Ref OfBool(bool b);
  static Ref OfNumber(Kind kind, int64_t n);
  static Ref OfEntity(const EntityUid& uid);
  static Ref Of(const Value& value);
  static Value ToValue(const Ref& ref);
  static bool Same(const Ref& a, const Ref& b);
  Ref Fail(std::string text);
  Ref TypeError(std::string_view expected, const Ref& got);

  Ref Eval(NodeId id);
  Ref Typed(NodeId id, Kind kind);  // fails when the value is of another kind
  Ref Var(Variable variable);
  Ref Lazy(const Node& n, bool stop);
  Ref Not(const Node& n);
  Ref Negate(const Node& n);
  Ref Arithmetic(const Node& n);
  Ref Order(const Node& n);
  Ref In(const Ref& left, const Ref& right);
  Ref SetTest(const Node& n);
  Ref Tag(const Node& n);
  Ref GetAttr(const Node& n);
  Ref Has(const Node& n);
  Ref Field(const Ref& object, const std::string& name);  // good or an error
  const Value* Look(const Ref& object, const std::string& name) const;
  Ref Is(const Node& n);
  Ref Call(const Node& n);
  Ref Construct(Function function, const std::string& text);
  Ref CallIp(Function function, const Ref& a, const Ref& b);
  Ref CallDecimal(Function function, const Ref& a, const Ref& b);
  Ref CallTime(Function function, const Ref& a, const Ref& b);
  Ref BuildSet(const Node& n);
  Ref BuildRecord(const Node& n);
  const Line& LineOf(const EntityUid& uid);

  const Request& request_;
  const Entities& entities_;
  Lines* lines_;
  Scratch* scratch_;
  const Ast* ast_ = nullptr;
  std::string error_;
};

}  // namespace checkrein::cedar
