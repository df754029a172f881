// A record as an event of the Open Cybersecurity Schema Framework (1.8.0), for collectors that know nothing of us.
//
//   json::Value event = OcsfEvent(record, bytes, {index, origin, version});
//
// What OCSF has no place for stays in `raw_data`: the record's own bytes, of which `unmapped.leaf` is the hash in the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace checkrein::report {

struct OcsfContext {
  uint64_t index = 0;
  std::string origin;     // of the log
  std::string version;    // of Checkrein
};

// `bytes` are the record's, `record` the same parsed.
json::Value OcsfEvent(const json::Value& record, std::string_view bytes, const OcsfContext& context);

}  // namespace checkrein::report
