#include "cedar/entity_json.h"

#include "cedar/ast.h"
#include "cedar/extension.h"
#include "cedar/lexer.h"

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

Result<Value> ValueAt(const json::Value& value, const std::string& where);

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
    auto argument = ValueAt(one != nullptr ? *one : (*many)[i], where + ".args[" + std::to_string(i) + "]");
    if (!argument) return argument.error();
    arguments.push_back(std::move(*argument));
  }
  return Construct(*function, arguments, where);
}

Result<Record> RecordAt(const json::Object& object, const std::string& where) {
  Record record;
  for (const auto& [key, member] : object) {
    auto value = ValueAt(member, where + "." + key);
    if (!value) return value.error();
    record.Put(key, std::move(*value));
  }
  return record;
}

Result<Value> ValueAt(const json::Value& value, const std::string& where) {
  if (const bool* b = value.boolean()) return Value(*b);
  if (const int64_t* n = value.integer()) return Value(*n);
  if (const std::string* s = value.string()) return Value(*s);
  if (const json::Array* array = value.array()) {
    std::vector<Value> items;
    for (size_t i = 0; i < array->size(); ++i) {
      auto item = ValueAt((*array)[i], where + "[" + std::to_string(i) + "]");
      if (!item) return item.error();
      items.push_back(std::move(*item));
    }
    return Value(Set(std::move(items)));
  }
  const json::Object* object = value.object();
  if (object == nullptr) return At(where, value.is_null() ? "null is no value" : "numbers must be integers of 64 bits");
  if (object->size() == 1 && object->front().first == "__entity") {
    auto uid = UidAt(value, where);
    if (!uid) return uid.error();
    return Value(std::move(*uid));
  }
  if (object->size() == 1 && object->front().first == "__extn") return ExtensionAt(object->front().second, where);
  auto record = RecordAt(*object, where);
  if (!record) return record.error();
  return Value(std::move(*record));
}

Result<Record> MembersAt(const json::Value& entity, std::string_view key, const std::string& where) {
  const json::Value* value = entity.Find(key);
  if (value == nullptr) return Record();
  const std::string place = where + "." + std::string(key);
  if (value->object() == nullptr) return At(place, "expected an object");
  return RecordAt(*value->object(), place);
}

Result<Entity> EntityAt(const json::Value& value, const std::string& where) {
  if (value.object() == nullptr) return At(where, "expected an object");
  for (const auto& [key, member] : *value.object()) {
    if (key != "uid" && key != "attrs" && key != "parents" && key != "tags") return At(where, "unknown key `" + key + "`");
  }
  Entity entity;
  auto uid = UidAt(value.At("uid"), where + ".uid");
  if (!uid) return uid.error();
  entity.uid = std::move(*uid);
  auto attrs = MembersAt(value, "attrs", where);
  if (!attrs) return attrs.error();
  entity.attrs = std::move(*attrs);
  auto tags = MembersAt(value, "tags", where);
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
Result<Value> ValueFromJson(const json::Value& value) { return ValueAt(value, "value"); }

Result<Record> RecordFromJson(const json::Value& object) {
  if (object.object() == nullptr) return At("", "expected an object");
  auto value = ValueAt(object, "record");
  if (!value) return value.error();
  if (value->record() == nullptr) return At("", "expected a record, not another value");
  return *value->record();
}

Result<Entities> ParseEntities(std::string_view text) {
  const auto value = json::Parse(text);
  if (!value) return value.error();
  return EntitiesFromJson(*value);
}

Result<Entities> EntitiesFromJson(const json::Value& array) {
  if (array.array() == nullptr) return At("entities", "expected an array");
  std::vector<Entity> list;
  for (size_t i = 0; i < array.array()->size(); ++i) {
    auto entity = EntityAt((*array.array())[i], "entities[" + std::to_string(i) + "]");
    if (!entity) return entity.error();
    list.push_back(std::move(*entity));
  }
  Entities entities;
  if (Status added = entities.AddAll(std::move(list)); !added) return added.error();
  if (Status acyclic = entities.CheckAcyclic(); !acyclic) return acyclic.error();
  return entities;
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
