#include "cedar/schema.h"

#include <algorithm>

#include "cedar/schema_text.h"

namespace checkrein::cedar {

bool IsActionTypeName(std::string_view type) { return type == "Action" || type.ends_with("::Action"); }

const EntityType* Schema::FindEntityType(std::string_view name) const {
  const auto it = entity_types_.find(name);
  return it == entity_types_.end() ? nullptr : &it->second;
}

const ActionType* Schema::FindAction(const EntityUid& uid) const {
  const auto it = actions_.find(uid);
  return it == actions_.end() ? nullptr : &it->second;
}

bool Schema::IsActionType(std::string_view name) const { return action_types_.contains(name); }

bool Schema::MayBeIn(std::string_view type, std::string_view group) const {
  if (type == group) return true;
  if (const EntityType* t = FindEntityType(type)) return t->ancestors.contains(std::string(group));
  return std::any_of(actions_.begin(), actions_.end(), [&](const auto& entry) {
    const ActionType& action = entry.second;
    return action.uid.type() == type && std::any_of(action.ancestors.begin(), action.ancestors.end(), [&](const EntityUid& a) { return a.type() == group; });
  });
}

std::vector<Entity> Schema::ActionEntities() const {
  std::vector<Entity> out;
  for (const auto& [uid, action] : actions_) out.push_back({uid, {}, {}, action.parents});
  return out;
}

namespace {

std::string Qualify(std::string_view ns, std::string_view name) { return ns.empty() ? std::string(name) : std::string(ns) + "::" + std::string(name); }

bool IsQualified(std::string_view name) { return name.find("::") != std::string_view::npos; }

std::optional<TypeRef> BuiltinType(std::string_view name) {
  using K = Type::Kind;
  struct Row {
    std::string_view name;
    K kind;
  };
  static constexpr Row kRows[] = {{"Bool", K::kBool}, {"Long", K::kLong},         {"String", K::kString},
                                  {"ipaddr", K::kIp}, {"decimal", K::kDecimal}, {"datetime", K::kDatetime}, {"duration", K::kDuration}};
  for (const Row& row : kRows) {
    if (row.name == name) return PlainType(row.kind);
  }
  return std::nullopt;
}

}  // namespace

// Resolves the names of a schema's text. The first error wins.
class SchemaBuilder {
 public:
  SchemaBuilder(std::string_view text, std::string_view file, std::vector<TextNamespace> namespaces)
      : text_(text), file_(file), namespaces_(std::move(namespaces)) {}
  Result<Schema> Build();

 private:
  struct Common {
    const TextNamespace* ns;
    const TextCommon* text;
    enum class State : uint8_t { kNew, kOpen, kDone } state = State::kNew;
    TypeRef type = nullptr;
  };
  // How large a resolved type is when written out, and how deep.
  struct Extent {
    size_t size = 1;
    int depth = 1;
  };

  bool Fail(Span span, std::string_view what, Error::Kind kind = Error::Kind::kInvalid) {
    if (!error_) error_ = Error{kind, Point({file_, text_}, span, what)};
    return false;
  }
  bool Declare();
  bool DeclareEntity(const TextNamespace& ns, const TextEntity& entity);
  bool DeclareAction(const TextNamespace& ns, const TextAction& action);
  bool CheckShadowing();
  bool ResolveEntities();
  bool ResolveActions();
  bool ResolveActionParents(const TextNamespace& ns, const TextAction& text, ActionType* action);
  bool CloseEntityTypes();
  bool CloseActions();
  bool EntityTypeNames(const TextNamespace& ns, const std::vector<NamedSpan>& names, std::vector<std::string>* out);
  TypeRef Resolve(const TextNamespace& ns, const TextType& text, Extent* extent);
  TypeRef ResolveRecord(const TextNamespace& ns, const TextType& text, Extent* extent);
  TypeRef ResolveName(const TextNamespace& ns, const NamedSpan& name, Extent* extent);
  TypeRef ResolveCommon(Common* common, Span span, Extent* extent);
  TypeRef WithinLimits(TypeRef type, const Extent& extent, Span span);

  std::string_view text_, file_;
  std::vector<TextNamespace> namespaces_;
  std::map<std::string, Common, std::less<>> commons_;
  int open_commons_ = 0;
  std::map<TypeRef, Extent> extents_;  // of common types
  Schema schema_;
  std::optional<Error> error_;
};

Result<Schema> SchemaBuilder::Build() {
  if (Declare() && CheckShadowing() && ResolveEntities() && ResolveActions() && CloseEntityTypes()) CloseActions();
  if (error_) return *error_;
  return std::move(schema_);
}

bool SchemaBuilder::Declare() {
  std::set<std::string> names;
  for (const TextNamespace& ns : namespaces_) {
    if (!ns.name.name.empty() && !names.insert(ns.name.name).second) return Fail(ns.name.span, "the namespace `" + ns.name.name + "` is given twice");
    if (("::" + ns.name.name + "::").find("::__cedar::") != std::string::npos) return Fail(ns.name.span, "`__cedar` is a reserved word");
    for (const TextEntity& entity : ns.entities) {
      if (!DeclareEntity(ns, entity)) return false;
    }
    for (const TextAction& action : ns.actions) {
      if (!DeclareAction(ns, action)) return false;
    }
    for (const TextCommon& common : ns.commons) {
      const std::string name = Qualify(ns.name.name, common.name.name);
      if (common.name.name == "__cedar") return Fail(common.name.span, "`__cedar` is a reserved word");
      if (!commons_.emplace(name, Common{&ns, &common}).second) return Fail(common.name.span, "the type `" + name + "` is given twice");
    }
  }
  return true;
}

bool SchemaBuilder::DeclareEntity(const TextNamespace& ns, const TextEntity& entity) {
  for (const NamedSpan& name : entity.names) {
    EntityType type;
    type.name = Qualify(ns.name.name, name.name);
    if (name.name == "__cedar") return Fail(name.span, "`__cedar` is a reserved word");
    if (name.name == "Action") return Fail(name.span, "`Action` is the type of actions; declare them with `action`");
    type.is_enum = entity.ids.has_value();
    if (entity.ids) type.ids = *entity.ids;
    const std::string key = type.name;
    if (!schema_.entity_types_.emplace(key, std::move(type)).second) return Fail(name.span, "the entity type `" + key + "` is given twice");
  }
  return true;
}

bool SchemaBuilder::DeclareAction(const TextNamespace& ns, const TextAction& action) {
  const std::string type = Qualify(ns.name.name, "Action");
  for (const NamedSpan& name : action.names) {
    const EntityUid uid(type, name.name);
    if (!schema_.actions_.emplace(uid, ActionType{uid, {}, {}, {}, {}, nullptr}).second) return Fail(name.span, "the action " + uid.ToString() + " is given twice");
  }
  schema_.action_types_.insert(type);
  return true;
}

// A name of a namespace may not hide one that is declared outside of all namespaces (RFC 70 of the language).
bool SchemaBuilder::CheckShadowing() {
  const auto outside = [&](const std::string& name) { return schema_.entity_types_.contains(name) || commons_.contains(name); };
  for (const TextNamespace& ns : namespaces_) {
    if (ns.name.name.empty()) continue;
    for (const TextEntity& entity : ns.entities) {
      for (const NamedSpan& name : entity.names) {
        if (outside(name.name)) return Fail(name.span, "`" + name.name + "` is also declared outside of all namespaces; rename one");
      }
    }
    for (const TextCommon& common : ns.commons) {
      if (outside(common.name.name)) return Fail(common.name.span, "`" + common.name.name + "` is also declared outside of all namespaces; rename one");
    }
    for (const TextAction& action : ns.actions) {
      for (const NamedSpan& name : action.names) {
        if (schema_.actions_.contains(EntityUid("Action", name.name))) {
          return Fail(name.span, "the action `" + name.name + "` is also declared outside of all namespaces; rename one");
        }
      }
    }
  }
  return true;
}

bool SchemaBuilder::EntityTypeNames(const TextNamespace& ns, const std::vector<NamedSpan>& names, std::vector<std::string>* out) {
  for (const NamedSpan& name : names) {
    std::string found = IsQualified(name.name) ? name.name : Qualify(ns.name.name, name.name);
    if (!schema_.entity_types_.contains(found)) found = name.name;
    if (!schema_.entity_types_.contains(found)) {
      std::vector<std::string> known;
      for (const auto& entry : schema_.entity_types_) known.push_back(entry.first);
      return Fail(name.span, "there is no entity type `" + name.name + "`" + Suggestion(name.name, known));
    }
    out->push_back(std::move(found));
  }
  return true;
}

bool SchemaBuilder::ResolveEntities() {
  for (auto& [name, common] : commons_) {
    Extent extent;
    if (common.state == Common::State::kNew && ResolveCommon(&common, common.text->name.span, &extent) == nullptr) return false;
  }
  for (const TextNamespace& ns : namespaces_) {
    for (const TextEntity& text : ns.entities) {
      std::vector<std::string> parents;
      if (!EntityTypeNames(ns, text.parents, &parents)) return false;
      Extent extent;
      const TypeRef attributes = ResolveRecord(ns, text.attributes, &extent);
      const TypeRef tags = text.tags ? Resolve(ns, *text.tags, &extent) : nullptr;
      if (attributes == nullptr || (text.tags && tags == nullptr)) return false;
      for (const NamedSpan& name : text.names) {
        EntityType& type = schema_.entity_types_.find(Qualify(ns.name.name, name.name))->second;
        type.parents.insert(parents.begin(), parents.end());
        type.attributes = attributes;
        type.tags = tags;
      }
    }
  }
  return true;
}

bool SchemaBuilder::ResolveActions() {
  for (const TextNamespace& ns : namespaces_) {
    for (const TextAction& text : ns.actions) {
      ActionType model;
      Extent extent;
      if (!EntityTypeNames(ns, text.principals, &model.principals) || !EntityTypeNames(ns, text.resources, &model.resources)) return false;
      model.context = Resolve(ns, text.context, &extent);
      if (model.context == nullptr) return false;
      if (model.context->kind != Type::Kind::kRecord) return Fail(text.context.name.span, "a context must be a record, not " + model.context->ToString());
      if (!ResolveActionParents(ns, text, &model)) return false;
      for (const NamedSpan& name : text.names) {
        ActionType& action = schema_.actions_.find(EntityUid(Qualify(ns.name.name, "Action"), name.name))->second;
        model.uid = action.uid;
        action = model;
      }
    }
  }
  return true;
}

bool SchemaBuilder::ResolveActionParents(const TextNamespace& ns, const TextAction& text, ActionType* action) {
  for (const TextActionRef& ref : text.parents) {
    const std::string type = ref.type.value_or("Action");
    EntityUid uid(IsQualified(type) ? type : Qualify(ns.name.name, type), ref.id.name);
    if (!schema_.actions_.contains(uid)) uid = EntityUid(type, ref.id.name);
    if (!schema_.actions_.contains(uid)) return Fail(ref.id.span, "there is no action " + uid.ToString());
    action->parents.push_back(std::move(uid));
  }
  return true;
}

bool SchemaBuilder::CloseEntityTypes() {
  for (auto& [name, type] : schema_.entity_types_) {
    std::vector<std::string> open(type.parents.begin(), type.parents.end());
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      if (!type.ancestors.insert(next).second) continue;
      const EntityType& parent = schema_.entity_types_.find(next)->second;
      open.insert(open.end(), parent.parents.begin(), parent.parents.end());
    }
  }
  return true;
}

bool SchemaBuilder::CloseActions() {
  for (auto& [uid, action] : schema_.actions_) {
    std::vector<EntityUid> open = action.parents;
    while (!open.empty()) {
      const EntityUid next = open.back();
      open.pop_back();
      if (!action.ancestors.insert(next).second) continue;
      const ActionType& parent = schema_.actions_.find(next)->second;
      open.insert(open.end(), parent.parents.begin(), parent.parents.end());
    }
    if (action.ancestors.contains(uid)) {
      error_ = Error{Error::Kind::kInvalid, std::string(file_) + ": the action " + uid.ToString() + " is its own ancestor"};
      return false;
    }
  }
  return true;
}

TypeRef SchemaBuilder::WithinLimits(TypeRef type, const Extent& extent, Span span) {
  if (extent.depth <= kMaxTypeNesting && extent.size <= kMaxTypeSize) return type;
  Fail(span, "the type is too large or too deep when its common types are written out", Error::Kind::kLimit);
  return nullptr;
}

TypeRef SchemaBuilder::Resolve(const TextNamespace& ns, const TextType& text, Extent* extent) {
  if (text.kind == TextType::Kind::kName) return ResolveName(ns, text.name, extent);
  if (text.kind == TextType::Kind::kRecord) return ResolveRecord(ns, text, extent);
  const TypeRef element = Resolve(ns, text.element[0], extent);
  if (element == nullptr) return nullptr;
  ++extent->depth;
  ++extent->size;
  return WithinLimits(schema_.arena_.SetOf(element), *extent, text.name.span);
}

TypeRef SchemaBuilder::ResolveRecord(const TextNamespace& ns, const TextType& text, Extent* extent) {
  std::vector<TypeAttribute> attributes;
  Extent whole;
  for (const TextAttribute& attribute : text.attributes) {
    Extent part;
    const TypeRef type = Resolve(ns, attribute.type, &part);
    if (type == nullptr) return nullptr;
    attributes.push_back({attribute.name.name, type, attribute.required});
    whole.size = std::min(whole.size + part.size, kMaxTypeSize + 1);
    whole.depth = std::max(whole.depth, part.depth + 1);
  }
  *extent = whole;
  return WithinLimits(schema_.arena_.RecordOf(std::move(attributes)), whole, text.name.span);
}

TypeRef SchemaBuilder::ResolveName(const TextNamespace& ns, const NamedSpan& name, Extent* extent) {
  *extent = Extent();
  constexpr std::string_view kOwn = "__cedar::";
  if (name.name.starts_with(kOwn)) {
    if (const auto type = BuiltinType(std::string_view(name.name).substr(kOwn.size()))) return *type;
  }
  std::vector<std::string> candidates;
  if (!IsQualified(name.name) && !ns.name.name.empty()) candidates.push_back(Qualify(ns.name.name, name.name));
  candidates.push_back(name.name);
  for (const std::string& candidate : candidates) {
    if (const auto common = commons_.find(candidate); common != commons_.end()) return ResolveCommon(&common->second, name.span, extent);
    if (schema_.entity_types_.contains(candidate)) return schema_.arena_.EntityOf(candidate);
  }
  if (const auto type = BuiltinType(name.name)) return *type;
  std::vector<std::string> known = {"Bool", "Long", "String", "Set", "ipaddr", "decimal", "datetime", "duration"};
  for (const auto& entry : schema_.entity_types_) known.push_back(entry.first);
  for (const auto& entry : commons_) known.push_back(entry.first);
  Fail(name.span, "there is no type `" + name.name + "`" + Suggestion(name.name, known));
  return nullptr;
}

TypeRef SchemaBuilder::ResolveCommon(Common* common, Span span, Extent* extent) {
  if (common->state == Common::State::kOpen) {
    Fail(span, "the type `" + common->text->name.name + "` contains itself");
    return nullptr;
  }
  if (common->state == Common::State::kNew) {
    if (++open_commons_ > kMaxTypeNesting) {
      Fail(span, "types name each other too deeply", Error::Kind::kLimit);
      return nullptr;
    }
    common->state = Common::State::kOpen;
    common->type = Resolve(*common->ns, common->text->type, extent);
    --open_commons_;
    if (common->type == nullptr) return nullptr;
    common->state = Common::State::kDone;
    extents_[common->type] = *extent;
  }
  *extent = extents_[common->type];
  return common->type;
}

Result<Schema> ParseSchema(std::string_view text, std::string_view file) {
  auto namespaces = ParseSchemaText(text, file);
  if (!namespaces) return namespaces.error();
  return SchemaBuilder(text, file, std::move(namespaces).take()).Build();
}

}  // namespace checkrein::cedar
