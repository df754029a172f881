// JSON (RFC 8259) in and out, for bytes that nobody vouches for.
//
//   Result<json::Value> event = json::Parse(bytes);
//   if (!event) return event.error();                      // `line 1, column 8: duplicate key "a"`
//   std::string_view tool = event->Text("tool_name");      // "" when absent or not a string
//
// Refused, each with a position: anything after the value, duplicate keys, ill-formed UTF-8, lone surrogates, numbers out
// of range (integers must fit int64; others must be finite doubles), and what exceeds Limits. Nothing is repaired.
// The tokeniser is nlohmann's SAX parser; its tree is not used, for it recurses and takes duplicate keys.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace checkrein::json {

struct Limits {
  size_t max_bytes = 8u << 20;     // the largest event that a client was seen to send, doubled
  size_t max_depth = 128;          // also bounds every recursion over a Value
  size_t max_values = 1u << 20;    // a small text of `[[],[],...` must not cost gigabytes
};

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  // in the order of the text; keys are unique after Parse

class Value {
 public:
  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool b) : v_(b) {}
  Value(int64_t n) : v_(n) {}
  Value(int n) : v_(int64_t{n}) {}
  Value(double d) : v_(d) {}
  Value(std::string text) : v_(std::move(text)) {}
  Value(std::string_view text) : v_(std::string(text)) {}
  Value(const char* text) : v_(std::string(text)) {}
  Value(Array array) : v_(std::move(array)) {}
  Value(Object object) : v_(std::move(object)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(v_); }
  const bool* boolean() const { return std::get_if<bool>(&v_); }
  const int64_t* integer() const { return std::get_if<int64_t>(&v_); }
  const double* number() const { return std::get_if<double>(&v_); }  // only for what is no integer
  const std::string* string() const { return std::get_if<std::string>(&v_); }
  const Array* array() const { return std::get_if<Array>(&v_); }
  const Object* object() const { return std::get_if<Object>(&v_); }
  Array* array() { return std::get_if<Array>(&v_); }
  Object* object() { return std::get_if<Object>(&v_); }

  // The member `key`; nullptr when this is no object or has none. Linear in the number of members.
  const Value* Find(std::string_view key) const;
  // Short forms for the common question "the string (object, integer) at `key`, if there is one".
  std::string_view Text(std::string_view key) const;  // "" when absent or not a string
  const Value& At(std::string_view key) const;        // a null Value when absent
  int64_t Integer(std::string_view key, int64_t otherwise) const;
  bool Flag(std::string_view key) const;               // false when absent or not a boolean

  // Appends or replaces a member; makes this an object first if it is not.
  Value& Set(std::string key, Value value);

  // One line, members in order, no spaces. Ill-formed UTF-8 in strings is written as U+FFFD.
  std::string Dump() const;
  void DumpTo(std::string* out) const;

  bool operator==(const Value& other) const = default;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> v_;
};

Result<Value> Parse(std::string_view text, const Limits& limits);
inline Result<Value> Parse(std::string_view text) { return Parse(text, Limits{}); }

// `text` as a JSON string literal with its quotes. Control characters, U+2028 and U+2029 are escaped; U+007F too.
std::string Quote(std::string_view text);

}  // namespace checkrein::json
