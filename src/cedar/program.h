// A policy set in its flat form: one block of bytes without a pointer in it, in which every text and every entity is a number. It is made
// once (Compile), can be compiled into an executable or kept in a file, and is used where it lies: opening it costs no parsing.
//
//   const std::string image = Compile(*policies);          // or an array in the program's read-only data
//   Result<Program> program = Program::Open(image);        // checks every index: any bytes may be given
//   Question question(*program);                           // question.h
//
// The bytes are of this machine's order and of this version: a cache, not a format for exchange.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cedar/ast.h"

namespace checkrein::cedar {

using Symbol = uint32_t;  // the number of a text; those of a Program come first, those of a request follow
using UidNumber = uint32_t;
inline constexpr uint32_t kNone = 0xffffffff;

// A value. Numbers, texts and entities are equal when their bytes are; sets and records are compared by what they hold.
struct Term {
  enum class Kind : uint32_t { kBool, kLong, kString, kEntity, kSet, kRecord, kIp, kDecimal, kDatetime, kDuration, kFailed };  // as Value::Kind
  Kind kind = Kind::kFailed;
  uint32_t count = 0;   // kSet: members; kRecord: fields, each a name and a value
  int64_t number = 0;   // the number, Symbol or UidNumber; kSet, kRecord: the first of its terms; kIp: which address
};
inline constexpr int64_t kOfRequest = int64_t{1} << 32;  // added to the index of a set, record or address that the request holds

namespace flat {

struct TextRange {
  uint32_t begin = 0, size = 0;  // in Section::kText
};
struct Range {
  uint32_t first = 0, count = 0;
};
struct UidParts {
  Symbol type = kNone, id = kNone;
};
// What the scan reads: one cache line holds one policy.
struct Head {
  Scope::Kind principal_kind{}, action_kind{}, resource_kind{};
  Effect effect{};
  UidNumber principal = kNone, action = kNone, resource = kNone;  // of kEqual, kIn, kIsIn
  Symbol principal_type = kNone, resource_type = kNone;           // of kIs, kIsIn
  Range actions;                                                  // of kInAny, in kLists
  Range conditions;
};
struct Clause {
  NodeId body = kNoNode;
  uint32_t unless = 0;
};
struct FlatNode {
  Op op = Op::kLiteral;
  uint8_t unused[3] = {};
  uint32_t a = 0, b = 0, c = 0;  // as Node, with symbols for strings
};
// What only people read.
struct About {
  TextRange text, file;
  uint32_t line = 1, column = 1;
  Range annotations;
};
struct Note {
  TextRange name, value;
};
static_assert(sizeof(Head) == 40 && sizeof(FlatNode) == 16 && sizeof(Term) == 16 && sizeof(About) == 32);

enum class Section : uint32_t {
  kText, kSymbols, kSymbolTable, kUids, kUidTable, kUidFlags, kHeads, kAbouts, kIds, kNotes, kClauses, kNodes, kConstants, kTerms, kAddresses, kPatterns, kLists,
  kAlways, kBuckets, kBucketed, kCount
};

}  // namespace flat

inline constexpr uint8_t kNamedByForbid = 1;  // of an entity: some forbid names it
inline constexpr size_t kMaxProgramBytes = 256u << 20;
inline constexpr uint32_t kScanLimit = 64;     // policies up to which reading every head is as fast as looking in the index (bench/decide.cc)

class Program {
 public:
  Program() = default;  // no policies

  // Borrows `image`, which must be aligned to 8 bytes. kInvalid unless it was made by Compile of this version and is whole: then nothing
  // that is done with it can leave it. Linear, about 1 us for each KiB.
  static Result<Program> Open(std::string_view image);
  // The same without looking: for images that are part of the executable.
  static Program OpenOwn(std::string_view image);

  size_t size() const { return heads.size(); }
  Effect effect(size_t policy) const { return heads[policy].effect; }
  std::string_view id(size_t policy) const { return SymbolText(ids[policy]); }
  std::string_view source(size_t policy) const { return Text(abouts[policy].text); }           // its own text
  std::string_view annotation(size_t policy, std::string_view name) const;                     // "" when absent
  std::string_view file(size_t policy) const { return Text(abouts[policy].file); }
  uint32_t line(size_t policy) const { return abouts[policy].line; }
  std::optional<size_t> Find(std::string_view id) const;                                       // a scan of numbers

  std::optional<Symbol> FindSymbol(std::string_view wanted) const { return FindSymbol(wanted, HashText(wanted)); }
  std::optional<Symbol> FindSymbol(std::string_view wanted, uint64_t hash) const;
  std::optional<UidNumber> FindUid(Symbol type, Symbol id) const;
  std::string_view SymbolText(Symbol symbol) const { return Text(symbols[symbol]); }

  // The sections, for Question and Facts.
  std::span<const char> text;
  std::span<const flat::TextRange> symbols;
  std::span<const uint32_t> symbol_table;    // open addressing; 1 + symbol
  std::span<const flat::UidParts> uids;
  std::span<const uint32_t> uid_table;
  std::span<const uint8_t> uid_flags;
  std::span<const flat::Head> heads;
  std::span<const flat::About> abouts;
  std::span<const Symbol> ids;
  std::span<const flat::Note> notes;
  std::span<const flat::Clause> clauses;
  std::span<const flat::FlatNode> nodes;
  std::span<const Term> constants;
  std::span<const Term> terms;               // of sets and records in constants
  std::span<const Ip> addresses;
  std::span<const flat::Range> patterns;     // of symbols, in lists
  std::span<const uint32_t> lists;
  std::span<const uint32_t> always;          // the index: policies that no entity selects,
  std::span<const uint32_t> buckets;         // and for each entity where those that it selects begin
  std::span<const uint32_t> bucketed;

 private:
  std::string_view Text(flat::TextRange range) const { return {text.data() + range.begin, range.size}; }
  Status Verify() const;
};

uint64_t HashUid(Symbol type, Symbol id);

// Names that whoever asks will use in every request: `texts[i]` becomes symbol i and `entities[i]` entity i, so that nobody need look for them.
struct Names {
  std::span<const std::string_view> texts;
  std::span<const EntityUid> entities;
};

// kLimit beyond kMaxProgramBytes.
Result<std::string> Compile(const PolicySet& policies, const Names& names = {});

}  // namespace checkrein::cedar
