// Where in a JSON text things stand, so that a text can be changed in one place and left alone everywhere else.
//
//   const Span hooks = *MemberSpan(text, Span{0, text.size()}, "hooks");
//
// Only for texts that json::Parse accepted: nothing is checked again.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace checkrein::agent {

struct Span {
  size_t begin = 0;
  size_t end = 0;  // one past the last byte
};

// The outermost value, without the white space around it.
Span RootSpan(std::string_view text);

// The value of member `key` of the object at `object`, without the white space around it. Keys written with escapes are understood.
std::optional<Span> MemberSpan(std::string_view text, Span object, std::string_view key);

// Where the last element of the object or array at `container` ends; nothing when it is empty.
std::optional<size_t> LastElementEnd(std::string_view text, Span container);

}  // namespace checkrein::agent
