#include "cedar/entities.h"

#include <algorithm>
#include <set>

namespace checkrein::cedar {

bool Line::MayContain(uint64_t hash) const {
  for (const Member& m : members_) {
    if (m.hash == hash) return true;
  }
  return false;
}

bool Line::Contains(const EntityUid& uid) const {
  for (const Member& m : members_) {
    if (m.hash == uid.hash() && *m.uid == uid) return true;
  }
  return false;
}

const Entity* Entities::Find(const EntityUid& uid) const {
  auto it = std::lower_bound(order_.begin(), order_.end(), uid.hash(), [](const Slot& s, uint64_t hash) { return s.hash < hash; });
  for (; it != order_.end() && it->hash == uid.hash(); ++it) {
    if (entities_[it->index].uid == uid) return &entities_[it->index];
  }
  return below_ == nullptr ? nullptr : below_->Find(uid);
}

namespace {

Error Twice(const EntityUid& uid) { return {Error::Kind::kInvalid, "the entity " + uid.ToString() + " is given twice"}; }

}  // namespace

Status Entities::Add(Entity entity) {
  const uint64_t hash = entity.uid.hash();
  auto it = std::lower_bound(order_.begin(), order_.end(), hash, [](const Slot& s, uint64_t h) { return s.hash < h; });
  for (; it != order_.end() && it->hash == hash; ++it) {
    if (entities_[it->index].uid == entity.uid) return Twice(entity.uid);
  }
  order_.insert(it, {hash, static_cast<uint32_t>(entities_.size())});
  entities_.push_back(std::move(entity));
  return Done{};
}

Status Entities::AddAll(std::vector<Entity> entities) {
  for (Entity& entity : entities) {
    order_.push_back({entity.uid.hash(), static_cast<uint32_t>(entities_.size())});
    entities_.push_back(std::move(entity));
  }
  std::sort(order_.begin(), order_.end(), [this](const Slot& a, const Slot& b) {
    return a.hash != b.hash ? a.hash < b.hash : entities_[a.index].uid < entities_[b.index].uid;
  });
  for (size_t i = 1; i < order_.size(); ++i) {
    if (entities_[order_[i - 1].index].uid == entities_[order_[i].index].uid) return Twice(entities_[order_[i].index].uid);
  }
  return Done{};
}

void Entities::Clear() {
  entities_.clear();
  order_.clear();
}

void Entities::FindLine(const EntityUid& uid, Line* line) const {
  constexpr size_t kFew = 64;  // beyond it, looking through the list for doubles would cost its square
  std::vector<Line::Member>& members = line->members_;
  members.assign(1, {uid.hash(), &uid});
  const auto less = [](const EntityUid* a, const EntityUid* b) { return a->hash() != b->hash() ? a->hash() < b->hash() : *a < *b; };
  std::set<const EntityUid*, decltype(less)> many(less);
  for (size_t i = 0; i < members.size(); ++i) {
    const Entity* entity = Find(*members[i].uid);
    if (entity == nullptr) continue;
    for (const EntityUid& parent : entity->parents) {
      if (members.size() < kFew) {
        if (line->Contains(parent)) continue;
      } else {
        if (many.empty()) {
          for (const Line::Member& m : members) many.insert(m.uid);
        }
        if (!many.insert(&parent).second) continue;
      }
      members.push_back({parent.hash(), &parent});
    }
  }
}

bool Entities::IsIn(const EntityUid& uid, const EntityUid& ancestor) const {
  Line line;
  FindLine(uid, &line);
  return line.Contains(ancestor);
}

Status Entities::CheckAcyclic() const {
  // Peels off entities all of whose children are gone; what remains lies on or above a cycle.
  std::vector<uint32_t> children(entities_.size(), 0);
  const auto own = [this](const EntityUid& uid) -> const Entity* {
    const Entity* e = Find(uid);
    return e >= entities_.data() && e < entities_.data() + entities_.size() ? e : nullptr;
  };
  const auto index = [this](const Entity* e) { return static_cast<size_t>(e - entities_.data()); };
  for (const Entity& entity : entities_) {
    for (const EntityUid& parent : entity.parents) {
      if (const Entity* p = own(parent)) ++children[index(p)];
    }
  }
  std::vector<size_t> ready;
  for (size_t i = 0; i < entities_.size(); ++i) {
    if (children[i] == 0) ready.push_back(i);
  }
  for (size_t done = 0; done < ready.size(); ++done) {
    for (const EntityUid& parent : entities_[ready[done]].parents) {
      const Entity* p = own(parent);
      if (p != nullptr && --children[index(p)] == 0) ready.push_back(index(p));
    }
  }
  if (ready.size() == entities_.size()) return Done{};
  const auto left = std::find_if(children.begin(), children.end(), [](uint32_t n) { return n > 0; });
  const EntityUid& uid = entities_[static_cast<size_t>(left - children.begin())].uid;
  return Error{Error::Kind::kInvalid, "the entity " + uid.ToString() + " lies on or above a cycle of parents"};
}

}  // namespace checkrein::cedar
