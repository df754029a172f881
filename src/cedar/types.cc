#include "cedar/types.h"

#include <algorithm>
#include <array>

namespace checkrein::cedar {

namespace {

struct PlainRow {
  Type type;
  std::string_view name;
};

const std::array<PlainRow, 12>& PlainRows() {
  using K = Type::Kind;
  static const std::array<PlainRow, 12> kRows = {{
      {{K::kBool, "", nullptr, {}}, "Bool"},
      {{K::kTrue, "", nullptr, {}}, "True"},
      {{K::kFalse, "", nullptr, {}}, "False"},
      {{K::kLong, "", nullptr, {}}, "Long"},
      {{K::kString, "", nullptr, {}}, "String"},
      {{K::kEntity, "", nullptr, {}}, ""},
      {{K::kSet, "", nullptr, {}}, ""},
      {{K::kRecord, "", nullptr, {}}, ""},
      {{K::kIp, "", nullptr, {}}, "ipaddr"},
      {{K::kDecimal, "", nullptr, {}}, "decimal"},
      {{K::kDatetime, "", nullptr, {}}, "datetime"},
      {{K::kDuration, "", nullptr, {}}, "duration"},
  }};
  return kRows;
}

}  // namespace

TypeRef PlainType(Type::Kind kind) { return &PlainRows()[static_cast<size_t>(kind)].type; }

const TypeAttribute* Type::Find(std::string_view name) const {
  const auto it = std::lower_bound(attributes.begin(), attributes.end(), name, [](const TypeAttribute& a, std::string_view n) { return a.name < n; });
  return it != attributes.end() && it->name == name ? &*it : nullptr;
}

std::string Type::ToString() const {
  if (kind == Kind::kEntity) return entity;
  if (kind == Kind::kSet) return "Set<" + element->ToString() + ">";
  if (kind != Kind::kRecord) return std::string(PlainRows()[static_cast<size_t>(kind)].name);
  constexpr size_t kShown = 300;  // types may be large; a message need not be
  std::string out = "{";
  for (const TypeAttribute& a : attributes) {
    if (out.size() > kShown) return out + ", ..}";
    out += (out.size() > 1 ? ", " : "") + QuoteString(a.name) + (a.required ? ": " : "?: ") + a.type->ToString();
  }
  return out + "}";
}

bool SameType(TypeRef a, TypeRef b) {
  if (a == b) return true;
  if (a->kind != b->kind || a->entity != b->entity) return false;
  if (a->kind == Type::Kind::kSet) return SameType(a->element, b->element);
  return std::equal(a->attributes.begin(), a->attributes.end(), b->attributes.begin(), b->attributes.end(), [](const TypeAttribute& x, const TypeAttribute& y) {
    return x.name == y.name && x.required == y.required && SameType(x.type, y.type);
  });
}

TypeRef TypeArena::RecordOf(std::vector<TypeAttribute> attributes) {
  std::sort(attributes.begin(), attributes.end(), [](const TypeAttribute& a, const TypeAttribute& b) { return a.name < b.name; });
  return Add({Type::Kind::kRecord, "", nullptr, std::move(attributes)});
}

TypeRef TypeArena::Join(TypeRef a, TypeRef b) {
  if (SameType(a, b)) return a;
  if (a->is_bool() && b->is_bool()) return PlainType(Type::Kind::kBool);
  if (a->kind != b->kind) return nullptr;
  if (a->kind == Type::Kind::kSet) {
    const TypeRef element = Join(a->element, b->element);
    return element == nullptr ? nullptr : SetOf(element);
  }
  if (a->kind != Type::Kind::kRecord || a->attributes.size() != b->attributes.size()) return nullptr;
  std::vector<TypeAttribute> attributes;
  for (size_t i = 0; i < a->attributes.size(); ++i) {
    const TypeAttribute &x = a->attributes[i], &y = b->attributes[i];
    if (x.name != y.name || x.required != y.required) return nullptr;
    const TypeRef type = Join(x.type, y.type);
    if (type == nullptr) return nullptr;
    attributes.push_back({x.name, type, x.required});
  }
  return Add({Type::Kind::kRecord, "", nullptr, std::move(attributes)});
}

}  // namespace checkrein::cedar
