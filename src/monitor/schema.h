// What every record of a kind must have (docs/format/record.md): checked before it is written, so that no reader meets one without.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace checkrein::monitor {

// kInternal, with kind and member: it is of no known kind, a member that its kind always has is missing, or one is of another type. Pure.
Status CheckRecord(const json::Value& record);

}  // namespace checkrein::monitor
