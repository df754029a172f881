// The state of one shell process as far as it is known: variables, functions, working directory, options.
//
//   const size_t mark = state.Mark();
//   ... run one branch ...
//   Changes then = state.Rollback(mark);     // back to before, and what the branch had changed
//   state.Join({&then}, Path::kMayBeSkipped);  // either it ran or it did not
//
// Every write is journalled while a mark is open, so a branch costs what it changes, not what there is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/shell/ast.h"
#include "analysis/shell/value.h"

namespace checkrein::analysis::shell {

struct Cell {
  enum class Presence : uint8_t { kMaybe, kSet, kUnset };
  Presence presence = Presence::kMaybe;
  bool exported = false;
  bool integer = false;
  bool reference = false;        // declare -n
  bool array = false;
  bool keyed = false;            // an associative array: its subscripts are not arithmetic
  bool elements_known = false;   // `elements` are all there are, from 0 on
  Value value;
  std::vector<std::string> any_of;  // the value is one of these, sorted; empty: no more is known than `value` says
  std::vector<Value> elements;
  std::vector<const Command*> bodies;  // a function: the definitions it may have
  std::vector<std::string> places;     // the working directory: where it may be; empty: not known
  std::vector<std::string> fallback;   // where it is if the last cd failed
  uint64_t age = 0;

  bool operator==(const Cell& other) const;
};

Cell JoinCells(const Cell& a, const Cell& b);
// The values that a cell may have, if they are known one by one: `any_of`, or the one that it has.
std::vector<std::string> ChoicesOf(const Cell& cell);

using Changes = std::unordered_map<std::string, Cell>;
enum class Path : uint8_t { kOneOfThese, kMayBeSkipped };

struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};
using Cells = std::unordered_map<std::string, Cell, NameHash, std::equal_to<>>;

class State {
 public:
  const Cell* Find(std::string_view name) const;  // nullptr: never set in this text
  void Set(const std::string& name, Cell cell);

  size_t Mark();
  Changes Rollback(size_t mark);
  Changes Since(size_t mark) const;                    // as Rollback, but everything stays
  size_t Written() const { return journal_.size(); }   // grows with each change, while there is a mark
  // Leaves each cell at the join of what the branches leave it at (and of what it was). True when a cell lost something by it.
  bool Join(const std::vector<const Changes*>& branches, Path path);
  void Apply(const Changes& changes);
  void DropChoices(const Changes& changes);  // of the variables that were changed: no more is known than `value` says

  // All values written since PushWrites, joined: what may hold when a body is left at any point.
  void PushWrites() { writes_.emplace_back(); }
  Changes PopWrites();
  void DropWrites() { writes_.pop_back(); }  // of a subshell: nothing it wrote outlives it

  // From now on everything set before is unknown, until the age is restored.
  uint64_t Fog();
  void RestoreFog(uint64_t before) { fog_ = before; }
  bool foggy() const { return fog_ > 0; }

  // Cells that are exported, in the order in which they were, `most` at most.
  std::vector<std::pair<std::string, const Cell*>> Exported(size_t most) const;
  const Cells& cells() const { return cells_; }
  // Whether any function, alias, hashed or disabled name was ever set: for most commands there is nothing to look up.
  bool has_names() const { return has_names_; }
  bool has_choices() const { return has_choices_; }  // whether any cell ever had `any_of`

 private:
  struct Undo { std::string name; bool existed; Cell old; };
  Cells cells_;
  std::vector<Undo> journal_;
  std::vector<std::string> exported_;   // names that were ever exported, in order
  std::unordered_set<std::string> exported_names_;
  std::vector<Changes> writes_;
  size_t marks_ = 0;
  bool has_names_ = false;
  bool has_choices_ = false;
  uint64_t age_ = 0;
  uint64_t fog_ = 0;
  Cell unknown_;
};

}  // namespace checkrein::analysis::shell
