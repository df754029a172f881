// What a request brings along, in the numbers of a Program: the entities that policies may look at, their attributes and parents.
//
//   Facts facts(program);
//   const UidNumber ann = facts.Uid("User", "ann");
//   facts.Begin(ann).Parent(facts.Uid("Group", "staff"));
//   Facts::Field fields[] = {{facts.Text("age"), Facts::Long(41)}};
//   facts.Attributes(fields);
//
// Made to be used again (Clear) without allocating; `memory` must outlive it. All texts are borrowed until then.
#pragma once

#include <compare>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cedar/entities.h"
#include "cedar/program.h"

namespace checkrein::cedar {

// Where the members of sets and records, and addresses, are.
struct Storage {
  std::span<const Term> terms;
  std::span<const Ip> addresses;
};
// A total order, by content; `of_program` and `of_request` hold what the terms refer to. Terms of records' names are in the order of their numbers.
std::strong_ordering CompareTerms(const Term& a, const Term& b, const Storage& of_program, const Storage& of_request);

// Hash to number, forgotten in one step.
class NumberTable {
 public:
  explicit NumberTable(std::pmr::memory_resource* memory) : slots_(32, memory) {}
  void Clear();
  // The number under `hash` for which same(number) holds, kNone when there is none.
  template <typename Same>
  uint32_t Find(uint64_t hash, Same same) const {
    for (size_t at = hash & (slots_.size() - 1); slots_[at].generation == generation_; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].low == static_cast<uint32_t>(hash) && same(slots_[at].number)) return slots_[at].number;
    return kNone;
  }
  void Add(uint64_t hash, uint32_t number);  // not there yet

 private:
  struct Slot {
    uint32_t generation = 0, low = 0, number = 0;
  };
  std::pmr::vector<Slot> slots_;  // a power of two, half full at most
  uint32_t generation_ = 1, used_ = 0;
};

class Facts {
 public:
  explicit Facts(const Program& program, std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : program_(program),
        texts_(memory), uids_(memory), terms_(memory), addresses_(memory), rows_(memory), parents_(memory),
        text_table_(memory), uid_table_(memory), row_table_(memory) {}
  explicit Facts(Program&&) = delete;
  void Clear();

  Symbol Text(std::string_view text);
  UidNumber Uid(std::string_view type, std::string_view id);
  UidNumber Uid(Symbol type, Symbol id);
  // The number of an entity that the policies name; nothing for any other. Adds nothing.
  std::optional<UidNumber> Named(std::string_view type, std::string_view id) const;

  static Term Bool(bool b) { return {Term::Kind::kBool, 0, b}; }
  static Term Long(int64_t n) { return {Term::Kind::kLong, 0, n}; }
  static Term Entity(UidNumber uid) { return {Term::Kind::kEntity, 0, uid}; }
  Term String(std::string_view text) { return String(Text(text)); }
  static Term String(Symbol text) { return {Term::Kind::kString, 0, text}; }
  Term Address(const Ip& ip);
  Term Set(std::span<Term> members);                               // sorts `members`
  struct Field {
    Symbol name;
    Term value;
  };
  Term Record(std::span<Field> fields);                            // sorts `fields`; names must differ
  Term Of(const Value& value);                                     // deeply; its texts are borrowed
  Term Of(const cedar::Record& record);
  Term Of(Value&&) = delete;
  Term Of(cedar::Record&&) = delete;

  // Adds the entity `uid`, which must not be there yet, with what follows until the next Begin.
  Facts& Begin(UidNumber uid);
  Facts& Parent(UidNumber uid);
  void Attributes(const Term& record) { rows_.back().attrs = record; }
  void Attributes(std::span<Field> fields) { Attributes(Record(fields)); }
  void Tags(const Term& record) { rows_.back().tags = record; }
  void Add(const cedar::Entity& entity);
  void AddAll(const Entities& entities);                           // of its own layer

  struct Row {
    UidNumber uid = kNone;
    Term attrs, tags;          // records; kFailed: none
    uint32_t parents_first = 0, parents_count = 0;
  };
  const Row* Find(UidNumber uid) const;                            // nullptr when unknown
  std::span<const UidNumber> ParentsOf(const Row& row) const { return {parents_.data() + row.parents_first, row.parents_count}; }

  // The value of `name` in a record; nullptr when absent.
  const Term* Look(const Term& record, Symbol name) const;
  std::span<const Term> Members(const Term& set_or_record) const;  // of a record: name, value, name, value, ...
  const Ip& AddressOf(const Term& term) const;
  std::strong_ordering Compare(const Term& a, const Term& b) const {
    if (a.kind != b.kind) return a.kind <=> b.kind;
    if (a.kind < Term::Kind::kSet) return a.number <=> b.number;  // without a call for what is usual
    return CompareTerms(a, b, {program_.terms, program_.addresses}, {terms_, addresses_});
  }
  std::string_view TextOf(Symbol symbol) const;
  // Back into plain values, deeply: for people and for other engines.
  EntityUid UidOf(UidNumber uid) const;
  Value ValueOf(const Term& term) const;
  std::vector<cedar::Entity> ToEntities() const;
  flat::UidParts PartsOf(UidNumber uid) const;
  const Program& program() const { return program_; }

 private:
  Term Keep(Term::Kind kind, std::span<const Term> members, uint32_t count);

  const Program& program_;
  std::pmr::vector<std::string_view> texts_;        // those that the program lacks
  std::pmr::vector<flat::UidParts> uids_;
  std::pmr::vector<Term> terms_;
  std::pmr::vector<Ip> addresses_;
  std::pmr::vector<Row> rows_;
  std::pmr::vector<UidNumber> parents_;
  NumberTable text_table_, uid_table_, row_table_;
};

}  // namespace checkrein::cedar
