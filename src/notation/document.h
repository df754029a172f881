// Files that people and programs write for programs: JSON, JSON with comments, TOML, as one tree in which everything knows its place.
//
//   Result<Node> settings = Parse(text, ".vscode/tasks.json", Dialect::kJsonWithComments);
//   if (!settings) return settings.error();          // ".vscode/tasks.json:3:7: a comma or } belongs here"
//   const Node* command = settings->Find("command"); // command->text, command->at.line
//
// For files: base/json reads messages, faster and without places. The bytes need not be trusted. Duplicate keys, ill-formed UTF-8, lone
// surrogates, numbers out of range, anything after the value and whatever exceeds Limits are errors with a place. Nothing is repaired.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace checkrein::notation {

struct Limits {
  size_t max_bytes = 8u << 20;   // a client's own state file grows to some hundred kilobytes
  size_t max_depth = 64;         // bounds every recursion over a Node
  size_t max_values = 1u << 19;  // a small text of `[[],[],...` must not cost gigabytes
};

// From 1; columns count bytes. {0, 0} is nowhere.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct Member;

struct Node {
  enum class Kind : uint8_t { kNull, kBoolean, kInteger, kReal, kText, kList, kTable, kOther };  // kOther: TOML's dates and times
  Kind kind = Kind::kNull;
  Position at;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;             // kText; kOther: ""
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kTable: in the order of the text (TOML: by name); names are unique

  bool is_text() const { return kind == Kind::kText; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_table() const { return kind == Kind::kTable; }
  // The member `name`; nullptr when this is no table or has none.
  const Node* Find(std::string_view name) const;
  // Short forms for "the text (the truth) at `name`, if there is one": "" and false otherwise.
  std::string_view Text(std::string_view name) const;
  bool Flag(std::string_view name) const;
};

struct Member {
  std::string name;
  Position at;  // of the name (TOML: of the value)
  Node value;
};

enum class Dialect : uint8_t {
  kJson,              // RFC 8259
  kJsonWithComments,  // with // and /* */ and a comma before ] or }: editors' settings
  kToml,              // 1.0
};

// `name` stands before the place in errors. Errors: kInvalid, kLimit. Cost: linear.
Result<Node> Parse(std::string_view text, std::string_view name, Dialect dialect, const Limits& limits);
inline Result<Node> Parse(std::string_view text, std::string_view name, Dialect dialect) { return Parse(text, name, dialect, Limits{}); }

// By the name's ending: .toml; .jsonc and the files in which editors take comments; else JSON.
Dialect DialectOf(std::string_view path);

// "NAME:LINE:COLUMN"; NAME alone for nowhere.
std::string Place(std::string_view name, Position at);

}  // namespace checkrein::notation
