// The recursive descent over Cedar text. Private to parser.cc, which reads policies, and parse_expression.cc, which reads what stands in
// their conditions.
//
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
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/ast.h"
#include "cedar/lexer.h"
#include "cedar/parser.h"

namespace checkrein::cedar {

// The first error wins; after it every function returns kNoNode or false without moving on.
class PolicyParser {
 public:
  using K = Token::Kind;

  PolicyParser(std::string_view text, std::string_view file) : text_(text), file_(file), lexer_(text) { token_ = lexer_.Next(); }

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

}  // namespace checkrein::cedar
