// The readers behind Parse(): one for JSON and its kin, one for TOML.
#pragma once

#include "notation/document.h"

namespace checkrein::notation {

Result<Node> ParseJson(std::string_view text, std::string_view name, Dialect dialect, const Limits& limits);
Result<Node> ParseToml(std::string_view text, std::string_view name, const Limits& limits);

}  // namespace checkrein::notation
