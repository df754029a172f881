// A Cedar value that is not known yet: of a known kind, made of SMT terms.
//
// How kinds are written: Bool as Bool; Long, decimal, datetime and duration as 64 bits; String as String; an address as 137 bits (one for
// IPv6, eight of prefix, 128 of address); an entity as a number, for nothing in the language looks inside an id: enum members count from 0,
// others are numbered as the policies mention them, and every further number is some other entity. A set over an enum is a bit mask.
// Records are taken apart into their fields. Any other set is a number in Universe's table (see universe.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cedar/value.h"
#include "proof/term.h"

namespace checkrein::proof {

struct SymbolField;

struct Symbol {
  // kBad: computing it is an error, whatever the request is.
  enum class Kind : uint8_t { kBad, kBool, kLong, kText, kEntity, kIp, kDecimal, kDatetime, kDuration, kRecord, kMask, kSet };
  Kind kind = Kind::kBad;
  TermId term = 0;                       // of all but kBad, kRecord, kSet
  std::string type;                      // kEntity: its type; kMask: the members' enum type
  std::optional<std::string> literal;    // kEntity: the id, when it is written in a policy
  std::vector<SymbolField> fields;       // kRecord, sorted by name
  uint32_t set = 0;                      // kSet
  bool is_set() const { return kind == Kind::kMask || kind == Kind::kSet; }
  const SymbolField* Find(std::string_view name) const;  // of a record
};

struct SymbolField {
  std::string name;
  TermId present = 0;  // a boolean term
  Symbol value;
};

// A value together with when computing it is an error. Where there is an error, the value means nothing.
struct Encoded {
  Symbol value;
  TermId error = 0;
};

inline constexpr size_t kCodeBits = 16;   // of an entity that is no enum member: far more entities than terms of one question
inline constexpr size_t kIpBits = 137;

Symbol ScalarSymbol(Symbol::Kind kind, TermId term);
// 137 zeros and ones, and back; see above.
std::string IpBits(const cedar::Ip& ip);
cedar::Ip IpFromBits(std::string_view zeros_and_ones);
// What tells element kinds of sets apart: `String`, `T` for entities of type T, ...
std::string ElementKey(const Symbol& symbol);

}  // namespace checkrein::proof
