// Inline code of other languages: python -c, node -e. Not an interpreter: it reads the text word by word and either knows every name in
// it to be harmless, or to have one effect that its words spell out, or gives up.
//
//   FollowCode(c, Language::kPython, "print(open('a.txt').read())", span);   // true; read:W/a.txt
//   FollowCode(c, Language::kPython, "getattr(os, x)()", span);              // false: unknown:code is the caller's to say
#pragma once

#include <cstdint>
#include <string_view>

#include "analysis/program/context.h"

namespace checkrein::analysis {

enum class Language : uint8_t { kPython, kJavaScript };

// Whether all of `code` is understood; its effects are then in `c`. Otherwise `c` is as it was. Cost: linear, at most 16 KiB.
bool FollowCode(Context& c, Language language, std::string_view code, Span span);

// The other languages, read for plain calls on constants (code_calls.cc).
enum class Dialect : uint8_t { kPerl, kRuby, kPhp, kLua, kOther };
Dialect DialectOf(std::string_view program);
// Whether `code` is nothing but such calls; their effects are then in `c`, which otherwise is as it was.
bool FollowCalls(Context& c, Dialect dialect, std::string_view code, Span span);
// Adds the effects of the calls that it finds in any text, at most 64 KiB of it; the rest is the caller's `unknown:code`.
void MentionCalls(Context& c, Dialect dialect, std::string_view code, Span span);

}  // namespace checkrein::analysis
