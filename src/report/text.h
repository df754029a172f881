// Untrusted text for a person's eyes: nothing in it may steer a terminal, hide, or turn its neighbours round.
#pragma once

#include <string>
#include <string_view>

#include "effect/printable.h"

namespace checkrein::report {

// `text` on one line, with every control character (C0, C1, DEL), bidirectional control, zero-width or other invisible format character and
// line separator written as an escape (`\x1b`, `\u{202e}`), and every byte that is not UTF-8 as `\xNN`. A backslash stays as it is: this is
// for reading, not for reading back.
inline std::string Plain(std::string_view text) { return Printable(text); }

}  // namespace checkrein::report
