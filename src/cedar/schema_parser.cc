// The human schema syntax (`,` may end `{..}`, not `[..]`; annotations `@word ["(" string ")"]` may stand before declarations and attributes):
//
//   schema    = { "namespace" path "{" { decl } "}" | decl }
//   decl      = entity | action | "type" word "=" type ";"
//   entity    = "entity" word { "," word } ( "enum" "[" string { "," string } "]"
//                                          | [ "in" paths ] [ [ "=" ] record ] [ "tags" type ] ) ";"
//   action    = "action" name { "," name } [ "in" ( ref | "[" ref { "," ref } "]" ) ] [ "appliesTo" "{" { applies "," } "}" ] ";"
//   applies   = ( "principal" | "resource" ) ":" paths | "context" ":" ( path | record )
//   paths     = path | "[" [ path { "," path } ] "]"
//   ref       = name | path "::" string           name = word | string
//   type      = path | "Set" "<" type ">" | record
//   record    = "{" [ name [ "?" ] ":" type { "," .. } ] "}"
#include <set>

#include "base/bytes.h"
#include "cedar/lexer.h"
#include "cedar/schema.h"
#include "cedar/schema_text.h"

namespace checkrein::cedar {
namespace {

using K = Token::Kind;

class SchemaParser {
 public:
  SchemaParser(std::string_view text, std::string_view file) : text_(text), file_(file), lexer_(text) { token_ = lexer_.Next(); }
  Result<std::vector<TextNamespace>> Parse();

 private:
  bool Is(K kind) const { return token_.kind == kind; }
  std::string_view Text() const { return lexer_.TextOf(token_); }
  bool IsWord(std::string_view word) const { return Is(K::kIdent) && Text() == word; }
  void Advance() {
    last_end_ = token_.span.end;
    token_ = lexer_.Next();
  }
  bool Take(K kind);
  bool TakeWord(std::string_view word);
  bool Expect(K kind, std::string_view what);
  bool Fail(Span span, std::string_view what, Error::Kind kind = Error::Kind::kInvalid);
  bool Unexpected(std::string_view what, std::string_view advice = "");

  bool Annotations();
  bool Namespace();
  bool Declaration(TextNamespace* ns);
  bool EntityDeclaration(TextNamespace* ns);
  bool EnumIds(TextEntity* entity);
  bool ActionDeclaration(TextNamespace* ns);
  bool ActionParents(TextAction* action);
  bool ActionParent(TextAction* action);
  bool AppliesTo(TextAction* action);
  bool CommonDeclaration(TextNamespace* ns);
  std::optional<NamedSpan> Word(std::string_view what);   // an identifier that may name a type
  std::optional<NamedSpan> Label(std::string_view what);  // an identifier or a string
  std::optional<NamedSpan> Path();
  bool Paths(std::vector<NamedSpan>* out);
  std::optional<TextType> TypeText();
  std::optional<TextType> RecordText();

  std::string_view text_, file_;
  Lexer lexer_;
  Token token_;
  uint32_t last_end_ = 0;
  int nesting_ = 0;
  std::vector<TextNamespace> out_;
  std::optional<Error> error_;
};

bool SchemaParser::Fail(Span span, std::string_view what, Error::Kind kind) {
  if (!error_) error_ = Error{kind, Point({file_, text_}, span, what)};
  return false;
}

bool SchemaParser::Unexpected(std::string_view what, std::string_view advice) {
  std::string found = Is(K::kEnd) ? ", found the end of the text" : ", found `" + ToValidUtf8(std::string(Text().substr(0, 40))) + "`";
  if (Is(K::kInvalid) && Text().starts_with('"')) found = ", found a string without its end";
  return Fail(token_.span, "expected " + std::string(what) + found + std::string(advice));
}

bool SchemaParser::Take(K kind) {
  if (error_ || !Is(kind)) return false;
  Advance();
  return true;
}

bool SchemaParser::TakeWord(std::string_view word) {
  if (error_ || !IsWord(word)) return false;
  Advance();
  return true;
}

bool SchemaParser::Expect(K kind, std::string_view what) { return Take(kind) || Unexpected(what); }

Result<std::vector<TextNamespace>> SchemaParser::Parse() {
  out_.emplace_back();
  while (!error_ && !Is(K::kEnd)) {
    if (!Annotations()) break;
    if (IsWord("namespace")) {
      Namespace();
    } else {
      Declaration(&out_[0]);
    }
  }
  if (error_) return *error_;
  return std::move(out_);
}

bool SchemaParser::Annotations() {
  std::set<std::string, std::less<>> seen;
  while (Take(K::kAt)) {
    if (Is(K::kIdent) && !seen.insert(std::string(Text())).second) return Fail(token_.span, "a second annotation @" + std::string(Text()));
    if (!Expect(K::kIdent, "the annotation's name")) return false;
    if (!Take(K::kOpen)) continue;
    if (Is(K::kString) && !UnescapeString(Text()).text) return Fail(token_.span, "no valid escape");
    if (!Expect(K::kString, "a string") || !Expect(K::kClose, "`)`")) return false;
  }
  return !error_;
}

bool SchemaParser::Namespace() {
  Advance();
  const auto name = Path();
  if (!name || !Expect(K::kOpenBrace, "`{`")) return false;
  TextNamespace ns;
  ns.name = *name;
  while (!error_ && !Is(K::kCloseBrace)) {
    if (!Annotations() || !Declaration(&ns)) return false;
  }
  if (!Expect(K::kCloseBrace, "`}`")) return false;
  out_.push_back(std::move(ns));
  return true;
}

bool SchemaParser::Declaration(TextNamespace* ns) {
  if (TakeWord("entity")) return EntityDeclaration(ns);
  if (TakeWord("action")) return ActionDeclaration(ns);
  if (TakeWord("type")) return CommonDeclaration(ns);
  static constexpr std::string_view kWords[] = {"entity", "action", "type", "namespace"};
  return Unexpected("`entity`, `action`, `type` or `namespace`", Is(K::kIdent) ? Suggestion(Text(), kWords) : "");
}

std::optional<NamedSpan> SchemaParser::Word(std::string_view what) {
  NamedSpan word{std::string(Text()), token_.span};
  if (!Expect(K::kIdent, what)) return std::nullopt;
  if (IsReserved(word.name) && word.name != "__cedar") return Fail(word.span, "`" + word.name + "` is a reserved word"), std::nullopt;
  return word;
}

std::optional<NamedSpan> SchemaParser::Label(std::string_view what) {
  NamedSpan label{std::string(Text()), token_.span};
  if (Is(K::kString)) {
    const Unescaped u = UnescapeString(Text());
    if (!u.text) return Fail(token_.span, "`" + ToValidUtf8(u.bad) + "` is no valid escape"), std::nullopt;
    label.name = *u.text;
    Advance();
    return label;
  }
  if (!Expect(K::kIdent, what)) return std::nullopt;
  if (IsReserved(label.name) && label.name != "__cedar") return Fail(label.span, "`" + label.name + "` is a reserved word; write it in quotes"), std::nullopt;
  return label;
}

std::optional<NamedSpan> SchemaParser::Path() {
  auto path = Word("a name");
  while (path && Is(K::kColons)) {
    const Lexer before_lexer = lexer_;
    const Token before = token_;
    const uint32_t before_end = last_end_;
    Advance();
    if (Is(K::kString)) {  // an action's id: not ours
      lexer_ = before_lexer;
      token_ = before;
      last_end_ = before_end;
      break;
    }
    const auto next = Word("a name");
    if (!next) return std::nullopt;
    path->name += "::" + next->name;
    path->span.end = last_end_;
  }
  return path;
}

bool SchemaParser::Paths(std::vector<NamedSpan>* out) {
  if (!Take(K::kOpenBracket)) {
    const auto path = Path();
    if (!path) return false;
    out->push_back(*path);
    return true;
  }
  if (Take(K::kCloseBracket)) return true;
  do {
    const auto path = Path();
    if (!path) return false;
    out->push_back(*path);
  } while (Take(K::kComma));
  return Expect(K::kCloseBracket, "`]`");
}

bool SchemaParser::EntityDeclaration(TextNamespace* ns) {
  TextEntity entity;
  do {
    const auto name = Word("the entity type's name");
    if (!name) return false;
    entity.names.push_back(*name);
  } while (Take(K::kComma));
  if (IsWord("enum")) {
    if (!EnumIds(&entity)) return false;
  } else {
    if (TakeWord("in") && !Paths(&entity.parents)) return false;
    const bool assigned = Take(K::kAssign);
    if (assigned || Is(K::kOpenBrace)) {
      auto record = RecordText();
      if (!record) return false;
      entity.attributes = std::move(*record);
    }
    if (TakeWord("tags")) {
      entity.tags = TypeText();
      if (!entity.tags) return false;
    }
  }
  if (!Expect(K::kSemicolon, "`;`")) return false;
  ns->entities.push_back(std::move(entity));
  return true;
}

bool SchemaParser::EnumIds(TextEntity* entity) {
  Advance();
  entity->ids.emplace();
  if (!Expect(K::kOpenBracket, "`[`")) return false;
  do {
    if (!Is(K::kString)) return Unexpected("an id in quotes");
    const auto id = Label("an id in quotes");
    if (!id) return false;
    entity->ids->push_back(id->name);
  } while (Take(K::kComma));
  return Expect(K::kCloseBracket, "`]`");
}

bool SchemaParser::ActionDeclaration(TextNamespace* ns) {
  TextAction action;
  do {
    const auto name = Label("the action's name");
    if (!name) return false;
    action.names.push_back(*name);
  } while (Take(K::kComma));
  if (TakeWord("in") && !ActionParents(&action)) return false;
  if (TakeWord("appliesTo") && !AppliesTo(&action)) return false;
  if (IsWord("attributes")) return Fail(token_.span, "actions have no attributes in this version of the language");
  if (!Expect(K::kSemicolon, "`;`")) return false;
  ns->actions.push_back(std::move(action));
  return true;
}

bool SchemaParser::ActionParents(TextAction* action) {
  if (!Take(K::kOpenBracket)) return ActionParent(action);
  do {
    if (!ActionParent(action)) return false;
  } while (Take(K::kComma));
  return Expect(K::kCloseBracket, "`]`");
}

bool SchemaParser::ActionParent(TextAction* action) {
  if (Is(K::kString)) {
    const auto id = Label("an action");
    if (!id) return false;
    action->parents.push_back({std::nullopt, *id});
    return true;
  }
  const auto path = Path();
  if (!path) return false;
  if (!Take(K::kColons)) {
    if (path->name.find("::") != std::string::npos) return Unexpected("`::` and the action's id in quotes");
    action->parents.push_back({std::nullopt, *path});
    return true;
  }
  const auto id = Label("the action's id in quotes");
  if (!id) return false;
  action->parents.push_back({path->name, *id});
  return true;
}

bool SchemaParser::AppliesTo(TextAction* action) {
  const Span at = token_.span;
  std::set<std::string> seen;
  if (!Expect(K::kOpenBrace, "`{`")) return false;
  while (!error_ && !Is(K::kCloseBrace)) {
    const Span key_span = token_.span;
    const std::string key(Text());
    if (key != "principal" && key != "resource" && key != "context") return Unexpected("`principal`, `resource` or `context`");
    Advance();
    if (!seen.insert(key).second) return Fail(key_span, "`" + key + "` is given twice");
    if (!Expect(K::kColon, "`:`")) return false;
    if (key == "context") {
      auto type = Is(K::kOpenBrace) ? RecordText() : TypeText();
      if (!type) return false;
      action->context = std::move(*type);
    } else {
      auto& list = key == "principal" ? action->principals : action->resources;
      if (!Paths(&list)) return false;
      if (list.empty()) return Fail(key_span, "the list of `" + key + "` is empty; leave `appliesTo` out for an action that applies to nothing");
    }
    if (!Take(K::kComma)) break;
  }
  if (!Expect(K::kCloseBrace, "`}`")) return false;
  if (!seen.contains("principal") || !seen.contains("resource")) return Fail(at, "`appliesTo` needs both `principal` and `resource`");
  return true;
}

bool SchemaParser::CommonDeclaration(TextNamespace* ns) {
  const auto name = Word("the type's name");
  if (!name || !Expect(K::kAssign, "`=`")) return false;
  static const std::set<std::string_view> kTaken = {"Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String"};
  if (kTaken.contains(name->name)) return Fail(name->span, "`" + name->name + "` is a built-in name; choose another");
  auto type = TypeText();
  if (!type || !Expect(K::kSemicolon, "`;`")) return false;
  ns->commons.push_back({*name, std::move(*type)});
  return true;
}

std::optional<TextType> SchemaParser::TypeText() {
  if (Is(K::kOpenBrace)) return RecordText();
  if (!IsWord("Set")) {
    auto name = Path();
    if (!name) return std::nullopt;
    return TextType{TextType::Kind::kName, std::move(*name), {}, {}};
  }
  const Span at = token_.span;
  Advance();
  if (nesting_ >= kMaxTypeNesting) return Fail(at, "types are nested too deeply", Error::Kind::kLimit), std::nullopt;
  if (!Expect(K::kLess, "`<`")) return std::nullopt;
  ++nesting_;
  auto element = TypeText();
  --nesting_;
  if (!element || !Expect(K::kGreater, "`>`")) return std::nullopt;
  TextType set{TextType::Kind::kSet, {"", at}, {}, {}};
  set.element.push_back(std::move(*element));
  return set;
}

std::optional<TextType> SchemaParser::RecordText() {
  TextType record{TextType::Kind::kRecord, {"", token_.span}, {}, {}};
  if (nesting_ >= kMaxTypeNesting) return Fail(token_.span, "types are nested too deeply", Error::Kind::kLimit), std::nullopt;
  if (!Expect(K::kOpenBrace, "`{`")) return std::nullopt;
  ++nesting_;
  std::set<std::string> seen;
  while (!error_ && !Is(K::kCloseBrace)) {
    if (!Annotations()) return std::nullopt;
    TextAttribute attribute;
    const auto name = Label("an attribute's name");
    if (!name) return std::nullopt;
    attribute.name = *name;
    if (!seen.insert(name->name).second) return Fail(name->span, "`" + name->name + "` is given twice"), std::nullopt;
    attribute.required = !Take(K::kQuestion);
    if (!Expect(K::kColon, "`:`")) return std::nullopt;
    auto type = TypeText();
    if (!type) return std::nullopt;
    attribute.type = std::move(*type);
    record.attributes.push_back(std::move(attribute));
    if (!Take(K::kComma)) break;
  }
  --nesting_;
  if (!Expect(K::kCloseBrace, "`}`")) return std::nullopt;
  return record;
}

}  // namespace

Result<std::vector<TextNamespace>> ParseSchemaText(std::string_view text, std::string_view file) {
  if (text.size() > kMaxSchemaBytes) {
    return Error{Error::Kind::kLimit, std::string(file) + ": " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(kMaxSchemaBytes)};
  }
  if (!IsUtf8(text)) return Error{Error::Kind::kInvalid, std::string(file) + ": not UTF-8"};
  return SchemaParser(text, file).Parse();
}

}  // namespace checkrein::cedar
