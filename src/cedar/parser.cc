// The grammar (language 4.5; `,` may end a list):
//
//   policies   = { policy }
//   policy     = { "@" word [ "(" string ")" ] } ("permit" | "forbid") "(" principal "," action "," resource ")" { condition } ";"
//   principal  = "principal" [ ("==" | "in") ref | "is" name [ "in" ref ] ]          resource likewise
//   action     = "action" [ "==" uid | "in" ( uid | "[" [ uid { "," uid } ] "]" ) ]
//   ref        = uid | "?principal" | "?resource"                                    possibly in parentheses
//   condition  = ("when" | "unless") "{" expr "}"
//   expr       = "if" expr "then" expr "else" expr | or
//   or         = and { "||" and }          and = relation { "&&" relation }
//   relation   = add [ relop add | "has" (word { "." word } | string) | "like" pattern | "is" name [ "in" add ] ]
//   relop      = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in"
//   add        = mult { ("+" | "-") mult }          mult = unary { "*" unary }
//   unary      = [ "!" x 1..4 | "-" x 1..4 ] member
//   member     = primary { "." word [ "(" [ expr { "," expr } ] ")" ] | "[" string "]" }
//   primary    = "true" | "false" | integer | string | uid | variable | name "(" exprs ")" | "(" expr ")" | "[" exprs "]" | "{" fields "}"
//   uid        = name "::" string          name = word { "::" word }
#include "cedar/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "cedar/extension.h"
#include "cedar/lexer.h"

namespace checkrein::cedar {
namespace {

using K = Token::Kind;

// The first error wins; after it every function returns kNoNode or false without moving on.
class Parser {
 public:
  Parser(std::string_view text, std::string_view file) : text_(text), file_(file), lexer_(text) { token_ = lexer_.Next(); }

  Result<std::vector<Policy>> Policies();
  Result<ParsedExpression> Expression();

 private:
  // Tokens.
  bool Is(K kind) const { return token_.kind == kind; }
  bool IsWord(std::string_view word) const { return Is(K::kIdent) && Text() == word; }
  std::string_view Text() const { return lexer_.TextOf(token_); }
  K PeekKind();
  void Advance();
  bool Take(K kind);
  bool Expect(K kind, std::string_view what);
  bool TakeWord(std::string_view word);
  Span From(uint32_t begin) const { return {begin - base_, last_end_ - base_}; }
  Span Here() const { return {token_.span.begin - base_, token_.span.end - base_}; }

  // Errors. Spans here are relative to the policy.
  bool failed() const { return error_.has_value(); }
  void Fail(Span span, std::string_view what, Error::Kind kind = Error::Kind::kInvalid);
  NodeId FailNode(Span span, std::string_view what) { return Fail(span, what), kNoNode; }
  std::string Found() const;
  bool Enter();
  void Leave() { --nesting_; }
  NodeId Checked(NodeId id);

  // Policies.
  bool OnePolicy();
  bool Annotations();
  void CountLines(uint32_t to);
  bool Head();
  bool OneScope(std::string_view variable, Scope* scope);
  bool ScopeEntity(std::string_view variable, Scope* scope);
  bool ActionList(Scope* scope);
  bool CheckActionType(const Scope& scope);
  bool Conditions();

  // Names and literals.
  std::optional<std::string> Word(std::string_view what);
  std::optional<std::string> Name();
  std::optional<EntityUid> Uid();
  std::optional<std::string> StringText();

  // Expressions.
  NodeId Expr();
  NodeId If();
  NodeId Or();
  NodeId And();
  NodeId Relation();
  NodeId Has(NodeId left, uint32_t begin);
  NodeId Like(NodeId left, uint32_t begin);
  NodeId IsType(NodeId left, uint32_t begin);
  NodeId Add();
  NodeId Mult();
  NodeId Unary();
  NodeId Member();
  NodeId Index(NodeId object, uint32_t begin);
  NodeId Dot(NodeId object, uint32_t begin);
  NodeId Method(NodeId object, std::string_view name, Span name_span, uint32_t begin);
  NodeId Primary();
  NodeId Integer();
  NodeId NamedThing();
  NodeId Call(const std::string& name, Span name_span, uint32_t begin);
  NodeId List();
  NodeId Fields();
  bool Arguments(K close, std::vector<NodeId>* out);
  NodeId Binary(Op op, NodeId a, NodeId b, uint32_t begin) {
    return a == kNoNode || b == kNoNode ? kNoNode : Checked(policy_.ast.Add({op, 1, a, b, 0, From(begin)}));
  }
  Ast& ast() { return policy_.ast; }

  std::string_view text_, file_;
  Lexer lexer_;
  Token token_;
  std::optional<Token> peeked_;
  uint32_t last_end_ = 0;   // where the last token taken ends
  uint32_t base_ = 0;       // where the policy begins: its spans count from there
  uint32_t line_ = 1, column_ = 1, counted_ = 0;
  int nesting_ = 0;
  Policy policy_;
  std::vector<Policy> done_;
  std::optional<Error> error_;
};

// ---- tokens

void Parser::Advance() {
  last_end_ = token_.span.end;
  token_ = peeked_ ? *peeked_ : lexer_.Next();
  peeked_.reset();
}

K Parser::PeekKind() {
  if (!peeked_) peeked_ = lexer_.Next();
  return peeked_->kind;
}

bool Parser::Take(K kind) {
  if (failed() || !Is(kind)) return false;
  Advance();
  return true;
}

bool Parser::TakeWord(std::string_view word) {
  if (failed() || !IsWord(word)) return false;
  Advance();
  return true;
}

bool Parser::Expect(K kind, std::string_view what) {
  if (Take(kind)) return true;
  Fail(Here(), "expected " + std::string(what) + Found());
  return false;
}

std::string Parser::Found() const {
  if (Is(K::kEnd)) return ", found the end of the text";
  if (Is(K::kInvalid) && Text().starts_with('"')) return ", found a string without its end";
  constexpr size_t kShown = 40;
  std::string shown(Text().substr(0, kShown));
  return ", found `" + ToValidUtf8(shown) + (Text().size() > kShown ? "..." : "") + "`";
}

void Parser::Fail(Span span, std::string_view what, Error::Kind kind) {
  if (failed()) return;
  const Span whole{span.begin + base_, span.end + base_};
  error_ = Error{kind, Point({file_, text_}, whole, what)};
}

bool Parser::Enter() {
  if (failed()) return false;
  if (nesting_ >= kMaxNesting) {
    Fail(Here(), "nested deeper than " + std::to_string(kMaxNesting) + " levels; split the policy", Error::Kind::kLimit);
    return false;
  }
  ++nesting_;
  return true;
}

NodeId Parser::Checked(NodeId id) {
  if (ast().Height(id) <= kMaxHeight) return id;
  Fail(ast()[id].span, "more than " + std::to_string(kMaxHeight) + " operators in a row; use a set or split the policy", Error::Kind::kLimit);
  return kNoNode;
}

// ---- policies

Result<std::vector<Policy>> Parser::Policies() {
  while (!failed() && !Is(K::kEnd)) {
    if (OnePolicy()) done_.push_back(std::move(policy_));
  }
  if (failed()) return *error_;
  return std::move(done_);
}

// Brings line_ and column_ to the byte `to`. Never goes back: a text of many policies on one line stays linear.
void Parser::CountLines(uint32_t to) {
  for (; counted_ < to; ++counted_) {
    if (text_[counted_] == '\n') {
      ++line_;
      column_ = 1;
    } else {
      column_ += (static_cast<unsigned char>(text_[counted_]) & 0xC0) != 0x80;
    }
  }
}

bool Parser::OnePolicy() {
  base_ = token_.span.begin;
  policy_ = Policy();
  policy_.id = "policy" + std::to_string(done_.size());
  if (done_.size() >= kMaxPolicies) {
    Fail(Here(), "more than " + std::to_string(kMaxPolicies) + " policies", Error::Kind::kLimit);
    return false;
  }
  if (!Annotations() || !Head() || !Conditions()) return false;
  CountLines(base_);
  policy_.file = file_;
  policy_.text = text_.substr(base_, last_end_ - base_);
  policy_.line = line_;
  policy_.column = column_;
  policy_.offset = base_;
  return true;
}

bool Parser::Annotations() {
  while (Take(K::kAt)) {
    const Span at = Here();
    Annotation annotation;
    annotation.name = Text();
    if (!Expect(K::kIdent, "the annotation's name")) return false;
    if (Take(K::kOpen)) {
      if (!Is(K::kString)) return Expect(K::kString, "a string");
      const auto value = StringText();
      if (!value || !Expect(K::kClose, "`)`")) return false;
      annotation.value = *value;
    } else {
      annotation.has_value = false;
    }
    if (policy_.annotations.size() >= kMaxAnnotations) Fail(at, "more than " + std::to_string(kMaxAnnotations) + " annotations", Error::Kind::kLimit);
    const auto same = [&](const Annotation& a) { return a.name == annotation.name; };
    if (std::any_of(policy_.annotations.begin(), policy_.annotations.end(), same)) {
      Fail(at, "a second annotation @" + annotation.name + "; each name may stand once");
      return false;
    }
    policy_.annotations.push_back(std::move(annotation));
  }
  return !failed();
}

bool Parser::Head() {
  if (TakeWord("permit")) {
    policy_.effect = Effect::kPermit;
  } else if (!TakeWord("forbid")) {
    static constexpr std::string_view kEffects[] = {"permit", "forbid"};
    Fail(Here(), "expected `permit` or `forbid`" + Found() + (Is(K::kIdent) ? Suggestion(Text(), kEffects) : ""));
    return false;
  }
  if (!Expect(K::kOpen, "`(`")) return false;
  struct Part {
    std::string_view name;
    Scope* scope;
  };
  const Part parts[] = {{"principal", &policy_.principal}, {"action", &policy_.action}, {"resource", &policy_.resource}};
  for (const Part& part : parts) {
    if (part.name != "principal" && !Expect(K::kComma, "`,` and the `" + std::string(part.name) + "` of the scope")) return false;
    if (!OneScope(part.name, part.scope)) return false;
  }
  Take(K::kComma);
  if (Is(K::kIdent)) Fail(Here(), "a scope has three parts: principal, action, resource; put the rest into `when { .. }`");
  return Expect(K::kClose, "`)`");
}

bool Parser::OneScope(std::string_view variable, Scope* scope) {
  const uint32_t begin = token_.span.begin;
  if (!TakeWord(variable)) {
    Fail(Here(), "expected `" + std::string(variable) + "`" + Found() + "; a scope is (principal, action, resource)");
    return false;
  }
  const bool action = variable == "action";
  if (Is(K::kColon)) Fail(Here(), "types are not given with `:`; write `" + std::string(variable) + " is Type`");
  if (action && IsWord("is")) Fail(Here(), "`is` cannot be used with the action");
  if (TakeWord("is")) {
    const uint32_t type_begin = token_.span.begin;
    const auto type = Name();
    if (!type) return false;
    scope->kind = Scope::Kind::kIs;
    scope->type = *type;
    scope->type_span = From(type_begin);
    if (Is(K::kEqual)) Fail(Here(), "`is` cannot stand with `==`; the entity's type is known");
    if (TakeWord("in")) {
      scope->kind = Scope::Kind::kIsIn;
      if (!ScopeEntity(variable, scope)) return false;
    }
  } else if (Take(K::kEqual)) {
    scope->kind = Scope::Kind::kEqual;
    if (!ScopeEntity(variable, scope)) return false;
  } else if (TakeWord("in")) {
    scope->kind = Scope::Kind::kIn;
    if (!(action && Is(K::kOpenBracket) ? ActionList(scope) : ScopeEntity(variable, scope))) return false;
  } else if (!failed() && !Is(K::kComma) && !Is(K::kClose)) {
    Fail(Here(), "expected `==`, `in`" + std::string(action ? "" : ", `is`") + ", `,` or `)`" + Found() + "; other tests belong into `when { .. }`");
  }
  scope->span = From(begin);
  return !failed() && (!action || CheckActionType(*scope));
}

bool Parser::ScopeEntity(std::string_view variable, Scope* scope) {
  if (!Enter()) return false;
  bool good = false;
  const uint32_t begin = token_.span.begin;
  if (Take(K::kOpen)) {
    good = ScopeEntity(variable, scope) && Expect(K::kClose, "`)`");
  } else if (Is(K::kSlot)) {
    const std::string own = "?" + std::string(variable);
    if (variable == "action" || Text() != own) {
      Fail(Here(), variable == "action" ? "the action cannot be a slot" : "the only slot that may stand here is `" + own + "`");
    } else {
      scope->slot = variable == "principal" ? Slot::kPrincipal : Slot::kResource;
      Advance();
      good = true;
    }
  } else if (Is(K::kOpenBracket)) {
    Fail(Here(), "a list may only stand behind `action in`");
  } else if (auto uid = Uid()) {
    scope->entities.push_back(std::move(*uid));
    scope->entity_spans.push_back(From(begin));
    good = true;
  }
  Leave();
  return good;
}

bool Parser::ActionList(Scope* scope) {
  scope->kind = Scope::Kind::kInAny;
  Advance();
  while (!Is(K::kCloseBracket)) {
    if (!ScopeEntity("action", scope)) return false;
    if (!Take(K::kComma)) break;
  }
  return Expect(K::kCloseBracket, "`]`");
}

bool Parser::CheckActionType(const Scope& scope) {
  for (size_t i = 0; i < scope.entities.size(); ++i) {
    const std::string_view type = scope.entities[i].type();
    if (type == "Action" || type.ends_with("::Action")) continue;
    Fail(scope.entity_spans[i], "an action is written Action::\"name\", perhaps in a namespace; its type cannot be `" + std::string(type) + "`");
    return false;
  }
  return true;
}

bool Parser::Conditions() {
  while (!failed() && !Is(K::kSemicolon)) {
    Condition condition;
    if (TakeWord("unless")) {
      condition.unless = true;
    } else if (!TakeWord("when")) {
      static constexpr std::string_view kWords[] = {"when", "unless"};
      Fail(Here(), "expected `when`, `unless` or `;`" + Found() + (Is(K::kIdent) ? Suggestion(Text(), kWords) : ""));
      return false;
    }
    if (!Expect(K::kOpenBrace, "`{`")) return false;
    if (Is(K::kCloseBrace)) Fail(Here(), "a condition cannot be empty; write `true` or leave it out");
    condition.body = Expr();
    if (condition.body == kNoNode || !Expect(K::kCloseBrace, "`}`")) return false;
    policy_.conditions.push_back(condition);
  }
  return Expect(K::kSemicolon, "`;`");
}

// ---- names and literals

std::optional<std::string> Parser::Word(std::string_view what) {
  const Span at = Here();
  std::string word(Text());
  if (!Expect(K::kIdent, what)) return std::nullopt;
  if (IsReserved(word)) {
    Fail(at, "`" + word + "` is a reserved word; write it as a string where one may stand: [\"" + word + "\"]");
    return std::nullopt;
  }
  return word;
}

// A qualified name. Stops before a `::` that a string follows.
std::optional<std::string> Parser::Name() {
  auto name = Word("a type name");
  while (name && Is(K::kColons) && PeekKind() == K::kIdent) {
    Advance();
    const auto word = Word("a name");
    if (!word) return std::nullopt;
    *name += "::" + *word;
  }
  return name;
}

std::optional<EntityUid> Parser::Uid() {
  if (!Is(K::kIdent)) {
    Fail(Here(), "expected an entity such as Type::\"id\"" + Found());
    return std::nullopt;
  }
  const auto type = Name();
  if (!type || !Expect(K::kColons, "`::\"id\"` after the type")) return std::nullopt;
  if (!Is(K::kString)) return Expect(K::kString, "the entity's id as a string"), std::nullopt;
  const auto id = StringText();
  if (!id) return std::nullopt;
  return EntityUid(*type, *id);
}

// Takes the string token.
std::optional<std::string> Parser::StringText() {
  Unescaped u = UnescapeString(Text());
  if (!u.text) Fail(Here(), "`" + ToValidUtf8(u.bad) + "` is no valid escape");
  Take(K::kString);
  return std::move(u.text);
}

// ---- expressions

NodeId Parser::Expr() {
  if (!Enter()) return kNoNode;
  const NodeId node = IsWord("if") ? If() : Or();
  Leave();
  return failed() ? kNoNode : node;
}

NodeId Parser::If() {
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

NodeId Parser::Or() {
  const uint32_t begin = token_.span.begin;
  NodeId left = And();
  while (left != kNoNode && Take(K::kOr)) left = Binary(Op::kOr, left, And(), begin);
  return left;
}

NodeId Parser::And() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Relation();
  while (left != kNoNode && Take(K::kAnd)) left = Binary(Op::kAnd, left, Relation(), begin);
  return left;
}

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

NodeId Parser::Relation() {
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

NodeId Parser::Has(NodeId left, uint32_t begin) {
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

NodeId Parser::Like(NodeId left, uint32_t begin) {
  if (!Is(K::kString)) return FailNode(Here(), "expected a pattern in quotes behind `like`" + Found());
  UnescapedPattern p = UnescapePattern(Text());
  if (!p.pattern) return FailNode(Here(), "`" + ToValidUtf8(p.bad) + "` is no valid escape");
  Advance();
  ast().patterns.push_back(std::move(*p.pattern));
  return Checked(ast().Add({Op::kLike, 1, left, static_cast<uint32_t>(ast().patterns.size() - 1), 0, From(begin)}));
}

NodeId Parser::IsType(NodeId left, uint32_t begin) {
  const auto type = Name();
  if (!type) return kNoNode;
  if (Is(K::kColons)) return FailNode(Here(), "behind `is` stands a type, not an entity; to compare use `==` or `in`");
  const uint32_t name = ast().AddString(*type);
  if (!TakeWord("in")) return Checked(ast().Add({Op::kIs, 1, left, name, 0, From(begin)}));
  const NodeId group = Add();
  return group == kNoNode ? kNoNode : Checked(ast().Add({Op::kIsIn, 1, left, name, group, From(begin)}));
}

NodeId Parser::Add() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Mult();
  while (left != kNoNode && (Is(K::kPlus) || Is(K::kMinus))) {
    const Op op = Is(K::kPlus) ? Op::kAdd : Op::kSubtract;
    Advance();
    left = Binary(op, left, Mult(), begin);
  }
  return left;
}

NodeId Parser::Mult() {
  const uint32_t begin = token_.span.begin;
  NodeId left = Unary();
  while (left != kNoNode && Take(K::kStar)) left = Binary(Op::kMultiply, left, Unary(), begin);
  if (Is(K::kSlash) || Is(K::kPercent)) return FailNode(Here(), Is(K::kSlash) ? "there is no division" : "there is no remainder");
  return left;
}

NodeId Parser::Unary() {
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

NodeId Parser::Member() {
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

NodeId Parser::Index(NodeId object, uint32_t begin) {
  if (!Is(K::kString)) return FailNode(Here(), "expected an attribute's name in quotes" + Found());
  const auto name = StringText();
  if (!name || !Expect(K::kCloseBracket, "`]`")) return kNoNode;
  const uint32_t index = ast().AddString(*name);
  return Checked(ast().Add({Op::kGetAttr, 1, object, index, 0, From(begin)}));
}

NodeId Parser::Dot(NodeId object, uint32_t begin) {
  const Span name_span = Here();
  const auto name = Word("an attribute or method");
  if (!name) return kNoNode;
  if (Is(K::kOpen)) return Method(object, *name, name_span, begin);
  const uint32_t index = ast().AddString(*name);
  return Checked(ast().Add({Op::kGetAttr, 1, object, index, 0, From(begin)}));
}

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

NodeId Parser::Method(NodeId object, std::string_view name, Span name_span, uint32_t begin) {
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
bool Parser::Arguments(K close, std::vector<NodeId>* out) {
  while (!failed() && !Is(close)) {
    const NodeId node = Expr();
    if (node == kNoNode) return false;
    out->push_back(node);
    if (!Take(K::kComma)) break;
  }
  return Expect(close, close == K::kClose ? "`)`" : "`]`");
}

NodeId Parser::Primary() {
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

NodeId Parser::Integer() {
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

NodeId Parser::NamedThing() {
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

NodeId Parser::Call(const std::string& name, Span name_span, uint32_t begin) {
  const FunctionInfo* info = FindFunction(name);
  const bool builtin = std::any_of(std::begin(kBuiltinMethods), std::end(kBuiltinMethods), [&](const BuiltinMethod& m) { return m.name == name; });
  if (builtin || (info != nullptr && info->method)) return FailNode(name_span, "`" + name + "` is a method: write value." + name + "(..)");
  if (info == nullptr) return FailNode(name_span, "there is no function `" + name + "`" + Suggestion(name, CallableNames(false)));
  std::vector<NodeId> arguments;
  if (!Arguments(K::kClose, &arguments)) return kNoNode;
  return Checked(ast().AddCall(info->function, arguments, From(begin)));
}

NodeId Parser::List() {
  const uint32_t begin = token_.span.begin;
  Advance();
  std::vector<NodeId> members;
  if (!Arguments(K::kCloseBracket, &members)) return kNoNode;
  return Checked(ast().AddSet(members, From(begin)));
}

NodeId Parser::Fields() {
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

Result<ParsedExpression> Parser::Expression() {
  const NodeId root = Expr();
  if (root != kNoNode && !Is(K::kEnd)) Fail(Here(), "expected the end of the expression" + Found());
  if (failed()) return *error_;
  return ParsedExpression{std::move(policy_.ast), root};
}

std::optional<Error> RefuseText(std::string_view text, std::string_view file) {
  if (text.size() > kMaxPolicyTextBytes) {
    return Error{Error::Kind::kLimit, std::string(file) + ": " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(kMaxPolicyTextBytes)};
  }
  if (!IsUtf8(text)) return Error{Error::Kind::kInvalid, std::string(file) + ": not UTF-8"};
  return std::nullopt;
}

Result<PolicySet> Collect(Result<std::vector<Policy>> list) {
  if (!list) return list.error();
  PolicySet set;
  for (Policy& policy : *list) {
    if (Status added = set.Add(std::move(policy)); !added) return added.error();
  }
  return set;
}

}  // namespace

Result<std::vector<Policy>> ParsePolicyList(std::string_view text, std::string_view file) {
  if (auto refused = RefuseText(text, file)) return *refused;
  return Parser(text, file).Policies();
}

Result<PolicySet> ParsePolicies(std::string_view text, std::string_view file) { return Collect(ParsePolicyList(text, file)); }

Result<PolicySet> ParsePoliciesWithIds(std::string_view text, std::string_view file) {
  auto list = ParsePolicyList(text, file);
  if (!list) return list.error();
  for (Policy& policy : *list) {
    if (const std::string_view id = policy.AnnotationValue("id"); !id.empty()) policy.id = id;
  }
  return Collect(std::move(list));
}

Result<ParsedExpression> ParseExpression(std::string_view text, std::string_view file) {
  if (auto refused = RefuseText(text, file)) return *refused;
  return Parser(text, file).Expression();
}

}  // namespace checkrein::cedar
