#include "analysis/shell/state.h"

#include <algorithm>

namespace checkrein::analysis::shell {
namespace {

constexpr size_t kMaxPlaces = 4;  // working directories held apart; more are as good as unknown
constexpr size_t kMaxBodies = 8;
constexpr size_t kMaxChoices = 6;       // values of one variable held apart
constexpr size_t kMaxChoiceSize = 512;  // bytes of one of them

template <typename T>
void AddNew(std::vector<T>& into, const std::vector<T>& from) {
  for (const T& item : from)
    if (std::find(into.begin(), into.end(), item) == into.end()) into.push_back(item);
}

std::vector<std::string> JoinChoices(const Cell& a, const Cell& b) {
  std::vector<std::string> out = ChoicesOf(a);
  const std::vector<std::string> more = ChoicesOf(b);
  if (out.empty() || more.empty()) return {};
  AddNew(out, more);
  if (out.size() > kMaxChoices) return {};
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<std::string> ChoicesOf(const Cell& cell) {
  if (cell.presence != Cell::Presence::kSet || cell.array || cell.reference || cell.integer) return {};
  if (!cell.any_of.empty()) return cell.any_of;
  if (!cell.value.exact() || cell.value.text.size() > kMaxChoiceSize) return {};
  return {cell.value.text};
}

bool Cell::operator==(const Cell& other) const {
  return presence == other.presence && exported == other.exported && integer == other.integer && reference == other.reference && array == other.array &&
         keyed == other.keyed && elements_known == other.elements_known && value == other.value && any_of == other.any_of && elements == other.elements && bodies == other.bodies &&
         places == other.places && fallback == other.fallback;
}

Cell JoinCells(const Cell& a, const Cell& b) {
  if (a == b) return a;
  Cell out;
  out.presence = a.presence == b.presence ? a.presence : Cell::Presence::kMaybe;
  out.exported = a.exported || b.exported;
  out.integer = a.integer || b.integer;
  out.reference = a.reference || b.reference;
  out.array = a.array || b.array;
  out.keyed = a.keyed && b.keyed;
  const bool unset = a.presence == Cell::Presence::kUnset || b.presence == Cell::Presence::kUnset;
  out.value = Join(a.value, b.value);
  if (unset && a.presence != b.presence) out.value = Join(out.value, Exactly(""));
  if (!out.value.exact() && !out.array) out.any_of = JoinChoices(a, b);
  out.elements_known = a.elements_known && b.elements_known && a.elements.size() == b.elements.size();
  if (out.elements_known)
    for (size_t i = 0; i < a.elements.size(); ++i) out.elements.push_back(Join(a.elements[i], b.elements[i]));
  out.bodies = a.bodies;
  AddNew(out.bodies, b.bodies);
  if (out.bodies.size() > kMaxBodies) out.bodies.push_back(nullptr);
  if (!a.places.empty() && !b.places.empty()) {
    out.places = a.places;
    AddNew(out.places, b.places);
    if (out.places.size() > kMaxPlaces) out.places.clear();
  }
  if (!a.fallback.empty() || !b.fallback.empty()) {
    out.fallback = a.fallback;
    AddNew(out.fallback, b.fallback);
  }
  return out;
}

const Cell* State::Find(std::string_view name) const {
  const auto at = cells_.find(name);
  if (at == cells_.end()) return nullptr;
  const bool always = name.starts_with('(') && name != "(cwd)" && name != "(@)";  // functions, options, aliases
  if (at->second.age <= fog_ && fog_ > 0 && !always) return &unknown_;
  return &at->second;
}

void State::Set(const std::string& name, Cell cell) {
  cell.age = ++age_;
  has_names_ = has_names_ || (name.size() > 2 && name[0] == '(' && std::string_view("afhn").find(name[1]) != std::string_view::npos);
  has_choices_ = has_choices_ || !cell.any_of.empty();
  if (cell.exported && exported_names_.insert(name).second) exported_.push_back(name);
  if (!writes_.empty()) {
    const auto [at, fresh] = writes_.back().try_emplace(name, cell);
    if (!fresh) at->second = JoinCells(at->second, cell);
  }
  const auto at = cells_.find(name);
  if (at == cells_.end()) {
    if (marks_ > 0) journal_.push_back({name, false, {}});
    cells_.emplace(name, std::move(cell));
    return;
  }
  if (marks_ > 0) journal_.push_back({name, true, std::move(at->second)});
  at->second = std::move(cell);
}

size_t State::Mark() {
  ++marks_;
  return journal_.size();
}

Changes State::Rollback(size_t mark) {
  Changes changes;
  while (journal_.size() > mark) {
    Undo& undo = journal_.back();
    const auto at = cells_.find(undo.name);
    changes.try_emplace(undo.name, std::move(at->second));  // the first undone is the last written
    if (undo.existed) {
      at->second = std::move(undo.old);
    } else {
      cells_.erase(at);
    }
    journal_.pop_back();
  }
  --marks_;
  return changes;
}

Changes State::Since(size_t mark) const {
  Changes changes;
  for (size_t i = mark; i < journal_.size(); ++i)
    if (const auto at = cells_.find(journal_[i].name); at != cells_.end()) changes.try_emplace(journal_[i].name, at->second);
  return changes;
}

void State::Apply(const Changes& changes) {
  for (const auto& [name, cell] : changes) Set(name, cell);
}

void State::DropChoices(const Changes& changes) {
  for (const auto& [name, changed] : changes) {
    const Cell* cell = Find(name);
    if (cell == nullptr || cell->any_of.empty()) continue;
    Cell plain = *cell;
    plain.any_of.clear();
    Set(name, std::move(plain));
  }
}

bool State::Join(const std::vector<const Changes*>& branches, Path path) {
  struct Merged {
    Cell cell;
    size_t times = 0;
  };
  std::unordered_map<std::string, Merged> merged;  // one pass over all changes, however many branches there are
  for (const Changes* branch : branches)
    for (const auto& [name, cell] : *branch) {
      Merged& to = merged[name];
      to.cell = to.times++ == 0 ? cell : JoinCells(to.cell, cell);
    }
  bool widened = false;
  for (auto& [name, to] : merged) {
    const Cell* current = Find(name);
    const Cell before = current != nullptr ? *current : Cell{};
    if (path == Path::kMayBeSkipped || to.times < branches.size()) to.cell = JoinCells(before, to.cell);
    if (to.cell == before) continue;
    widened = true;
    Set(name, std::move(to.cell));
  }
  return widened;
}

Changes State::PopWrites() {
  Changes out = std::move(writes_.back());
  writes_.pop_back();
  if (!writes_.empty())
    for (const auto& [name, cell] : out) {
      const auto [at, fresh] = writes_.back().try_emplace(name, cell);
      if (!fresh) at->second = JoinCells(at->second, cell);
    }
  return out;
}

uint64_t State::Fog() {
  const uint64_t before = fog_;
  fog_ = ++age_;
  return before;
}

std::vector<std::pair<std::string, const Cell*>> State::Exported(size_t most) const {
  std::vector<std::pair<std::string, const Cell*>> out;
  for (const std::string& name : exported_) {
    const Cell* cell = Find(name);
    if (out.size() == most) break;
    if (cell != nullptr && (cell->exported || cell == &unknown_) && cell->presence != Cell::Presence::kUnset) out.emplace_back(name, cell);
  }
  return out;
}

}  // namespace checkrein::analysis::shell
