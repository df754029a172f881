// The entities that a request may refer to: attributes, tags, parents. Unknown entities are no error by themselves.
//
//   Entities all;
//   all.Add({EntityUid("User", "ann"), attrs, tags, {EntityUid("Group", "staff")}});
//   Entities request(&all);              // a thin layer: looked up first, then `all`
//
// Ancestors are found when asked for, by walking parents: building a store costs nothing beyond storing.
#pragma once

#include <vector>

#include "base/result.h"
#include "cedar/value.h"

namespace checkrein::cedar {

struct Entity {
  EntityUid uid;
  Record attrs;
  Record tags;
  std::vector<EntityUid> parents;
};

// An entity and its ancestors.
class Line {
 public:
  bool Contains(const EntityUid& uid) const;
  // Whether some member has this hash: almost always right; Contains confirms.
  bool MayContain(uint64_t hash) const;
  void Clear() { members_.clear(); }
  const EntityUid* subject() const { return members_.empty() ? nullptr : members_[0].uid; }
  size_t size() const { return members_.size(); }
  const EntityUid& operator[](size_t i) const { return *members_[i].uid; }

 private:
  friend class Entities;
  struct Member {
    uint64_t hash;
    const EntityUid* uid;
  };
  std::vector<Member> members_;
};

class Entities {
 public:
  Entities() = default;
  // Looks in `below` for what this one lacks. Borrowed: `below` must outlive this and not change.
  explicit Entities(const Entities* below) : below_(below) {}

  // kInvalid when this layer has the entity already. O(n) moves of 16 bytes; use AddAll for thousands.
  Status Add(Entity entity);
  Status AddAll(std::vector<Entity> entities);
  const Entity* Find(const EntityUid& uid) const;  // nullptr when unknown; O(log n)
  const std::vector<Entity>& entities() const { return entities_; }  // of this layer, in the order added
  void Clear();

  // Makes `line` hold `uid`, then every ancestor of it, each once. Ends on cycles too. Reuses the memory of `line`, which borrows from
  // `uid` and from this store.
  void FindLine(const EntityUid& uid, Line* line) const;
  // Whether `uid` is `ancestor` or has it among its ancestors.
  bool IsIn(const EntityUid& uid, const EntityUid& ancestor) const;
  // kInvalid naming an entity that is its own ancestor, or an ancestor of one that is. Linear.
  Status CheckAcyclic() const;

 private:
  struct Slot {
    uint64_t hash;
    uint32_t index;
  };
  std::vector<Entity> entities_;
  std::vector<Slot> order_;  // by hash
  const Entities* below_ = nullptr;
};

}  // namespace checkrein::cedar
