// TOML by way of toml++, whose types do not leave this file.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "base/bytes.h"
#include "notation/read.h"

namespace checkrein::notation {
namespace {

// Of one key: toml++ makes a table for each part and takes them apart by recursion, so that a long enough key would end the process.
constexpr size_t kMaxDots = 64;

// Where a run of `kMaxDots` dots stands outside strings and comments, with no end of a key between them; nowhere if there is none.
Position LongKey(std::string_view text) {
  size_t dots = 0, line_start = 0;
  uint32_t line = 1;
  std::string_view closing;  // of the string that we are in; "" outside
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const char c = text[i];
    if (c == '\n') {
      ++line;
      line_start = i + 1;
      dots = 0;
      if (closing.size() == 1) closing = {};  // not TOML: toml++ says so
    } else if (!closing.empty()) {
      if (c == '\\' && closing[0] == '"') {
        if (!rest.starts_with("\\\n")) ++i;
      } else if (rest.starts_with(closing)) {
        i += closing.size() - 1;
        closing = {};
      }
    } else if (c == '#') {
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
    } else if (c == '"' || c == '\'') {
      const std::string_view triple = c == '"' ? "\"\"\"" : "'''";
      closing = rest.starts_with(triple) ? triple : triple.substr(0, 1);
      i += closing.size() - 1;
    } else if (c == '=' || c == ',' || c == '{') {
      dots = 0;
    } else if (c == '.' && ++dots >= kMaxDots) {
      return {line, static_cast<uint32_t>(i - line_start + 1)};
    }
  }
  return {};
}

class Converter {
 public:
  Converter(std::string_view name, const Limits& limits) : name_(name), limits_(limits) {}

  Result<Node> Convert(const toml::table& root) {
    Node out;
    Add(root, out, 0);
    if (error_) return *error_;
    return out;
  }

 private:
  void Add(const toml::node& from, Node& to, size_t depth) {
    to.at = {from.source().begin.line, from.source().begin.column};
    if (error_) return;
    if (depth > limits_.max_depth || ++values_ > limits_.max_values) {
      error_ = Error{Error::Kind::kLimit, Place(name_, to.at) + (depth > limits_.max_depth ? ": nested deeper than " + std::to_string(limits_.max_depth) : ": more than " + std::to_string(limits_.max_values) + " values")};
      return;
    }
    if (const toml::table* table = from.as_table()) {
      to.kind = Node::Kind::kTable;
      for (const auto& [key, value] : *table) {
        Member& member = to.members.emplace_back();
        member.name = key.str();
        Add(value, member.value, depth + 1);
        member.at = member.value.at;
      }
    } else if (const toml::array* list = from.as_array()) {
      to.kind = Node::Kind::kList;
      for (const toml::node& item : *list) Add(item, to.items.emplace_back(), depth + 1);
    } else {
      Scalar(from, to);
    }
  }
  static void Scalar(const toml::node& from, Node& to) {
    to.kind = Node::Kind::kOther;
    if (const auto* text = from.as_string()) {
      to.kind = Node::Kind::kText;
      to.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
      to.kind = Node::Kind::kInteger;
      to.integer = integer->get();
    } else if (const auto* real = from.as_floating_point()) {
      to.kind = Node::Kind::kReal;
      to.real = real->get();
    } else if (const auto* boolean = from.as_boolean()) {
      to.kind = Node::Kind::kBoolean;
      to.boolean = boolean->get();
    }
  }

  std::string_view name_;
  const Limits& limits_;
  size_t values_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<Node> ParseToml(std::string_view text, std::string_view name, const Limits& limits) {
  if (!IsUtf8(text)) return Error{Error::Kind::kInvalid, std::string(name) + ": ill-formed UTF-8"};
  if (const Position at = LongKey(text); at.line != 0) return Error{Error::Kind::kLimit, Place(name, at) + ": a key of more than " + std::to_string(kMaxDots) + " parts"};
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return Error{Error::Kind::kInvalid, Place(name, {at.line, at.column}) + ": " + std::string(parsed.error().description())};
  }
  return Converter(name, limits).Convert(parsed.table());
}

}  // namespace checkrein::notation
