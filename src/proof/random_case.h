// For tests: random requests with their stores, made from a schema. Values come from small pools with the edges in them, so that
// comparisons come out either way.
//
//   RandomCases cases(schema, {&policies}, seed);     // entities and texts that the policies name join the pools
//   const Case c = cases.Next(kind);                  // conforms to the schema
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cedar/extension.h"
#include "cedar/validate.h"
#include "proof/case.h"

namespace checkrein::proof {

class RandomCases {
 public:
  RandomCases(const cedar::Schema& schema, const std::vector<const cedar::PolicySet*>& sets, uint64_t seed) : schema_(schema), random_(seed) {
    for (const auto& [name, type] : schema_.entity_types()) {
      if (type.is_enum) {
        ids_[name] = type.ids;
      } else {
        ids_[name] = {"a", "b"};
      }
    }
    for (const cedar::PolicySet* set : sets)
      for (const cedar::Policy& policy : *set) {
        for (const cedar::Scope* scope : {&policy.principal, &policy.resource})
          for (const cedar::EntityUid& uid : scope->entities) Name(uid);
        for (const cedar::Value& constant : policy.ast.constants) Name(constant);
        for (const cedar::Pattern& pattern : policy.ast.patterns) {
          std::string text;
          for (const std::string& part : pattern.parts) text += part;
          texts_.push_back(text);
        }
      }
  }

  // `elsewhere`: how likely it is, in percent, that an entity which is neither principal nor resource is in the store.
  Case Next(const RequestKind& kind, unsigned elsewhere) {
    Case c;
    c.request.action = kind.action->uid;
    c.request.principal = Uid(kind.principal);
    c.request.resource = Uid(kind.resource);
    c.request.context = Fields(kind.action->context);
    std::vector<cedar::Entity> all = schema_.ActionEntities();
    for (const auto& [name, type] : schema_.entity_types()) {
      if (type.is_enum) continue;
      for (const std::string& id : ids_[name]) {
        const cedar::EntityUid uid(name, id);
        if (uid != c.request.principal && uid != c.request.resource && Below(100) >= elsewhere) continue;
        all.push_back({uid, Fields(type.attributes), {}, Parents(type, id)});
      }
    }
    if (!c.entities.AddAll(std::move(all))) std::abort();
    return c;
  }

  uint64_t Below(uint64_t n) { return random_() % n; }
  cedar::EntityUid Uid(const std::string& type) {
    const auto& ids = ids_[type];
    return cedar::EntityUid(type, ids[Below(ids.size())]);
  }

 private:
  void Name(const cedar::EntityUid& uid) {
    const auto it = ids_.find(std::string(uid.type()));
    if (it != ids_.end() && std::find(it->second.begin(), it->second.end(), uid.id()) == it->second.end()) it->second.emplace_back(uid.id());
  }
  void Name(const cedar::Value& value) {
    if (const cedar::EntityUid* uid = value.entity()) Name(*uid);
    if (const std::string* text = value.string()) texts_.push_back(*text);
    if (const int64_t* n = value.integer()) numbers_.insert(numbers_.end(), {*n, *n == std::numeric_limits<int64_t>::max() ? *n : *n + 1});
    if (const cedar::Set* set = value.set())
      for (const cedar::Value& item : set->items()) Name(item);
  }

  // Within a type only towards later ids, so that nothing is its own ancestor.
  std::vector<cedar::EntityUid> Parents(const cedar::EntityType& type, const std::string& id) {
    std::vector<cedar::EntityUid> parents;
    for (const std::string& group : type.parents) {
      const auto& ids = ids_[group];
      const uint64_t some = std::max<uint64_t>(2, ids.size() / 2);
      for (size_t i = 0; i < ids.size(); ++i) {
        if (group == type.name && static_cast<size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin()) >= i) continue;
        if (group != type.name && group < type.name && !schema_.FindEntityType(group)->is_enum && schema_.MayBeIn(group, type.name)) continue;
        if (Below(some) == 0) parents.emplace_back(group, ids[i]);
      }
    }
    return parents;
  }

  cedar::Record Fields(cedar::TypeRef type) {
    cedar::Record record;
    for (const cedar::TypeAttribute& a : type->attributes)
      if (a.required || Below(2) == 0) record.Put(a.name, Of(a.type));
    return record;
  }

  template <typename T>
  const T& One(const std::vector<T>& pool) {
    return pool[Below(pool.size())];
  }

  cedar::Value Of(cedar::TypeRef type) {
    using K = cedar::Type::Kind;
    static const std::vector<std::string> kIps = {"127.0.0.1", "10.0.0.0/8", "10.1.2.3", "169.254.169.254", "::1", "ff00::/8", "ff02::1", "0.0.0.0/0", "::/0", "fe80::/10", "::a00:1", "224.0.0.1/3"};
    static constexpr int64_t kMax = std::numeric_limits<int64_t>::max(), kMin = std::numeric_limits<int64_t>::min(), kDay = 86'400'000;
    static const std::vector<int64_t> kTimes = {0, 1, -1, kDay, -kDay, kDay - 1, -kDay - 1, 3'599'999, 61'000, kMax, kMin, kMin + 5, 1'700'000'000'123};
    switch (type->kind) {
      case K::kBool:
      case K::kTrue:
      case K::kFalse: return Below(2) == 0;
      case K::kLong: return One(numbers_);
      case K::kString: return One(texts_);
      case K::kEntity: return Uid(type->entity);
      case K::kRecord: return Fields(type);
      case K::kIp: return *cedar::ParseIp(One(kIps));
      case K::kDecimal: return cedar::Decimal{One(numbers_)};
      case K::kDatetime: return cedar::Datetime{One(kTimes)};
      case K::kDuration: return cedar::Duration{One(kTimes)};
      case K::kSet: break;
    }
    std::vector<cedar::Value> members;
    for (uint64_t n = Below(4); n > 0; --n) members.push_back(Of(type->element));
    return cedar::Set(std::move(members));
  }

  const cedar::Schema& schema_;
  std::mt19937_64 random_;
  std::map<std::string, std::vector<std::string>> ids_;
  std::vector<std::string> texts_ = {"", "a", "ab", "a*b", "xay", "\xc3\xa9"};
  std::vector<int64_t> numbers_ = {0, 1, -1, 2, 7, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), 3'037'000'500};
};

}  // namespace checkrein::proof
