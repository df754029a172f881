// A schema as it stands in the text, names unresolved. Between schema_parser.cc, which makes it, and schema.cc, which resolves it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cedar/source.h"

namespace checkrein::cedar {

struct NamedSpan {
  std::string name;
  Span span;
};

struct TextAttribute;
struct TextType {
  enum class Kind : uint8_t { kName, kSet, kRecord };
  Kind kind = Kind::kName;
  NamedSpan name;                        // kName
  std::vector<TextType> element;         // kSet: one
  std::vector<TextAttribute> attributes; // kRecord
};
struct TextAttribute {
  NamedSpan name;
  bool required = true;
  TextType type;
};

struct TextEntity {
  std::vector<NamedSpan> names;
  std::optional<std::vector<std::string>> ids;  // of an enum
  std::vector<NamedSpan> parents;
  TextType attributes{TextType::Kind::kRecord, {}, {}, {}};
  std::optional<TextType> tags;
};
struct TextActionRef {
  std::optional<std::string> type;  // absent: the action type of this namespace
  NamedSpan id;
};
struct TextAction {
  std::vector<NamedSpan> names;
  std::vector<TextActionRef> parents;
  std::vector<NamedSpan> principals, resources;
  TextType context{TextType::Kind::kRecord, {}, {}, {}};
};
struct TextCommon {
  NamedSpan name;
  TextType type;
};
struct TextNamespace {
  NamedSpan name;  // "" for declarations outside of any
  std::vector<TextEntity> entities;
  std::vector<TextAction> actions;
  std::vector<TextCommon> commons;
};

Result<std::vector<TextNamespace>> ParseSchemaText(std::string_view text, std::string_view file);

}  // namespace checkrein::cedar
