// The methods of the extension types, and arithmetic that knows when it overflows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cedar/ast.h"
#include "cedar/value.h"
#include "proof/symbol.h"

namespace checkrein::proof {

// bvadd, bvsub or bvmul of two 64-bit terms; the error says that the true result needs more bits.
Encoded Exact(Terms& terms, std::string_view op, TermId a, TermId b, Symbol::Kind kind);

// What a constructor makes of its text; nullopt when it is an error.
std::optional<cedar::Value> ReadExtension(cedar::Function function, const std::string& text);

// `a` is the receiver; `b` stands for the argument where there is one. A receiver or argument of another kind is an error.
Encoded EncodeMethod(Terms& terms, cedar::Function function, const Symbol& a, const Symbol& b);

}  // namespace checkrein::proof
