// Makes a record fit: whatever it is made of, it must stay below the log's limit, and what was cut must say so.
#pragma once

#include <cstddef>

#include "base/json.h"

namespace checkrein::monitor {

inline constexpr size_t kMaxRecordBytes = 48u << 10;  // well below audit's 65,535, so that a reader's escapes have room

// Halves the longest text or list of `record`, again and again, until its JSON is at most `cap` bytes. A cut text ends in
// `…[+N bytes]`; a cut list ends in the text `…[+N items]`.
void FitRecord(json::Value& record, size_t cap = kMaxRecordBytes);

}  // namespace checkrein::monitor
