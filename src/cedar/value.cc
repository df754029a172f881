#include "cedar/value.h"

#include <algorithm>
#include <cstring>

#include "cedar/extension.h"

namespace checkrein::cedar {

uint64_t HashText(std::string_view text) {
  // Eight bytes at a time, multiply and fold: fast on the short texts that names are. No secret is needed, for nothing is decided on a
  // hash alone and no table degrades when hashes collide.
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15u;
  uint64_t h = text.size() * kOdd;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    h = (h ^ word) * kOdd;
    h ^= h >> 32;
  }
  uint64_t tail = 0;
  if (i < text.size()) std::memcpy(&tail, text.data() + i, text.size() - i);
  h = (h ^ tail) * kOdd;
  h ^= h >> 29;
  h *= kOdd;
  return h ^ (h >> 32);
}

EntityUid::EntityUid(std::string_view type, std::string_view id) : type_size_(type.size()) {
  text_.reserve(type.size() + id.size());
  text_.append(type).append(id);
  hash_ = HashText(text_) + type_size_ * 0x9E3779B97F4A7C15u;
}

std::strong_ordering EntityUid::operator<=>(const EntityUid& other) const {
  const auto by_type = type().compare(other.type()) <=> 0;
  return by_type != 0 ? by_type : id().compare(other.id()) <=> 0;
}

std::string EntityUid::ToString() const { return std::string(type()) + "::" + QuoteString(id()); }

Set::Set(std::vector<Value> items) : items_(std::move(items)) {
  std::sort(items_.begin(), items_.end());
  items_.erase(std::unique(items_.begin(), items_.end()), items_.end());
}

bool Set::Contains(const Value& value) const { return std::binary_search(items_.begin(), items_.end(), value); }

const Value* Record::Find(std::string_view key) const {
  const auto it = std::lower_bound(fields_.begin(), fields_.end(), key, [](const Field& f, std::string_view k) { return f.first < k; });
  return it != fields_.end() && it->first == key ? &it->second : nullptr;
}

Record& Record::Put(std::string key, Value value) {
  const auto it = std::lower_bound(fields_.begin(), fields_.end(), key, [](const Field& f, const std::string& k) { return f.first < k; });
  if (it != fields_.end() && it->first == key) {
    it->second = std::move(value);
  } else {
    fields_.emplace(it, std::move(key), std::move(value));
  }
  return *this;
}

namespace {

std::strong_ordering Compare(const Set& a, const Set& b) {
  return std::lexicographical_compare_three_way(a.items().begin(), a.items().end(), b.items().begin(), b.items().end());
}

std::strong_ordering Compare(const Record& a, const Record& b) {
  const size_t n = std::min(a.fields().size(), b.fields().size());
  for (size_t i = 0; i < n; ++i) {
    const auto& [key_a, value_a] = a.fields()[i];
    const auto& [key_b, value_b] = b.fields()[i];
    if (const auto by_key = key_a <=> key_b; by_key != 0) return by_key;
    if (const auto by_value = value_a <=> value_b; by_value != 0) return by_value;
  }
  return a.fields().size() <=> b.fields().size();
}

std::string Join(const Set& set) {
  std::string out = "[";
  for (const Value& v : set.items()) out += (out.size() > 1 ? ", " : "") + v.ToString();
  return out + "]";
}

std::string Join(const Record& record) {
  std::string out = "{";
  for (const auto& [key, v] : record.fields()) out += (out.size() > 1 ? ", " : "") + QuoteString(key) + ": " + v.ToString();
  return out + "}";
}

}  // namespace

std::strong_ordering Value::operator<=>(const Value& other) const {
  if (kind() != other.kind()) return kind() <=> other.kind();
  switch (kind()) {
    case Kind::kBool: return *boolean() <=> *other.boolean();
    case Kind::kLong: return *integer() <=> *other.integer();
    case Kind::kString: return *string() <=> *other.string();
    case Kind::kEntity: return *entity() <=> *other.entity();
    case Kind::kSet: return Compare(*set(), *other.set());
    case Kind::kRecord: return Compare(*record(), *other.record());
    case Kind::kIp: return *ip() <=> *other.ip();
    case Kind::kDecimal: return *decimal() <=> *other.decimal();
    case Kind::kDatetime: return *datetime() <=> *other.datetime();
    case Kind::kDuration: break;
  }
  return *duration() <=> *other.duration();
}

std::string Value::ToString() const {
  switch (kind()) {
    case Kind::kBool: return *boolean() ? "true" : "false";
    case Kind::kLong: return std::to_string(*integer());
    case Kind::kString: return QuoteString(*string());
    case Kind::kEntity: return entity()->ToString();
    case Kind::kSet: return Join(*set());
    case Kind::kRecord: return Join(*record());
    case Kind::kIp: return "ip(\"" + ToText(*ip()) + "\")";
    case Kind::kDecimal: return "decimal(\"" + ToText(*decimal()) + "\")";
    case Kind::kDatetime: return ToSource(*datetime());
    case Kind::kDuration: break;
  }
  return "duration(\"" + ToText(*duration()) + "\")";
}

std::string_view KindName(Value::Kind kind) {
  static constexpr std::string_view kNames[] = {"bool",   "long",    "string",  "entity",   "set",
                                                "record", "ipaddr", "decimal", "datetime", "duration"};
  return kNames[static_cast<size_t>(kind)];
}

std::string QuoteString(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\0': out += "\\0"; break;
      default:
        if (byte < 0x20 || byte == 0x7f) {
          out += std::string("\\u{") + kHex[byte >> 4] + kHex[byte & 15] + "}";
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

}  // namespace checkrein::cedar
