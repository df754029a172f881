// The body of a C2SP tlog-checkpoint: what a log signs about itself.
//
//   std::string body = CheckpointBody({"example.com/log", 3, root});   // "example.com/log\n3\n<base64>\n"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace checkrein::audit {

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Digest root{};
};

std::string CheckpointBody(std::string_view origin, uint64_t size, const Digest& root);

// Takes exactly what CheckpointBody writes; extension lines (which C2SP advises against) are refused, for we would not know what
// they mean. kInvalid.
Result<Checkpoint> ParseCheckpointBody(std::string_view body);

}  // namespace checkrein::audit
