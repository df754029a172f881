// The values of the Cedar language (specification 4.x): booleans, 64-bit integers, strings, entity identifiers, sets, records, and the
// four extension types. All are plain values: copied deeply, compared by content, totally ordered (the order has no meaning in the
// language; it makes sets canonical).
//
//   Value v = Set({Value("a"), Value("b")});
//   if (const Set* s = v.set()) s->Contains(Value("a"));
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace checkrein::cedar {

// The hash by which entity identifiers and type names are first told apart. Never trusted alone: equal hashes are confirmed by content.
uint64_t HashText(std::string_view text);

// Type::"id": a qualified type name and an arbitrary Unicode id. The default is no entity (type "").
class EntityUid {
 public:
  EntityUid() = default;
  EntityUid(std::string_view type, std::string_view id);

  std::string_view type() const { return std::string_view(text_).substr(0, type_size_); }
  std::string_view id() const { return std::string_view(text_).substr(type_size_); }
  uint64_t hash() const { return hash_; }            // of type and id
  std::string ToString() const;                      // as Cedar text, id escaped

  bool operator==(const EntityUid& o) const { return hash_ == o.hash_ && type_size_ == o.type_size_ && text_ == o.text_; }
  std::strong_ordering operator<=>(const EntityUid& other) const;

 private:
  std::string text_;  // type, then id
  size_t type_size_ = 0;
  uint64_t hash_ = 0;
};

// An address or a range of them; the address keeps the bits beyond the prefix.
struct Ip {
  std::array<uint8_t, 16> bytes{};  // network order; IPv4 uses the first four
  uint8_t prefix = 32;              // bits: up to 32 or 128
  bool v6 = false;
  auto operator<=>(const Ip&) const = default;
};
struct Decimal {
  int64_t ten_thousandths = 0;
  auto operator<=>(const Decimal&) const = default;
};
struct Datetime {
  int64_t unix_ms = 0;
  auto operator<=>(const Datetime&) const = default;
};
struct Duration {
  int64_t ms = 0;
  auto operator<=>(const Duration&) const = default;
};

class Value;

// Sorted, each member once.
class Set {
 public:
  Set() = default;
  explicit Set(std::vector<Value> items);  // sorts and removes doubles
  const std::vector<Value>& items() const { return items_; }
  bool Contains(const Value& value) const;  // O(log n)

 private:
  std::vector<Value> items_;
};

// Keys to values, sorted by key, each key once.
class Record {
 public:
  using Field = std::pair<std::string, Value>;
  Record() = default;
  const std::vector<Field>& fields() const { return fields_; }
  const Value* Find(std::string_view key) const;  // nullptr when absent
  Record& Put(std::string key, Value value);      // adds or replaces

 private:
  std::vector<Field> fields_;
};

class Value {
 public:
  enum class Kind : uint8_t { kBool, kLong, kString, kEntity, kSet, kRecord, kIp, kDecimal, kDatetime, kDuration };

  Value() : v_(false) {}
  Value(bool b) : v_(b) {}
  Value(int64_t n) : v_(n) {}
  Value(int n) : v_(int64_t{n}) {}
  Value(std::string text) : v_(std::move(text)) {}
  Value(std::string_view text) : v_(std::string(text)) {}
  Value(const char* text) : v_(std::string(text)) {}
  Value(EntityUid uid) : v_(std::move(uid)) {}
  Value(Set set) : v_(std::move(set)) {}
  Value(Record record) : v_(std::move(record)) {}
  Value(Ip ip) : v_(ip) {}
  Value(Decimal d) : v_(d) {}
  Value(Datetime t) : v_(t) {}
  Value(Duration d) : v_(d) {}

  Kind kind() const { return static_cast<Kind>(v_.index()); }
  const bool* boolean() const { return std::get_if<bool>(&v_); }
  const int64_t* integer() const { return std::get_if<int64_t>(&v_); }
  const std::string* string() const { return std::get_if<std::string>(&v_); }
  const EntityUid* entity() const { return std::get_if<EntityUid>(&v_); }
  const Set* set() const { return std::get_if<Set>(&v_); }
  const Record* record() const { return std::get_if<Record>(&v_); }
  const Ip* ip() const { return std::get_if<Ip>(&v_); }
  const Decimal* decimal() const { return std::get_if<Decimal>(&v_); }
  const Datetime* datetime() const { return std::get_if<Datetime>(&v_); }
  const Duration* duration() const { return std::get_if<Duration>(&v_); }

  bool operator==(const Value& other) const { return (*this <=> other) == 0; }
  std::strong_ordering operator<=>(const Value& other) const;

  // As Cedar source: `{"a": [1, ip("10.0.0.0/8")]}`.
  std::string ToString() const;

 private:
  std::variant<bool, int64_t, std::string, EntityUid, Set, Record, Ip, Decimal, Datetime, Duration> v_;
};

// The name the language gives a kind: "bool", "long", "string", "entity", "set", "record", "ipaddr", "decimal", "datetime", "duration".
std::string_view KindName(Value::Kind kind);

// `text` as a Cedar string literal with its quotes.
std::string QuoteString(std::string_view text);

}  // namespace checkrein::cedar
