// Entities and values from the official JSON form:
//   [{"uid": {"type": "User", "id": "ann"}, "attrs": {..}, "parents": [{"type": .., "id": ..}], "tags": {..}}]
// where a value is a boolean, an integer, a string, an array (set), an object (record), {"__entity": {"type", "id"}},
// {"__extn": {"fn": "ip", "arg": "10.0.0.1"}} or {"__extn": {"fn": "offset", "args": [v, v]}}.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cedar/entities.h"
#include "cedar/schema.h"
#include "cedar/value.h"

namespace checkrein::cedar {

// Errors name the place: "entities[2].attrs.ip: ...". Cycles of parents are refused, and so is an entity given twice unless in the
// same words.
Result<Entities> ParseEntities(std::string_view text);
Result<Entities> EntitiesFromJson(const json::Value& array);

Result<Value> ValueFromJson(const json::Value& value);
Result<Record> RecordFromJson(const json::Value& object);
Result<EntityUid> EntityUidFromJson(const json::Value& value);  // {"type","id"} or {"__entity":{..}}

// With a schema, values are read by their declared types: {"type","id"} may stand for an entity, a text or {"fn","arg"} for an extension
// value. The store gains the schema's actions, and must conform to it (validate.h).
Result<Entities> ParseEntities(std::string_view text, const Schema& schema);
Result<Entities> EntitiesFromJson(const json::Value& array, const Schema& schema);
Result<Value> ValueFromJson(const json::Value& value, TypeRef type);
// The context of `action`; without a declared action, untyped.
Result<Record> ContextFromJson(const json::Value& object, const Schema& schema, const EntityUid& action);

json::Value ValueToJson(const Value& value);
json::Value EntityUidToJson(const EntityUid& uid);  // {"type","id"}
json::Value EntitiesToJson(const Entities& entities);

}  // namespace checkrein::cedar
