// What the interpreter knows of a string, and how two possibilities become one.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "analysis/command.h"

namespace checkrein::analysis::shell {

using Known = analysis::Word::Known;

struct Value {
  Known known = Known::kNothing;
  std::string text;
  bool number = false;  // whatever it is, it is digits: it neither splits nor names nor runs anything
  bool glob = false;    // file_names of analysis::Word
  Ambient ambient = Ambient::kNo;
  bool data = false;    // it came from outside the text (a command's output, a file, standard input): anyone may have chosen it

  bool exact() const { return known == Known::kExactly; }
  bool operator==(const Value&) const = default;
};

inline Value Exactly(std::string text) {
  Value value;
  value.known = Known::kExactly;
  value.text = std::move(text);
  return value;
}
inline Value UnknownNumber() {
  Value value;
  value.number = true;
  return value;
}
inline Value UnknownData() {
  Value value;
  value.data = true;
  return value;
}

bool IsNumber(std::string_view text);            // an optional sign and digits
Value Join(const Value& a, const Value& b);      // either of them: what both have in common
Value Concat(Value a, const Value& b);           // one after the other

}  // namespace checkrein::analysis::shell
