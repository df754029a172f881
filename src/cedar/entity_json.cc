#include "cedar/entity_json.h"

#include <map>
#include <set>

#include "cedar/ast.h"
#include "cedar/extension.h"
#include "cedar/lexer.h"
#include "cedar/validate.h"

namespace checkrein::cedar {
namespace {

Error At(std::string_view where, std::string_view what) {
  return {Error::Kind::kInvalid, (where.empty() ? "" : std::string(where) + ": ") + std::string(what)};
}

Result<EntityUid> UidAt(const json::Value& value, const std::string& where) {
  const json::Value& plain = value.Find("__entity") != nullptr ? value.At("__entity") : value;
  const std::string* type = plain.At("type").string();
  const std::string* id = plain.At("id").string();
  if (type == nullptr || id == nullptr || plain.object()->size() != 2) return At(where, "expected an entity: {\"type\": \"..\", \"id\": \"..\"}");
  if (!IsQualifiedName(*type)) return At(where, "`" + *type + "` is no type name");
  return EntityUid(*type, *id);
}

using TypeKind = Type::Kind;

// `type` is nullptr where none is declared.
Result<Value> ValueAt(const json::Value& value, TypeRef type, const std::string& where);

// ip, decimal, datetime or duration from its text; or datetime.offset(duration).
Result<Value> Construct(std::string_view function, const std::vector<Value>& arguments, const std::string& where) {
  const FunctionInfo* info = FindFunction(function);
  if (info == nullptr) return At(where, "there is no function `" + std::string(function) + "`");
  if (arguments.size() != info->arity) return At(where, "wrong number of arguments for `" + std::string(function) + "`");
  const std::string* text = arguments[0].string();
  if (info->function == Function::kOffset) {
    const Datetime* from = arguments[0].datetime();
    const Duration* by = arguments[1].duration();
    Datetime sum;
    if (from == nullptr || by == nullptr) return At(where, "`offset` takes a datetime and a duration");
    if (__builtin_add_overflow(from->unix_ms, by->ms, &sum.unix_ms)) return At(where, "overflow in offset");
    return Value(sum);
  }
  if (info->method) return At(where, "`" + std::string(function) + "` cannot stand in data");
  if (text == nullptr) return At(where, "`" + std::string(function) + "` takes a string");
  switch (info->function) {
    case Function::kIp:
      if (const auto ip = ParseIp(*text)) return Value(*ip);
      break;
    case Function::kDecimal:
      if (const auto d = ParseDecimal(*text)) return Value(*d);
      break;
    case Function::kDatetime:
      if (const auto t = ParseDatetime(*text)) return Value(*t);
      break;
    default:
      if (const auto d = ParseDuration(*text)) return Value(*d);
      break;
  }
  return At(where, std::string(function) + ": not readable: " + QuoteString(*text));
}

// {"fn": "ip", "arg": v} or {"fn": "offset", "args": [v, v]}
Result<Value> ExtensionAt(const json::Value& call, const std::string& where) {
  const std::string* function = call.At("fn").string();
  const json::Value* one = call.Find("arg");
  const json::Array* many = call.At("args").array();
  if (function == nullptr || (one == nullptr) == (many == nullptr) || call.object()->size() != 2) {
    return At(where, "expected {\"fn\": \"..\", \"arg\": ..}");
  }
  std::vector<Value> arguments;
  for (size_t i = 0; i < (one != nullptr ? 1 : many->size()); ++i) {
    auto argument = ValueAt(one != nullptr ? *one : (*many)[i], nullptr, where + ".args[" + std::to_string(i) + "]");
    if (!argument) return argument.error();
    arguments.push_back(std::move(*argument));
  }
  return Construct(*function, arguments, where);
}

Result<Record> RecordAt(const json::Object& object, TypeRef type, const std::string& where) {
  Record record;
  for (const auto& [key, member] : object) {
    const TypeAttribute* attribute = type == nullptr ? nullptr : type->Find(key);
    auto value = ValueAt(member, attribute == nullptr ? nullptr : attribute->type, where + "." + key);
    if (!value) return value.error();
    record.Put(key, std::move(*value));
  }
  return record;
}

Result<Value> SetAt(const json::Array& array, TypeRef element, const std::string& where) {
  std::vector<Value> items;
  for (size_t i = 0; i < array.size(); ++i) {
    auto item = ValueAt(array[i], element, where + "[" + std::to_string(i) + "]");
    if (!item) return item.error();
    items.push_back(std::move(*item));
  }
  return Value(Set(std::move(items)));
}

std::string_view ConstructorOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kIp: return "ip";
    case TypeKind::kDecimal: return "decimal";
    case TypeKind::kDatetime: return "datetime";
    case TypeKind::kDuration: return "duration";
    default: return "";
  }
}

Result<Value> ValueAt(const json::Value& value, TypeRef type, const std::string& where) {
  const std::string_view constructor = type == nullptr ? "" : ConstructorOf(type->kind);
  if (!constructor.empty() && value.string() != nullptr) return Construct(constructor, {Value(*value.string())}, where);
  if (!constructor.empty() && value.Find("fn") != nullptr) return ExtensionAt(value, where);
  if (const bool* b = value.boolean()) return Value(*b);
  if (const int64_t* n = value.integer()) return Value(*n);
  if (const std::string* s = value.string()) return Value(*s);
  if (const json::Array* array = value.array()) return SetAt(*array, type != nullptr && type->kind == TypeKind::kSet ? type->element : nullptr, where);
  const json::Object* object = value.object();
  if (object == nullptr) return At(where, value.is_null() ? "null is no value" : "numbers must be integers of 64 bits");
  if ((type != nullptr && type->kind == TypeKind::kEntity) || (object->size() == 1 && object->front().first == "__entity")) {
    auto uid = UidAt(value, where);
    if (!uid) return uid.error();
    return Value(std::move(*uid));
  }
  if (object->size() == 1 && object->front().first == "__extn") return ExtensionAt(object->front().second, where);
  auto record = RecordAt(*object, type != nullptr && type->kind == TypeKind::kRecord ? type : nullptr, where);
  if (!record) return record.error();
  return Value(std::move(*record));
}

Result<Record> AttributesAt(const json::Value& entity, const EntityType* type, const std::string& where) {
  const json::Value* value = entity.Find("attrs");
  if (value == nullptr) return Record();
  if (value->object() == nullptr) return At(where + ".attrs", "expected an object");
  return RecordAt(*value->object(), type == nullptr ? nullptr : type->attributes, where + ".attrs");
}

Result<Record> TagsAt(const json::Value& entity, const EntityType* type, const std::string& where) {
  const json::Value* value = entity.Find("tags");
  Record tags;
  if (value == nullptr) return tags;
  if (value->object() == nullptr) return At(where + ".tags", "expected an object");
  for (const auto& [key, member] : *value->object()) {
    auto tag = ValueAt(member, type == nullptr ? nullptr : type->tags, where + ".tags." + key);
    if (!tag) return tag.error();
    tags.Put(key, std::move(*tag));
  }
  return tags;
}

Result<Entity> EntityAt(const json::Value& value, const Schema* schema, const std::string& where) {
  if (value.object() == nullptr) return At(where, "expected an object");
  for (const auto& [key, member] : *value.object()) {
    if (key != "uid" && key != "attrs" && key != "parents" && key != "tags") return At(where, "unknown key `" + key + "`");
  }
  Entity entity;
  auto uid = UidAt(value.At("uid"), where + ".uid");
  if (!uid) return uid.error();
  entity.uid = std::move(*uid);
  const EntityType* type = schema == nullptr ? nullptr : schema->FindEntityType(entity.uid.type());
  auto attrs = AttributesAt(value, type, where);
  if (!attrs) return attrs.error();
  entity.attrs = std::move(*attrs);
  auto tags = TagsAt(value, type, where);
  if (!tags) return tags.error();
  entity.tags = std::move(*tags);
  const json::Value* parents = value.Find("parents");
  if (parents != nullptr && parents->array() == nullptr) return At(where + ".parents", "expected an array");
  for (size_t i = 0; parents != nullptr && i < parents->array()->size(); ++i) {
    auto parent = UidAt((*parents->array())[i], where + ".parents[" + std::to_string(i) + "]");
    if (!parent) return parent.error();
    entity.parents.push_back(std::move(*parent));
  }
  return entity;
}

}  // namespace

Result<EntityUid> EntityUidFromJson(const json::Value& value) { return UidAt(value, ""); }
Result<Value> ValueFromJson(const json::Value& value) { return ValueAt(value, nullptr, "value"); }
Result<Value> ValueFromJson(const json::Value& value, TypeRef type) { return ValueAt(value, type, "value"); }

Result<Record> RecordFromJson(const json::Value& object) {
  if (object.object() == nullptr) return At("", "expected an object");
  auto value = ValueAt(object, nullptr, "record");
  if (!value) return value.error();
  if (value->record() == nullptr) return At("", "expected a record, not another value");
  return *value->record();
}

Result<Entities> ParseEntities(std::string_view text) {
  const auto value = json::Parse(text);
  if (!value) return value.error();
  return EntitiesFromJson(*value);
}

namespace {

bool Same(const Entity& a, const Entity& b) {
  return a.attrs.fields() == b.attrs.fields() && a.tags.fields() == b.tags.fields() &&
         std::set<EntityUid>(a.parents.begin(), a.parents.end()) == std::set<EntityUid>(b.parents.begin(), b.parents.end());
}

// An entity that is given twice in the same words is given once; in other words it stays, and is refused.
void RemoveRepeats(std::vector<Entity>* list) {
  std::map<EntityUid, size_t> first;
  std::vector<Entity> kept;
  for (Entity& entity : *list) {
    const auto [at, added] = first.emplace(entity.uid, kept.size());
    if (added || !Same(kept[at->second], entity)) kept.push_back(std::move(entity));
  }
  *list = std::move(kept);
}

Result<Entities> EntitiesOf(const json::Value& array, const Schema* schema) {
  if (array.array() == nullptr) return At("entities", "expected an array");
  std::vector<Entity> list;
  std::set<EntityUid> given;
  for (size_t i = 0; i < array.array()->size(); ++i) {
    auto entity = EntityAt((*array.array())[i], schema, "entities[" + std::to_string(i) + "]");
    if (!entity) return entity.error();
    given.insert(entity->uid);
    list.push_back(std::move(*entity));
  }
  RemoveRepeats(&list);
  if (schema != nullptr) {
    for (Entity& action : schema->ActionEntities()) {
      if (!given.contains(action.uid)) list.push_back(std::move(action));
    }
  }
  Entities entities;
  if (Status added = entities.AddAll(std::move(list)); !added) return added.error();
  if (Status acyclic = entities.CheckAcyclic(); !acyclic) return acyclic.error();
  if (schema != nullptr) {
    if (Status conforms = ValidateEntities(*schema, entities); !conforms) return conforms.error();
  }
  return entities;
}

}  // namespace

Result<Entities> EntitiesFromJson(const json::Value& array) { return EntitiesOf(array, nullptr); }
Result<Entities> EntitiesFromJson(const json::Value& array, const Schema& schema) { return EntitiesOf(array, &schema); }

Result<Entities> ParseEntities(std::string_view text, const Schema& schema) {
  const auto value = json::Parse(text);
  if (!value) return value.error();
  return EntitiesFromJson(*value, schema);
}

Result<Record> ContextFromJson(const json::Value& object, const Schema& schema, const EntityUid& action) {
  if (object.object() == nullptr) return At("context", "expected an object");
  const ActionType* model = schema.FindAction(action);
  auto value = ValueAt(object, model == nullptr ? nullptr : model->context, "context");
  if (!value) return value.error();
  if (value->record() == nullptr) return At("context", "expected a record, not another value");
  return *value->record();
}

json::Value EntityUidToJson(const EntityUid& uid) {
  return json::Object{{"type", std::string(uid.type())}, {"id", std::string(uid.id())}};
}

namespace {

json::Value Extension(std::string_view function, std::string text) {
  return json::Object{{"__extn", json::Object{{"fn", std::string(function)}, {"arg", std::move(text)}}}};
}

json::Value RecordToJson(const Record& record) {
  json::Object out;
  for (const auto& [key, value] : record.fields()) out.emplace_back(key, ValueToJson(value));
  return out;
}

}  // namespace

json::Value ValueToJson(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool: return *value.boolean();
    case Value::Kind::kLong: return *value.integer();
    case Value::Kind::kString: return *value.string();
    case Value::Kind::kEntity: return json::Object{{"__entity", EntityUidToJson(*value.entity())}};
    case Value::Kind::kSet: {
      json::Array out;
      for (const Value& item : value.set()->items()) out.push_back(ValueToJson(item));
      return out;
    }
    case Value::Kind::kRecord: return RecordToJson(*value.record());
    case Value::Kind::kIp: return Extension("ip", ToText(*value.ip()));
    case Value::Kind::kDecimal: return Extension("decimal", ToText(*value.decimal()));
    case Value::Kind::kDuration: return Extension("duration", ToText(*value.duration()));
    case Value::Kind::kDatetime: break;
  }
  // Every datetime has this form; its own text covers only the years 0 to 9999.
  json::Array arguments{Extension("datetime", "1970-01-01"), Extension("duration", ToText(Duration{value.datetime()->unix_ms}))};
  return json::Object{{"__extn", json::Object{{"fn", "offset"}, {"args", std::move(arguments)}}}};
}

json::Value EntitiesToJson(const Entities& entities) {
  json::Array out;
  for (const Entity& entity : entities.entities()) {
    json::Array parents;
    for (const EntityUid& parent : entity.parents) parents.push_back(EntityUidToJson(parent));
    json::Object o{{"uid", EntityUidToJson(entity.uid)}, {"attrs", RecordToJson(entity.attrs)}, {"parents", std::move(parents)}};
    if (!entity.tags.fields().empty()) o.emplace_back("tags", RecordToJson(entity.tags));
    out.emplace_back(std::move(o));
  }
  return out;
}

}  // namespace checkrein::cedar
