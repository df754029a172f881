#include "cedar/print.h"

#include "cedar/lexer.h"
#include "cedar/parser.h"

namespace checkrein::cedar {
namespace {

// How tightly an expression binds; what binds less than its place asks for gets parentheses.
enum Binding { kIfLevel, kOrLevel, kAndLevel, kRelationLevel, kAddLevel, kMultiplyLevel, kUnaryLevel, kMemberLevel };

std::string AttributeName(const std::string& name) { return IsIdentifier(name) && !IsReserved(name) ? name : QuoteString(name); }

std::string_view OperatorText(Op op) {
  switch (op) {
    case Op::kAnd: return " && ";
    case Op::kOr: return " || ";
    case Op::kEqual: return " == ";
    case Op::kNotEqual: return " != ";
    case Op::kLess: return " < ";
    case Op::kLessEqual: return " <= ";
    case Op::kGreater: return " > ";
    case Op::kGreaterEqual: return " >= ";
    case Op::kIn: return " in ";
    case Op::kAdd: return " + ";
    case Op::kSubtract: return " - ";
    case Op::kMultiply: return " * ";
    case Op::kContains: return ".contains(";
    case Op::kContainsAll: return ".containsAll(";
    case Op::kContainsAny: return ".containsAny(";
    case Op::kGetTag: return ".getTag(";
    default: return ".hasTag(";
  }
}

class Printer {
 public:
  explicit Printer(const Ast& ast) : ast_(ast) {}

  std::string At(NodeId id, Binding level) {
    std::string text = Text(id);
    return LevelOf(id) < level ? "(" + text + ")" : text;
  }

  // The operands of a chain of `op`, from left to right.
  void Chain(NodeId id, Op op, std::vector<NodeId>* out) {
    if (ast_[id].op != op) return out->push_back(id);
    Chain(ast_[id].a, op, out);
    out->push_back(ast_[id].b);
  }

 private:
  Binding LevelOf(NodeId id) const {
    const Node& n = ast_[id];
    switch (n.op) {
      case Op::kIf: return kIfLevel;
      case Op::kOr: return kOrLevel;
      case Op::kAnd: return kAndLevel;
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
      case Op::kIn:
      case Op::kHas:
      case Op::kLike:
      case Op::kIs:
      case Op::kIsIn: return kRelationLevel;
      case Op::kAdd:
      case Op::kSubtract: return kAddLevel;
      case Op::kMultiply: return kMultiplyLevel;
      case Op::kNot:
      case Op::kNegate: return kUnaryLevel;
      case Op::kLiteral: {
        const int64_t* number = ast_.constants[n.a].integer();
        return number != nullptr && *number < 0 ? kUnaryLevel : kMemberLevel;
      }
      default: return kMemberLevel;
    }
  }

  std::string Infix(const Node& n, Binding left, Binding right) { return At(n.a, left) + std::string(OperatorText(n.op)) + At(n.b, right); }

  std::string Text(NodeId id) {
    const Node& n = ast_[id];
    switch (n.op) {
      case Op::kLiteral: return ast_.constants[n.a].ToString();
      case Op::kVariable: {
        static constexpr std::string_view kNames[] = {"principal", "action", "resource", "context"};
        return std::string(kNames[n.a]);
      }
      case Op::kSlot: return static_cast<Slot>(n.a) == Slot::kPrincipal ? "?principal" : "?resource";
      case Op::kIf: return "if " + At(n.a, kIfLevel) + " then " + At(n.b, kIfLevel) + " else " + At(n.c, kIfLevel);
      case Op::kOr: return Infix(n, kOrLevel, kAndLevel);
      case Op::kAnd: return Infix(n, kAndLevel, kRelationLevel);
      case Op::kNot: return "!" + At(n.a, kMemberLevel);
      case Op::kNegate: return "-" + Negated(n.a);
      case Op::kIsEmpty: return At(n.a, kMemberLevel) + ".isEmpty()";
      case Op::kAdd:
      case Op::kSubtract: return Infix(n, kAddLevel, kMultiplyLevel);
      case Op::kMultiply: return Infix(n, kMultiplyLevel, kUnaryLevel);
      case Op::kContains:
      case Op::kContainsAll:
      case Op::kContainsAny:
      case Op::kGetTag:
      case Op::kHasTag: return At(n.a, kMemberLevel) + std::string(OperatorText(n.op)) + At(n.b, kIfLevel) + ")";
      case Op::kGetAttr: {
        const std::string name = AttributeName(ast_.strings[n.b]);
        return At(n.a, kMemberLevel) + (name[0] == '"' ? "[" + name + "]" : "." + name);
      }
      case Op::kHas: return At(n.a, kAddLevel) + " has " + HasPath(n);
      case Op::kLike: return At(n.a, kAddLevel) + " like " + ast_.patterns[n.b].ToString();
      case Op::kIs: return At(n.a, kAddLevel) + " is " + ast_.strings[n.b];
      case Op::kIsIn: return At(n.a, kAddLevel) + " is " + ast_.strings[n.b] + " in " + At(n.c, kAddLevel);
      case Op::kCall: return Call(n);
      case Op::kSet: return "[" + List(n.b, n.c) + "]";
      case Op::kRecord: return Record(n);
      default: return Infix(n, kAddLevel, kAddLevel);
    }
  }

  // A minus before a number belongs to the number, so one that does not is kept off by parentheses.
  std::string Negated(NodeId id) {
    const bool number = ast_[id].op == Op::kLiteral && ast_.constants[ast_[id].a].integer() != nullptr;
    return number ? "(" + Text(id) + ")" : At(id, kMemberLevel);
  }

  std::string HasPath(const Node& n) {
    std::string out = AttributeName(ast_.strings[n.b]);
    for (uint32_t i = 1; i < n.c; ++i) out += "." + ast_.strings[n.b + i];
    return out;
  }

  std::string List(uint32_t first, uint32_t count) {
    std::string out;
    for (uint32_t i = 0; i < count; ++i) out += (i > 0 ? ", " : "") + At(ast_.lists[first + i], kIfLevel);
    return out;
  }

  std::string Call(const Node& n) {
    const FunctionInfo& info = InfoOf(static_cast<Function>(n.a));
    if (!info.method) return std::string(info.name) + "(" + List(n.b, n.c) + ")";
    return At(ast_.lists[n.b], kMemberLevel) + "." + std::string(info.name) + "(" + List(n.b + 1, n.c - 1) + ")";
  }

  std::string Record(const Node& n) {
    std::string out = "{";
    for (uint32_t i = 0; i < n.c; ++i) {
      out += (i > 0 ? ", " : "") + AttributeName(ast_.strings[ast_.lists[n.b + 2 * i]]) + ": " + At(ast_.lists[n.b + 2 * i + 1], kIfLevel);
    }
    return out + "}";
  }

  const Ast& ast_;
};

std::string ScopeText(std::string_view variable, const Scope& scope) {
  std::string out(variable);
  if (scope.kind == Scope::Kind::kIs || scope.kind == Scope::Kind::kIsIn) out += " is " + scope.type;
  if (scope.kind == Scope::Kind::kAny || scope.kind == Scope::Kind::kIs) return out;
  out += scope.kind == Scope::Kind::kEqual ? " == " : " in ";
  if (scope.slot != Slot::kNone) return out + "?" + std::string(variable);
  if (scope.kind != Scope::Kind::kInAny) return out + scope.entities[0].ToString();
  out += "[";
  for (size_t i = 0; i < scope.entities.size(); ++i) out += (i > 0 ? ", " : "") + scope.entities[i].ToString();
  return out + "]";
}

std::string ConditionText(const Ast& ast, const Condition& condition) {
  const std::string word = condition.unless ? "unless" : "when";
  Printer printer(ast);
  const std::string line = word + " { " + printer.At(condition.body, kIfLevel) + " }";
  const Op op = ast[condition.body].op;
  if (line.size() <= kLineWidth || (op != Op::kAnd && op != Op::kOr)) return line;
  std::vector<NodeId> parts;
  printer.Chain(condition.body, op, &parts);
  std::string out = word + " {";
  for (size_t i = 0; i < parts.size(); ++i) {
    out += "\n  " + printer.At(parts[i], i == 0 ? (op == Op::kAnd ? kAndLevel : kOrLevel) : (op == Op::kAnd ? kRelationLevel : kAndLevel));
    if (i + 1 < parts.size()) out += op == Op::kAnd ? " &&" : " ||";
  }
  return out + "\n}";
}

bool HasComment(std::string_view policy) {
  Lexer lexer(policy);
  uint32_t end = 0;
  for (Token t = lexer.Next(); t.kind != Token::Kind::kEnd; t = lexer.Next()) {
    if (policy.substr(end, t.span.begin - end).find("//") != std::string_view::npos) return true;
    end = t.span.end;
  }
  return false;
}

}  // namespace

std::string PrintExpression(const Ast& ast, NodeId root) { return Printer(ast).At(root, kIfLevel); }

std::string Print(const Policy& policy) {
  std::string out;
  for (const Annotation& a : policy.annotations) out += "@" + a.name + (a.has_value ? "(" + QuoteString(a.value) + ")" : "") + "\n";
  const std::string principal = ScopeText("principal", policy.principal), action = ScopeText("action", policy.action), resource = ScopeText("resource", policy.resource);
  out += policy.effect == Effect::kPermit ? "permit " : "forbid ";
  const bool broken = principal.size() + action.size() + resource.size() + 14 > kLineWidth;
  out += broken ? "(\n  " + principal + ",\n  " + action + ",\n  " + resource + "\n)" : "(" + principal + ", " + action + ", " + resource + ")";
  for (const Condition& condition : policy.conditions) out += "\n" + ConditionText(policy.ast, condition);
  return out + ";";
}

Result<std::string> Format(std::string_view text, std::string_view file) {
  const auto policies = ParsePolicyList(text, file);
  if (!policies) return policies.error();
  std::string out;
  size_t at = 0;
  for (const Policy& policy : *policies) {
    const size_t begin = policy.offset;
    out += std::string(text.substr(at, begin - at)) + (HasComment(policy.text) ? policy.text : Print(policy));
    at = begin + policy.text.size();
  }
  return out + std::string(text.substr(at));
}

}  // namespace checkrein::cedar
