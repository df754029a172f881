// The validator's types. A type is an immutable node in a TypeArena; nodes are shared freely and compared by content.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/value.h"

namespace checkrein::cedar {

struct Type;
using TypeRef = const Type*;

struct TypeAttribute {
  std::string name;
  TypeRef type = nullptr;
  bool required = true;
};

struct Type {
  // kTrue and kFalse are the types of what is always true or false in a request environment.
  enum class Kind : uint8_t { kBool, kTrue, kFalse, kLong, kString, kEntity, kSet, kRecord, kIp, kDecimal, kDatetime, kDuration };
  Kind kind = Kind::kBool;
  std::string entity;                     // kEntity: the type's qualified name
  TypeRef element = nullptr;              // kSet
  std::vector<TypeAttribute> attributes;  // kRecord: sorted by name

  bool is_bool() const { return kind <= Kind::kFalse; }
  const TypeAttribute* Find(std::string_view name) const;  // of a kRecord
  std::string ToString() const;                            // as in a schema text
};

bool SameType(TypeRef a, TypeRef b);

// Owns types. Moving it leaves them where they are.
class TypeArena {
 public:
  TypeArena() = default;
  TypeArena(TypeArena&&) = default;
  TypeArena& operator=(TypeArena&&) = default;
  TypeRef Add(Type type) { return types_.emplace_back(std::make_unique<Type>(std::move(type))).get(); }
  TypeRef SetOf(TypeRef element) { return Add({Type::Kind::kSet, "", element, {}}); }
  TypeRef EntityOf(std::string_view name) { return Add({Type::Kind::kEntity, std::string(name), nullptr, {}}); }
  TypeRef RecordOf(std::vector<TypeAttribute> attributes);  // sorts

  // The least type that both are, as strict validation has it: booleans widen, everything else must agree; nullptr when there is none.
  TypeRef Join(TypeRef a, TypeRef b);

 private:
  std::vector<std::unique_ptr<Type>> types_;
};

// One of the types without parts: not kEntity, kSet, kRecord.
TypeRef PlainType(Type::Kind kind);

}  // namespace checkrein::cedar
