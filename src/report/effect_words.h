// Effects in words, for somebody who has never seen one: `explain` shows these, JSON and records the strings of the contract.
//
//   EffectWords({Op::kConnect, "a.example:443", {}}, 80)   -> "connects to a.example, port 443"
//   EffectWords({Op::kDelete, "/srv/a/**", {}}, 80)        -> "deletes everything in /srv/a"
#pragma once

#include <cstddef>
#include <string>

#include "effect/effect.h"

namespace checkrein::report {

// A sentence without its subject, printable, with objects of at most `columns` columns. Every `unknown:` that docs/format/programs.md names
// has words of its own; another one is shown as it is called.
std::string EffectWords(const Effect& effect, size_t columns);

}  // namespace checkrein::report
