// Whether data conforms to a schema: the second half of validate.h.
#include <algorithm>

#include "cedar/validate.h"

namespace checkrein::cedar {
namespace {

Error At(const std::string& where, std::string_view what) { return {Error::Kind::kInvalid, where + ": " + std::string(what)}; }

Status CheckEntityRef(const Schema& schema, const EntityUid& uid, const std::string& where) {
  if (IsActionTypeName(uid.type())) {
    if (schema.FindAction(uid) == nullptr) return At(where, "the action " + uid.ToString() + " is not declared");
    return Done{};
  }
  const EntityType* type = schema.FindEntityType(uid.type());
  if (type == nullptr) return At(where, "the entity type `" + std::string(uid.type()) + "` is not declared");
  if (type->is_enum && std::find(type->ids.begin(), type->ids.end(), uid.id()) == type->ids.end()) {
    return At(where, uid.ToString() + " is none of the entities of this enum" + Suggestion(uid.id(), type->ids));
  }
  return Done{};
}

Status CheckRecord(const Schema& schema, const Record& record, TypeRef type, const std::string& where) {
  for (const TypeAttribute& attribute : type->attributes) {
    const Value* value = record.Find(attribute.name);
    if (value == nullptr && attribute.required) return At(where, "the attribute `" + attribute.name + "` is missing");
    if (value == nullptr) continue;
    if (Status s = ValidateValue(schema, *value, attribute.type, where + "." + attribute.name); !s) return s;
  }
  for (const auto& [key, value] : record.fields()) {
    if (type->Find(key) == nullptr) return At(where, "the attribute `" + key + "` is not declared");
  }
  return Done{};
}

bool KindFits(Value::Kind value, Type::Kind type) {
  using V = Value::Kind;
  using T = Type::Kind;
  switch (type) {
    case T::kBool:
    case T::kTrue:
    case T::kFalse: return value == V::kBool;
    case T::kLong: return value == V::kLong;
    case T::kString: return value == V::kString;
    case T::kEntity: return value == V::kEntity;
    case T::kSet: return value == V::kSet;
    case T::kRecord: return value == V::kRecord;
    case T::kIp: return value == V::kIp;
    case T::kDecimal: return value == V::kDecimal;
    case T::kDatetime: return value == V::kDatetime;
    case T::kDuration: break;
  }
  return value == V::kDuration;
}

Status CheckAction(const Schema& schema, const Entity& entity, const Entities& entities, const std::string& where) {
  const ActionType* action = schema.FindAction(entity.uid);
  if (action == nullptr) return At(where, "the action is not declared");
  Line line;
  entities.FindLine(entity.uid, &line);
  bool same = entity.attrs.fields().empty() && entity.tags.fields().empty() && line.size() == action->ancestors.size() + 1;
  for (size_t i = 1; i < line.size(); ++i) same = same && action->ancestors.contains(line[i]);
  if (!same) return At(where, "the action differs from its declaration");
  return Done{};
}

Status CheckEntity(const Schema& schema, const Entity& entity, const Entities& entities) {
  const std::string where = entity.uid.ToString();
  if (IsActionTypeName(entity.uid.type())) return CheckAction(schema, entity, entities, where);
  if (Status s = CheckEntityRef(schema, entity.uid, where); !s) return s;
  const EntityType& type = *schema.FindEntityType(entity.uid.type());
  if (Status s = CheckRecord(schema, entity.attrs, type.attributes, where); !s) return s;
  for (const auto& [key, value] : entity.tags.fields()) {
    if (type.tags == nullptr) return At(where, "entities of this type have no tags");
    if (Status s = ValidateValue(schema, value, type.tags, where + ".tags." + key); !s) return s;
  }
  // Parents are enough: their own parents are checked with them, and the types' ancestors are closed.
  for (const EntityUid& parent : entity.parents) {
    if (Status s = CheckEntityRef(schema, parent, where + " in"); !s) return s;
    if (!type.ancestors.contains(std::string(parent.type()))) {
      return At(where, "an entity of type `" + type.name + "` cannot be in one of type `" + std::string(parent.type()) + "`");
    }
  }
  return Done{};
}

Status CheckApplies(const Schema& schema, const EntityUid& uid, const std::vector<std::string>& types, const ActionType& action, const std::string& where) {
  if (Status s = CheckEntityRef(schema, uid, where); !s) return s;
  if (std::find(types.begin(), types.end(), uid.type()) == types.end()) {
    return At(where, action.uid.ToString() + " does not apply to a " + where + " of type `" + std::string(uid.type()) + "`");
  }
  return Done{};
}

}  // namespace

Status ValidateValue(const Schema& schema, const Value& value, TypeRef type, const std::string& where) {
  if (!KindFits(value.kind(), type->kind)) return At(where, "expected `" + type->ToString() + "`, found " + std::string(KindName(value.kind())));
  if (const Record* record = value.record()) return CheckRecord(schema, *record, type, where);
  if (const EntityUid* uid = value.entity()) {
    if (uid->type() != type->entity) return At(where, "expected an entity of type `" + type->entity + "`, found " + uid->ToString());
    return CheckEntityRef(schema, *uid, where);
  }
  if (const Set* set = value.set()) {
    for (const Value& item : set->items()) {
      if (Status s = ValidateValue(schema, item, type->element, where + "[]"); !s) return s;
    }
  }
  return Done{};
}

Status ValidateRequest(const Schema& schema, const Request& request) {
  const ActionType* action = schema.FindAction(request.action);
  if (action == nullptr) return At("action", request.action.ToString() + " is not declared");
  if (Status s = CheckApplies(schema, request.principal, action->principals, *action, "principal"); !s) return s;
  if (Status s = CheckApplies(schema, request.resource, action->resources, *action, "resource"); !s) return s;
  return CheckRecord(schema, request.context, action->context, "context");
}

Status ValidateEntities(const Schema& schema, const Entities& entities) {
  for (const Entity& entity : entities.entities()) {
    if (Status s = CheckEntity(schema, entity, entities); !s) return s;
  }
  return Done{};
}

}  // namespace checkrein::cedar
