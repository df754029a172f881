#include "cedar/parser.h"

#include <array>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "cedar/policy_parser.h"
#include "cedar/lexer.h"

namespace checkrein::cedar {

using K = Token::Kind;

// ---- tokens

void PolicyParser::Advance() {
  last_end_ = token_.span.end;
  token_ = peeked_ ? *peeked_ : lexer_.Next();
  peeked_.reset();
}

K PolicyParser::PeekKind() {
  if (!peeked_) peeked_ = lexer_.Next();
  return peeked_->kind;
}

bool PolicyParser::Take(K kind) {
  if (failed() || !Is(kind)) return false;
  Advance();
  return true;
}

bool PolicyParser::TakeWord(std::string_view word) {
  if (failed() || !IsWord(word)) return false;
  Advance();
  return true;
}

bool PolicyParser::Expect(K kind, std::string_view what) {
  if (Take(kind)) return true;
  Fail(Here(), "expected " + std::string(what) + Found());
  return false;
}

std::string PolicyParser::Found() const {
  if (Is(K::kEnd)) return ", found the end of the text";
  if (Is(K::kInvalid) && Text().starts_with('"')) return ", found a string without its end";
  constexpr size_t kShown = 40;
  std::string shown(Text().substr(0, kShown));
  return ", found `" + ToValidUtf8(shown) + (Text().size() > kShown ? "..." : "") + "`";
}

void PolicyParser::Fail(Span span, std::string_view what, Error::Kind kind) {
  if (failed()) return;
  const Span whole{span.begin + base_, span.end + base_};
  error_ = Error{kind, Point({file_, text_}, whole, what)};
}

bool PolicyParser::Enter() {
  if (failed()) return false;
  if (nesting_ >= kMaxNesting) {
    Fail(Here(), "nested deeper than " + std::to_string(kMaxNesting) + " levels; split the policy", Error::Kind::kLimit);
    return false;
  }
  ++nesting_;
  return true;
}

NodeId PolicyParser::Checked(NodeId id) {
  if (ast().Height(id) <= kMaxHeight) return id;
  Fail(ast()[id].span, "more than " + std::to_string(kMaxHeight) + " operators in a row; use a set or split the policy", Error::Kind::kLimit);
  return kNoNode;
}

// ---- policies

Result<std::vector<Policy>> PolicyParser::Policies() {
  while (!failed() && !Is(K::kEnd)) {
    if (OnePolicy()) done_.push_back(std::move(policy_));
  }
  if (failed()) return *error_;
  return std::move(done_);
}

// Brings line_ and column_ to the byte `to`. Never goes back: a text of many policies on one line stays linear.
void PolicyParser::CountLines(uint32_t to) {
  for (; counted_ < to; ++counted_) {
    if (text_[counted_] == '\n') {
      ++line_;
      column_ = 1;
    } else {
      column_ += (static_cast<unsigned char>(text_[counted_]) & 0xC0) != 0x80;
    }
  }
}

bool PolicyParser::OnePolicy() {
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

bool PolicyParser::Annotations() {
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

bool PolicyParser::Head() {
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

bool PolicyParser::OneScope(std::string_view variable, Scope* scope) {
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

bool PolicyParser::ScopeEntity(std::string_view variable, Scope* scope) {
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

bool PolicyParser::ActionList(Scope* scope) {
  scope->kind = Scope::Kind::kInAny;
  Advance();
  while (!Is(K::kCloseBracket)) {
    if (!ScopeEntity("action", scope)) return false;
    if (!Take(K::kComma)) break;
  }
  return Expect(K::kCloseBracket, "`]`");
}

bool PolicyParser::CheckActionType(const Scope& scope) {
  for (size_t i = 0; i < scope.entities.size(); ++i) {
    const std::string_view type = scope.entities[i].type();
    if (type == "Action" || type.ends_with("::Action")) continue;
    Fail(scope.entity_spans[i], "an action is written Action::\"name\", perhaps in a namespace; its type cannot be `" + std::string(type) + "`");
    return false;
  }
  return true;
}

bool PolicyParser::Conditions() {
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

std::optional<std::string> PolicyParser::Word(std::string_view what) {
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
std::optional<std::string> PolicyParser::Name() {
  auto name = Word("a type name");
  while (name && Is(K::kColons) && PeekKind() == K::kIdent) {
    Advance();
    const auto word = Word("a name");
    if (!word) return std::nullopt;
    *name += "::" + *word;
  }
  return name;
}

std::optional<EntityUid> PolicyParser::Uid() {
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
std::optional<std::string> PolicyParser::StringText() {
  Unescaped u = UnescapeString(Text());
  if (!u.text) Fail(Here(), "`" + ToValidUtf8(u.bad) + "` is no valid escape");
  Take(K::kString);
  return std::move(u.text);
}

namespace {

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
  return PolicyParser(text, file).Policies();
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
  return PolicyParser(text, file).Expression();
}

}  // namespace checkrein::cedar
