#include "base/json.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "base/bytes.h"

namespace checkrein::json {
namespace {

const Value kNull;

// Builds a Value from nlohmann's SAX events. Every callback answers whether to go on; the first error stands.
class Builder {
 public:
  Builder(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  bool null() { return Add(Value()); }
  bool boolean(bool b) { return Add(Value(b)); }
  bool number_integer(int64_t n) { return Add(Value(n)); }
  bool number_unsigned(uint64_t n) {
    if (n > static_cast<uint64_t>(INT64_MAX)) return Fail("integer out of range (64 bits, signed)");
    return Add(Value(static_cast<int64_t>(n)));
  }
  bool number_float(double d, const std::string& written) {
    // Integers too large for 64 bits arrive here, rounded: a number that changes by being read is refused.
    if (written.find_first_of(".eE") == std::string::npos) return Fail("integer out of range (64 bits, signed)");
    if (!std::isfinite(d)) return Fail("number out of range");
    return Add(Value(d));
  }
  bool string(std::string& text) { return Add(Value(std::move(text))); }
  bool binary(nlohmann::json::binary_t&) { return Fail("not JSON"); }
  bool start_object(size_t) { return Open(Value(Object{})); }
  bool end_object() { return Close(); }
  bool start_array(size_t) { return Open(Value(Array{})); }
  bool end_array() { return Close(); }
  bool key(std::string& name) {
    if (!open_.back().keys.insert(name).second) return Fail("duplicate key " + Quote(name.substr(0, 64)));
    open_.back().key = std::move(name);
    return true;
  }
  template <typename Exception>
  bool parse_error(size_t position, const std::string&, const Exception&) {
    // nlohmann reports a number that overflows double as an error of its own (406), also here.
    return FailAt(position == 0 ? 0 : position - 1, "not valid JSON");
  }

  Result<Value> Take(bool parsed) {
    if (error_) return *error_;
    if (!parsed) return Error{Error::Kind::kInvalid, "not valid JSON"};
    return std::move(root_);
  }
  bool FailAt(size_t offset, std::string what) {
    if (error_) return false;
    size_t line = 1, column = 1;
    for (size_t i = 0; i < offset && i < text_.size(); ++i) {
      column = text_[i] == '\n' ? 1 : column + 1;
      line += text_[i] == '\n';
    }
    error_ = Error{Error::Kind::kInvalid, "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + std::move(what)};
    return false;
  }

 private:
  struct Frame {
    Value value;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  bool Fail(std::string what) {
    if (!error_) error_ = Error{Error::Kind::kInvalid, std::move(what)};
    return false;
  }
  bool Count() {
    if (++values_ > limits_.max_values) {
      error_ = Error{Error::Kind::kLimit, "more than " + std::to_string(limits_.max_values) + " values"};
      return false;
    }
    return true;
  }
  bool Add(Value value) {
    if (!Count()) return false;
    Put(std::move(value));
    return true;
  }
  void Put(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); Array* array = frame.value.array()) {
      array->push_back(std::move(value));
    } else {
      frame.value.object()->emplace_back(std::move(frame.key), std::move(value));
    }
  }
  bool Open(Value container) {
    if (!Count()) return false;
    if (open_.size() >= limits_.max_depth) {
      error_ = Error{Error::Kind::kLimit, "nested deeper than " + std::to_string(limits_.max_depth)};
      return false;
    }
    open_.push_back(Frame{std::move(container), {}, {}});
    return true;
  }
  bool Close() {
    Value done = std::move(open_.back().value);
    open_.pop_back();
    Put(std::move(done));
    return true;
  }

  std::string_view text_;
  const Limits& limits_;
  std::vector<Frame> open_;
  Value root_;
  size_t values_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<Value> Parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.max_bytes) return Error{Error::Kind::kLimit, "larger than " + std::to_string(limits.max_bytes) + " bytes"};
  if (text.starts_with("\xEF\xBB\xBF")) return Error{Error::Kind::kInvalid, "line 1, column 1: a byte order mark is not JSON"};
  Builder builder(text, limits);
  const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder, nlohmann::json::input_format_t::json, /*strict=*/true, /*ignore_comments=*/false);
  return builder.Take(parsed);
}

const Value* Value::Find(std::string_view key) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const auto& [name, value] : *members)
    if (name == key) return &value;
  return nullptr;
}

std::string_view Value::Text(std::string_view key) const {
  const Value* value = Find(key);
  if (value == nullptr || value->string() == nullptr) return {};
  return *value->string();
}

const Value& Value::At(std::string_view key) const {
  const Value* value = Find(key);
  return value == nullptr ? kNull : *value;
}

int64_t Value::Integer(std::string_view key, int64_t otherwise) const {
  const Value* value = Find(key);
  return value == nullptr || value->integer() == nullptr ? otherwise : *value->integer();
}

bool Value::Flag(std::string_view key) const {
  const Value* value = Find(key);
  return value != nullptr && value->boolean() != nullptr && *value->boolean();
}

Value& Value::Set(std::string key, Value value) {
  if (object() == nullptr) v_ = Object{};
  for (auto& [name, old] : *object()) {
    if (name != key) continue;
    old = std::move(value);
    return *this;
  }
  object()->emplace_back(std::move(key), std::move(value));
  return *this;
}

namespace {

// The escape for the character at `at`, which may be of several bytes; "" for one that stands as it is.
std::string_view EscapeAt(std::string_view text, size_t at, size_t* bytes, char (&buffer)[8]) {
  const char c = text[at];
  const auto byte = static_cast<unsigned char>(c);
  *bytes = 1;
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  if (byte < 0x20 || byte == 0x7F) {
    std::snprintf(buffer, sizeof buffer, "\\u%04x", byte);
    return buffer;
  }
  if (byte != 0xE2 || (text.substr(at, 3) != "\xE2\x80\xA8" && text.substr(at, 3) != "\xE2\x80\xA9")) return {};
  *bytes = 3;
  return text[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
}

// What stands as it is, which is nearly all, is taken over in runs.
void AppendQuoted(std::string_view raw, std::string* out) {
  std::string valid;
  std::string_view text = raw;
  if (!IsUtf8(raw)) text = valid = ToValidUtf8(raw);
  *out += '"';
  size_t run = 0;  // where what is not yet taken over begins
  for (size_t i = 0; i < text.size();) {
    size_t bytes = 0;
    char buffer[8];
    const std::string_view escape = EscapeAt(text, i, &bytes, buffer);
    if (!escape.empty()) {
      *out += text.substr(run, i - run);
      *out += escape;
      run = i + bytes;
    }
    i += bytes;
  }
  *out += text.substr(run);
  *out += '"';
}

}  // namespace

void Value::DumpTo(std::string* out) const {
  if (is_null()) {
    *out += "null";
  } else if (const bool* b = boolean()) {
    *out += *b ? "true" : "false";
  } else if (const int64_t* n = integer()) {
    *out += std::to_string(*n);
  } else if (const double* d = number()) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", *d);
    *out += text;
    if (std::string_view(text).find_first_of(".e") == std::string_view::npos) *out += ".0";
  } else if (const std::string* s = string()) {
    AppendQuoted(*s, out);
  } else if (const Array* items = array()) {
    *out += '[';
    for (size_t i = 0; i < items->size(); ++i) {
      if (i > 0) *out += ',';
      (*items)[i].DumpTo(out);
    }
    *out += ']';
  } else {
    *out += '{';
    bool first = true;
    for (const auto& [name, value] : *object()) {
      if (!first) *out += ',';
      first = false;
      AppendQuoted(name, out);
      *out += ':';
      value.DumpTo(out);
    }
    *out += '}';
  }
}

std::string Value::Dump() const {
  std::string out;
  DumpTo(&out);
  return out;
}

std::string Quote(std::string_view raw) {
  std::string out;
  AppendQuoted(raw, &out);
  return out;
}

}  // namespace checkrein::json
