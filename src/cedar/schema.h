// What entities, actions and contexts look like: the human schema syntax, read and resolved.
//
//   Result<Schema> schema = ParseSchema(text, "app.cedarschema");
//   const ActionType* read = schema->FindAction(EntityUid("Action", "read"));
//
// Not covered: the JSON schema form; annotations are read and dropped. Stricter than the reference: an attribute that is declared twice and
// `attributes {}` of actions are refused.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/entities.h"
#include "cedar/types.h"
#include "cedar/value.h"

namespace checkrein::cedar {

struct EntityType {
  std::string name;                 // qualified
  bool is_enum = false;
  std::vector<std::string> ids;     // of an enum
  std::set<std::string> parents;    // types that an entity may have as parents
  std::set<std::string> ancestors;  // the same, closed; without itself unless it may stand in its own kind
  TypeRef attributes = nullptr;     // a record
  TypeRef tags = nullptr;           // nullptr: no tags
};

struct ActionType {
  EntityUid uid;
  std::vector<EntityUid> parents;
  std::set<EntityUid> ancestors;        // closed, without itself
  std::vector<std::string> principals;  // entity types
  std::vector<std::string> resources;
  TypeRef context = nullptr;            // a record
};

class Schema {
 public:
  const EntityType* FindEntityType(std::string_view name) const;  // nullptr when undeclared
  const ActionType* FindAction(const EntityUid& uid) const;
  bool IsActionType(std::string_view name) const;  // whether some action is of this type
  // Whether an entity of type `type` may be in one of type `group`: equal, or among its ancestors.
  bool MayBeIn(std::string_view type, std::string_view group) const;
  const std::map<std::string, EntityType, std::less<>>& entity_types() const { return entity_types_; }
  const std::map<EntityUid, ActionType>& actions() const { return actions_; }
  // The action entities with their parents, as a store needs them.
  std::vector<Entity> ActionEntities() const;

 private:
  friend class SchemaBuilder;
  TypeArena arena_;
  std::map<std::string, EntityType, std::less<>> entity_types_;
  std::map<EntityUid, ActionType> actions_;
  std::set<std::string, std::less<>> action_types_;
};

inline constexpr size_t kMaxSchemaBytes = 8u << 20;
inline constexpr int kMaxTypeNesting = 60;            // of Set<..> and {..}, common types included: bounds every recursion over a type
inline constexpr size_t kMaxTypeSize = 1u << 20;      // parts of one type when all its common types are written out

// kInvalid with `file:line:col: what`, the line and a caret; kLimit beyond the caps.
Result<Schema> ParseSchema(std::string_view text, std::string_view file);

// Whether the last part of `type` is "Action": such entities are actions and nothing else.
bool IsActionTypeName(std::string_view type);

}  // namespace checkrein::cedar
