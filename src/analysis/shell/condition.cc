// [[ ]].
//
//   condition = and { "||" and } ;          and = term { "&&" term } ;
//   term      = newlines ( "(" condition ")" | "!" term | unary word | word [ binary word ] ) newlines ;
//   unary     = "-" one of a b c d e f g h k n o p r s t u v w x z G L N O R S ;
//   binary    = "=" | "==" | "!=" | "=~" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef" ;
#include "analysis/shell/reader.h"

namespace checkrein::analysis::shell {
namespace {

using K = Token::Kind;

bool IsUnary(std::string_view word) { return word.size() == 2 && word[0] == '-' && std::string_view("abcdefghknoprstuvwxzGLNORS").find(word[1]) != std::string_view::npos; }

bool IsBinary(std::string_view word) {
  for (const std::string_view op : {"=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"})
    if (word == op) return true;
  return false;
}

}  // namespace

void Reader::SkipConditionNewlines() {
  while (!failed() && Peek(Where::kCondition).kind == K::kNewline) Take(Where::kCondition);
}

bool Reader::ReadConditional(Command& command) {
  ConditionalCommand out;
  if (!ReadConditionOr(out.condition)) return false;
  Token close = Take(Where::kCondition);
  if (failed()) return false;
  if (close.plain != "]]") return FailSyntax(close);
  command.what = std::move(out);
  return true;
}

bool Reader::ReadConditionOr(Condition& out) {
  const Deeper deeper(*this);
  Condition first;
  if (!ReadConditionAnd(first)) return false;
  if (Peek(Where::kCondition).kind != K::kOrOr) {
    out = std::move(first);
    return !failed();
  }
  out.kind = Condition::Kind::kOr;
  out.operands.push_back(std::move(first));
  while (!failed() && Peek(Where::kCondition).kind == K::kOrOr) {
    Take(Where::kCondition);
    if (!ReadConditionAnd(out.operands.emplace_back())) return false;
  }
  return !failed();
}

bool Reader::ReadConditionAnd(Condition& out) {
  Condition first;
  if (!ReadConditionTerm(first)) return false;
  if (Peek(Where::kCondition).kind != K::kAndAnd) {
    out = std::move(first);
    return !failed();
  }
  out.kind = Condition::Kind::kAnd;
  out.operands.push_back(std::move(first));
  while (!failed() && Peek(Where::kCondition).kind == K::kAndAnd) {
    Take(Where::kCondition);
    if (!ReadConditionTerm(out.operands.emplace_back())) return false;
  }
  return !failed();
}

bool Reader::ReadConditionTerm(Condition& out) {
  Count(1);
  const Deeper deeper(*this);
  SkipConditionNewlines();
  if (failed()) return false;
  Token token = Take(Where::kCondition);
  if (token.kind == K::kOpen) {
    out.kind = Condition::Kind::kGroup;
    if (!ReadConditionOr(out.operands.emplace_back())) return false;
    Token close = Take(Where::kCondition);
    if (failed()) return false;
    if (close.kind != K::kClose) return FailSyntax(close);
    SkipConditionNewlines();
    return !failed();
  }
  if (token.plain == "]]") {
    FailSyntax(token);
    error_->silent = true;
    return false;
  }
  if (token.kind != K::kWord) return FailSyntax(token);
  if (token.plain == "!") {
    out.kind = Condition::Kind::kNot;
    return ReadConditionTerm(out.operands.emplace_back());
  }
  if (!IsUnary(token.plain)) return ReadConditionBinary(out, std::move(token));
  out.kind = Condition::Kind::kUnary;
  out.op = token.plain;
  Token operand = Take(Where::kCondition);
  if (failed()) return false;
  if (operand.kind != K::kWord || operand.plain == "]]") return FailSyntax(operand);
  out.left = std::move(operand.word);
  SkipConditionNewlines();
  return !failed();
}

bool Reader::ReadConditionBinary(Condition& out, Token left) {
  out.left = std::move(left.word);
  const Token& next = Peek(Where::kCondition);
  if (failed()) return false;
  if (next.plain == "]]" || next.kind == K::kAndAnd || next.kind == K::kOrOr || next.kind == K::kClose) return true;
  Token op = Take(Where::kCondition);
  if (op.kind == K::kLess || op.kind == K::kGreat) {
    out.op = op.kind == K::kLess ? "<" : ">";
  } else if (op.kind == K::kWord && IsBinary(op.plain)) {
    out.op = op.plain;
  } else {
    return FailSyntax(op);
  }
  out.kind = Condition::Kind::kBinary;
  const bool pattern = out.op == "=" || out.op == "==" || out.op == "!=";
  Token right = Take(pattern ? Where::kConditionPattern : (out.op == "=~" ? Where::kRegex : Where::kCondition));
  if (failed()) return false;
  if (right.kind != K::kWord || right.plain == "]]") return FailSyntax(right);
  out.right = std::move(right.word);
  SkipConditionNewlines();
  return !failed();
}

}  // namespace checkrein::analysis::shell
