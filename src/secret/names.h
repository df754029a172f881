// What a name says about the value given to it.
//
//   Judge("MYSQL_ROOT_PASSWORD")  // kSecret
//   Judge("max_tokens")           // kOrdinary
#pragma once

#include <cstdint>
#include <string_view>

namespace checkrein::secret {

enum class NameSays : uint8_t {
  kOrdinary,
  kDigest,     // a hash, checksum or revision: its random value is no secret
  kToken,      // "token", "key", "auth": secret if the value looks random
  kSecret,     // "password", "client_secret": secret whatever the value
  kHeader,     // "Authorization" and its like
  kCookie,
};

inline constexpr size_t kMaxName = 80;  // characters; longer is no name

NameSays Judge(std::string_view name);

inline constexpr std::string_view kMarkName = "\xe2\x80\xb9secret";

// The length of the mark that Redact() leaves, if `text` begins with one; else 0. The form is exact, so that nothing can hide in one
// but six digits.
size_t MarkLength(std::string_view text);

// Whether `value` cannot be the secret itself: a variable, a place-holder, a word such as "none", a call.
bool IsPlaceholder(std::string_view value);

// Whether `value` looks drawn by lot rather than written: long enough, letters and digits, no path, no ordinary identifier.
bool LooksRandom(std::string_view value, size_t min_length);

// A value drawn by lot that is known not to be secret: a UUID, a digest in hexadecimal, a version.
bool IsKnownHarmless(std::string_view value);

}  // namespace checkrein::secret
