// Conditions: expressions, from the weakest operator to the strongest.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "cedar/policy_parser.h"
#include "cedar/extension.h"
#include "cedar/lexer.h"

namespace checkrein::cedar {

using K = Token::Kind;

NodeId PolicyParser::Expr() {
  if (!Enter()) return kNoNode;
  const NodeId node = IsWord("if") ? If() : Or();
  Leave();
  return failed() ? kNoNode : node;
}

NodeId PolicyParser::If() {
  const uint32_t begin = token_.span.begin;
  Advance();
  const NodeId condition = Expr();
  if (condition == kNoNode) return kNoNode;
  if (!TakeWord("then")) return FailNode(Here(), "expected `then`" + Found());
  const NodeId yes = Expr();
  if (yes == kNoNode) return kNoNode;
  if (!TakeWord("else")) return FailNode(Here(), "expected `else`" + Found());
  const NodeId no = Expr();
  return no == kNoNode ? kNoNode : Checked(ast().Add({Op::kIf, 1, condition, yes, no, From(begin)}));
}

NodeId PolicyParser::Or() {
  const uint32_t begin = token_.span.begin;
  NodeId left = And();
  while (left != kNoNode && Take(K::kOr)) left = Binary(Op::kOr, left, And(), begin);
  return left;
}

NodeId PolicyParser::And() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Relation();
  while (left != kNoNode && Take(K::kAnd)) left = Binary(Op::kAnd, left, Relation(), begin);
  return left;
}

namespace {
std::optional<Op> RelationOp(K kind) {
  switch (kind) {
    case K::kEqual: return Op::kEqual;
    case K::kNotEqual: return Op::kNotEqual;
    case K::kLess: return Op::kLess;
    case K::kLessEqual: return Op::kLessEqual;
    case K::kGreater: return Op::kGreater;
    case K::kGreaterEqual: return Op::kGreaterEqual;
    default: return std::nullopt;
  }
}
}  // namespace

NodeId PolicyParser::Relation() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Add();
  if (left == kNoNode) return kNoNode;
  if (Is(K::kAssign)) return FailNode(Here(), "`=` is no operator; compare with `==`");
  if (TakeWord("has")) {
    left = Has(left, begin);
  } else if (TakeWord("like")) {
    left = Like(left, begin);
  } else if (TakeWord("is")) {
    left = IsType(left, begin);
  } else if (TakeWord("in")) {
    left = Binary(Op::kIn, left, Add(), begin);
  } else if (const auto op = RelationOp(token_.kind)) {
    Advance();
    left = Binary(*op, left, Add(), begin);
  } else {
    return left;
  }
  const bool again = RelationOp(token_.kind) || IsWord("in") || IsWord("has") || IsWord("like") || IsWord("is");
  if (!failed() && again) return FailNode(Here(), "comparisons do not chain; use parentheses");
  return left;
}

NodeId PolicyParser::Has(NodeId left, uint32_t begin) {
  const auto first = static_cast<uint32_t>(ast().strings.size());
  uint32_t count = 0;
  if (Is(K::kString)) {
    const auto name = StringText();
    if (!name) return kNoNode;
    ast().AddString(*name);
    count = 1;
  } else {
    do {
      const auto name = Word("an attribute's name or a string");
      if (!name) return kNoNode;
      ast().AddString(*name);
      ++count;
    } while (Take(K::kDot));
  }
  if (Is(K::kDot) || Is(K::kOpenBracket)) return FailNode(Here(), "behind `has` stands one string, or names joined by `.`");
  return Checked(ast().Add({Op::kHas, 1, left, first, count, From(begin)}));
}

NodeId PolicyParser::Like(NodeId left, uint32_t begin) {
  if (!Is(K::kString)) return FailNode(Here(), "expected a pattern in quotes behind `like`" + Found());
  UnescapedPattern p = UnescapePattern(Text());
  if (!p.pattern) return FailNode(Here(), "`" + ToValidUtf8(p.bad) + "` is no valid escape");
  Advance();
  ast().patterns.push_back(std::move(*p.pattern));
  return Checked(ast().Add({Op::kLike, 1, left, static_cast<uint32_t>(ast().patterns.size() - 1), 0, From(begin)}));
}

NodeId PolicyParser::IsType(NodeId left, uint32_t begin) {
  const auto type = Name();
  if (!type) return kNoNode;
  if (Is(K::kColons)) return FailNode(Here(), "behind `is` stands a type, not an entity; to compare use `==` or `in`");
  const uint32_t name = ast().AddString(*type);
  if (!TakeWord("in")) return Checked(ast().Add({Op::kIs, 1, left, name, 0, From(begin)}));
  const NodeId group = Add();
  return group == kNoNode ? kNoNode : Checked(ast().Add({Op::kIsIn, 1, left, name, group, From(begin)}));
}

NodeId PolicyParser::Add() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Mult();
  while (left != kNoNode && (Is(K::kPlus) || Is(K::kMinus))) {
    const Op op = Is(K::kPlus) ? Op::kAdd : Op::kSubtract;
    Advance();
    left = Binary(op, left, Mult(), begin);
  }
  return left;
}

NodeId PolicyParser::Mult() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Unary();
  while (left != kNoNode && Take(K::kStar)) left = Binary(Op::kMultiply, left, Unary(), begin);
  if (Is(K::kSlash) || Is(K::kPercent)) return FailNode(Here(), Is(K::kSlash) ? "there is no division" : "there is no remainder");
  return left;
}

NodeId PolicyParser::Unary() {
  constexpr size_t kMaxRepeat = 4;  // the language's own limit
  const K kind = token_.kind;
  if (kind != K::kNot && kind != K::kMinus) return Member();
  std::array<uint32_t, kMaxRepeat> begins{};
  size_t count = 0;
  while (Is(kind)) {
    if (count == kMaxRepeat) return FailNode(Here(), "more than four of these in a row");
    begins[count++] = token_.span.begin;
    Advance();
  }
  NodeId node = kNoNode;
  const bool number = kind == K::kMinus && Is(K::kInteger) && PeekKind() != K::kDot && PeekKind() != K::kOpen && PeekKind() != K::kOpenBracket;
  if (number) {
    --count;  // the last minus belongs to the number: -9223372036854775808 has no positive twin
    int64_t n = 0;
    for (const char digit : Text()) {
      if (__builtin_mul_overflow(n, int64_t{10}, &n) || __builtin_sub_overflow(n, int64_t{digit - '0'}, &n)) {
        return FailNode(Here(), "the number does not fit 64 bits");
      }
    }
    Advance();
    node = ast().AddLiteral(n, From(begins[count]));
  } else {
    node = Member();
  }
  while (node != kNoNode && count > 0) {
    node = Checked(ast().Add({kind == K::kNot ? Op::kNot : Op::kNegate, 1, node, 0, 0, From(begins[--count])}));
  }
  return node;
}

NodeId PolicyParser::Member() {
  const uint32_t begin = token_.span.begin;
  NodeId node = Primary();
  while (node != kNoNode) {
    if (Take(K::kDot)) {
      node = Dot(node, begin);
    } else if (Take(K::kOpenBracket)) {
      node = Index(node, begin);
    } else if (Is(K::kOpen)) {
      return FailNode(Here(), "a call is written name(..) or value.name(..)");
    } else {
      break;
    }
  }
  return node;
}

NodeId PolicyParser::Index(NodeId object, uint32_t begin) {
  if (!Is(K::kString)) return FailNode(Here(), "expected an attribute's name in quotes" + Found());
  const auto name = StringText();
  if (!name || !Expect(K::kCloseBracket, "`]`")) return kNoNode;
  const uint32_t index = ast().AddString(*name);
  return Checked(ast().Add({Op::kGetAttr, 1, object, index, 0, From(begin)}));
}

NodeId PolicyParser::Dot(NodeId object, uint32_t begin) {
  const Span name_span = Here();
  const auto name = Word("an attribute or method");
  if (!name) return kNoNode;
  if (Is(K::kOpen)) return Method(object, *name, name_span, begin);
  const uint32_t index = ast().AddString(*name);
  return Checked(ast().Add({Op::kGetAttr, 1, object, index, 0, From(begin)}));
}

namespace {

struct BuiltinMethod {
  std::string_view name;
  Op op;
  size_t arguments;
};
constexpr BuiltinMethod kBuiltinMethods[] = {
    {"contains", Op::kContains, 1}, {"containsAll", Op::kContainsAll, 1}, {"containsAny", Op::kContainsAny, 1},
    {"isEmpty", Op::kIsEmpty, 0},   {"getTag", Op::kGetTag, 1},           {"hasTag", Op::kHasTag, 1},
};

std::vector<std::string_view> CallableNames(bool methods) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i <= static_cast<size_t>(Function::kToDays); ++i) {
    const FunctionInfo& info = InfoOf(static_cast<Function>(i));
    if (info.method == methods) names.push_back(info.name);
  }
  if (methods) {
    for (const BuiltinMethod& m : kBuiltinMethods) names.push_back(m.name);
  }
  return names;
}

}  // namespace

NodeId PolicyParser::Method(NodeId object, std::string_view name, Span name_span, uint32_t begin) {
  std::vector<NodeId> arguments;
  Advance();
  const auto* builtin = std::find_if(std::begin(kBuiltinMethods), std::end(kBuiltinMethods), [&](const BuiltinMethod& m) { return m.name == name; });
  const FunctionInfo* info = FindFunction(name);
  if (builtin == std::end(kBuiltinMethods) && (info == nullptr || !info->method)) {
    const std::string quoted = "`" + std::string(name) + "`";
    if (info != nullptr) return FailNode(name_span, quoted + " is a function: write " + std::string(name) + "(..)");
    return FailNode(name_span, "there is no method " + quoted + Suggestion(name, CallableNames(true)));
  }
  if (!Arguments(K::kClose, &arguments)) return kNoNode;
  if (builtin == std::end(kBuiltinMethods)) {
    arguments.insert(arguments.begin(), object);
    return Checked(ast().AddCall(info->function, arguments, From(begin)));
  }
  if (arguments.size() != builtin->arguments) {
    return FailNode(name_span, "`" + std::string(name) + "` takes " + (builtin->arguments == 0 ? "no argument" : "one argument") + ", not " +
                                   std::to_string(arguments.size()));
  }
  if (builtin->arguments == 1) return Binary(builtin->op, object, arguments[0], begin);
  return Checked(ast().Add({builtin->op, 1, object, 0, 0, From(begin)}));
}

// Expressions up to and with `close`.
bool PolicyParser::Arguments(K close, std::vector<NodeId>* out) {
  while (!failed() && !Is(close)) {
    const NodeId node = Expr();
    if (node == kNoNode) return false;
    out->push_back(node);
    if (!Take(K::kComma)) break;
  }
  return Expect(close, close == K::kClose ? "`)`" : "`]`");
}

NodeId PolicyParser::Primary() {
  if (failed()) return kNoNode;
  const uint32_t begin = token_.span.begin;
  switch (token_.kind) {
    case K::kInteger: return Integer();
    case K::kString: {
      auto text = StringText();
      return text ? ast().AddLiteral(std::move(*text), From(begin)) : kNoNode;
    }
    case K::kOpen: {
      Advance();
      const NodeId inner = Expr();
      return inner != kNoNode && Expect(K::kClose, "`)`") ? inner : kNoNode;
    }
    case K::kOpenBracket: return List();
    case K::kOpenBrace: return Fields();
    case K::kIdent: return NamedThing();
    case K::kSlot: return FailNode(Here(), "a slot may only stand in the scope");
    default: return FailNode(Here(), "expected an expression" + Found());
  }
}

NodeId PolicyParser::Integer() {
  int64_t n = 0;
  for (const char digit : Text()) {
    if (__builtin_mul_overflow(n, int64_t{10}, &n) || __builtin_add_overflow(n, int64_t{digit - '0'}, &n)) {
      return FailNode(Here(), "the number does not fit 64 bits");
    }
  }
  const Span span = Here();
  Advance();
  return ast().AddLiteral(n, span);
}

NodeId PolicyParser::NamedThing() {
  const uint32_t begin = token_.span.begin;
  if (TakeWord("true")) return ast().AddLiteral(true, From(begin));
  if (TakeWord("false")) return ast().AddLiteral(false, From(begin));
  if (IsWord("if")) return FailNode(Here(), "`if` needs parentheses here");
  const auto name = Name();
  if (!name) return kNoNode;
  const Span name_span = From(begin);
  if (Take(K::kColons)) {
    if (!Is(K::kString)) return Expect(K::kString, "the entity's id as a string"), kNoNode;
    const auto id = StringText();
    return id ? ast().AddLiteral(EntityUid(*name, *id), From(begin)) : kNoNode;
  }
  if (Take(K::kOpen)) return Call(*name, name_span, begin);
  static constexpr std::string_view kVariables[] = {"principal", "action", "resource", "context"};
  const auto* variable = std::find(std::begin(kVariables), std::end(kVariables), *name);
  if (variable == std::end(kVariables)) {
    return FailNode(name_span, "there is no variable `" + *name + "`" + Suggestion(*name, kVariables) +
                                   (FindFunction(*name) != nullptr ? "; a function is called: " + *name + "(..)" : ""));
  }
  return ast().Add({Op::kVariable, 1, static_cast<uint32_t>(variable - std::begin(kVariables)), 0, 0, name_span});
}

NodeId PolicyParser::Call(const std::string& name, Span name_span, uint32_t begin) {
  const FunctionInfo* info = FindFunction(name);
  const bool builtin = std::any_of(std::begin(kBuiltinMethods), std::end(kBuiltinMethods), [&](const BuiltinMethod& m) { return m.name == name; });
  if (builtin || (info != nullptr && info->method)) return FailNode(name_span, "`" + name + "` is a method: write value." + name + "(..)");
  if (info == nullptr) return FailNode(name_span, "there is no function `" + name + "`" + Suggestion(name, CallableNames(false)));
  std::vector<NodeId> arguments;
  if (!Arguments(K::kClose, &arguments)) return kNoNode;
  return Checked(ast().AddCall(info->function, arguments, From(begin)));
}

NodeId PolicyParser::List() {
  const uint32_t begin = token_.span.begin;
  Advance();
  std::vector<NodeId> members;
  if (!Arguments(K::kCloseBracket, &members)) return kNoNode;
  return Checked(ast().AddSet(members, From(begin)));
}

NodeId PolicyParser::Fields() {
  const uint32_t begin = token_.span.begin;
  Advance();
  std::vector<std::pair<uint32_t, NodeId>> fields;
  std::set<std::string> seen;
  while (!failed() && !Is(K::kCloseBrace)) {
    const Span key_span = Here();
    const auto key = Is(K::kString) ? StringText() : Word("an attribute's name or a string");
    if (!key || !Expect(K::kColon, "`:`")) return kNoNode;
    if (!seen.insert(*key).second) return FailNode(key_span, "`" + *key + "` is given twice");
    const uint32_t name = ast().AddString(*key);
    const NodeId value = Expr();
    if (value == kNoNode) return kNoNode;
    fields.emplace_back(name, value);
    if (!Take(K::kComma)) break;
  }
  if (!Expect(K::kCloseBrace, "`}`")) return kNoNode;
  return Checked(ast().AddRecord(fields, From(begin)));
}

Result<ParsedExpression> PolicyParser::Expression() {
  const NodeId root = Expr();
  if (root != kNoNode && !Is(K::kEnd)) Fail(Here(), "expected the end of the expression" + Found());
  if (failed()) return *error_;
  return ParsedExpression{std::move(policy_.ast), root};
}

}  // namespace checkrein::cedar
